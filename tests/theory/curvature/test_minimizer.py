"""Least weighted curvature against linear programs on fine grids, searches, exact rationals; certificates that fail."""

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize_scalar

from solvable import PiecewiseLinear
from solvable.theory import Minimum, curvature_weight, fewest_knots, least_curvature
from solvable.theory.curvature.certificate import certified_curvature, feasible_nodes
from solvable.theory.curvature.named_weights import NAMES, on_data

X = np.array([-1.5, -1.0, -0.2, 0.3, 0.9, 1.6])
Y = np.array([1.0, -0.2, -0.5, 0.1, 1.4, 0.9])
COSH_X = np.array([-2.0, -1.2, -0.5, 0.4, 1.1, 1.9])
COSH_Y = np.cosh(1.5 * COSH_X)


def data(seed, n):
    rng = np.random.default_rng(seed)
    return np.sort(rng.uniform(-2, 2, n)), rng.standard_normal(n)


def divided(x, y):
    return [(y[i + 1] - y[i]) / (x[i + 1] - x[i]) - (y[i] - y[i - 1]) / (x[i] - x[i - 1]) for i in range(1, len(x) - 1)]


def definition(name, x, t):
    """The weights, term by term as they are defined, between data points."""
    if name == "uniform":
        return 1.0
    if name == "bias":
        return math.sqrt(1 + t * t)
    sides = [[v for v in x if v > t], [v for v in x if v < t]]
    if name == "label-noise":
        return min(math.sqrt(sum((v - t) ** 2 for v in s) * sum(1 + v * v for v in s)) for s in sides)
    costs = []
    for s in sides:
        if not s:
            return 0.0
        share, mean = len(s) / len(x), sum(s) / len(s)
        costs.append(share**2 * abs(mean - t) * math.sqrt(1 + mean**2))
    return min(costs)


def grid_optimum(x, y, h, per_gap=150, more=()):
    """The linear program over knots on a grid that contains the data: an upper bound, close to the optimum."""
    grid = np.unique(np.concatenate([np.linspace(a, b, per_gap) for a, b in pairwise(x)]))
    grid = np.union1d(grid, [*x, *more])[1:-1]
    # Divided differences of hinges: the weights of a jump at t in every curvature of the data.
    rows = np.array([divided(x, np.maximum(np.asarray(x) - t, 0.0)) for t in grid]).T
    charge = np.array([h(t) for t in grid])
    return linprog(np.tile(charge, 2), A_eq=np.hstack([rows, -rows]), b_eq=divided(x, y), method="highs").fun


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", range(12))
def test_twelve_random_data_sets(seed, name):
    n = 4 + seed % 9
    x, y = data(seed, n)
    m = least_curvature(x, y, name)
    c = np.array(divided(x, y))
    p = m.multiplier
    h = curvature_weight(x, name)
    assert m.certified
    assert np.max(np.abs(m.point(x) - y)) <= 1e-12
    assert p[0] == p[-1] == 0.0
    fine = np.concatenate([a + (b - a) * np.linspace(0.0, 1.0, 402)[1:-1] for a, b in pairwise(x)])
    assert np.all(np.abs(np.interp(fine, x, p)) <= [definition(name, x, t) * (1 + 1e-12) + 1e-14 for t in fine])
    assert abs(m.objective - p[1:-1] @ c) <= 1e-11 * m.objective
    assert m.point.weighted_variation(h) == pytest.approx(m.objective, rel=1e-13)
    grid = grid_optimum(x, y, h)
    assert m.objective <= grid * (1 + 1e-8)
    assert m.objective >= grid * (1 - 2e-4)


@pytest.mark.parametrize("name", NAMES)
def test_weights_by_definition(name):
    x, _ = data(3, 9)
    h = curvature_weight(x[::-1], name)
    t = np.random.default_rng(0).uniform(x[0] - 1, x[-1] + 1, 200)
    assert np.allclose(h(t), [definition(name, x, s) for s in t], rtol=1e-13, atol=1e-14)
    assert h(t.reshape(20, 10)).shape == (20, 10)
    for value in x:  # the smallest of the value and the limits on both sides
        around = [definition(name, x, s) for s in (value - 1e-9, value, value + 1e-9)]
        assert h(value) == pytest.approx(min(around), abs=1e-7)


