"""Piecewise-linear functions against exact rationals, plain sums over neurons, enumeration and properties."""

import pickle
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvable import PiecewiseLinear
from solvable.common.breakpoints import aggregate, sign_changes

SMALL = st.integers(-8, 8)
NEURONS = st.lists(st.tuples(SMALL, SMALL, SMALL), max_size=7)
KNOTS = st.lists(st.tuples(st.integers(-20, 20), SMALL), max_size=8)
SIXTEENTHS = st.lists(st.integers(-16 * 30, 16 * 30), min_size=1, max_size=6)


def exact_network(neurons, c, d, x):
    return sum((Fraction(a) * max(Fraction(w) * x + b, Fraction(0)) for a, w, b in neurons), Fraction(c) * x + d)


def exact_jumps(neurons):
    """Knot -> jump, by enumeration in exact arithmetic."""
    found = {}
    for a, w, b in neurons:
        if w:
            found[Fraction(-b, w)] = found.get(Fraction(-b, w), 0) + a * abs(w)
    return {t: g for t, g in sorted(found.items()) if g}


def knot_sum(pairs, slope, anchor, x):
    """The definition in the module docstring, in exact arithmetic."""
    x0, f0 = (Fraction(v) for v in anchor)
    bend = sum((Fraction(g) * (max(x - t, 0) - max(x0 - t, 0)) for t, g in pairs), Fraction(0))
    return f0 + Fraction(slope) * (x - x0) + bend


def random_network(rng, m):
    return rng.normal(size=m), rng.normal(size=m), rng.normal(size=m)


def dense(a, w, b, x):
    return np.maximum(np.multiply.outer(x, w) + b, 0.0) @ a


@given(NEURONS, SMALL, SMALL, SIXTEENTHS)
def test_a_network_in_exact_rationals(neurons, c, d, points):
    a, w, b = np.array(neurons, dtype=float).reshape(-1, 3).T
    f = PiecewiseLinear.from_neurons(a, w, b, c, d)
    x = [Fraction(k, 16) for k in points]
    wanted = [exact_network(neurons, c, d, point) for point in x]
    assert np.allclose(f([float(p) for p in x]), [float(v) for v in wanted], rtol=0, atol=1e-11)
    jumps = exact_jumps(neurons)
    assert np.allclose(f.knots, [float(t) for t in jumps], rtol=1e-15, atol=0)
    assert f.jumps.tolist() == list(jumps.values())
    assert f.total_variation2() == sum(abs(g) for g in jumps.values())
    assert f.slopes[0] == c + sum(a * w for a, w, _ in neurons if w < 0)
    assert f.slopes[-1] == c + sum(a * w for a, w, _ in neurons if w > 0)
    signs = [g > 0 for g in jumps.values()]
    assert f.convexity_changes() == sum(p != q for p, q in pairwise(signs))


@given(KNOTS, SMALL, st.tuples(SMALL, SMALL), SIXTEENTHS)
def test_knots_and_jumps_in_exact_rationals(pairs, slope, anchor, points):
    t, g = np.array(pairs, dtype=float).reshape(-1, 2).T
    f = PiecewiseLinear.from_knots(t, g, slope, anchor)
    for k in points:  # dyadic numbers of few digits: no rounding anywhere
        assert f(k / 16) == knot_sum(pairs, slope, anchor, Fraction(k, 16))
    assert f(anchor[0]) == anchor[1]
    assert np.array_equal(np.diff(f.slopes), f.jumps)
    assert np.all(f.jumps != 0)


@given(st.dictionaries(st.integers(-20, 20), SMALL, min_size=1, max_size=8), st.none() | SMALL, st.none() | SMALL)
def test_connected_dots(dots, left, right):
    x = sorted(dots)
    y = [dots[k] for k in x]
    f = PiecewiseLinear.through(x, y, left, right)
    assert np.allclose(f(x), y, rtol=0, atol=1e-13)
    chords = [Fraction(q - p, v - u) for (u, p), (v, q) in pairwise(sorted(dots.items()))]
    outer = [left, right]
    if left is None:
        outer[0] = chords[0] if chords else (right or 0)
    if right is None:
        outer[1] = chords[-1] if chords else outer[0]
    assert np.isclose(f(x[0] - 3.0), y[0] - 3.0 * float(outer[0]), rtol=1e-14, atol=1e-14)
    assert np.isclose(f(x[-1] + 3.0), y[-1] + 3.0 * float(outer[1]), rtol=1e-14, atol=1e-14)
    slopes = [outer[0], *chords, outer[1]]
    assert np.isclose(f.total_variation2(), float(sum(abs(q - p) for p, q in pairwise(slopes))))
    if len(x) > 1:
        middle = [(u + v) / 2 for u, v in pairwise(x)]
        assert np.allclose(f(middle), [(p + q) / 2 for p, q in pairwise(y)], rtol=0, atol=1e-13)


