"""``solvable bench``: every contender gives the same answer, and the report holds together."""

import json

import numpy as np
import pytest

from solvable.cli import main
from solvable.cli.bench.measuring import measure, relative_difference
from solvable.cli.bench.tables import as_text
from solvable.cli.bench.workload import Contender, Workload
from solvable.cli.bench.workloads import NAMES


def test_every_workload_agrees_and_reports(capsys):
    assert main(["bench", "--seconds", "0.05", "--json"]) == 0
    out, err = capsys.readouterr()
    report = json.loads(out)
    assert [workload["name"] for workload in report["workloads"]] == list(NAMES)
    for workload in report["workloads"]:
        assert workload["equal"]
        assert workload["rounds"] >= 3
        first, *rivals = workload["contenders"]
        assert first["ratio"] == 1
        assert all(rival["difference"] <= 1e-10 for rival in rivals)
        assert all(0 < contender["share_of_peak"] < 1.5 for contender in workload["contenders"])
    assert "bench descent-ensemble" in err


def test_a_wrong_answer_is_reported():
    right, wrong = np.ones(3), np.array([1.0, 1.0, 1.1])
    contenders = (
        Contender("right", right.sum, 1.0),
        Contender("wrong", wrong.sum, 1.0, lambda: (wrong, right)),
    )
    measurement = measure(Workload("w", "unit", 1.0, contenders), 0.01)
    assert not measurement.equal
    assert "DIFFERENT ANSWERS" in as_text("w", measurement)


def test_nan_is_no_agreement():
    assert relative_difference(np.array([np.nan]), np.ones(1)) == np.inf
    assert relative_difference(np.ones(2), np.ones(1)) == np.inf


@pytest.mark.parametrize("words", [["nothing"], ["--seconds", "0"], ["--seconds", "nan"], ["--seconds", "x"]])
def test_bad_input_is_one_line_and_exit_2(capsys, words):
    assert main(["bench", *words]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)


def test_list(capsys):
    assert main(["bench", "--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(NAMES)
