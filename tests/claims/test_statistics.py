"""Means of independent replicas: what is drawn, when it ends, what is reported; controls: test_replicas.

The error rates are in test_operating_characteristic.
"""

import numpy as np
import pytest

from solvable.claims.errors import ClaimError
from solvable.claims.sequential import Plan
from solvable.claims.statistics import FIRST_STAGE, statistic
from solvable.claims.verdicts import Agreement

NOISE = 8.0
PLAN = Plan(FIRST_STAGE)


def sampler_of(seed, bias, noise=NOISE):
    values = bias + noise * np.random.default_rng([99, seed]).standard_normal(64 * 2**7)
    return lambda first, count: values[first : first + count]


def test_a_quiet_sample_decides_at_once():
    evidence = statistic(sampler_of(0, 0.0, noise=0.1), 0.0, 1.0, {"far": 3.0}, PLAN)
    assert evidence.numbers["replicas"] == 64
    assert evidence.rivals[0].rejected


def test_sampling_goes_on_until_the_rivals_are_decided():
    quick = statistic(sampler_of(0, 0.0, noise=1.0), 0.0, 1.0, {}, PLAN)
    with_rival = statistic(sampler_of(0, 0.0, noise=1.0), 0.0, 1.0, {"near": 1.2}, PLAN)
    assert with_rival.numbers["replicas"] > quick.numbers["replicas"]
    assert with_rival.rivals[0].rejected


def test_a_rival_inside_the_margin_is_never_rejected():
    evidence = statistic(sampler_of(0, 0.0, noise=1.0), 0.0, 1.0, {"blind": 0.3}, PLAN)
    assert evidence.agreement is Agreement.INSIDE
    assert not evidence.rivals[0].rejected


def test_the_replicas_asked_for_are_contiguous_and_never_asked_twice():
    asked = []

    def sampler(first, count):
        asked.append((first, count))
        return NOISE * np.random.default_rng(first).standard_normal(count) + 0.97

    statistic(sampler, 0.0, 1.0, {}, PLAN)
    assert asked == [(0, 64), *((64 * 2**k, 64 * 2**k) for k in range(7))]


def test_what_is_reported_is_students_interval_of_all_replicas():
    from scipy.stats import t

    sample = sampler_of(3, 0.0)(0, 8192)
    evidence = statistic(sampler_of(3, 0.0), 0.0, 1.0, {"blind": 0.99}, PLAN)
    level = 1e-4 / (8 * 9)
    low, high = t.interval(1 - level, 8191, sample.mean(), sample.std(ddof=1) / np.sqrt(8192))
    numbers = evidence.numbers
    assert numbers["measured"] == pytest.approx(sample.mean(), rel=1e-12)
    assert numbers["half width"] == pytest.approx((high - low) / 2, rel=1e-6)


def test_diverging_replicas_refute():
    evidence = statistic(lambda first, count: np.full(count, np.nan), 0.0, 1.0, {"other": 5.0}, PLAN)
    assert evidence.agreement is Agreement.OUTSIDE
    assert "64 of 64 replicas are not finite" in evidence.note
    assert not evidence.rivals[0].rejected


def test_a_sampler_of_the_wrong_shape_is_an_error():
    with pytest.raises(ClaimError, match="must return shape"):
        statistic(lambda first, count: np.zeros(count + 1), 0.0, 1.0, {}, PLAN)