@pytest.mark.parametrize("m", [1, 2, 60, 1000])
def test_a_wide_network_against_the_sum_over_neurons(m):
    rng = np.random.default_rng(m)
    a, w, b = random_network(rng, m)
    f = PiecewiseLinear.from_neurons(a, w, b, 0.3, -0.7)
    x = rng.uniform(-3, 3, size=(40, 5))
    size = np.sum(np.abs(a) * (3 * np.abs(w) + np.abs(b))) + 3 * 0.3 + 0.7
    assert np.max(np.abs(f(x) - (dense(a, w, b, x) + 0.3 * x - 0.7))) <= 4e-16 * size
    assert f(x).shape == x.shape
    assert np.max(np.abs(np.diff(f.slopes) - f.jumps)) <= 1e-15 * np.sum(np.abs(a * w))
    far = 1e7 * x
    assert np.max(np.abs(f(far) - (dense(a, w, b, far) + 0.3 * far - 0.7))) <= 4e-16 * 1e7 * size


def test_neither_the_order_nor_the_orientation_of_neurons_is_felt():
    rng = np.random.default_rng(1)
    a, w, b = random_network(rng, 50)
    a, w, b = np.tile(a, 3) * np.repeat([1.0, 0.3, -1.7], 50), np.tile(w, 3), np.tile(b, 3)
    order = rng.permutation(150)
    f, g = PiecewiseLinear.from_neurons(a, w, b), PiecewiseLinear.from_neurons(a[order], w[order], b[order])
    for name in ("knots", "jumps", "slopes", "values"):
        assert np.array_equal(getattr(f, name), getattr(g, name))
    mirrored = PiecewiseLinear.from_neurons(a, -w, -b)
    assert np.array_equal(mirrored.knots, f.knots)
    assert np.array_equal(mirrored.jumps, f.jumps)


@pytest.mark.parametrize("copies", [1, 2, 3])
def test_antisymmetric_twins_vanish_to_the_last_bit(copies):
    a, w, b = (np.tile(v, copies) for v in random_network(np.random.default_rng(2), 500))
    f = PiecewiseLinear.from_neurons(np.append(a, -a), np.append(w, w), np.append(b, b))
    assert f.knots.size == 0
    assert f(1.5) == 0.0


def test_dead_and_far_neurons_are_affine():
    f = PiecewiseLinear.from_neurons(
        [2.0, 3.0, 1.0, 1.0], [0.0, 0.0, 1e-320, -1e-320], [5.0, -5.0, 1.0, -1.0], 1.0, 4.0
    )
    assert f.knots.size == 0
    assert f([0.0, 2.0]).tolist() == [15.0, 17.0]


def test_a_function_far_from_the_origin_loses_nothing():
    x, y = np.array([0.0, 1.0, 1.5, 3.0]), np.array([0.3, -1.1, 0.7, 0.2])
    points = np.linspace(-1, 4, 81)  # sixteenths
    near, far = PiecewiseLinear.through(x, y), PiecewiseLinear.through(x + 2.0**40, y)
    assert np.array_equal(near(points), far(points + 2.0**40))


def test_windows_leave_out_their_ends_unless_closed():
    f = PiecewiseLinear.from_knots([0, 1, 2, 3], [1, -2, 4, -8])
    assert f.total_variation2() == 15
    assert f.total_variation2((0, 3)) == 6
    assert f.total_variation2((0, 3), closed=True) == 15
    assert f.weighted_variation(lambda t: t**2) == 2 + 16 + 72
    assert f.weighted_variation(lambda t: t**2, (1, 3)) == 16
    assert f.weighted_variation(lambda t: 2.0, (1, 3), closed=True) == 28
    assert f.convexity_changes() == 3
    assert f.convexity_changes(window=(0, 3)) == 1
    assert f.convexity_changes(0.5) == 0
    assert f.convexity_changes(0.5, closed=True, window=(0, 2)) == 0
    assert f.convexity_changes(tolerance=1.0) == 0


def test_noise_on_the_knots_is_not_convexity():
    """A cluster of opposite signs counts with its sum, a small jump not at all."""
    f = PiecewiseLinear.from_knots([0, 1e-4, 2e-4, 1, 2], [3, -2, 1, -0.01, 1])
    assert f.convexity_changes() == 4
    assert f.convexity_changes(0.02) == 2
    assert f.convexity_changes(0.02, tolerance=1e-3) == 0
    assert sign_changes(np.zeros(0), 0.0) == 0


@given(KNOTS, st.lists(st.integers(-22, 22), min_size=2, max_size=6, unique=True))
def test_bins_by_enumeration(pairs, edges):
    edges = sorted(edges)
    t, g = np.array(pairs, dtype=float).reshape(-1, 2).T
    bins = PiecewiseLinear.from_knots(t, g).binned_curvature(edges)
    for k in range(len(edges) - 1):
        last = k == len(edges) - 2
        mass = sum(w for s, w in pairs if edges[k] <= s < edges[k + 1] or (last and s == edges[-1]))
        assert bins[k] == mass


