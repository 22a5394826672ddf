"""The ellipse of bounded starts in rationals and by brute force, the orbit of period two, the drift of balancedness."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from solvable.theory import (
    balancedness_loss,
    ellipse_level,
    ellipse_point,
    ellipse_repulsion,
    end_sharpness,
    factorization_bounded,
    period_two_orbit,
    scalar_flow,
    second_order_balancedness_loss,
    sharpness_past_the_edge,
    uncertainty_exponent,
)


def step(u, v, h, T):
    r = u * v - T
    return u - h * r * v, v - h * r * u


def survivors(u, v, h, T, steps, limit):
    """Indices of the starts that are never beyond the limit."""
    index = np.arange(u.size)
    for _ in range(steps):
        u, v = step(u, v, h, T)
        near = u * u + v * v < limit
        if not near.all():
            u, v, index = u[near], v[near], index[near]
    return index


def fiftieths(low, high):
    """Rational numbers; Hypothesis draws these much faster than ``fractions``."""
    return st.integers(50 * low, 50 * high).map(lambda numerator: Fraction(numerator, 50))


@given(u=fiftieths(-5, 5), v=fiftieths(-5, 5), h=fiftieths(0, 3), T=fiftieths(-5, 5))
def test_a_step_multiplies_the_level_minus_one(u, v, h, T):
    """In exact arithmetic, also beyond the ellipse's existence."""
    assume(h > 0 and abs(h * T) != 2)

    def level(u, v):
        return (u + v) ** 2 / (4 * (2 / h + T)) + (u - v) ** 2 / (4 * (2 / h - T))

    factor = 1 + h**2 * (u * v - T) * u * v
    assert level(*step(u, v, h, T)) - 1 == factor * (level(u, v) - 1)
    if abs(h * T) < 2:
        assert factor > 0
        assert float(ellipse_level(float(u), float(v), float(h), float(T))) == pytest.approx(float(level(u, v)))


def test_a_quarter_of_the_squared_step_bounds_the_factor():
    h, T = Fraction(3, 2), Fraction(1)
    u, v = T / 2, Fraction(1)  # u v = T/2: the least factor
    assert 1 + h**2 * (u * v - T) * u * v == 1 - (h * T) ** 2 / 4


def classified_wrongly(eta, T, count, seed, steps=1500):
    """The starts near the ellipse and around whose fate is not the one predicted."""
    rng = np.random.default_rng(seed)
    h = eta / abs(T) if T else eta
    size = 1.6 * np.sqrt(2 / h + abs(T))
    u, v = rng.uniform(-size, size, (2, count))
    predicted = factorization_bounded(u, v, h, T)
    assert 0.05 < predicted.mean() < 0.95
    stayed = np.zeros(count, dtype=bool)
    stayed[survivors(u, v, h, T, steps, 1e8 * size**2)] = True
    return int(np.sum(stayed != predicted))


@pytest.mark.parametrize("eta", [0.1, 0.4, 0.8, 1.0, 1.3, 1.6, 1.9])
def test_the_ellipse_classifies_every_start(eta):
    assert classified_wrongly(eta, 1.0, 20000, 0) == 0


@pytest.mark.parametrize(("eta", "T"), [(0.5, -2.0), (1.5, -0.3), (0.7, 0.0), (1.1, 40.0)])
def test_the_ellipse_of_any_target(eta, T):
    assert classified_wrongly(eta, T, 20000, 1) == 0


@pytest.mark.slow
@pytest.mark.parametrize("eta", [0.1, 0.4, 0.8, 1.0, 1.3, 1.6, 1.9])
def test_the_ellipse_classifies_every_one_of_two_million_starts(eta):
    assert classified_wrongly(eta, 1.0, 300000, 2, steps=3000) == 0


@given(angle=st.floats(-10, 10), eta=st.floats(0.01, 1.99), T=st.sampled_from([1.0, -1.0, 0.3, -25.0]))
def test_a_step_triples_the_angle(angle, eta, T):
    h = eta / abs(T)
    u, v = ellipse_point(angle, h, T)
    assert float(ellipse_level(u, v, h, T)) == pytest.approx(1, rel=1e-12)
    assert np.allclose(step(u, v, h, T), ellipse_point(np.pi - 3 * angle, h, T), atol=1e-11 * np.sqrt(abs(T) + 2 / h))


