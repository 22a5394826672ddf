"""Segment statistics against exact rationals, densely sampled functions and closed forms at random starts."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from solvable import UnivariateReLUNetwork, segment_statistics

RNG = np.random.default_rng(0)


def fractions(values):
    return [Fraction(float(v)) for v in np.ravel(values)]


def by_fractions(a, w, b, x0, x1):
    """(breakpoints, gaps, deflection^2, max |D|) in exact arithmetic, by walking along the segment."""
    d = np.size(x0)
    a, b, x0, x1 = (fractions(v) for v in (a, b, x0, x1))
    rows = [fractions(row) for row in np.reshape(w, (-1, d))]
    ends = [
        [sum(u * v for u, v in zip(row, x, strict=True)) + c for row, c in zip(rows, b, strict=True)] for x in (x0, x1)
    ]
    jumps: dict[Fraction, Fraction] = {}
    for weight, before, after in zip(a, *ends, strict=True):
        if before * after < 0:
            t = before / (before - after)
            jumps[t] = jumps.get(t, Fraction(0)) + weight * abs(after - before)
    knots = sorted(t for t, g in jumps.items() if g)

    def value(t):
        return sum(weight * max((1 - t) * p + t * q, 0) for weight, p, q in zip(a, *ends, strict=True))

    points = [Fraction(0), *knots, Fraction(1)]
    chord = value(Fraction(1)) - value(Fraction(0))
    square = sum(((value(q) - value(p)) / (q - p) - chord) ** 2 * (q - p) for p, q in itertools.pairwise(points))
    bridge = max(abs(value(t) - value(Fraction(0)) - t * chord) for t in points)
    return knots, [jumps[t] for t in knots], square, bridge


def check(found, expected):
    knots, gaps, square, bridge = expected
    size = max(map(abs, gaps), default=Fraction(1))
    np.testing.assert_allclose(found.breakpoints, [float(t) for t in knots], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(found.gradient_gaps, [float(g) for g in gaps], rtol=1e-12, atol=1e-15 * float(size))
    mean_square = float(sum(g * g for g in gaps) / len(gaps)) if gaps else 0.0
    assert found.gap_deviation == pytest.approx(math.sqrt(mean_square), rel=1e-13)
    assert found.deflection == pytest.approx(math.sqrt(float(square)), rel=1e-12, abs=1e-14 * float(size))
    assert found.straightness == pytest.approx(float(bridge), rel=1e-12, abs=1e-14 * float(size))


@pytest.mark.parametrize("d", [1, 2, 7])
@pytest.mark.parametrize("m", [1, 5, 40])
@pytest.mark.parametrize("scale", [1.0, 1e-3])
def test_exact_rationals(d, m, scale):
    rng = np.random.default_rng([d, m])
    a, b, w, x0 = rng.standard_normal(m), rng.standard_normal(m), rng.standard_normal((m, d)), rng.standard_normal(d)
    x1 = x0 + scale * rng.standard_normal(d)
    check(segment_statistics(a, w, b, x0, x1), by_fractions(a, w, b, x0, x1))


def test_small_integers_with_ties():
    """Knots that coincide, cancel, or lie at an end; directions both ways."""
    rng = np.random.default_rng(1)
    seen = set()
    for _ in range(200):
        a, w, b = (rng.integers(-2, 3, size) for size in (6, (6, 2), 6))
        x0, x1 = rng.integers(-2, 3, (2, 2))
        if np.array_equal(x0, x1):
            continue
        found = segment_statistics(a, w, b, x0, x1)
        check(found, by_fractions(a, w, b, x0, x1))
        seen.add((found.breakpoints.size, found.neuron_gaps.size > found.breakpoints.size))
        back = segment_statistics(a, w, b, x1, x0)
        np.testing.assert_allclose(back.breakpoints, 1 - found.breakpoints[::-1], rtol=0, atol=1e-15)
        np.testing.assert_array_equal(back.gradient_gaps, found.gradient_gaps[::-1])
        assert back.deflection == pytest.approx(found.deflection, rel=1e-12, abs=1e-14)
    assert {(0, False), (0, True), (1, False), (1, True), (2, False), (2, True)} <= seen


def test_the_bridge_is_f_minus_its_chord():
    """D against the network itself, and against the sum over gaps with the Green function."""
    m, d = 30, 3
    a, b, w = RNG.standard_normal(m), RNG.standard_normal(m), RNG.standard_normal((m, d))
    x0, x1 = RNG.standard_normal((2, d))
    found = segment_statistics(a, w, b, x0, x1)
    t = np.linspace(0, 1, 1001)
    f = np.maximum(((1 - t)[:, None] * x0 + t[:, None] * x1) @ w.T + b, 0) @ a
    bridge = f - (1 - t) * f[0] - t * f[-1]
    np.testing.assert_allclose(found.bridge(t), bridge, rtol=0, atol=1e-12)
    green = np.minimum(t[:, None], found.breakpoints) * (1 - np.maximum(t[:, None], found.breakpoints))
    np.testing.assert_allclose(found.bridge(t), -green @ found.gradient_gaps, rtol=0, atol=1e-12)
    assert found.straightness >= np.abs(bridge).max() > 0.99 * found.straightness
    slopes = np.diff(f) * 1000 - (f[-1] - f[0])
    assert found.deflection == pytest.approx(math.sqrt(np.mean(slopes**2)), rel=0.02)


def test_no_breakpoint_is_a_straight_line():
    found = segment_statistics([1.0, 2.0], [[1.0], [-1.0]], [5.0, -5.0], [0.0], [1.0])
    assert (found.gap_deviation, found.deflection, found.straightness) == (0.0, 0.0, 0.0)
    assert found.breakpoints.shape == found.gradient_gaps.shape == found.neuron_gaps.shape == (0,)


@pytest.mark.parametrize("d", [1, 3, 20])
def test_antisymmetric_twins_leave_nothing(d):
    rng = np.random.default_rng(d)
    a, w, b = rng.standard_normal(50), rng.standard_normal((50, d)), rng.standard_normal(50)
    twins = np.append(a, -a), np.vstack([w, w]), np.append(b, b)
    order = rng.permutation(100)
    found = segment_statistics(*(part[order] for part in twins), *rng.standard_normal((2, d)))
    assert found.breakpoints.size == 0
    assert found.neuron_gaps.size > 2
    assert found.straightness == found.deflection == 0.0


def test_equal_twins_have_one_gap_each():
    a, w, b = RNG.standard_normal(9), RNG.standard_normal((9, 4)), RNG.standard_normal(9)
    x0, x1 = RNG.standard_normal((2, 4))
    single = segment_statistics(a, w, b, x0, x1)
    double = segment_statistics(np.append(a, a), np.vstack([w, w]), np.append(b, b), x0, x1)
    np.testing.assert_array_equal(double.breakpoints, single.breakpoints)
    np.testing.assert_array_equal(double.gradient_gaps, 2 * single.gradient_gaps)
    assert double.neuron_gaps.size == 2 * single.neuron_gaps.size


def test_the_model_method_sees_what_the_predictor_sees():
    model = UnivariateReLUNetwork([0.0, 1.0], [0.0, 1.0], width=50, skip=True)
    theta = model.init(seed=1) + 0.3
    f, (x0, x1) = model.predictor(theta), (-0.7, 1.4)
    found = model.segment_statistics(theta, x0, x1)
    inside = (f.knots > x0) & (f.knots < x1)
    np.testing.assert_allclose(x0 + (x1 - x0) * found.breakpoints, f.knots[inside], rtol=0, atol=1e-13)
    np.testing.assert_allclose(found.gradient_gaps, (x1 - x0) * f.jumps[inside], rtol=1e-12)
    chord = (f(x1) - f(x0)) * (f.knots[inside] - x0) / (x1 - x0) + f(x0)
    assert found.straightness == pytest.approx(np.abs(f(f.knots[inside]) - chord).max(), rel=1e-11)
    antisymmetric = model.segment_statistics(model.init(antisymmetric=True), x0, x1)
    assert antisymmetric.straightness == 0.0


def test_moments_at_a_random_start():
    """Expected number of crossings m angle/pi, and the mean square of their gaps, for Gaussian weights in R^3."""
    rng = np.random.default_rng(3)
    x0, x1, m = np.array([0.4, -0.3, 1.0]), np.array([1.0, 0.8, -0.2]), 200_000
    a, w, b = rng.standard_normal(m), rng.standard_normal((m, 3)), 0.5 * rng.standard_normal(m)
    found = segment_statistics(a, w, b, x0, x1)
    s0, s1 = (math.sqrt(x @ x + 0.25) for x in (x0, x1))
    angle = math.acos((x0 @ x1 + 0.25) / (s0 * s1))
    p = angle / math.pi
    assert abs(found.neuron_gaps.size - m * p) < 5 * math.sqrt(m * p * (1 - p))
    second = (s0**2 + s1**2) * (angle - math.sin(angle) * math.cos(angle))
    second += 2 * s0 * s1 * (math.sin(angle) - angle * math.cos(angle))
    assert found.gap_deviation**2 == pytest.approx(second / math.pi / p, rel=0.03)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (([1.0], [[1.0]], [0.0], [0.0], [0.0]), r"x1 must differ from x0, got \[0.0\] for both"),
        (([1.0], [[1.0]], [0.0], [0.0, 1.0], [0.0]), r"x0 must have shape \(1,\), one entry a column of w"),
        (([1.0], [[1.0]], [0.0], [0.0], 1.0), "x1 must be 1-dimensional"),
        (([1.0, 2.0], [[1.0]], [0.0], [0.0], [1.0]), "a, w and b must have one row a neuron"),
        (([1.0], [1.0], [0.0], [0.0], [1.0]), "w must be 2-dimensional"),
        (([math.nan], [[1.0]], [0.0], [0.0], [1.0]), "a must be finite"),
    ],
)
def test_bad_input(arguments, says):
    with pytest.raises(ValueError, match=says):
        segment_statistics(*arguments)


def test_bad_ends_of_the_model_method():
    model = UnivariateReLUNetwork([0.0, 1.0], [0.0, 1.0], width=2)
    with pytest.raises(ValueError, match="x0 must be a real number"):
        model.segment_statistics(model.init(), [0.0], 1.0)
    with pytest.raises(ValueError, match="x1 must differ"):
        model.segment_statistics(model.init(), 1.0, 1.0)
