"""The commands from the outside: exit codes, one-line errors, files, and what goes where."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from xml.etree import ElementTree

import numpy as np
import pytest

from solvable.claims.registry import all_claims
from solvable.cli import main
from solvable.cli.targets import slow_left_out


def run(capsys, *words):
    code = main([str(word) for word in words])
    out, err = capsys.readouterr()
    return code, out, err


def verify_here(capsys, *words):
    return run(capsys, "verify", "--executor", "serial", *words)


def test_bare_command_shows_help_and_first_steps(capsys):
    code, out, err = run(capsys)
    assert code == 0
    assert not err
    for line in ("solvable list", "solvable verify", "solvable show CLAIM"):
        assert line in out
    assert run(capsys, "--version")[0] == 0


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["verfy"], "unknown 'verfy' (did you mean verify? known: list, show, "),
        (["verify", "--tier", "al"], "unknown 'al' (did you mean all? known: fast, slow, all)"),
        (["verify", "woodworth2020-hypentropy", "--executor", "proceses:2"], "(did you mean processes?)"),
        (["verify", "woodworth2020-hypentropi"], "did you mean woodworth2020-hypentropy"),
    ],
)
def test_a_misspelled_word_is_told_what_was_meant(capsys, words, says):
    code, out, err = run(capsys, *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert says in err


@pytest.mark.parametrize(
    "words",
    [
        ["fly"],
        ["verify", "--tier", "medium"],
        ["verify", "--instances", "x"],
        ["verify", "--instances", "0"],
        ["verify", "--jobs", "0"],
        ["verify", "nobody2099-nothing"],
        ["verify", "no_such_file.py"],
        ["verify", "--data", "no-such.npz"],
        ["verify", "--executor", "threads"],
        ["verify", "--junit", "no/such/folder/out.xml"],
        ["show", "nobody2099-nothing"],
        ["show"],
        ["cite", "nobody2099-nothing"],
        ["list", "--paper", "nobody2099"],
        ["falsify", "nobody2099-nothing"],
    ],
)
def test_usage_errors_are_one_line_and_exit_2(capsys, words):
    code, out, err = run(capsys, *words)
    assert code == 2
    assert not out
    assert err.count("\n") == 1
    assert re.match(r"solvable( \w+)?: error: ", err)


def test_verify_a_file(capsys, user_file, tmp_path):
    code, out, err = verify_here(capsys, user_file, "--junit", tmp_path / "out.xml")
    assert code == 1
    assert re.search(r"me2026-normal +\S+ / 1e-8 +zero \(1e7\) +VERIFIED", out)
    assert "[4/4]" in err
    assert ElementTree.parse(tmp_path / "out.xml").getroot().attrib["tests"] == "4"
    assert f"again: solvable verify {user_file}::me2026-doubled" in out


@pytest.mark.parametrize(("name", "code"), [("normal", 0), ("doubled", 1), ("blind", 3)])
def test_exit_codes(capsys, user_file, name, code):
    assert verify_here(capsys, f"{user_file}::me2026-{name}", "--quiet")[::2] == (code, "")


def test_verify_json(capsys, user_file):
    code, out, _ = verify_here(capsys, user_file, "--json", "--instances", 2)
    assert code == 1
    assert [record["verdict"] for record in json.loads(out)] == [
        "VERIFIED",
        "REFUTED",
        "INCONCLUSIVE",
        "VERIFIED",
    ]


def test_files_that_cannot_be_run(capsys, tmp_path):
    for text in ("x = 1\n", "import nothing_like_this\n", "def (\n", "raise SystemExit(3)\n"):
        path = tmp_path / f"bad{len(text)}.py"
        path.write_text(text)
        code, _, err = verify_here(capsys, path)
        assert (code, err.count("\n")) == (2, 1)
    assert verify_here(capsys, f"{path}::me2026-x")[0] == 2


def test_data_from_csv_and_bad_data(capsys, user_file, tmp_path):
    rng = np.random.default_rng(0)
    good, wide, bad = tmp_path / "good.csv", tmp_path / "wide.csv", tmp_path / "bad.csv"
    np.savetxt(good, rng.standard_normal((20, 5)), delimiter=",", header="a,b,c,d,y", comments="")
    np.savetxt(wide, rng.standard_normal((3, 9)), delimiter=",")
    bad.write_text("a,y\n1,oops\n")
    target = f"{user_file}::me2026-normal"
    code, out, _ = verify_here(capsys, target, "--data", good)
    assert (code, "VERIFIED" in out) == (0, True)
    code, out, _ = verify_here(capsys, target, "--data", wide)
    assert (code, "hypothesis 'tall' does not hold" in out) == (0, True)
    assert f"--data {wide}" in out
    code, out, err = verify_here(capsys, target, "--data", bad)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "line 2: 'oops' is not a number" in err


def test_falsify_and_its_own_command(capsys, user_file, tmp_path):
    code, out, err = run(capsys, "falsify", f"{user_file}::me2026-planted", "--trials", 40, "--out", tmp_path)
    assert code == 1
    assert "[40/40] smallest margin" in err
    command = re.search(r"again: solvable (.*)", out)[1].split()
    assert verify_here(capsys, *command[1:])[0] == 1
    assert run(capsys, "falsify", user_file)[0] == 2


def test_cite(capsys):
    code, out, _ = run(capsys, "cite")
    assert code == 0
    assert out.startswith("@software{solvable,")
    assert "@misc{woodworth2020," in out
    assert "2002.09277" in out
    assert out.count("{") == out.count("}")


def test_a_terminal_gets_lines_that_fit(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    lines = run(capsys, "list")[1].splitlines()
    assert max(map(len, lines)) == 60
    assert len(lines) == len(all_claims())


def test_slow_claims_that_are_not_run_are_counted(capsys, monkeypatch, user_file):
    slow = [claim for claim in all_claims() if claim.tier == "slow"]
    paper, alike = slow[0].paper, [claim for claim in slow if claim.paper == slow[0].paper]
    assert slow_left_out([], tier="fast") == len(slow) > 0
    assert slow_left_out([paper, str(user_file)], tier="fast") == len(alike)
    for names, tier in (([], "all"), ([slow[0].id], "fast"), ([str(user_file)], "fast")):
        assert slow_left_out(names, tier=tier) == 0
    monkeypatch.setattr("solvable.cli.targets.slow_left_out", lambda names, tier: 2)
    for options, said in (((), True), (("--quiet",), False)):
        err = verify_here(capsys, f"{user_file}::me2026-normal", *options)[2]
        assert err.endswith("2 slow claims not run (--tier all)\n") == said


@pytest.mark.skipif(not all_claims(), reason="the registry is empty")
def test_registry_commands(capsys):
    claim = all_claims()[0]
    code, out, err = run(capsys, "list")
    assert (code, err, len(out.splitlines())) == (0, "", len(all_claims()))
    assert all(claim.title in line for claim, line in zip(all_claims(), out.splitlines(), strict=True))
    assert [record["id"] for record in json.loads(run(capsys, "list", "--json")[1])] == [c.id for c in all_claims()]
    assert claim.id in run(capsys, "list", "--paper", claim.paper)[1]
    assert claim.source in run(capsys, "show", claim.id)[1]
    assert r"\end{document}" in run(capsys, "show", claim.id, "--latex")[1]
    assert "@misc{" in run(capsys, "cite", claim.id)[1] or "@software{" in run(capsys, "cite", claim.id)[1]


SLOW = """\
import time
from solvable.claims import claim

@claim("me2026-quick", statement="$x$", source="me")
def quick(lab):
    lab.identity(1, 1)

@claim("me2026-endless", statement="$x$", source="me")
def endless(lab):
    open(__file__ + ".started", "w").close()
    time.sleep(600)
"""


def test_worker_processes_and_an_interruption(tmp_path):
    file = tmp_path / "slow.py"
    file.write_text(SLOW)
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "solvable.cli", "verify", str(file), "--jobs", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    started = tmp_path / "slow.py.started"
    first = process.stderr.readline()
    deadline = time.monotonic() + 300
    while not started.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGINT)
    sent = time.monotonic()
    out, err = process.communicate(timeout=60)
    assert time.monotonic() - sent < max(0.5, sent - began)  # the start takes seconds, on a busy machine many
    assert process.returncode == 130
    assert "me2026-quick VERIFIED" in first
    assert "me2026-quick" in out
    assert "interrupted, 1 not finished" in out
    assert "Traceback" not in err


def test_a_closed_pipe_is_not_an_error():
    shell = f"{sys.executable} -m solvable.cli cite | head -1"
    done = subprocess.run(["bash", "-c", shell], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("@software")
    assert not done.stderr
