"""``solvable phase map`` and ``list`` from the outside: what is printed, kept, refused, interrupted."""

import csv
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from solvable.cli import main
from solvable.phase import load
from solvable.phase.diagrams import diagram_names

MINE = """\
import os
import signal
import time


def product(x, y, seed):
    return {"value": x * y + seed, "unresolved": x > 1}


def fatal(x, y=0.0):
    if x > 0.5:
        os.kill(os.getpid(), signal.SIGKILL)
    return x


def slow(x):
    time.sleep(0.1)
    return x
"""


def run(capsys, *words):
    code = main(["phase", *map(str, words)])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture
def mine(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(MINE)
    return path


def test_diagrams_are_listed_in_lines(capsys):
    code, out, err = run(capsys, "list")
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()] == list(diagram_names())


def test_a_map_of_a_function_in_a_file(capsys, mine, tmp_path):
    words = (f"{mine}::product", "x=[1,2.5]", "--seed", 3, "y=0.01:1:3:log", "--executor", "serial")
    code, out, err = run(capsys, "map", *words, "--json", "--store", tmp_path / "s", "--out", tmp_path / "m.csv")
    record = json.loads(out)
    assert code == 0
    assert err.startswith("phase: 6/6 cells, ")
    assert (record["measure"], record["cells"], record["computed"], record["unresolved"]) == ("product", 6, 6, 3)
    assert record["values"]["value"] == {"least": 3.01, "median": 3.175, "largest": 5.5, "infinite": 0, "missing": 0}
    assert record["axes"]["y"] == {"size": 3, "low": 0.01, "high": 1.0}
    with open(tmp_path / "m.csv", newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["x", "y", "value", "unresolved"]
    np.testing.assert_allclose([float(row[2]) for row in rows], [3.01, 3.1, 4.0, 3.025, 3.25, 5.5])
    code, out, err = run(capsys, "map", *words, "--store", tmp_path / "s", "--quiet", "--out", tmp_path / "m.npz")
    assert (code, err) == (0, "")
    assert "6 of 6 cells, 0 computed now" in out
    assert "unresolved: 3 cells" in out
    assert load(tmp_path / "m.npz").values["value"][1, 2] == 5.5
    code, out, _ = run(capsys, "map", *words, "--store", tmp_path / "s", "--fresh")
    assert "6 computed now" in out


def test_a_diagram_takes_other_axes(capsys, tmp_path):
    words = ("map", "scalar-map", "x=-1:1:3", "y=[0.5,1]", "--executor", "threads:2", "--json")
    code, out, _ = run(capsys, *words, "--picture", tmp_path / "p.png")
    assert code == 0
    assert json.loads(out)["cells"] == 6
    picture = (tmp_path / "p.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    run(capsys, *words, "--picture", tmp_path / "p.png", "--value", "sharpness")
    assert (tmp_path / "p.png").read_bytes() != picture


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nothing"], "unknown diagram 'nothing'"),
        (["scalr-map"], "did you mean scalar-map?"),
        (["no.py"], "there is no file no.py"),
        (["MINE"], "mine.py holds 3 functions, name one: "),
        (["MINE::none", "x=1:2:3"], "mine.py holds no function named none (it holds product, fatal, slow)"),
        (["MINE::slow"], "axes must name at least one parameter of slow (x), got none"),
        (["STEM", "x=1:2:3"], "mine' (did you mean "),
        (["MINE::slow", "x=1:2"], "axis x must be low:high:count[:log] or [v1,v2,...], got '1:2'"),
        (["MINE::slow", "x=1:2:0"], "axis x must be low:high:count"),
        (["MINE::slow", "x=1:2:3:lin"], "axis x must be low:high:count"),
        (["MINE::slow", "x=0:2:3:log"], "axis x is logarithmic and must be > 0, got 0"),
        (["MINE::slow", "x=[1,a]"], "axis x must be low:high:count"),
        (["MINE::slow", "x=[]"], "axis x must have at least one value"),
        (["MINE::slow", "x=[1,1]"], "axis x must not repeat a value"),
        (["MINE::slow", "x=inf:1:3"], "axis x must be finite"),
        (["MINE::slow", "x=1:2:3", "x=1:2:3"], "axis x is given twice"),
        (["MINE::slow", "x"], "'x' must have the form name=low:high:count"),
        (["MINE::slow", "x=1:2:3", "z=[1]"], "axis 'z' is no parameter of slow"),
        (["MINE::slow", "x=1:2:3", "--fine"], "--fine needs a named diagram"),
        (["MINE::slow", "x=1:2:3", "--fresh"], "--fresh needs --store"),
        (["MINE::slow", "x=1:2:3", "--fresh", "--store", "."], "is not the folder of a map"),
        (["MINE::slow", "x=1:2:3", "--picture", "p.png"], "--picture needs two axes, got 1"),
        (["MINE::slow", "x=1:2:3", "--out", "m.txt"], "--out must be a .npz or .csv file"),
        (["MINE::slow", "x=1:2:3", "--out", "no/m.npz"], "there is no folder for --out"),
        (["MINE::slow", "x=1:2:3", "--value", "value"], "--value needs --picture"),
        (
            ["scalar-map", "--picture", "p.png", "--value", "sharp"],
            "value must be one of 'end', 'sharpness', got 'sharp'",
        ),
        (["MINE::slow", "x=1:2:3", "--jobs", "0"], "--jobs must be an integer >= 1"),
        (["MINE::slow", "x=1:2:3", "--executor", "fly"], "executor must be one of serial, threads, processes"),
        (["MINE::slow", "x=1:2:3", "--executor", "threads:0"], "the number of workers must be"),
        (["MINE::slow", "x=1:2:3", "--seed", "-1"], "seed must be an integer from 0"),
    ],
)
def test_usage_errors_are_one_line_and_exit_2(capsys, mine, words, says):
    before = sorted(mine.parent.iterdir())
    words = [word.replace("MINE", str(mine)).replace("STEM", str(mine.with_suffix(""))) for word in words]
    code, out, err = run(capsys, "map", *words)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert says in err
    assert sorted(mine.parent.iterdir()) == before


