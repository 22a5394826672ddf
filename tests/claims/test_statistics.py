"""The operating characteristic of the sequential test, on synthetic samplers with fixed seeds.

Noise is 8 margins a replica, so that one stage never decides alone. Over 200 runs the stated error rates hold
with room: a bias of 0 is accepted always, twice the margin is rejected always, the boundary stays open.
"""

import numpy as np
import pytest

from solvable.claims.errors import ClaimError
from solvable.claims.statistics import Interval, statistic, student_interval
from solvable.claims.verdicts import Agreement

RUNS, NOISE = 200, 8.0


def sampler_of(seed, bias, noise=NOISE):
    values = bias + noise * np.random.default_rng([99, seed]).standard_normal(64 * 2**7)
    return lambda first, count: values[first : first + count]


def verdicts(bias, **options):
    return [statistic(sampler_of(seed, bias), 0.0, 1.0, {}, **options).agreement for seed in range(RUNS)]


def test_true_claims_are_accepted():
    assert verdicts(0.0).count(Agreement.INSIDE) == RUNS
    assert verdicts(0.2).count(Agreement.INSIDE) >= 0.99 * RUNS


@pytest.mark.parametrize("bias", [2.0, -3.0])
def test_claims_off_by_twice_the_margin_are_rejected(bias):
    assert verdicts(bias).count(Agreement.OUTSIDE) == RUNS


@pytest.mark.parametrize("bias", [0.95, 1.05])
def test_the_boundary_stays_open(bias):
    assert verdicts(bias).count(Agreement.OPEN) >= 0.98 * RUNS


def test_the_level_bounds_wrong_decisions():
    # Just outside the margin, accepting is the error; just inside, rejecting is.
    level = 0.2
    assert verdicts(1.0 + 1e-9, level=level).count(Agreement.INSIDE) <= level * RUNS
    assert verdicts(1.0 - 1e-9, level=level).count(Agreement.OUTSIDE) <= level * RUNS


def test_a_quiet_sample_decides_at_once():
    evidence = statistic(sampler_of(0, 0.0, noise=0.1), 0.0, 1.0, {"far": 3.0})
    assert evidence.numbers["replicas"] == 64
    assert evidence.rivals[0].rejected


def test_sampling_goes_on_until_the_rivals_are_decided():
    quick = statistic(sampler_of(0, 0.0, noise=1.0), 0.0, 1.0, {})
    with_rival = statistic(sampler_of(0, 0.0, noise=1.0), 0.0, 1.0, {"near": 1.2})
    assert with_rival.numbers["replicas"] > quick.numbers["replicas"]
    assert with_rival.rivals[0].rejected


def test_a_rival_inside_the_margin_is_never_rejected():
    evidence = statistic(sampler_of(0, 0.0, noise=1.0), 0.0, 1.0, {"blind": 0.3})
    assert evidence.agreement is Agreement.INSIDE
    assert not evidence.rivals[0].rejected


def test_the_replicas_asked_for_are_contiguous_and_never_asked_twice():
    asked = []

    def sampler(first, count):
        asked.append((first, count))
        return NOISE * np.random.default_rng(first).standard_normal(count) + 0.97

    statistic(sampler, 0.0, 1.0, {})
    assert asked == [(0, 64), *((64 * 2**k, 64 * 2**k) for k in range(7))]


def test_diverging_replicas_refute():
    evidence = statistic(lambda first, count: np.full(count, np.nan), 0.0, 1.0, {"other": 5.0})
    assert evidence.agreement is Agreement.OUTSIDE
    assert "64 of 64 replicas are not finite" in evidence.note
    assert not evidence.rivals[0].rejected


def test_a_sampler_of_the_wrong_shape_is_an_error():
    with pytest.raises(ClaimError, match="must return shape"):
        statistic(lambda first, count: np.zeros(count + 1), 0.0, 1.0, {})


def test_interval_boundaries():
    assert Interval(0.0, 1.0).compare(0.0, 1.0) is Agreement.INSIDE
    assert Interval(0.0, 1.1).compare(0.0, 1.0) is Agreement.OPEN
    assert Interval(2.0, 1.0).compare(0.0, 1.0) is Agreement.OPEN
    assert Interval(2.1, 1.0).compare(0.0, 1.0) is Agreement.OUTSIDE


def test_student_interval_covers_at_its_level():
    rng = np.random.default_rng(5)
    inside = sum(
        abs(interval.mean) <= interval.half_width
        for interval in (student_interval(rng.standard_normal(10), 0.1) for _ in range(2000))
    )
    assert 0.88 < inside / 2000 < 0.92
