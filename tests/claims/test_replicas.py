"""Control variates: the coefficient, unbiasedness by the pilot, efficiency, and a wrong declared mean."""

import numpy as np
import pytest

from solvable.claims.errors import ClaimError
from solvable.claims.replicas import Replicas
from solvable.claims.sequential import Plan
from solvable.claims.statistics import statistic
from solvable.claims.verdicts import Agreement


def slices(rows):
    return lambda first, count: rows[first : first + count]


def skewed(rng, size):
    """Y = X^2 with X exponential: mean 2, and a strong correlation between slope and mean in small samples."""
    x = rng.exponential(size=size)
    return np.stack([x**2, x], axis=-1)


def test_the_coefficient_is_that_of_least_squares_on_the_pilot_alone():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((300, 3))
    rows[:, 0] += rows[:, 1:] @ [2.0, -1.0]
    replicas = Replicas(slices(rows), control_mean=[0.1, 0.2], pilot=100)
    values = replicas.values(200)
    covariance = np.cov(rows[:100], rowvar=False)
    b = np.linalg.solve(covariance[1:, 1:], covariance[1:, 0])
    np.testing.assert_allclose(replicas.pilot.coefficient, b, rtol=1e-10)
    np.testing.assert_allclose(values, rows[100:, 0] - (rows[100:, 1:] - [0.1, 0.2]) @ b, rtol=1e-10, atol=1e-12)
    least = covariance[0, 0] - covariance[0, 1:] @ b
    assert replicas.pilot.spread == pytest.approx(np.sqrt(least * 99 / 97), rel=1e-10)


def test_the_pilot_leaves_no_bias_where_the_same_sample_has_one():
    """Means of 8 replicas over 40 000 repetitions: with b from the same sample the mean is off by many errors."""
    rng = np.random.default_rng(1)
    pilots, samples = skewed(rng, (40_000, 8)), skewed(rng, (40_000, 8))

    def slope(rows):
        centered = rows - rows.mean(axis=1, keepdims=True)
        return (centered[..., 0] * centered[..., 1]).sum(axis=1) / (centered[..., 1] ** 2).sum(axis=1)

    def z(b):
        means = samples[..., 0].mean(axis=1) - b * (samples[..., 1].mean(axis=1) - 1)
        return (means.mean() - 2) / (means.std() / 200)

    assert z(slope(samples)) < -20
    assert abs(z(slope(pilots))) < 6
    one = Replicas(slices(np.concatenate([pilots[0], samples[0]])), control_mean=1.0, pilot=8)
    assert one.values(8).mean() == pytest.approx(
        samples[0, :, 0].mean() - slope(pilots)[0] * (samples[0, :, 1].mean() - 1), rel=1e-12
    )


def test_a_small_pilot_costs_the_variance_that_theory_says():
    """Gaussian controls, q = 3 and P = 12: least variance times 1 + q / (P - q - 2), to the error of 4000 pilots."""
    rng = np.random.default_rng(2)
    q, P = 3, 12
    excess = []
    for _ in range(4000):
        rows = rng.standard_normal((P, 1 + q))  # b = 0 is optimal, the least variance 1
        b = Replicas(slices(rows), control_mean=np.zeros(q), pilot=P).pilot.coefficient
        excess.append(b @ b)
    assert abs(np.mean(excess) - q / (P - q - 2)) < 6 * np.std(excess) / np.sqrt(4000)


def test_controls_decide_what_is_undecidable_without():
    rng = np.random.default_rng(3)
    x = rng.standard_normal(64 * 2**7 + 64)
    rows = np.stack([30 * x + rng.standard_normal(x.size), x], axis=1)
    without = statistic(slices(rows[:, 0]), 0.0, 0.5, {"near": 1.2}, Plan(64))
    evidence = statistic(slices(rows), 0.0, 0.5, {"near": 1.2}, Plan(64), control_mean=0.0)
    assert without.agreement is Agreement.OPEN
    assert evidence.agreement is Agreement.INSIDE
    assert evidence.rivals[0].rejected
    assert evidence.numbers["pilot"] == 64
    assert 500 < evidence.numbers["variance ratio"] < 1500  # about 901


def test_the_pilot_comes_first_and_is_not_averaged():
    asked = []

    def sampler(first, count):
        asked.append((first, count))
        return np.stack([np.arange(first, first + count), np.zeros(count)], axis=1)

    replicas = Replicas(sampler, control_mean=0.0, pilot=10)
    assert replicas.values(4).tolist() == [10, 11, 12, 13]
    assert replicas.values(6).tolist() == [10, 11, 12, 13, 14, 15]
    assert asked == [(0, 10), (10, 4), (14, 2)]


def test_a_control_that_does_not_vary_is_harmless():
    rows = np.stack([np.random.default_rng(0).standard_normal(300), np.ones(300)], axis=1)
    replicas = Replicas(slices(rows), control_mean=1.0, pilot=100)
    np.testing.assert_array_equal(replicas.values(200), rows[100:, 0])
    assert replicas.controls_hold(0.1)


def test_a_wrong_control_mean_leaves_the_evidence_open():
    rng = np.random.default_rng(4)
    x = rng.standard_normal(64 * 2**7 + 64)
    rows = np.stack([x + 0.1 * rng.standard_normal(x.size), x], axis=1)
    evidence = statistic(slices(rows), 0.0, 0.1, {}, Plan(64), control_mean=0.5)
    assert evidence.agreement is Agreement.OPEN
    assert evidence.note == "the controls do not have the declared mean"


@pytest.mark.parametrize(
    ("mean", "pilot", "shape", "message"),
    [
        (0.0, 10, (10,), r"sampler\(0, 10\) must return shape \(10, 2\), got \(10,\)"),
        ([0.0, 0.0], 10, (10, 2), r"must return shape \(10, 3\), got \(10, 2\)"),
        ([0.0, 0.0], 3, (3, 3), "first must be >= 4 for a pilot with these controls, got 3"),
        ([[0.0]], 10, (10, 2), r"control_mean must be a number or have shape \(q,\)"),
        (np.nan, 10, (10, 2), "control_mean must be finite"),
    ],
)
def test_misuse(mean, pilot, shape, message):
    with pytest.raises(ClaimError, match=message):
        Replicas(lambda first, count: np.zeros(shape), mean, pilot).values(10)
