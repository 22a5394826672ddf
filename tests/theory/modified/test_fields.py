"""Modified fields of steps uphill and downhill, of two players, and the principal flow, against single steps."""

from fractions import Fraction

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from solvable.theory import (
    ascent_descent_coefficients,
    ascent_descent_field,
    modified_game_field,
    normalized_ascent_field,
    principal_flow_field,
    quadratic_principal_flow,
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