@pytest.mark.parametrize(("command", "other"), [("map", ()), ("boundary", ("y=[1,2]", "--along", "y"))])
def test_a_worker_that_dies_is_an_error_of_one_line(capsys, mine, tmp_path, command, other):
    words = (f"{mine}::fatal", "x=0:1:10", *other, "--executor", "processes:1", "--store", tmp_path / "s")
    code, out, err = run(capsys, command, *words, "--quiet")
    assert (code, out) == (3, "")
    assert err.startswith("solvable: error: a worker died (BrokenProcessPool); the same command with --store")
    assert 1 <= load(tmp_path / "s").provenance["finished"] <= 5


@pytest.mark.parametrize("executor", ["serial", "processes:1"])
def test_an_interruption_is_answered_and_the_map_goes_on(capsys, mine, tmp_path, executor):
    words = ["phase", "map", f"{mine}::slow", "x=0:1:100", "--store", str(tmp_path / "s"), "--executor", executor]
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "solvable.cli", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 300
    while len(list((tmp_path / "s").glob("chunk-*.npz"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGINT)
    sent = time.monotonic()
    answer = next(line for line in process.stderr if "interrupted" in line)
    assert time.monotonic() - sent < max(0.5, sent - began)  # the start takes seconds, on a busy machine many
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    kept = load(tmp_path / "s").provenance["finished"]
    assert 3 <= kept < 100
    assert f"slow: {kept} of 100 cells" in out
    assert f"interrupted with {kept} of 100 cells finished; the same command with --store {tmp_path}" in answer
    assert "Traceback" not in err