def test_a_weight_drops_at_the_data():
    x = np.array([-1.0, 0.0, 2.0])
    h = curvature_weight(x, "label-noise")
    assert h(0.0) == pytest.approx(min(2.0 * math.sqrt(5.0), math.sqrt(2.0)))
    assert h(1e-9) == pytest.approx(min(2.0 * math.sqrt(5.0), math.sqrt(1.0 * 3.0)), rel=1e-6)


def test_published_values():
    """Certified optima of two data sets; the second needs one knot more than the sparsest interpolant has."""
    plain, bias = least_curvature(X, Y), least_curvature(X, Y, "bias")
    assert plain.objective == pytest.approx(7.447619047619, abs=1e-12)
    assert bias.objective == pytest.approx(9.173894719675, abs=1e-12)
    assert np.allclose(bias.point.knots, [-0.68012877, 0.20528656, 0.9], atol=1e-8)
    assert bias.point.total_variation2() == pytest.approx(plain.objective, abs=1e-11)
    cosh = least_curvature(COSH_X, COSH_Y, "bias")
    assert cosh.objective == pytest.approx(22.191879219945, abs=1e-12)
    assert np.allclose(cosh.point.knots, [-1.17394, -0.06214, 1.07833], atol=1e-5)
    assert cosh.point.knots.size == 3 > fewest_knots(COSH_X, COSH_Y) == 2
    assert max(m.gap for m in (plain, bias, cosh)) <= 1e-14
    assert all(m.certified for m in (plain, bias, cosh))


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("name", NAMES)
def test_three_points_by_a_search_over_one_knot(seed, name):
    x, y = data(seed, 3)
    c = divided(x, y)[0]
    h = curvature_weight(x, name)

    def cost(t):
        return h(t) / np.where(t < x[1], (t - x[0]) / (x[1] - x[0]), (x[2] - t) / (x[2] - x[1]))

    best = float(cost(x[1]))
    for a, b in pairwise(x):
        spots = np.linspace(a + 1e-9, b - 1e-9, 3001)
        k = int(np.clip(np.argmin(cost(spots)), 1, spots.size - 2))
        found = minimize_scalar(cost, bounds=(spots[k - 1], spots[k + 1]), method="bounded", options={"xatol": 1e-12})
        best = min(best, float(found.fun))
    assert least_curvature(x, y, name).objective == pytest.approx(abs(c) * best, rel=1e-9)


@settings(max_examples=60)
@given(
    st.lists(st.integers(1, 6), min_size=2, max_size=7),
    st.lists(st.integers(-5, 5), min_size=8, max_size=8),
)
def test_the_uniform_optimum_in_exact_rationals(steps, values):
    x = np.cumsum([0, *steps])
    y = values[: x.size]
    exact = sum(abs(v) for v in divided([Fraction(int(v)) for v in x], [Fraction(v) for v in y]))
    m = least_curvature(x, y)
    assert m.objective == pytest.approx(float(exact), rel=1e-14)
    assert m.certified


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(3, 14),
    st.sampled_from(["normal", "integers", "convex", "offset", "equispaced"]),
    st.integers(-3, 4),
    st.sampled_from(NAMES),
)
def test_it_is_certified_on_data_of_any_kind_and_scale(seed, n, kind, unit, name):
    rng = np.random.default_rng(seed)
    x = np.sort(rng.normal(size=n)) * 10.0**unit if kind != "equispaced" else np.arange(n) - n / 2
    y = rng.normal(size=n)
    if kind == "integers":
        y = np.round(y)
    if kind == "convex":
        y = np.cosh(rng.uniform(0.2, 3) * x / np.max(np.abs(x)))
    if kind == "offset":
        y = y + 1e6 + 1e5 * x / 10.0**unit
    # Knots are floats: where two points differ in the last digits only, no knot between them fits to 1e-10.
    if np.min(np.diff(x)) < 1e-5 * np.max(np.abs(x)):
        return
    m = least_curvature(x, y, name)
    assert m.certified
    h = curvature_weight(x, name)
    assert m.objective <= PiecewiseLinear.through(x, y).weighted_variation(h) * (1 + 1e-12)
    assert m.point.knots.size <= 2 * n


