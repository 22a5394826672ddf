"""Sparsest interpolants, all interpolants of least curvature, and their cost, by enumeration and linear programs."""

from fractions import Fraction
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from solvable import PiecewiseLinear
from solvable.theory import (
    fewest_knots,
    least_curvature,
    minimizes_curvature,
    representation_cost,
    sparsest_interpolant,
)

DATA = st.tuples(
    st.lists(st.integers(1, 5), min_size=2, max_size=7), st.lists(st.integers(-4, 4), min_size=8, max_size=8)
).map(lambda pair: (np.cumsum([0, *pair[0]]), np.array(pair[1][: len(pair[0]) + 1])))


def exact_curvatures(x, y):
    chords = [Fraction(int(q - p), int(b - a)) for (a, p), (b, q) in pairwise(zip(x, y, strict=True))]
    return [right - left for left, right in pairwise(chords)]


def smallest_hitting_set(signs):
    """The least number of knots, by brute force: point i of sign s needs one of that sign at x_i or in a gap beside it.

    Places 0 .. 2k: even ones are gaps, odd ones points; point i is place 2 i + 1 and is reached from 2 i .. 2 i + 2.
    """
    needs = [(i, s) for i, s in enumerate(signs) if s]
    places = [(place, s) for place in range(2 * len(signs) + 1) for s in (-1, 1)]
    for size in range(len(needs) + 1):
        for chosen in combinations(places, size):
            if all(any(sign == s and 2 * i <= place <= 2 * i + 2 for place, sign in chosen) for i, s in needs):
                return size
    raise AssertionError


@settings(max_examples=80, deadline=None)
@given(DATA)
def test_the_sparsest_interpolant_by_brute_force(data):
    x, y = data
    f = sparsest_interpolant(x, y)
    c = exact_curvatures(x, y)
    assert np.max(np.abs(f(x) - y)) <= 1e-13
    assert f.total_variation2() == pytest.approx(float(sum(map(abs, c))), rel=1e-13)
    signs = [(v > 0) - (v < 0) for v in c]
    if len(signs) <= 4:
        assert f.knots.size == fewest_knots(x, y) == smallest_hitting_set(signs)
    assert np.max(np.abs(np.diff(f.slopes) - f.jumps), initial=0.0) <= 1e-13


def test_neighbors_are_paired_from_the_left_and_chords_meet():
    x = np.array([0.0, 1.0, 2.5, 3.0, 4.0, 6.0])
    y = x**2
    f = sparsest_interpolant(x, y)
    assert f.knots.size == 2
    assert 1.0 < f.knots[0] < 2.5  # the chords over (0, 1) and (2.5, 3) meet at t: t = 5.5 t - 7.5
    assert f.knots[0] == pytest.approx(7.5 / 4.5)
    assert f.slopes.tolist() == pytest.approx([1.0, 5.5, 10.0])
    odd = sparsest_interpolant(x[:5], y[:5])
    assert odd.knots[-1] == 3.0
    assert odd.knots.size == 2


def test_curvature_that_is_rounding_needs_no_knot():
    assert fewest_knots([0.1, 0.2, 0.3, 0.7], [0.3, 0.6, 0.9, 2.1]) == 0
    assert sparsest_interpolant([0.1, 0.2, 0.3], [1e6 + 0.1, 1e6 + 0.2, 1e6 + 0.3]).knots.size == 0
    assert fewest_knots([0, 1, 2], [0, 0, 1e-9]) == 1
    assert sparsest_interpolant([2.0], [3.0])(7.0) == 3.0


def random_interpolant(rng, x, y):
    """An interpolant whose knots lie anywhere: connect more dots."""
    extra = rng.uniform(x[0] - 1, x[-1] + 1, rng.integers(1, 4))
    dots = PiecewiseLinear.through(x, y)
    points = np.union1d(x, extra)
    heights = dots(points) + np.where(np.isin(points, x), 0.0, rng.choice([0.0, -0.3, 0.3], points.size))
    return PiecewiseLinear.through(points, heights)


@settings(max_examples=200, deadline=None)
@given(DATA, st.integers(0, 10**6))
def test_the_characterization_is_the_value(data, seed):
    """The local conditions hold exactly if int |f''| is least, on interpolants of many kinds."""
    x, y = data
    rng = np.random.default_rng(seed)
    least = float(sum(map(abs, exact_curvatures(x, y))))
    dots, sparse = PiecewiseLinear.through(x, y), sparsest_interpolant(x, y)
    share = rng.uniform()
    other = random_interpolant(rng, x, y)
    for f in (dots, sparse, share * dots + (1 - share) * sparse, other, 0.5 * other + 0.5 * dots):
        value = f.total_variation2()
        assert value >= least - 1e-9
        verdict = minimizes_curvature(f, x, y)
        assert bool(verdict) == (value <= least + 1e-9)
        assert bool(verdict.reason) != bool(verdict)
    assert minimizes_curvature(least_curvature(x, y).point, x, y)
    assert not minimizes_curvature(dots + PiecewiseLinear.through([0.0], [1.0]), x, y)


