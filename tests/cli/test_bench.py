"""``solvable bench``: every contender gives the same answer, and the report holds together."""

import json
from importlib import import_module

import numpy as np
import pytest

from solvable.cli import main
from solvable.cli.bench import gate, reports, rivals, workloads
from solvable.cli.bench.measuring import measure, relative_difference
from solvable.cli.bench.reports import scaling
from solvable.cli.bench.tables import as_record, as_text
from solvable.cli.bench.workload import Contender, Workload
from solvable.cli.bench.workloads import descent_ensemble, flow_short

# The same contenders in other sizes.
RESIZED = {"descent-few", "map-slice", "flow-short", "flow-long", "flow-longest", "flow-tight"}


def answers_agree(workload):
    checked = [contender for contender in workload.contenders if contender.check is not None]
    assert checked
    for contender in checked:
        assert relative_difference(*contender.check()) <= workload.tolerance, contender.name


@pytest.mark.parametrize("name", [name for name in workloads.NAMES if name not in RESIZED])
def test_every_contender_gives_the_same_answer(name):
    workload = workloads.build(name, 0.02)
    assert workload.contenders[0].library == "solvable"
    answers_agree(workload)


def test_solvers_of_flows_reach_the_error_of_the_row():
    workload = flow_short.until("a short flow", 5.0, rivals.ALWAYS, ("DOP853", "LSODA"), (), ())
    assert [contender.name.partition(",")[0] for contender in workload.contenders][1:] == [
        "SciPy DOP853",
        "SciPy LSODA",
    ]
    answers_agree(workload)


def test_the_ladder_wants_two_rungs_in_a_row():
    goal = np.ones(1)
    lucky = {1e-4, 1e-6, 10.0**-6.5, 1e-8}

    def solve(rtol):
        return goal if any(np.isclose(rtol, one, rtol=1e-6) for one in lucky) else goal + 1.0

    assert np.isclose(flow_short.loosest(solve, goal), 1e-6)
    assert flow_short.loosest(lambda rtol: goal + 1.0, goal) == flow_short.LADDER[-1]


def test_a_session_reports_ratios_shares_and_reports_without_rivals(capsys, monkeypatch):
    monkeypatch.setattr(descent_ensemble, "MEMBERS", 16)
    monkeypatch.setattr(scaling, "CASES", scaling.CASES[:1])
    assert main(["bench", "descent-ensemble", "scaling", "--seconds", "0.02", "--rivals", "scipy", "--json"]) == 0
    out, err = capsys.readouterr()
    measured, report = json.loads(out)["workloads"]
    assert measured["equal"]
    assert measured["rounds"] >= 3
    first, *others = measured["contenders"]
    assert first["ratio"] == 1
    assert [other["library"] for other in others] == ["numpy", "numpy"]
    assert all(0 < contender["share_of_peak"] < 1 for contender in measured["contenders"])
    assert report["name"] == "scaling"
    assert report["rows"][0]["cost against"].startswith("trajectories")
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


def test_a_faster_rival_is_named():
    contenders = (
        Contender("slow", lambda: sorted(range(20_000)), 1.0),
        Contender("fast", lambda: None, 1.0, lambda: (np.ones(1), np.ones(1))),
    )
    measurement = measure(Workload("w", "unit", 1.0, contenders), 0.01)
    assert as_record("w", measurement)["contenders"][1]["ratio"] < 1
    slow, fast = as_text("w", measurement).splitlines()[-2:]
    assert "FASTER" in fast
    assert "FASTER" not in slow


def test_nan_is_no_agreement():
    assert relative_difference(np.array([np.nan]), np.ones(1)) == np.inf
    assert relative_difference(np.ones(2), np.ones(1)) == np.inf


def test_the_peak_loop_computes_what_it_counts():
    peak = import_module("solvable.cli.bench.peak")
    assert peak.chains(200) == 2.0 * peak.LANES * peak.CHAINS
    assert peak.chains(1) == 1.5 * peak.LANES * peak.CHAINS
    assert peak.PeakLoop().flops_per_second() > 1e8


def test_cost_of_a_step_leaves_out_what_is_paid_once(monkeypatch):
    monkeypatch.setattr(scaling, "_timed", lambda run, steps: 0.5 + 0.001 * steps)
    assert np.isclose(scaling.step_cost(lambda steps: None, 0.2), 0.001)


@pytest.mark.parametrize(("ratio", "code"), [(1.5, 0), (1.4, 1), (float("nan"), 1)])
def test_the_gate_compares_with_the_record(capsys, monkeypatch, ratio, code):
    asked = []
    monkeypatch.setattr(gate, "recorded", lambda: {"old": dict.fromkeys(gate.WORKLOADS, 2.9)})  # half of it: 1.45
    monkeypatch.setattr(gate, "ratio_of", lambda name, *_: asked.append(name) or ratio)
    assert main(["bench", "--gate"]) == code
    assert len(asked) == len(gate.WORKLOADS) * (1 if code == 0 else gate.TRIES)
    assert "half of the least on record" in capsys.readouterr().out


def test_the_gate_knows_its_workloads():
    records = gate.recorded()
    assert all(set(entry) == set(gate.WORKLOADS) for entry in records.values())
    for name in gate.WORKLOADS:
        processor, entry = next(iter(records.items()))
        assert np.isclose(gate.least(name, processor, records)[0], entry[name] / 1.3)
        duel = gate.duel(workloads.build(name, 0.02))
        assert [contender.library for contender in duel.contenders] == ["solvable", "numpy"]


@pytest.mark.parametrize(
    "words",
    [
        ["nothing"],
        ["--seconds", "0"],
        ["--seconds", "nan"],
        ["--seconds", "x"],
        ["--rivals", "fortran"],
        ["--gate", "descent-ensemble"],
    ],
)
def test_bad_input_is_one_line_and_exit_2(capsys, words):
    assert main(["bench", *words]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)


def test_a_rival_that_is_not_installed_is_a_usage_error(capsys, monkeypatch):
    monkeypatch.setattr(rivals, "find_spec", lambda name: None if name == "jax" else object())
    assert rivals.choose(None) == {*rivals.ALWAYS, "torch", "diffrax", "numbalsoda"}
    assert main(["bench", "--rivals", "torch,jax"]) == 2
    assert "--rivals jax needs jax: pip install jax" in capsys.readouterr().err


def test_list(capsys):
    assert main(["bench", "--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(workloads.NAMES + reports.NAMES)
