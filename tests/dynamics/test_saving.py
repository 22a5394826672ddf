"""Files: readable without pickle, complete, with the numbers to the last digit."""

import csv
import json

import numpy as np
import pytest

from solvable import (
    DiagonalLinearNetwork,
    GradientDescent,
    GradientFlow,
    LinearRegression,
    ScalarFactorization,
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
