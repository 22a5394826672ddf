"""Penalized curvature by its optimality conditions, summed up from the residuals, and by its limits."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvable import PiecewiseLinear
from solvable.theory import curvature_weight, least_curvature, penalized_curvature
from solvable.theory.curvature.named_weights import NAMES

X = np.array([-1.5, -1.0, -0.2, 0.3, 0.9, 1.6])
Y = np.array([1.0, -0.2, -0.5, 0.1, 1.4, 0.9])

COSH_X = np.array([-2.0, -1.2, -0.5, 0.4, 1.1, 1.9])


def data(seed, n):
    rng = np.random.default_rng(seed)
    return np.sort(rng.uniform(-2, 2, n)), rng.standard_normal(n)


def objective(f, x, y, strength, h):
    return np.mean((f(x) - y) ** 2) / 2 + strength * f.weighted_variation(h)


def optimality(f, x, y, strength, h):
    """Largest violation, relative to h, of the conditions at the optimum: every one from the residuals of f."""
    r = (y - f(x)) / (x.size * strength)

    def p(t):
        return np.maximum(x - np.reshape(t, (-1, 1)), 0.0) @ r

    fine = np.concatenate([np.linspace(a, b, 402)[1:-1] for a, b in pairwise(x)])
    beyond = np.max(np.abs(p(fine)) / h(fine) - 1)
    touching = np.abs(p(f.knots) * np.sign(f.jumps) / h(f.knots) - 1)
    affine = max(abs(np.sum(r)), abs(np.sum(r * x))) / np.max(np.abs(r))
    return max(beyond, affine, np.max(touching, initial=0.0))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("strength", [0.3, 0.03, 1e-3])
@pytest.mark.parametrize("seed", range(4))
def test_the_conditions_of_optimality(seed, strength, name):
    x, y = data(seed, 5 + 2 * seed)
    m = penalized_curvature(x, y, name, strength)
    h = curvature_weight(x, name)
    assert m.certified
    assert m.objective == pytest.approx(objective(m.point, x, y, strength, h), rel=1e-12)
    assert optimality(m.point, x, y, strength, h) <= 1e-5  # first order in the knots, where the gap is of second order
    rng = np.random.default_rng(seed)
    for _ in range(20):
        push = PiecewiseLinear.from_knots(rng.uniform(-2, 2, 2), 1e-3 * rng.normal(size=2), 1e-3 * rng.normal())
        assert objective(m.point + push, x, y, strength, h) > m.objective


def test_published_values():
    assert penalized_curvature(X, Y, "uniform", 3e-3).objective == pytest.approx(0.021159510, abs=5e-10)
    assert penalized_curvature(X, Y, "uniform", 3e-4).objective == pytest.approx(0.002222452, abs=5e-10)
    m = penalized_curvature(X, Y, "bias", 3e-4)
    assert m.objective == pytest.approx(0.002731832, abs=2e-9)
    assert m.point.knots.size == 3
    uniform = penalized_curvature(X, Y, "uniform", 3e-4)
    assert np.all(np.isin(uniform.point.knots, X))
    # Knots at data points do not suffice for the bias penalty.
    dots = PiecewiseLinear.through(X, m.point(X))
    assert objective(dots, X, Y, 3e-4, curvature_weight(X, "bias")) > m.objective * 1.005


@pytest.mark.parametrize("name", NAMES)
def test_a_vanishing_strength_is_interpolation(name):
    least = least_curvature(X, Y, name)
    for strength in (1e-5, 1e-7):
        m = penalized_curvature(X, Y, name, strength)
        assert m.certified
        assert m.objective / strength == pytest.approx(least.objective, rel=1e4 * strength)
        assert np.max(np.abs(m.point(X) - Y)) < 100 * strength
        assert m.objective / strength < least.objective


def test_small_strengths():
    """The lasso loses its digits there; Newton's method can start from the interpolant."""
    sets = [(COSH_X, np.cosh(1.5 * COSH_X)), *(data(seed, 6 + seed % 5) for seed in range(10, 45, 5)), data(19, 10)]
    for x, y in sets:
        limit = least_curvature(x, y, "bias").objective
        for strength in (1e-6, 1e-8):
            m = penalized_curvature(x, y, "bias", strength)
            assert m.certified
            assert m.objective / strength == pytest.approx(limit, rel=1e5 * strength)


@pytest.mark.parametrize("name", NAMES)
def test_a_large_strength_is_linear_regression(name):
    m = penalized_curvature(X, Y, name, 1e3)
    line = np.polynomial.polynomial.polyfit(X, Y, 1)
    assert m.point.knots.size == 0
    assert np.allclose(m.point(X), line[0] + line[1] * X, atol=1e-13)
    assert m.certified


def test_a_callable_is_the_weight_of_its_name():
    m = penalized_curvature(X, Y, lambda t: math.hypot(1, t), 3e-3)
    assert m.certified
    assert m.objective == pytest.approx(penalized_curvature(X, Y, "bias", 3e-3).objective, rel=1e-10)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(3, 20), st.floats(-5, 0), st.sampled_from(NAMES))
def test_it_is_certified(seed, n, size, name):
    x, y = data(seed, n)
    m = penalized_curvature(x, y, name, 10.0**size)
    if np.min(np.diff(x)) > 1e-4:
        assert m.certified
    if m.certified:
        rough = penalized_curvature(x, y, "uniform", 10.0**size).point
        assert m.objective <= objective(rough, x, y, 10.0**size, curvature_weight(x, name)) * (1 + 1e-10)


def test_order_and_short_data():
    order = np.array([3, 0, 5, 1, 4, 2])
    m, shuffled = penalized_curvature(X, Y, "bias", 0.01), penalized_curvature(X[order], Y[order], "bias", 0.01)
    assert np.array_equal(shuffled.multiplier, m.multiplier[order])
    assert penalized_curvature([0, 1], [0, 1], "uniform", 1.0).objective == 0.0
    assert penalized_curvature([0.1, 0.2, 0.3], [0.3, 0.6, 0.9], "uniform", 1.0).point.knots.size == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: penalized_curvature(X, Y, "uniform", 0.0), "strength must be > 0, got 0"),
        (lambda: penalized_curvature(X, Y, "much", 1.0), "weight must be one of"),
        (lambda: penalized_curvature(X, Y[:3], "uniform", 1.0), "y must have one entry per entry of x"),
        (lambda: penalized_curvature(X, Y, lambda t: max(t, 0.0), 1.0), "weight must be > 0 at all data points but"),
    ],
)
def test_bad_input_is_refused_in_one_line(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