def test_neither_order_nor_sign_nor_the_affine_part_matters():
    rng = np.random.default_rng(5)
    order = rng.permutation(6)
    m, shuffled = least_curvature(X, Y, "bias"), least_curvature(X[order], Y[order], "bias")
    assert shuffled.objective == m.objective
    assert np.array_equal(shuffled.multiplier, m.multiplier[order])
    assert least_curvature(X, -Y, "bias").objective == pytest.approx(m.objective, rel=1e-14)
    assert least_curvature(-X, Y, "bias").objective == pytest.approx(m.objective, rel=1e-14)
    assert least_curvature(X, Y + 3 * X - 2, "bias").objective == pytest.approx(m.objective, rel=1e-13)
    assert least_curvature(X, 1e-200 * Y, "bias").objective == pytest.approx(1e-200 * m.objective, rel=1e-13)


def test_short_and_straight_data():
    for x, y in (([0.5], [2.0]), ([0.0, 1.0], [1.0, 3.0]), ([0.1, 0.2, 0.3, 0.7], [0.3, 0.6, 0.9, 2.1])):
        for name in NAMES:
            m = least_curvature(x, y, name)
            assert (m.objective, m.gap, m.certified, m.point.knots.size) == (0.0, 0.0, True, 0)
            assert np.allclose(m.point(x), y)


def test_the_message_of_a_minimum_over_functions():
    m = least_curvature(X, Y, "bias")
    assert repr(m).startswith("Minimum(3 knots, objective=9.17389, ")
    assert "3 knots" in m._repr_html_()
    assert repr(least_curvature([0, 1, 2], [0, 1, 0])).startswith("Minimum(1 knot, ")
    assert isinstance(m, Minimum)
    assert isinstance(m.point, PiecewiseLinear)


@pytest.mark.parametrize(
    ("weight", "name"),
    [(lambda t: 1, "uniform"), (lambda t: math.sqrt(1 + t * t), "bias"), (lambda t: np.hypot(1, t), "bias")],
)
def test_a_callable_is_the_weight_of_its_name(weight, name):
    for x, y in ((X, Y), (COSH_X, COSH_Y), data(1, 9)):
        m, named = least_curvature(x, y, weight), least_curvature(x, y, name)
        assert m.objective == pytest.approx(named.objective, rel=1e-11)
        assert m.certified
        assert "samples" in m.message


@pytest.mark.parametrize(
    "weight",
    [
        lambda t: 2 + math.sin(5 * t),
        lambda t: 1 + t**2,
        lambda t: math.exp(t),
        lambda t: 0.1 + abs(t - 0.123),
        lambda t: 1 - 0.2 * abs(t - 0.123),
        lambda t: min(1 + (t - 1) ** 2, 1 + (t + 0.7) ** 2),
        lambda t: 1.0 if t < 0.55 else 2.0,
        lambda t: 2.0 if t < 0.31 else 1.0,
        lambda t: 0.5 if t == 0.3 else 1.0,
        lambda t: 5.0 if t == 0.3 else 1.0 + t**2,
    ],
)
@pytest.mark.parametrize("seed", [0, 1])
def test_callables_against_a_linear_program(weight, seed):
    x, y = (X, Y) if seed == 0 else (COSH_X, COSH_Y)
    m = least_curvature(x, y, weight)
    h = curvature_weight(x, weight)
    grid = grid_optimum(x, y, lambda t: float(h(t)), more=(0.55 - 1e-12, 0.31))
    assert m.certified
    assert grid * (1 - 1e-4) <= m.objective <= grid * (1 + 1e-8)


@pytest.mark.parametrize("place", np.random.default_rng(4).uniform(0.05, 0.95, 25))
def test_a_weight_that_jumps_anywhere_in_a_gap(place):
    """One knot for three points: just before the jump, or at the middle point."""
    up = least_curvature([0.0, 1.0, 2.0], [0.0, 1.0, 0.0], lambda t: 1.0 if t < place else 2.0)
    down = least_curvature([0.0, 1.0, 2.0], [0.0, 1.0, 0.0], lambda t: 2.0 if t < 2 - place else 1.0)
    for m in (up, down):
        assert m.certified
        assert m.objective == pytest.approx(2.0 * min(1.0 / place, 2.0), rel=1e-10)


