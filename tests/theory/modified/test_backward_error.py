"""The first correction of gradient descent: the order that it gains, and the loss that it descends."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from solvable.theory import barrett_dherin_field


def gradient(w):
    r = 1.0 - w[0] * w[1]
    return np.array([-r * w[1], -r * w[0]])


def hessian(w):
    off = 2 * w[0] * w[1] - 1.0
    return np.array([[w[1] ** 2, off], [off, w[0] ** 2]])


def one_step_orders(make_field):
    start = np.array([0.8, 1.7])
    steps = np.array([0.04, 0.02, 0.01])
    errors = []
    for h in steps:
        field = make_field(h)
        path = solve_ivp(lambda t, w, f=field: f(w), (0, h), start, method="DOP853", rtol=1e-13, atol=1e-15)
        errors.append(np.linalg.norm(path.y[:, -1] - (start - h * gradient(start))))
    return np.diff(np.log(errors)) / np.diff(np.log(steps))


def test_modified_field_gains_one_order():
    assert one_step_orders(lambda h: lambda w: -gradient(w)) == pytest.approx([2.0, 2.0], abs=0.1)
    assert one_step_orders(lambda h: barrett_dherin_field(gradient, hessian, h)) == pytest.approx([3, 3], abs=0.15)
    # With the correction doubled the order is lost again.
    assert np.all(one_step_orders(lambda h: barrett_dherin_field(gradient, hessian, 2 * h)) < 2.3)


def test_modified_field_is_a_gradient():
    h, w, eps = 0.1, np.array([0.8, 1.7]), 1e-6

    def loss(v):
        return (1 - v[0] * v[1]) ** 2 / 2 + h / 4 * gradient(v) @ gradient(v)

    numeric = [(loss(w + eps * e) - loss(w - eps * e)) / (2 * eps) for e in np.eye(2)]
    assert barrett_dherin_field(gradient, hessian, h)(w) == pytest.approx(-np.array(numeric), rel=1e-7)
