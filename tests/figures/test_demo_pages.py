"""A slider in a real browser: it moves a number, and the same check fails where the slider is disconnected.

Needs marimo, playwright and a chromium; without them the tests are skipped, unless ``SOLVABLE_BROWSER`` says that they
must run.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from importlib import import_module, util

import pytest

from figures.demos import NAMES, file_of
from figures.demos.logic import diagonal

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PATIENCE = 20
NUMBER = "l1 norm"


def needs(*names):
    missing = [name for name in names if (CHROMIUM if name == "chromium" else util.find_spec(name)) is None]
    if missing and os.environ.get("SOLVABLE_BROWSER"):
        pytest.fail(f"SOLVABLE_BROWSER is set, but there is no {', '.join(missing)}")
    if missing:
        pytest.skip(f"no {', '.join(missing)}")


@contextlib.contextmanager
def served(*command):
    """The address of a page that a command serves at the port that it is given."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", *command, "--port", str(port)]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        process.wait(PATIENCE)


def opened(browser, address, process):
    """The page, once it shows a number; it may fetch nothing from elsewhere."""
    end = time.monotonic() + 240
    while True:
        with contextlib.suppress(OSError), urllib.request.urlopen(address):
            break
        assert process.poll() is None, "the server ended"
        assert time.monotonic() < end
        time.sleep(0.2)
    page = browser.new_page()
    fetched = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto(address)
    page.wait_for_selector(f'[data-number="{NUMBER}"]', timeout=120_000)
    assert [url for url in fetched if not url.startswith((address, "data:", "blob:"))] == []
    return page


def moved(page, slider):
    """Take the slider one step further by the keyboard; the number before and after."""
    shown = page.locator(f'[data-number="{NUMBER}"]')
    before = shown.inner_text()
    page.get_by_role("slider").nth(slider).press("ArrowRight")
    end = time.monotonic() + PATIENCE / 4
    while shown.inner_text() == before:
        assert time.monotonic() < end, "the slider moved, and the number did not"
        time.sleep(0.05)
    return before, shown.inner_text()


@pytest.fixture(scope="module")
def browser():
    needs("marimo", "playwright", "chromium")
    with import_module("playwright.sync_api").sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


SCALE = 1


def test_moving_a_slider_changes_the_number_to_what_the_logic_computes(browser):
    with served("solvable.cli", "demo", "diagonal", "--no-browser") as (address, process):
        before, after = moved(opened(browser, address, process), SCALE)
    expected = [
        diagonal.numbers(diagonal.compute(**diagonal.START | {"scale": scale}))[NUMBER]
        for scale in (diagonal.START["scale"], next(s for s in diagonal.SCALES if s > diagonal.START["scale"]))
    ]
    assert [before, after] == expected


def test_the_same_check_fails_where_the_slider_is_disconnected(browser, tmp_path):
    source = file_of("diagonal").read_text(encoding="utf-8")
    assert source.count("scale.value") == 1
    copy = tmp_path / "disconnected.py"
    copy.write_text(source.replace("scale.value", str(diagonal.START["scale"])).replace("page.css", str(
        file_of("diagonal").with_name("page.css"))))  # fmt: skip
    with served("marimo", "run", str(copy), "--headless") as (address, process):
        page = opened(browser, address, process)
        with pytest.raises(AssertionError, match="the number did not"):
            moved(page, SCALE)


@pytest.mark.parametrize("name", NAMES)
def test_every_page_runs(name):
    needs("marimo")
    outputs, _ = import_module(f"figures.demos.{file_of(name).stem}").app.run()
    shown = [output.text for output in outputs if output is not None and "data-number" in output.text]
    assert len(shown) == 1
    assert "data:image/png" in shown[0]