@given(KNOTS, KNOTS, SMALL, SMALL, SIXTEENTHS)
def test_arithmetic(first, second, slope, factor, points):
    f, g = (
        PiecewiseLinear.from_knots(*np.array(pairs, dtype=float).reshape(-1, 2).T, slope, (1, 2))
        for pairs in (first, second)
    )
    x = np.array(points) / 16
    assert np.array_equal((f + g)(x), f(x) + g(x))
    assert np.array_equal((f - g)(x), f(x) - g(x))
    assert np.array_equal((factor * f)(x), factor * f(x))
    assert np.array_equal((-f)(x), -f(x))
    assert (f - f).knots.size == 0
    assert (f + g).total_variation2() <= f.total_variation2() + g.total_variation2()
    assert f.distance(g, -21, 21) == np.max(np.abs(f(np.arange(-21, 22)) - g(np.arange(-21, 22))))  # knots are integers


@settings(max_examples=60)
@given(st.integers(0, 10**6), st.floats(0, 0.3), st.integers(1, 40))
def test_merging_moves_the_function_by_no_more_than_promised(seed, tolerance, m):
    rng = np.random.default_rng(seed)
    f = PiecewiseLinear.from_neurons(*random_network(rng, m))
    g = f.simplified(tolerance)
    bound = tolerance * f.total_variation2() + 1e-12
    assert f.distance(g, -1e3, 1e3) <= bound * (1 + 1e-9)
    assert np.all(np.diff(g.knots) > 0)
    assert g.total_variation2() <= f.total_variation2() * (1 + 1e-14)
    left, right = f.slopes[0] - g.slopes[0], f.slopes[-1] - g.slopes[-1]
    assert max(abs(left), abs(right)) <= 1e-12 * (1 + f.total_variation2())


def test_small_jumps_are_dropped_on_request():
    f = PiecewiseLinear.from_knots([-1, 0, 1], [1e-9, 2, 1e-9])
    g = f.simplified(threshold=1e-8)
    assert g.knots.tolist() == [0.0]
    assert f.distance(g, -2, 2) <= 1e-8
    assert PiecewiseLinear.from_neurons([1, 1], [1, 1], [0, -1e-9], tolerance=1e-8).knots.size == 1
    assert f.simplified() is f


def test_groups_span_at_most_the_tolerance():
    t, g = aggregate(np.arange(6) * 0.4, np.ones(6), 1.0)
    assert np.allclose(t, [0.4, 1.6])
    assert g.tolist() == [3.0, 3.0]


def test_it_cannot_be_changed():
    f = PiecewiseLinear.through([0, 1, 2], [0, 1, 0])
    with pytest.raises(ValueError, match="read-only"):
        f.knots[0] = 3.0
    with pytest.raises(AttributeError):
        f.anchor = (0.0, 0.0)
    assert pickle.loads(pickle.dumps(f))(1.5) == 0.5
    assert isinstance(f(1), float)
    assert repr(PiecewiseLinear.through([0], [1])) == "PiecewiseLinear(0 knots, from slope 0 to slope 0, int |f''| = 0)"
    with pytest.raises(TypeError):
        f * f
    with pytest.raises(TypeError):
        f + 1.0


F = PiecewiseLinear.through([0, 1, 2], [0, 1, 0])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: PiecewiseLinear.through([0, 0], [1, 2]), "x must be increasing"),
        (lambda: PiecewiseLinear.through([0, 1], [1]), "x and y must have one shape"),
        (lambda: PiecewiseLinear.through([], []), "x and y must have one shape and an entry"),
        (lambda: PiecewiseLinear.through([0, 1], [0, 1], left_slope="up"), "left_slope must be a real number"),
        (lambda: PiecewiseLinear.from_neurons([1], [1, 2], [1]), "a, w and b must have one shape"),
        (lambda: PiecewiseLinear.from_neurons([np.nan], [1], [1]), "a must be finite"),
        (lambda: PiecewiseLinear.from_knots([1, 2], [1]), "jumps must have one entry per knot"),
        (lambda: PiecewiseLinear.from_knots([1], [1], anchor=(1, 2, 3)), "anchor must be two numbers"),
        (lambda: PiecewiseLinear.from_knots([1], [1], tolerance=-1), "tolerance must be >= 0"),
        (lambda: PiecewiseLinear([1, 0], [1, 1], [0, 1, 2], [0, 0], (0, 0)), "knots must be increasing"),
        (lambda: PiecewiseLinear([0], [1], [0], [0], (0, 0)), "must have 1, 2 and 1 entries for 1 knots"),
        (lambda: F(np.inf), "x must be finite"),
        (lambda: F.total_variation2((1, 1)), "window must be two numbers left < right"),
        (lambda: F.total_variation2(3), "window must be two numbers left < right"),
        (lambda: F.binned_curvature([0]), "edges must be at least two increasing numbers"),
        (lambda: F.distance(F, 1, 0), "window must be two numbers left < right"),
        (lambda: F.convexity_changes(-0.1), "threshold must be >= 0"),
        (lambda: F.weighted_variation(lambda t: t * np.nan), "must be finite"),
    ],
)
def test_bad_input_is_refused_in_one_line(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
