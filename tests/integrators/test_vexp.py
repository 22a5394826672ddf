"""The exponential against mpmath: over the whole range, where results fade out, and at the ends."""

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numba import njit

from solvable.integrators.vexp import decay_of, exp_sum_and_difference, split_exp, vexp


def run(values):
    x = np.ascontiguousarray(values, dtype=np.float64)
    out = np.empty_like(x)
    vexp(x, out)
    return out


def ulps(x, value):
    """Distance from the true exponential in units in the last place of the result."""
    with mp.workdps(40):
        return float(abs(mp.mpf(float(value)) - mp.exp(mp.mpf(float(x)))) / math.ulp(float(value)))


def test_at_most_one_ulp_over_the_whole_range():
    rng = np.random.default_rng(0)
    x = np.concatenate(
        [
            rng.uniform(-708, 709.78, 6000),
            rng.uniform(-1, 1, 3000),
            np.arange(-1020, 1024) * math.log(2) / 2,
            rng.uniform(-1, 1, 500) * 1e-10,
            np.array([0.0, -0.0, 5e-324, -5e-324, 709.782712893384, -708.3964185322641]),
        ]
    )
    worst = max(ulps(a, b) for a, b in zip(x, run(x), strict=True))
    assert worst <= 1.0


def test_at_most_one_ulp_among_the_subnormals():
    x = np.linspace(-745.13, -708.4, 3000)
    assert max(ulps(a, b) for a, b in zip(x, run(x), strict=True)) <= 1.0


@pytest.mark.parametrize(
    ("x", "value"),
    [
        (0.0, 1.0),
        (-0.0, 1.0),
        (np.inf, np.inf),
        (-np.inf, 0.0),
        (1e308, np.inf),
        (-1e308, 0.0),
        (709.79, np.inf),
        (-745.14, 0.0),
        (-745.13, 5e-324),
        (-746.0, 0.0),
        (710.0, np.inf),
    ],
)
def test_ends(x, value):
    assert run([x])[0] == value


def test_nan_stays_nan():
    assert np.array_equal(np.isnan(run([1.0, np.nan, 2.0])), [False, True, False])


@given(st.lists(st.floats(-745, 709), min_size=1, max_size=40))
def test_an_entry_has_the_same_bits_alone_and_in_a_vector(values):
    """Vectorized body and scalar remainder of the loop agree."""
    together = run(values)
    assert all(together[k] == run([value])[0] for k, value in enumerate(values))


@given(st.floats(-700, 700), st.floats(1e-12, 1.0))
def test_does_not_fall(x, gap):
    low, high = run([x, x + gap])
    assert low <= high


def test_both_parts_of_a_decay_are_accurate_relative_to_themselves():
    """exp(-s) and 1 - exp(-s), from subnormal s to where the exponential has vanished."""
    rng = np.random.default_rng(1)
    s = np.concatenate(
        [rng.uniform(0, 1.2, 3000), rng.uniform(0, 740, 1000), 10.0 ** rng.uniform(-320, 0, 1000), [0.0]]
    )
    decay, rest = np.transpose([decay_of(value) for value in s])
    with mp.workdps(40):
        for value, e, r in zip(s, decay, rest, strict=True):
            x = -mp.mpf(float(value))
            assert abs(e - mp.exp(x)) <= 2 * math.ulp(e)
            assert abs(r + mp.expm1(x)) <= 2 * math.ulp(r)


def test_ends_of_a_decay():
    s = np.array([750.0, 1e308, np.inf, np.nan])
    decay, rest = np.transpose([decay_of(value) for value in s])
    assert decay[:3].tolist() == [0.0, 0.0, 0.0]
    assert rest[:3].tolist() == [1.0, 1.0, 1.0]
    assert np.isnan(decay[3])
    assert np.isnan(rest[3])


_pair, _split = exp_sum_and_difference, split_exp


@njit
def pairs(log_a, x, sums, differences):
    for j in range(x.size):
        sums[j], differences[j] = _pair(x[j], *_split(log_a[j]))


def test_sum_and_difference_of_two_exponentials_near_zero_and_where_the_scale_alone_would_underflow():
    rng = np.random.default_rng(1)
    shapes = (rng.uniform(-3, 3, 1500), rng.uniform(-1, 1, 300) * 1e-9, rng.uniform(-2000, 2000, 1500))
    x = np.concatenate(shapes)
    log_a = np.where(np.abs(x) < 3, rng.uniform(-40, 3, x.size), 30.0 * rng.uniform(-1, 1, x.size) - np.abs(x))
    sums, differences = np.empty_like(x), np.empty_like(x)
    pairs(log_a, x, sums, differences)
    with mp.workdps(40):
        for a, b, total, difference in zip(log_a, x, sums, differences, strict=True):
            up, down = mp.exp(mp.mpf(a) + mp.mpf(b)), mp.exp(mp.mpf(a) - mp.mpf(b))
            assert abs(total / (up + down) - 1) < 1e-15
            assert abs(difference / (up - down) - 1) < 1.5e-15


def test_overflow_of_the_sum_is_never_finite_and_underflow_is_zero():
    x = np.array([800.0, -800.0, 1e6, 1e300, np.inf, np.nan, 3.0])
    log_a = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1400.0])
    sums, differences = np.empty_like(x), np.empty_like(x)
    pairs(log_a, x, sums, differences)
    assert not np.isfinite(sums[:-1]).any()
    assert not np.isfinite(differences[:-1]).any()
    assert sums[-1] == differences[-1] == 0.0
