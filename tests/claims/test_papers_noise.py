"""The claims about noise and weight decay see a wrong constant in their predictions."""

from __future__ import annotations

import numpy as np
import pytest

import solvable
from solvable.claims import Verdict
from solvable.claims.papers._shrinkage import injected
from solvable.claims.papers.orvieto2023 import _cubature


def twice_the_gain(original):
    """Twice q, the same R."""

    def wrong(*args, **given):
        gain = original(*args, **given)
        return gain._replace(q=2 * gain.q)

    return wrong


def twice_the_shift(original):
    def wrong(*args, **given):
        gain = original(*args, **given)
        return gain._replace(R=2 * gain.R)

    return wrong


def twice_the_radius(original):
    return lambda step_size, radius, **given: original(step_size, 2 * radius, **given)


MUTATIONS = [
    ("pesme2021", "gain_stochastic_gradient_flow", twice_the_gain, "pesme2021-effective-scale"),
    ("pesme2021", "gain_stochastic_gradient_flow", twice_the_gain, "pesme2021-sample-noise"),
    ("pesme2021", "gain_stochastic_descent", twice_the_gain, "pesme2021-real-descent"),
    (
        "andriushchenko2022_stochastic",
        "SharpnessAware",
        twice_the_radius,
        "andriushchenko2022-stochastic-dictionary",
    ),
    ("orvieto2023", "noise_injection_weights", "doubled", "orvieto2023-smoothed-loss"),
    ("orvieto2023_flow", "noise_injection_weights", "doubled", "orvieto2023-effective-scale"),
    ("orvieto2023_flow", "noise_injection_weights", "doubled", "orvieto2023-lasso"),
    ("orvieto2023_flow", "noise_injection_weights", "doubled", "orvieto2023-anticorrelated"),
    ("clara2025", "noise_injection_weights", "doubled", "clara2025-shrinkage-thresholding"),
    ("jacobs2025", "weight_decay_weights", "doubled", "jacobs2025-effective-scale"),
    ("jacobs2025", "weight_decay_weights", "doubled", "jacobs2025-lasso"),
    ("jacobs2025", "gain_gradient_descent", twice_the_gain, "jacobs2025-descent"),
    ("jacobs2025", "gain_gradient_descent", twice_the_shift, "jacobs2025-descent"),
]


def test_a_doubled_constant_is_refuted(mutated):
    assert mutated.verdict is Verdict.REFUTED, str(mutated)


@pytest.mark.parametrize("claim_id", ["orvieto2023-effective-scale", "orvieto2023-lasso", "jacobs2025-lasso"])
def test_a_lasso_needs_no_interpolation(tmp_path, claim_id):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((30, 6))
    np.savez(tmp_path / "tall.npz", X=X, y=X[:, 0] - X[:, 1] + rng.standard_normal(30))
    assert solvable.verify(claim_id, data=tmp_path / "tall.npz")[claim_id].verdict is Verdict.VERIFIED


def test_thresholding_needs_orthogonal_columns(tmp_path):
    rng = np.random.default_rng(0)
    np.savez(tmp_path / "dense.npz", X=rng.standard_normal((30, 6)), y=rng.standard_normal(30))
    result = solvable.verify("clara2025-shrinkage-thresholding", data=tmp_path / "dense.npz")[0]
    assert result.verdict is Verdict.NOT_APPLICABLE
    assert "orthogonal" in str(result.worst.message)


def test_the_cubature_has_the_moments_of_normal_numbers():
    points, masses = _cubature(5)
    x, y, z = points.T[:3]
    for moment, value in (
        (x**0, 1),
        (x**2, 1),
        (x * y, 0),
        (x**4, 3),
        (x**2 * y**2, 1),
        (x**3 * y, 0),
        (x**2 * y * z, 0),
        (x**5, 0),
    ):
        assert masses @ moment == pytest.approx(value, abs=1e-13)


@pytest.mark.parametrize(("parametrization", "factor"), [("squares", 2.0), ("product", 0.5)])
def test_the_penalties_of_injected_noise(parametrization, factor):
    X = np.random.default_rng(0).standard_normal((4, 3))
    model = solvable.DiagonalLinearNetwork(X, [1.0, 2.0, 3.0, 4.0], parametrization=parametrization)
    np.testing.assert_allclose(injected(model, 0.5), factor * 0.25 * np.mean(X**2, axis=0), rtol=1e-13)
