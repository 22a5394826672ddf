"""Closed forms about flows and steps, against slow and plain computations."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad, solve_ivp

from solvable.theory import (
    LOGISTIC_RADIUS,
    SharpValley,
    ascent_descent_coefficients,
    ascent_descent_field,
    balancedness_loss,
    burst_energy,
    burst_growth,
    burst_period,
    logistic_defects,
    logistic_flow,
    logistic_modified_series,
    logistic_modified_terms,
    modified_game_field,
    normalized_ascent_field,
    principal_flow_field,
    quadratic_principal_flow,
    squared_residual_integral,
)


def gradient(z):
    return np.stack([z[..., 0] ** 3 + z[..., 1], z[..., 0] + np.exp(z[..., 1])], axis=-1)


def hessian(z):
    one = np.ones_like(z[..., 0])
    rows = [[3 * z[..., 0] ** 2, one], [one, np.exp(z[..., 1])]]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def hessian_product(z, v):
    return (hessian(z) @ v[..., None])[..., 0]


def third_product(z, v, w):
    return np.stack([6 * z[..., 0], np.exp(z[..., 1])], axis=-1) * v * w


START = np.array([0.7, -0.4])


def one_step_error(field, step, h):
    flow = solve_ivp(lambda _, z: field(z), (0, h), START, method="DOP853", rtol=1e-13, atol=1e-15)
    return np.max(np.abs(flow.y[:, -1] - step(START, h)))


@pytest.mark.parametrize(("c", "e"), [(1.0, 1.0), (2.0, -1.0), (0.0, 1.0), (-0.5, -0.5), (1.5, 0.0)])
def test_steps_up_and_down_leave_an_error_of_the_next_order(c, e):
    def step(z, h):
        g = gradient(z)
        bent = hessian_product(z, g) * c * h if e == 0 else c / e * (gradient(z + e * h * g) - g)
        return z - h * (g + bent)

    for order in (1, 2, 3):
        errors = []
        for h in (0.02, 0.01):
            products = gradient, hessian_product, third_product
            field = ascent_descent_field(*products, h, c * h, e * h, order)
            errors.append(one_step_error(field, step, h))
        expected = order + (3 if (c, order) == (-0.5, 1) else 2) - 1
        assert np.log2(errors[0] / errors[1]) == pytest.approx(expected, abs=0.15)


def test_coefficients_stay_exact_and_agree_with_the_literature():
    assert ascent_descent_coefficients(Fraction(0), Fraction(7)) == (Fraction(-1, 2), Fraction(1, 12), Fraction(1, 3))
    assert ascent_descent_coefficients(Fraction(1, 2), Fraction(1, 2)) == (-1, Fraction(11, 24), Fraction(5, 6))
    assert ascent_descent_coefficients(Fraction(2), Fraction(-1)) == (Fraction(-5, 2), Fraction(1, 12), Fraction(7, 3))
    with pytest.raises(ValueError, match="order"):
        ascent_descent_field(gradient, hessian_product, third_product, 0.1, 0.0, 0.0, 4)


def test_normalized_ascent():
    def step(z, h):
        g = gradient(z)
        return z - h * gradient(z + 2 * h * g / np.linalg.norm(g))

    errors = [
        one_step_error(normalized_ascent_field(gradient, hessian_product, h, 2 * h), step, h) for h in (0.01, 0.005)
    ]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(3, abs=0.15)


@pytest.mark.parametrize("alternating", [False, True])
def test_games(alternating):
    rates = np.array([0.7, 2.0])

    def players(z):
        return np.stack([z[..., 1] ** 2 - z[..., 0], -z[..., 0] * z[..., 1]], axis=-1)

    def jacobian(z):
        return np.array([[-1.0, 2 * z[1]], [-z[1], -z[0]]])

    def step(z, h):
        moved = z + h * rates * players(z) * [1, 0]
        return moved + h * rates * players(moved if alternating else z) * [0, 1]

    errors = [
        one_step_error(modified_game_field(players, jacobian, h, rates, 1, alternating=alternating), step, h)
        for h in (0.02, 0.01)
    ]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(3, abs=0.15)
    with pytest.raises(ValueError, match="rates must be two numbers"):
        modified_game_field(players, jacobian, 0.1, [1.0], 1)


def test_principal_flow_is_a_matrix_logarithm_and_refuses_beyond_its_branch():
    field = principal_flow_field(lambda z: z @ np.diag([1.0, 3.0]), lambda z: np.diag([1.0, 3.0]), 0.3)
    assert np.allclose(field(START), np.log([0.7, 0.1]) / 0.3 * START, rtol=1e-14)
    flat = principal_flow_field(lambda z: np.array([1.0, 0.0]), lambda z: np.zeros((2, 2)), 0.3)
    assert np.array_equal(flat(START), [-1.0, 0.0])
    with pytest.raises(ValueError, match="h lambda must be < 1"):
        principal_flow_field(gradient, lambda z: np.diag([1.0, 4.0]), 0.25)(START)
    A = np.array([[2.0, 0.5], [0.5, 1.0]])
    powers = [np.linalg.matrix_power(np.eye(2) - 0.8 * A, n) @ START for n in range(6)]
    assert np.allclose(quadratic_principal_flow(A, START, 0.8, 0.8 * np.arange(6)), powers, atol=1e-14)


def test_burst_integrals_against_adaptive_integration():
    alpha, beta, x = 0.8, 3.0, 0.25

    def flow(_, z):
        force = alpha - beta / 2 * np.exp(2 * z[0])
        return [z[1], force, force**2]

    def rising(_, z):
        return z[1]

    rising.direction = 1
    found = solve_ivp(flow, (0, 20), [np.log(x), 0.0, 0.0], "DOP853", events=rising, rtol=1e-12, atol=1e-13)
    k = int(np.flatnonzero(found.t_events[0] > 0.1)[0])
    assert burst_period(x, alpha, beta) == pytest.approx(found.t_events[0][k], rel=1e-9)
    assert burst_growth(x, alpha, beta) == pytest.approx(found.y_events[0][k][2], rel=1e-9)
    u, y, _ = found.y
    assert np.ptp(burst_energy(np.exp(u), y, alpha, beta)) < 1e-9
    with pytest.raises(ValueError, match="below the center"):
        burst_period(2.0, alpha, beta)


@given(st.floats(0.01, 0.95), st.floats(0.1, 10.0), st.floats(0.1, 10.0))
@settings(max_examples=30, deadline=None)
def test_bursts_scale(share, alpha, beta):
    """Time goes with 1/sqrt(alpha), and beta only sets the unit of x."""
    x = share * np.sqrt(2 * alpha / beta)
    assert burst_period(x, alpha, beta) * np.sqrt(alpha) == pytest.approx(burst_period(share, 1.0, 2.0), rel=1e-8)
    assert burst_growth(x, alpha, beta) / alpha**1.5 == pytest.approx(burst_growth(share, 1.0, 2.0), rel=1e-8)


VALLEY = SharpValley([0.05, 0.02], [1.0, 0.8], [1.0, 0.5], 4.0, 0.4)


def test_the_central_flow_stays_on_the_edge_and_solves_its_equation():
    end, variance = VALLEY.equilibrium()
    assert VALLEY.variance(end) == pytest.approx(variance, rel=1e-12)
    start = end + np.array([0.3, -0.6])
    times = np.linspace(0, 30, 7)
    points = VALLEY.central_flow(start, times)
    assert np.allclose(VALLEY.sharpness(points), 5.0, atol=1e-13)
    assert np.allclose(points[0], start)

    def field(_, w):
        return -VALLEY.stiffness * (w - VALLEY.minimum) - VALLEY.variance(w) / 2 * VALLEY.slope

    found = solve_ivp(field, (0, 30), start, "DOP853", times, rtol=1e-12, atol=1e-14).y.T
    assert np.allclose(points, found, atol=1e-10)


def test_a_valley_below_the_edge_holds_nothing_back():
    calm = SharpValley([0.05], [1.0], [1.0], 1.0, 0.4)
    point, variance = calm.equilibrium()
    assert variance == 0.0
    assert np.array_equal(point, [1.0])
    with pytest.raises(ValueError, match="one entry for each variable"):
        SharpValley([0.05, 0.1], [1.0], [1.0], 1.0, 0.4)
    with pytest.raises(ValueError, match="stiffness must be > 0"):
        SharpValley([-0.05], [1.0], [1.0], 1.0, 0.4)


def test_free_descent_and_contraction_against_the_map_itself():
    h, a = VALLEY.step_size, VALLEY.slope
    w, x = np.zeros(2), 1e-9
    points, gains = VALLEY.free_descent(w, 30)
    for k in range(30):
        assert np.allclose(w, points[k], atol=1e-14)
        assert np.log(abs(x) / 1e-9) == pytest.approx(gains[k], abs=1e-10)
        x, w = x * (1 - h * VALLEY.sharpness(w)), w - h * (VALLEY.stiffness * (w - VALLEY.minimum) + x * x / 2 * a)
    end, variance = VALLEY.equilibrium()

    def step(z):
        u, v = z[0], z[1:]
        pull = VALLEY.stiffness * (v - VALLEY.minimum) + np.exp(2 * u) / 2 * a
        return np.append(u + np.log(abs(1 - h * VALLEY.sharpness(v))), v - h * pull)

    fixed = np.append(np.log(variance) / 2, end)
    assert np.allclose(step(fixed), fixed, atol=1e-14)
    slopes = np.array([(step(fixed + d) - step(fixed - d)) / 2e-6 for d in 1e-6 * np.eye(3)]).T
    assert VALLEY.contraction() == pytest.approx(np.max(np.abs(np.linalg.eigvals(slopes))), abs=1e-8)


@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(-3, 3))
@settings(max_examples=30, deadline=None)
def test_the_squared_residual_integral_is_its_integral(a, b, target):
    if abs(a * a - b * b) < 0.01:
        return
    Q, p = a * a - b * b, a * b
    integral = quad(lambda s: (target - s) / np.sqrt(Q**2 + 4 * s**2), p, target, epsabs=1e-12)[0]
    assert squared_residual_integral(a, b, target) == pytest.approx(integral, abs=1e-9)


def test_balancedness_refuses_what_has_no_drift():
    with pytest.raises(ValueError, match="balanced starts stay balanced"):
        squared_residual_integral(1.0, -1.0, 2.0)
    with pytest.raises(ValueError, match="momentum must be in"):
        balancedness_loss(1.0, 0.5, 2.0, 0.1, momentum=1.0)
    assert balancedness_loss(1.0, 0.5, 2.0, 0.1, momentum=0.9) == pytest.approx(
        190 * balancedness_loss(1.0, 0.5, 2.0, 0.1)
    )


def test_logistic_terms_have_both_fixed_points_and_the_reflection():
    x = Fraction(1, 7)
    for k, q in enumerate(logistic_modified_terms(20)):

        def value(at, q=q):
            return sum(c * at**i for i, c in enumerate(q))

        assert len(q) == k + 1
        assert value(Fraction(1)) == Fraction(1, k + 1)
        assert value(1 - x) == (-1) ** k * value(x)


def test_logistic_defect_in_plain_fractions():
    h, x = Fraction(1, 4), Fraction(3, 8)

    def field(at, order):
        return (
            sum(h**k * sum(c * at**i for i, c in enumerate(q)) for k, q in enumerate(logistic_modified_terms(order)))
            * at
            * (1 - at)
        )

    errors = logistic_defects([0.375], 0.25, 9)
    for order in range(1, 10):
        exact = field(x + h * x * (1 - x), order) - (1 + h * (1 - 2 * x)) * field(x, order)
        assert errors[order - 1] == pytest.approx(abs(float(exact)), rel=1e-12)
        assert logistic_modified_series(0.25, order)(0.375) == pytest.approx(float(field(x, order)), rel=1e-13)


def test_logistic_series_follows_the_step():
    h = 0.3
    field = logistic_modified_series(h, round(LOGISTIC_RADIUS / h))
    flow = solve_ivp(lambda _, x: field(x), (0, h), [0.4], "DOP853", rtol=1e-13, atol=1e-15).y[0, -1]
    assert flow == pytest.approx(0.4 + h * 0.4 * 0.6, abs=1e-13)
    assert logistic_flow(np.log(3.0), 0.25) == pytest.approx(0.5)
