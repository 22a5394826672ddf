"""The first negative point of a polynomial, against its roots and against dense sampling."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.polynomial import polynomial as P

from solvable.integrators.knots.roots import HALVINGS, first_negative, to_bernstein, value_and_slope


def first(g):
    g = np.asarray(g, dtype=float)
    return first_negative(g, np.empty((HALVINGS + 2, g.size + 2)))


@pytest.mark.parametrize("degree", [1, 3, 12, 20])
def test_bernstein_coefficients_enclose_and_end_with_the_values(degree):
    g = np.random.default_rng(degree).standard_normal(degree + 1)
    b = np.empty(degree + 1)
    to_bernstein(g, b)
    binomials = [[math.comb(j, k) / math.comb(degree, k) for k in range(degree + 1)] for j in range(degree + 1)]
    np.testing.assert_allclose(b, np.array(binomials) @ g, atol=1e-12)
    values = P.polyval(np.linspace(0, 1, 201), g)
    assert b.min() - 1e-12 <= values.min()
    assert values.max() <= b.max() + 1e-12


def test_value_and_slope():
    g = np.array([1.0, -2.0, 0.5, 3.0])
    assert value_and_slope(g, 0.7) == pytest.approx((P.polyval(0.7, g), P.polyval(0.7, P.polyder(g))))


@given(st.lists(st.floats(0.02, 0.98), min_size=1, max_size=5), st.lists(st.floats(1.1, 4.0), max_size=4))
def test_the_first_of_several_roots(inside, outside):
    inside = np.sort(inside)
    if np.any(np.diff(inside) < 1e-3):
        inside = inside[:1]
    g = P.polyfromroots(np.concatenate([inside, outside]))
    g *= np.sign(g[0])
    assert first(g) == pytest.approx(inside[0], abs=1e-9)


@given(st.integers(0, 10**6))
def test_against_dense_sampling(seed):
    """Random polynomials that start positive: no sample before the answer is negative, one right after it is."""
    rng = np.random.default_rng(seed)
    degree = int(rng.integers(1, 15))
    g = rng.standard_normal(degree + 1) * 3.0 ** rng.uniform(0, 1) ** np.arange(degree + 1)
    g[0] = abs(g[0])
    s = first(g)
    samples = np.linspace(0, 1, 20_001)
    negative = samples[P.polyval(samples, g) < -1e-12]
    if s == math.inf:
        assert negative.size == 0
    else:
        assert negative.size == 0 or negative[0] >= s - 1e-12
        assert P.polyval(s + 1e-9, g) < 1e-9
        assert abs(P.polyval(s, g)) < 1e-9


def test_a_dip_that_samples_would_miss():
    """Negative on an interval of length 2e-4 only."""
    g = P.polyfromroots([0.7712, 0.7714])
    assert first(g) == pytest.approx(0.7712, abs=1e-9)
    assert first(P.polyadd(g, [1.01e-8])) == math.inf


def test_a_double_root_is_no_crossing():
    assert first(P.polyadd(P.polyfromroots([0.5, 0.5]), [1e-15])) == math.inf


def test_ends():
    assert first([-1.0, 2.0]) == 0.0
    assert first([0.0, 1.0]) == math.inf
    assert first([0.0, -1.0]) == pytest.approx(0.0, abs=1e-15)
    assert first([1.0, -1.0 + 1e-12]) == math.inf
    assert first([1.0, -1.0 - 1e-12]) == pytest.approx(1.0)
    assert first([1.0, 0.0, 0.0]) == math.inf


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_an_end_in_bounded_time_whatever_the_coefficients(bad):
    first([1.0, bad, -1.0, 0.5] + [0.1] * 12)
    noise = 1e-16 * np.random.default_rng(0).standard_normal(16)
    first(noise - noise[0])
