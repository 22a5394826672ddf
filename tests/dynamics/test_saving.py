"""Files: readable without pickle, complete, with the numbers to the last digit."""

import csv
import json

import numpy as np
import pytest

from solvable import (
    DiagonalLinearNetwork,
    GradientDescent,
    GradientFlow,
    LabelNoiseSGD,
    LinearRegression,
    ScalarFactorization,
    Trajectory,
    UnivariateReLUNetwork,
    simulate,
)
from solvable.dynamics.saving import parameter_names

MODEL = LinearRegression([[1.0, 0.0], [0.5, 1.0], [0.0, 2.0]], [1.0, 2.0, 3.0])


def runs():
    return {
        "single": simulate(MODEL, GradientDescent(0.1), [0.3, 0.2], steps=5, save=3),
        "ensemble": simulate(MODEL, GradientDescent(0.1), np.ones((3, 2)), steps=5, save=3),
        "step sizes": simulate(MODEL, GradientDescent([0.1, 0.2]), [0.3, 0.2], time=1.0, save=[0.0, 0.5, 1.0]),
        "flows": simulate(MODEL, GradientFlow(), [[0.3, 0.2], [9.0, -9.0]], time=1.0, save=4),
    }


@pytest.fixture(params=["single", "ensemble", "step sizes", "flows"])
def run(request):
    return runs()[request.param]


def test_npz(run, tmp_path):
    run.to_npz(tmp_path / "run.npz")
    with np.load(tmp_path / "run.npz", allow_pickle=False) as data:
        for name in ("theta", "time", "step", "loss", "final"):
            assert np.array_equal(data[name], getattr(run, name))
        assert np.array_equal(data["status"], np.asarray(run.status, dtype=int))
        assert json.loads(str(data["provenance"])) == run.provenance


NETWORK = UnivariateReLUNetwork([0.4, -1.0, 1.2], [1.0, 0.5, -0.5], width=4)
ROUND_TRIPS = {
    "steps": (DiagonalLinearNetwork(np.eye(2, 3), [1.0, 2.0]), LabelNoiseSGD(0.05, 0.1, momentum=0.5), {"steps": 40}),
    "events": (NETWORK, GradientFlow(), {"time": 20.0}),
}


@pytest.mark.parametrize("members", [1, 3])
@pytest.mark.parametrize("kind", ROUND_TRIPS)
def test_what_was_saved_goes_on_in_bits(kind, members, tmp_path):
    model, dynamics, horizon = ROUND_TRIPS[kind]
    start = 0.5 + 0.2 * np.random.default_rng(0).standard_normal((members, model.n_params))
    run = simulate(model, dynamics, start if members > 1 else start[0], seed=3, **horizon)
    run.to_npz(tmp_path / "run.npz")
    restored = Trajectory.from_npz(tmp_path / "run.npz", model)
    ends = [simulate(model, dynamics, resume=piece, **horizon) for piece in (run, restored)]
    for one, other in ((run, restored), ends):
        assert np.array_equal(one.theta, other.theta)
        assert np.array_equal(one.status, other.status)
        assert repr(one) == repr(other)
    if kind == "steps":
        assert np.array_equal(ends[0].ledger().R, ends[1].ledger().R)
        return
    for one, other in ((run, restored), ends):
        pairs = zip(one.events, other.events, strict=True) if members > 1 else [(one.events, other.events)]
        for mine, same in pairs:
            assert mine.time.size > 0
            assert all(np.array_equal(*entries) for entries in zip(mine, same, strict=True))


@pytest.mark.parametrize("content", [b"", b"y\n1\n", b"PK\x03\x04", b"\x93NUMPY\x01\x00"])
def test_files_of_other_kinds_are_refused(content, tmp_path):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(ValueError, match=r"^path must be a file of Trajectory.to_npz, got .*file$"):
        Trajectory.from_npz(tmp_path / "file", MODEL)


def test_foreign_files_and_models_are_refused(tmp_path):
    runs()["single"].to_npz(tmp_path / "run.npz")
    with pytest.raises(
        ValueError, match=r"^model must be the one of the saved trajectory, LinearRegression\(n=3, p=2\)"
    ):
        Trajectory.from_npz(tmp_path / "run.npz", NETWORK)
    np.savez(tmp_path / "data.npz", X=np.eye(2), time=np.ones(3))
    with pytest.raises(
        ValueError, match=r"data.npz without final, loss, provenance, state.reached, status, step, theta$"
    ):
        Trajectory.from_npz(tmp_path / "data.npz", MODEL)


def test_csv(run, tmp_path):
    run.to_csv(tmp_path / "run.csv")
    with open(tmp_path / "run.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    ensemble = run.theta.ndim == 3
    members = run.theta.shape[1] if ensemble else 1
    assert len(rows) == run.theta.shape[0] * members
    for k, row in enumerate(rows):
        at = divmod(k, members) if ensemble else (k,)
        if ensemble:
            assert int(row["member"]) == at[1]
        assert int(row["step"]) == run.step[at[: run.step.ndim]]
        assert float(row["time"]) == run.time[at[: run.time.ndim]]
        assert float(row["loss"]) == run.loss[at]
        assert [float(row["beta[0]"]), float(row["beta[1]"])] == run.theta[at].tolist()


@pytest.mark.sweep("xarray")
def test_xarray(run):
    data = run.to_xarray()
    assert np.array_equal(data["theta"].values, run.theta)
    assert np.array_equal(data["time"].values, run.time)
    assert list(data["parameter"].values) == ["beta[0]", "beta[1]"]


def test_xarray_names_what_is_missing(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "xarray", None)
    with pytest.raises(ImportError, match=r"^to_xarray needs xarray: pip install xarray$"):
        runs()["single"].to_xarray()


def test_parameter_names():
    assert parameter_names(ScalarFactorization(depth=3)) == ["w_1", "w_2", "w_3"]
    assert parameter_names(DiagonalLinearNetwork([[1.0, 2.0]], [1.0])) == ["u[0]", "u[1]", "v[0]", "v[1]"]
