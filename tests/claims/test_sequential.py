"""The stages of the sequential test: what they ask for, when they end, what they refuse; intervals."""

import numpy as np
import pytest

from solvable.claims.errors import ClaimError
from solvable.claims.sequential import Estimate, Interval, Plan, draw, sequential_test, student_interval
from solvable.claims.verdicts import Agreement


def scripted(*intervals):
    """An estimate that reads its intervals from a list, and the (size, level) that it was asked for."""
    asked = []

    def estimate(size, level):
        asked.append((size, level))
        return Estimate(intervals[len(asked) - 1], {"size": float(size)}, "no more")

    return estimate, asked


def test_data_double_and_the_levels_sum_to_the_level():
    estimate, asked = scripted(*[Interval(0.0, 2.0)] * 5)
    evidence = sequential_test("statistic", estimate, 0.0, 1.0, {}, Plan(10, 5, 0.3))
    assert [size for size, _ in asked] == [10, 20, 40, 80, 160]
    np.testing.assert_allclose([level for _, level in asked], [0.3 / (j * (j + 1)) for j in range(1, 6)])
    assert (evidence.agreement, evidence.note, evidence.numbers["size"]) == (Agreement.OPEN, "no more", 160.0)


def test_the_first_decisive_stage_is_not_taken_back():
    estimate, asked = scripted(Interval(0.0, 0.5), Interval(5.0, 0.5), Interval(5.0, 0.4))
    evidence = sequential_test("statistic", estimate, 0.0, 1.0, {"near": 1.4, "far": 9.0}, Plan(10))
    assert len(asked) == 2
    assert evidence.agreement is Agreement.INSIDE
    assert [rival.rejected for rival in evidence.rivals] == [True, True]
    assert evidence.note == ""


def test_refusals_decide_nothing():
    refusal = Estimate.refused(0.0, {}, "too short")
    evidence = sequential_test("statistic", lambda size, level: refusal, 0.0, 1.0, {"far": 1e9}, Plan(10, 3))
    assert (evidence.agreement, evidence.note) == (Agreement.OPEN, "too short")
    assert not evidence.rivals[0].rejected


@pytest.mark.parametrize("plan", [(1,), (64, 0), (64, 8, 0.0), (64, 8, 1.0), (64, 8, np.nan)])
def test_bad_plans(plan):
    with pytest.raises(ClaimError, match="must be"):
        Plan(*plan)


def test_draws_have_the_shape_that_they_promise():
    assert draw(lambda first, count: np.arange(first, first + count), 3, 2, unit="values").tolist() == [3, 4]
    with pytest.raises(ClaimError, match=r"sampler\(3, 2\) at h must return shape \(2, 4\), got \(2,\)"):
        draw(lambda first, count: np.zeros(count), 3, 2, unit="values", columns=4, where=" at h")


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


def test_inflation_multiplies_the_variance():
    sample = np.random.default_rng(0).standard_normal(9)
    plain, wide = student_interval(sample, 0.1), student_interval(sample, 0.1, inflation=4.0)
    assert wide.half_width == pytest.approx(2 * plain.half_width, rel=1e-14)
