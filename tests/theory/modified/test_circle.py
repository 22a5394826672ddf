"""Expectations on the circle: enumeration, closed forms, weak orders and what destroys them."""

import itertools

import numpy as np
import pytest

from solvable.theory import circle_descent, circle_modified_equation

NOISES = {"signs": ([-1.0, 1.0], [0.5, 0.5]), "skewed": ([-0.5, 2.0], [0.8, 0.2])}


def gradients(noise):
    return lambda t: [np.sin(t) + v * (0.6 + 0.3 * np.cos(t)) for v in NOISES[noise][0]]


def observable(t):
    return np.sin(t) + 0.3 * np.cos(2 * t)


@pytest.mark.parametrize("noise", NOISES)
def test_descent_by_enumeration(noise):
    h, steps = 0.2, 6
    found = circle_descent(gradients(noise), NOISES[noise][1], observable, h, steps)
    exact = np.zeros(found.starts.size)
    for choice in itertools.product(range(2), repeat=steps):
        theta, weight = found.starts, 1.0
        for j in choice:
            theta, weight = theta - h * gradients(noise)(theta)[j], weight * NOISES[noise][1][j]
        exact += weight * observable(theta)
    assert np.abs(found.values - exact).max() < 1e-11


def test_gradient_flow_in_closed_form():
    found = circle_modified_equation(lambda t: [np.sin(t)], [1.0], observable, 0.1, 1.0, 0, nodes=129)
    theta = 2 * np.arctan2(np.exp(-1.0) * np.sin(found.starts / 2), np.cos(found.starts / 2))
    assert np.abs(found.values - observable(theta)).max() < 1e-11


@pytest.mark.parametrize("noise", NOISES)
def test_weak_orders(noise):
    p, slopes = NOISES[noise][1], {0: 1, 1: 1, 2: 2}
    for order, expected in slopes.items():
        errors = []
        for steps in (80, 160):
            exact = circle_descent(gradients(noise), p, observable, 1 / steps, steps)
            found = circle_modified_equation(gradients(noise), p, observable, 1 / steps, 1.0, order)
            errors.append(np.abs(found.values - exact.values).max())
        assert np.log2(errors[0] / errors[1]) == pytest.approx(expected, abs=0.05)
        assert errors[1] > 10 * 1e-12


def test_only_mean_and_variance_of_the_noise_enter_the_modified_equations():
    two = circle_modified_equation(gradients("signs"), [0.5, 0.5], observable, 0.1, 1.0)
    same = circle_modified_equation(gradients("skewed"), [0.8, 0.2], observable, 0.1, 1.0)
    assert np.abs(two.values - same.values).max() < 1e-12
    one, other = (circle_descent(gradients(k), NOISES[k][1], observable, 0.1, 10).values for k in NOISES)
    assert np.abs(one - other).max() > 1e-4


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: circle_descent(gradients("signs"), [0.5, 0.6], np.sin, 0.1, 1),
            "probabilities must be >= 0 and of sum 1",
        ),
        (lambda: circle_descent(gradients("signs"), [1.0], np.sin, 0.1, 1), r"gradients must return shape \(1, 65\)"),
        (lambda: circle_descent(gradients("signs"), [0.5, 0.5], np.sin, 0.1, 1, nodes=64), "nodes must be odd, got 64"),
        (lambda: circle_descent(gradients("signs"), [0.5, 0.5], np.sin, 0.0, 1), "step_size must be > 0"),
        (lambda: circle_descent(gradients("signs"), [0.5, 0.5], np.sum, 0.1, 1), "observable must return shape"),
        (
            lambda: circle_modified_equation(gradients("signs"), [0.5, 0.5], np.sin, 0.1, 1.0, 3),
            "order must be one of 0, 1, 2",
        ),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