@pytest.mark.parametrize(
    ("knots", "jumps", "reason"),
    [
        ([0.5, 1.5, 3.0], [1.0, 1.0, 1.0], "outside all data points but the first and last"),
        ([1.0, 2.0, 3.0, 3.5, 4.5], [2.0, 2.0, 2.0, 1.0, 1.0], "outside all data points"),
        (
            [1.0, 2.0, 2.4, 2.5, 2.6, 3.0],
            [2.0, 1.0, 3.0, -4.0, 3.0, 1.0],
            "has not the sign of the curvatures around it",
        ),
        ([1.0, 2.0], [2.0, 2.0], "it does not interpolate"),
    ],
)
def test_reasons(knots, jumps, reason):
    x = np.arange(5.0)
    f = PiecewiseLinear.from_knots(knots, jumps, 1.0)
    y = x**2 if "interpolate" in reason else f(x)
    if reason.startswith("has not"):
        y = x**2
    assert reason in minimizes_curvature(f, x, y).reason


def test_signs_that_differ_forbid_knots_between():
    x, y = [0, 1, 2, 3], [0, 1, 0, 1]
    bent = PiecewiseLinear.through([0, 1, 1.5, 2, 3], [0, 1, 0.7, 0, 1])
    assert "do not have one sign" in minimizes_curvature(bent, x, y).reason
    beyond = PiecewiseLinear.through([-1, 0, 1, 2, 3, 4], [-2, 0, 1, 2, 3, 5])
    assert "outside" in minimizes_curvature(beyond, [0, 1, 2, 3], [0, 1, 2, 3]).reason
    dent = PiecewiseLinear.from_knots([1.0, 1.2], [-1.0, 3.0])
    assert "data point 1 has not its sign" in minimizes_curvature(dent, [0, 1, 2, 3], dent([0, 1, 2, 3])).reason


def linear_program_cost(x, y, reach=4.0, per_gap=60):
    """Least ``sum |a w|`` over neurons of both orientations with knots on a grid, an output constant free, no skip."""
    span = x[-1] - x[0]
    grid = np.concatenate(
        [np.linspace(a, b, per_gap) for a, b in pairwise([x[0] - reach * span, *x, x[-1] + reach * span])]
    )
    grid = np.unique(grid)
    right = np.maximum(x[:, None] - grid, 0.0)
    left = np.maximum(grid - x[:, None], 0.0)
    columns = np.hstack([right, -right, left, -left])
    equations = np.hstack([columns, np.ones((x.size, 1)), -np.ones((x.size, 1))])
    cost = np.append(np.ones(columns.shape[1]), [0.0, 0.0])
    return linprog(cost, A_eq=equations, b_eq=y, method="highs").fun


@pytest.mark.parametrize("seed", range(8))
def test_the_cost_without_a_skip_connection_by_a_linear_program(seed):
    rng = np.random.default_rng(seed)
    n = 2 + seed
    x, y = np.sort(rng.uniform(-1, 1, n)), rng.normal(size=n)
    if seed % 2:
        y = 0.3 * y + 4 * x  # a sum of slopes above the curvature
    assert representation_cost(x, y, skip=False) == pytest.approx(linear_program_cost(x, y), rel=1e-7)
    assert representation_cost(x, y) == pytest.approx(least_curvature(x, y).objective, rel=1e-14)


@pytest.mark.parametrize("seed", range(20))
def test_the_cost_of_connected_dots_is_not_the_least_without_skip(seed):
    """max(TV, |S|) of connecting the dots is one interpolant's cost: never less, and more where |S| > TV."""
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(-1, 1, 5))
    y = 0.3 * rng.normal(size=5) + 3 * x
    chords = np.diff(y) / np.diff(x)
    total, slopes = np.abs(np.diff(chords)).sum(), abs(chords[0] + chords[-1])
    cost = representation_cost(x, y, skip=False)
    assert cost == pytest.approx(total if slopes <= total else (total + slopes) / 2)
    assert (cost < max(total, slopes) * (1 - 1e-12)) == (slopes > total)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sparsest_interpolant([0, 0], [1, 2]), "x must have distinct entries"),
        (lambda: representation_cost([0, 1], [1]), "y must have one entry per entry of x"),
        (lambda: representation_cost([0, 1], [1, 2], skip="yes"), "skip must be True or False"),
        (
            lambda: minimizes_curvature(PiecewiseLinear.through([0], [0]), [0], [0], tolerance=-1),
            "tolerance must be >= 0",
        ),
    ],
)
def test_bad_input_is_refused_in_one_line(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
