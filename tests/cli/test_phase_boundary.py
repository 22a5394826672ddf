"""``solvable phase boundary``: the numbers, the files and the complaints."""

import json

import numpy as np
import pytest

from solvable.cli import main

MEASURE = """\
def diverges(step_size, curvature, bound=1.0):
    return abs(1 - step_size * curvature) > bound
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(MEASURE)
    return path


def run(capsys, *words):
    code = main(["phase", "boundary", *map(str, words), "--executor", "serial", "--quiet"])
    out, err = capsys.readouterr()
    return code, out, err


def test_the_stable_step_from_a_file(capsys, file, tmp_path):
    axes = ("step_size=0.01:100:2:log", "curvature=0.5:8:3:log")
    code, out, err = run(capsys, file, *axes, "--json", "--out", tmp_path / "b.csv", "--picture", tmp_path / "b.png")
    record = json.loads(out)
    assert (code, err) == (0, "")
    assert record["scale"] == "log"
    np.testing.assert_allclose([row["position"] for row in record["columns"]], [4.0, 1.0, 0.25], rtol=0.01)
    assert (tmp_path / "b.csv").read_text().startswith("curvature,position,low,high")
    assert (tmp_path / "b.png").stat().st_size > 1000


def test_a_table_for_people_and_another_axis(capsys, file):
    code, out, _ = run(capsys, f"{file}::diverges", "along=curvature", "step_size=[0.5,100]", "curvature=1:9:2")
    assert code == 0
    rows = [line.split() for line in out.splitlines()[-2:]]
    assert float(rows[0][1]) == pytest.approx(4.0, abs=8e-3)
    assert rows[1][:2] == ["100", "-"]
    assert out.splitlines()[-1].endswith("event at both ends")


@pytest.mark.parametrize(
    "words",
    [
        ["step_size=0.1:1:2"],
        ["step_size=0.1:1:2", "curvature=1:2:3", "along=slope"],
        ["step_size=0.1:1:2", "curvature=1:2:3", "along=curvature", "along=step_size"],
        ["step_size=0.1:1:1", "curvature=1:2:3"],
        ["step_size=0.1:1:2", "curvature=1:2:3", "--tolerance", "0"],
        ["step_size=0.1:1:2", "--picture", "b.pdf", "curvature=1:2:3"],
        ["step_size=0.1:1:2", "curvature=1:2:3", "bound=2:4:2", "--picture", "b.png"],
    ],
)
def test_usage_errors_are_one_line(capsys, file, words):
    code, out, err = run(capsys, file, *words)
    assert (code, out, err.count("\n")) == (2, "", 1)
