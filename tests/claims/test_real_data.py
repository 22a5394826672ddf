"""The gradient-flow theorems on the diabetes data of Efron et al., through the same door as a user's own file."""

from __future__ import annotations

import numpy as np
import pytest

import solvable
from solvable.claims import Verdict

FLOW_CLAIMS = [
    "azulay2021-product",
    "azulay2021-shape",
    "woodworth2020-conservation",
    "woodworth2020-depth",
    "woodworth2020-hypentropy",
    "woodworth2020-kernel-bound",
    "woodworth2020-kernel-limit",
    "woodworth2020-rich-bound",
]


@pytest.fixture(scope="module")
def diabetes():
    """Standardized X (442, 10) and y."""
    datasets = pytest.importorskip("sklearn.datasets")
    X, y = datasets.load_diabetes(return_X_y=True)
    return (X - X.mean(axis=0)) / X.std(axis=0), (y - y.mean()) / y.std()


@pytest.fixture(scope="module")
def overparameterized(diabetes, tmp_path_factory):
    """40 of the patients with the 10 features and their 55 pairwise products, standardized, as an npz."""
    X, y = diabetes
    pairs = np.stack([X[:, i] * X[:, j] for i in range(10) for j in range(i, 10)], axis=1)
    wide = np.hstack([X, pairs])
    wide = (wide - wide.mean(axis=0)) / wide.std(axis=0)
    rows = np.random.default_rng(0).permutation(442)[:40]
    path = tmp_path_factory.mktemp("data") / "diabetes.npz"
    np.savez(path, X=wide[rows], y=y[rows])
    return path


@pytest.mark.parametrize("claim_id", FLOW_CLAIMS)
def test_flow_claims_hold_where_the_data_can_be_interpolated(overparameterized, claim_id):
    (result,) = solvable.verify(claim_id, data=str(overparameterized))
    assert result.verdict is Verdict.VERIFIED, str(result)


def test_hypotheses_refuse_the_plain_data(diabetes, tmp_path):
    """442 patients and 10 features: no interpolation, so the theorems do not apply, and say which hypothesis fails."""
    X, y = diabetes
    names = ",".join([*(f"x{j}" for j in range(10)), "y"])
    np.savetxt(tmp_path / "diabetes.csv", np.column_stack([X, y]), delimiter=",", header=names, comments="")
    (result,) = solvable.verify("woodworth2020-hypentropy", data=str(tmp_path / "diabetes.csv"))
    assert result.verdict is Verdict.NOT_APPLICABLE
    assert "interpolated" in str(solvable.verify("woodworth2020-hypentropy", data=str(tmp_path / "diabetes.csv")))


def test_conservation_needs_no_interpolation(diabetes, tmp_path):
    X, y = diabetes
    np.savez(tmp_path / "diabetes.npz", X=X, y=y)
    (result,) = solvable.verify("woodworth2020-conservation", data=str(tmp_path / "diabetes.npz"))
    assert result.verdict is Verdict.VERIFIED


@pytest.mark.slow
def test_every_claim_on_twenty_fresh_instances():
    report = solvable.verify(instances=20, seed=1000)
    failing = [result.claim.id for result in report if result.verdict is not Verdict.VERIFIED]
    assert failing == [], str(report)
