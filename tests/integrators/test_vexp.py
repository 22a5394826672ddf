"""The exponential against mpmath: over the whole range, where results fade out, and at the ends."""

import math

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvable.integrators.vexp import vexp


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