@pytest.mark.parametrize(("h", "T"), [(0.1, 1.0), (1.0, 1.0), (0.7, -2.5), (3.0, 0.0)])
def test_the_ellipse_repels_at_its_rate(h, T):
    u, v = ellipse_point(np.linspace(0, 2 * np.pi, 4000, endpoint=False), h, T)
    inside, outside = (np.log(np.abs(ellipse_level(*step(c * u, c * v, h, T), h, T) - 1)) for c in (1 - 1e-7, 1 + 1e-7))
    assert np.mean(inside) - np.log(2e-7) == pytest.approx(float(ellipse_repulsion(h, T)), abs=1e-5)
    assert np.mean(outside) - np.log(2e-7) == pytest.approx(float(ellipse_repulsion(h, T)), abs=1e-5)


def test_the_circle_at_target_zero():
    u, v = ellipse_point(np.linspace(0, 6, 20), 0.5, 0.0)
    assert u**2 + v**2 == pytest.approx(np.full(20, 8.0))


def test_minima_outside_are_fixed_and_huge_starts_are_not():
    assert factorization_bounded([10.0, 10.0, 1e200], [0.1, 0.11, 1e200], 0.5).tolist() == [True, False, False]
    assert factorization_bounded(np.ones((2, 1)), 1.0, [0.1, 0.2, 0.3]).shape == (2, 3)


def test_from_the_largest_step_on_almost_every_start_diverges():
    rng = np.random.default_rng(0)
    for eta in (2.05, 2.5, 4.0):
        u, v = rng.uniform(-2, 2, (2, 20000))
        assert survivors(u, v, eta, 1.0, 3000, 1e8).size == 0
        with pytest.raises(ValueError, match=r"step_size \* \|target\| must be < 2"):
            factorization_bounded(u, v, eta)


# --- the orbit of period two ---


@pytest.mark.parametrize("T", [1.0, -1.0, 3.7])
@pytest.mark.parametrize("eta", [1.05, 1.15, 1.23, 1.25, 1.7])
def test_the_orbit_returns_with_its_multipliers(eta, T):
    h = eta / abs(T)
    orbit = period_two_orbit(h, T)
    first, second = orbit.points
    assert step(*first, h, T) == pytest.approx(second, rel=1e-14)
    assert step(*second, h, T) == pytest.approx(first, rel=1e-14)
    assert np.abs(first - second).max() > 0.1 * np.sqrt(abs(T))

    def jacobian(u, v):
        r = u * v - T
        return np.array([[1 - h * v * v, -h * (r + u * v)], [-h * (r + u * v), 1 - h * u * u]])

    both = jacobian(*second) @ jacobian(*first)
    line = np.array([1.0, np.sign(T)]) / np.sqrt(2)
    across = np.array([-line[1], line[0]])
    assert line @ both @ line == pytest.approx(orbit.along, rel=1e-11)
    assert across @ both @ across == pytest.approx(orbit.across, abs=1e-12)
    assert orbit.stable == (eta < np.sqrt(5) - 1)


@pytest.mark.parametrize("eta", [1.05, 1.15, 1.22])
def test_gradient_descent_ends_on_the_stable_orbit(eta):
    u, v = 1.2, 0.7
    for _ in range(20000):
        u, v = step(u, v, eta, 1.0)
    assert abs(u * u - v * v) < 1e-14
    assert max(u, step(u, v, eta, 1.0)[0]) == pytest.approx(period_two_orbit(eta).points[0, 0], rel=1e-13)


# --- how much balancedness is lost ---