def test_jumps_at_the_data_are_seen_by_a_callable():
    """The label-noise weight passed as a function is the same problem."""
    for name in ("label-noise", "stability"):
        m = least_curvature(X, Y, curvature_weight(X, name))
        assert m.objective == pytest.approx(least_curvature(X, Y, name).objective, rel=1e-11)


# --- what must not be certified ---------------------------------------------------------------------------------------


def test_a_weight_that_samples_cannot_resolve_is_not_certified():
    rng = np.random.default_rng(0)
    noisy = least_curvature(X, Y, lambda t: 1 + 1e-9 * rng.random())
    wild = least_curvature(X, Y, lambda t: 1 + 0.5 * math.cos(1e5 * t))
    even = least_curvature(
        np.arange(6), Y, lambda t: 1 + 0.5 * math.cos(2 * math.pi * 64 * t)
    )  # constant on even grids
    assert even.objective < 0.6 * least_curvature(np.arange(6), Y).objective
    for m in (noisy, wild):
        assert not m.certified
        assert "too few to tell" in m.message


@pytest.mark.parametrize("weight", [lambda t: t**2, abs, lambda t: (t - 0.5) ** 2])
def test_an_infimum_that_is_not_attained_is_not_certified(weight):
    """Where h vanishes inside a gap, two opposite knots close to the zero bend f at no cost."""
    assert not least_curvature(X, Y, weight).certified


def test_only_the_optimum_of_cosh_is_certified():
    """A contact close to a data point, taken for one at it, once gave five knots of cost 22.19239."""
    weight = on_data(COSH_X, "bias")
    m = least_curvature(COSH_X, COSH_Y, "bias")
    coarse = np.union1d(np.linspace(-1.9, 1.8, 150), COSH_X)[1:-1]
    rows = np.array([divided(COSH_X, np.maximum(COSH_X - t, 0.0)) for t in coarse]).T
    result = linprog(
        np.tile(np.hypot(1, coarse), 2), A_eq=np.hstack([rows, -rows]), b_eq=divided(COSH_X, COSH_Y), method="highs-ds"
    )
    mass = result.x[: coarse.size] - result.x[coarse.size :]
    used = np.abs(mass) > 1e-12
    slope = divided(COSH_X[:3], COSH_Y[:3])
    assert slope
    left = (COSH_Y[1] - COSH_Y[0]) / (COSH_X[1] - COSH_X[0])
    left -= mass[used] @ np.maximum(COSH_X[1] - coarse[used], 0.0) / (COSH_X[1] - COSH_X[0])
    near = PiecewiseLinear.from_knots(coarse[used], mass[used], left, (COSH_X[0], COSH_Y[0]))
    assert np.max(np.abs(near(COSH_X) - COSH_Y)) < 1e-12
    assert m.objective < near.weighted_variation(weight) < m.objective * (1 + 1e-3)
    for p in (m.multiplier, np.concatenate([[0.0], result.eqlin.marginals, [0.0]])):
        judged = certified_curvature(weight, COSH_Y, near, p)
        assert not judged.certified
        assert judged.objective - judged.gap <= m.objective * (1 + 1e-14)  # the bound that it proves is one
    wrong = certified_curvature(weight, COSH_Y, m.point, np.concatenate([[0.0], result.eqlin.marginals, [0.0]]))
    assert not wrong.certified
    assert certified_curvature(weight, COSH_Y, m.point, m.multiplier).certified


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.floats(-7, -1), st.sampled_from(["bias", "label-noise", "uniform"]))
def test_a_false_multiplier_or_function_proves_only_what_is_true(seed, size, name):
    rng = np.random.default_rng(seed)
    x, y = data(seed, int(rng.integers(4, 10)))
    weight = on_data(x, name)
    m = least_curvature(x, y, name)
    p = m.multiplier + 10.0**size * np.max(np.abs(m.multiplier)) * rng.standard_normal(x.size)
    p[[0, -1]] = 0.0
    judged = certified_curvature(weight, y, m.point, p)
    assert judged.objective - judged.gap <= m.objective * (1 + 1e-13)
    scaled, feasible = feasible_nodes(weight, p)
    fine = np.concatenate([a + (b - a) * np.linspace(0.0, 1.0, 202)[1:-1] for a, b in pairwise(x)])
    assert feasible
    assert np.all(np.abs(np.interp(fine, x, scaled)) <= weight(fine) * (1 + 1e-12) + 1e-14)
    bent = m.point + 10.0**size * PiecewiseLinear.from_knots([x[1] + 0.3 * (x[2] - x[1])], [1.0])
    assert not certified_curvature(weight, y, bent, m.multiplier).certified
    dots = PiecewiseLinear.through(x, y)
    if dots.weighted_variation(weight) > m.objective * (1 + 1e-9):
        assert not certified_curvature(weight, y, dots, m.multiplier).certified


def test_a_multiplier_must_not_exceed_the_value_of_a_weight_that_drops_at_one_point():
    one, drop = least_curvature(X, Y), on_data(X, lambda t: 0.5 if t == 0.3 else 1.0)
    p, feasible = feasible_nodes(drop, one.multiplier)
    assert feasible
    assert np.all(np.abs(p) <= drop(X))
    assert not certified_curvature(drop, Y, one.point, one.multiplier).certified


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["bias", "label-noise"]))
def test_the_reach_of_a_line_by_search(seed, name):
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(-2, 2, 5))
    gap, weight = int(rng.integers(0, 4)), on_data(x, name)
    t = np.linspace(x[gap], x[gap + 1], 4001)[1:-1]
    theta, h = (t - x[gap]) / (x[gap + 1] - x[gap]), weight(t)
    end = float(weight(np.nextafter(x[gap + 1], -9.0)))
    right = rng.uniform(-2.0, 0.98) * (end if end > 1e-9 else 0.0)
    reach, where = weight.reach(gap, right)
    values = (h - right * theta) / (1 - theta)
    assert reach <= np.min(values) + 1e-12
    assert reach >= np.min(values) - 1e-2 * np.max(h)
    if 0 < where < 1:
        spot = x[gap] + where * (x[gap + 1] - x[gap])
        assert (weight(spot) - right * where) / (1 - where) == pytest.approx(reach, rel=1e-9, abs=1e-12)


def test_doubling_the_weight_doubles_the_value_and_another_weight_is_another_problem():
    m = least_curvature(X, Y, lambda t: 2 * math.hypot(1, t))
    assert m.objective == pytest.approx(2 * 9.173894719675, abs=1e-10)
    assert not certified_curvature(on_data(X, lambda t: math.hypot(1.0001, t)), Y, m.point, m.multiplier / 2).certified


def test_the_cost_grows_at_most_with_the_square_of_the_samples(costs_at_most):
    few, many = ([data(seed, n) for seed in range(5)] for n in (15, 60))
    assert all(least_curvature(*problem, "bias").certified for problem in many)
    costs_at_most(
        16,
        lambda: [least_curvature(*problem, "bias") for problem in many],
        lambda: [least_curvature(*problem, "bias") for problem in few],
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: least_curvature([0, 1, 1], [0, 1, 2]), "x must have distinct entries, but 1 occurs twice"),
        (lambda: least_curvature([0, 1], [0, 1, 2]), "y must have one entry per entry of x"),
        (lambda: least_curvature([], []), "x must have at least one entry"),
        (lambda: least_curvature([[0, 1]], [0, 1]), "x must be 1-dimensional"),
        (lambda: least_curvature([0, np.nan], [0, 1]), "x must be finite"),
        (
            lambda: least_curvature(X, Y, "biased"),
            "weight must be one of 'uniform', 'bias', 'label-noise', 'stability'",
        ),
        (lambda: least_curvature([0, 1], [0, 1], 3.0), "weight must be one of"),
        (lambda: least_curvature(X, Y, lambda t: t), "weight must return finite numbers >= 0, but weight"),
        (lambda: least_curvature(X, Y, lambda t: math.inf), "weight must return finite numbers >= 0"),
        (lambda: curvature_weight([1.0], "bias"), "x must have at least 2 entries"),
    ],
)
def test_bad_input_is_refused_in_one_line(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