@pytest.mark.parametrize(("a", "b", "target"), [(2.0, 0.1, 1.0), (1.2, 0.2, 2.0), (1.5, -0.7, 0.5), (0.3, 1.4, -0.8)])
def test_the_second_order_law_has_an_error_of_order_three(a, b, target):
    errors, leading = [], []
    for h in (0.02, 0.01, 0.005):
        u, v, lost = a, b, 0.0
        for _ in range(round(80 / h)):
            lost += np.log1p(-((h * (u * v - target)) ** 2))
            u, v = step(u, v, h, target)
        assert (u * u - v * v) / (a * a - b * b) == pytest.approx(np.exp(lost), rel=1e-12)  # the product law
        errors.append(abs(second_order_balancedness_loss(a, b, target, h) - lost))
        leading.append(abs(balancedness_loss(a, b, target, h) - lost))
    assert np.diff(np.log2(errors)) == pytest.approx([-3, -3], abs=0.15)
    assert np.diff(np.log2(leading)) == pytest.approx([-2, -2], abs=0.15)


def test_the_sharpness_at_the_end_of_the_flow():
    a, b, T = 3.0, 0.3, 1.0
    x, y = scalar_flow(a, b, 60.0, T)
    hessian = np.array([[y * y, 2 * x * y - T], [2 * x * y - T, x * x]])
    assert float(end_sharpness(a, b, T)) == pytest.approx(np.linalg.eigvalsh(hessian)[1], rel=1e-13)
    h, values = 0.2, []
    for _ in range(200):
        values.append(float(end_sharpness(a, b, T)))
        assert h * abs(a * b - T) < np.sqrt(2)
        a, b = step(a, b, h, T)
    assert np.all(np.diff(values) <= 1e-13)
    assert values[0] > values[-1] + 0.01


# --- where gradient descent ends that starts beside a minimum slightly too sharp ---


def end_beside(h, T, d):
    """h times the sharpness at the end, from beside the minimum where it is 2 + d."""
    size = (2 + d) / h
    u = np.sqrt((size + np.sqrt(size**2 - 4 * T**2)) / 2)
    u, v = u * (1 + 1e-10), T / u
    for _ in range(int(60 / d)):
        u, v = step(u, v, h, T)
    assert abs(u * v - T) < 1e-9 * abs(T)
    return h * np.hypot((u - v) * (u + v), 2 * T)


@pytest.mark.parametrize(("eta", "T"), [(0.1, 1.0), (0.3, -2.0), (0.7, 0.2)])
def test_the_end_mirrors_the_start(eta, T):
    h, distances = eta / abs(T), np.array([0.04, 0.02, 0.01])
    ends = np.array([end_beside(h, T, d) for d in distances])
    for order in (1, 2):
        errors = np.abs(ends - h * sharpness_past_the_edge((2 + distances) / h, h, T, order))
        assert np.diff(np.log2(errors)) == pytest.approx([-(order + 1)] * 2, abs=0.12)


# --- how finely the minima share the starts ---


@pytest.mark.parametrize("eta", [0.1, 0.4, 0.9])
def test_the_uncertainty_exponent_is_that_of_products_along_the_tripled_angle(eta):
    b, weights, means = 2 * np.pi * np.random.default_rng(0).random(1_000_000), 1.0, []
    for _ in range(6):
        weights = weights / (1 + 2 * eta * np.cos(b) + 4 * np.cos(b) ** 2)
        b = -3 * b
        means.append(np.mean(weights))
    slopes = -np.diff(np.log(means)) / np.log(3)
    assert slopes[1:] == pytest.approx(uncertainty_exponent(eta / 2.5, -2.5), abs=0.01)


def test_starts_that_leave_the_ellipse_late_are_as_rare_as_the_exponent_says():
    """Importance sampling: uniform in the logarithm of the distance."""
    rng, count, longest, h = np.random.default_rng(1), 200_000, 14.0, 0.4
    distance = np.exp(-longest * rng.random(count))
    u, v = (np.sqrt(1 - distance) * w for w in ellipse_point(2 * np.pi * rng.random(count), h))
    shares, near = [], np.ones(count, dtype=bool)
    for _ in range(10):
        near &= 1 - ellipse_level(u, v, h) < 0.05
        shares.append(np.mean(near * distance))
        u, v = step(u, v, h, 1.0)
    slopes = -np.diff(np.log(shares[3:])) / np.log(3)
    assert np.mean(slopes) == pytest.approx(uncertainty_exponent(h), abs=0.03)
