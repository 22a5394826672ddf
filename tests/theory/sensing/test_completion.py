"""The diverging completion: against its layers, its laws at late times, and the bound on the free entry."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from solvable.theory import completion_bound, completion_flow, completion_growth, completion_log_det


def gradient(W):
    """Of ``L = 1/6 [(W_12 - 1)^2 + (W_21 - 1)^2 + W_22^2]``."""
    return np.array([[0.0, W[0, 1] - 1.0], [W[1, 0] - 1.0, W[1, 1]]]) / 3.0


def layers(W0, depth, times, method="LSODA"):
    """The product of balanced layers at the times, by integration of the layers; W0 positive definite or indefinite."""
    U, s, Vt = np.linalg.svd(W0)
    start = [(U * s ** (1 / depth)) @ Vt] + [(U * s ** (1 / depth)) @ U.T] * (depth - 1)

    def chain(parts):
        W = parts[0]
        for part in parts[1:]:
            W = part @ W
        return W

    def field(_, w):
        parts = w.reshape(depth, 2, 2)
        G = gradient(chain(parts))
        left, right = np.eye(2), [np.eye(2)]
        for part in parts[:-1]:
            right.append(part @ right[-1])
        velocity = np.zeros_like(parts)
        for j in range(depth - 1, -1, -1):
            velocity[j] = -left.T @ G @ right[j].T
            left = left @ parts[j]
        return velocity.ravel()

    flat = np.array(start).ravel()
    states = solve_ivp(field, (0, max(times)), flat, method=method, rtol=1e-10, atol=1e-13, t_eval=times).y.T
    return np.array([chain(w.reshape(depth, 2, 2)) for w in states])


@pytest.mark.parametrize("W0", [np.eye(2), 1e-3 * np.eye(2), np.array([[0.5, -0.2], [-0.2, 0.3]])])
def test_the_path_is_that_of_two_layers(W0):
    times = [0.0, 3.0, 30.0, 100.0]
    path = completion_flow(W0, times)
    W = layers(W0, 2, times)
    for measured, exact in ((path.w11, W[:, 0, 0]), (path.w12, W[:, 0, 1]), (path.w22, W[:, 1, 1])):
        assert np.abs(measured - exact).max() < 1e-7
    assert np.exp(path.log_det[:3]) == pytest.approx(np.linalg.det(W[:3]), rel=1e-5)
    assert path.loss == pytest.approx([np.sum(gradient(M) ** 2) * 9 / 6 for M in W], rel=1e-7)


def test_two_layers_follow_the_laws_to_late_times():
    times = np.array([3e3, 3e4, 3e5, 3e6])
    path = completion_flow(np.eye(2), times)
    assert path.log_det[-1] < -1e4  # far below any float
    errors = np.abs(path.w11 / completion_growth(2, times) - 1)
    assert np.all(np.diff(errors) < 0)
    assert errors[-1] < 2e-4
    assert 6 * path.loss[-1] * path.w11[-1] ** 2 == pytest.approx(1, abs=1e-4)
    slopes = np.diff(np.log(path.w11)) / np.log(10)
    assert slopes[-1] == pytest.approx(1 / 3, abs=1e-3)
    # Rivals: the clock of the sum of squares, and the exponent 1/2 of an unfactorized x' = x^{-1}.
    assert abs(path.w11[-1] / completion_growth(2, 3 * times[-1]) - 1) > 0.2
    assert np.all(path.w11 >= completion_bound(path.loss))


@pytest.mark.parametrize(("depth", "exponent"), [(3, 0.375), (4, 0.4)])
def test_deeper_products_follow_their_law(depth, exponent):
    times = [3e3, 3e4]
    W = layers(np.eye(2), depth, times)
    assert np.all(np.linalg.det(W) > 0)
    errors = np.abs(W[:, 0, 0] / completion_growth(depth, times) - 1)
    assert errors[1] < min(4e-3, errors[0] / 2)
    assert np.log10(W[1, 0, 0] / W[0, 0, 0]) == pytest.approx(exponent, abs=5e-3)
    loss = np.array([np.sum(gradient(M) ** 2) * 9 / 6 for M in W])
    assert 6 * loss[1] * W[1, 0, 0] ** 2 == pytest.approx(1, abs=3e-3)
    assert np.all(W[:, 0, 0] >= completion_bound(loss))


def test_a_negative_determinant_converges():
    W, later = layers(np.diag([1.0, -0.5]), 3, [300.0, 900.0])
    assert np.linalg.det(W) < 0
    assert np.abs(W - [[W[0, 0], 1], [1, 0]]).max() < 1e-6
    assert np.abs(W - later).max() < 1e-6
    assert completion_growth(3, 300.0) > 5 * abs(W[0, 0])


def test_the_bound_is_what_the_entries_allow():
    """Over random matrices of positive determinant."""
    rng = np.random.default_rng(0)
    W = np.array([[0.0, 1.0], [1.0, 0.0]]) + 0.3 * rng.standard_normal((20000, 2, 2)) * rng.random((20000, 1, 1))
    W[:, 0, 0] = (1 + rng.random(20000)) * W[:, 0, 1] * W[:, 1, 0] / W[:, 1, 1]
    W = W[np.linalg.det(W) > 0]
    loss = ((W[:, 0, 1] - 1) ** 2 + (W[:, 1, 0] - 1) ** 2 + W[:, 1, 1] ** 2) / 6
    assert W.shape[0] > 5000
    assert np.all(np.abs(W[:, 0, 0]) >= completion_bound(loss))


@pytest.mark.parametrize(("depth", "power"), [(3, -1.5), (4, -0.8)])
def test_the_determinant_of_deeper_products_is_a_power_of_time(depth, power):
    times = np.array([3e2, 3e3, 3e4])
    errors = np.abs(np.linalg.slogdet(layers(np.eye(2), depth, times))[1] - completion_log_det(depth, times))
    assert np.all(errors[1:] < errors[:-1] / 2)
    assert errors[-1] < 0.05
    assert np.diff(completion_log_det(depth, times)) / np.log(10) == pytest.approx([power, power], rel=1e-12)


def test_the_determinant_of_two_layers_is_a_stretched_exponential():
    times = np.array([3e3, 3e4, 3e5, 3e6])
    ratios = completion_flow(np.eye(2), times).log_det / completion_log_det(2, times)
    assert np.all(np.diff(np.abs(ratios - 1)) < 0)
    assert ratios[-1] == pytest.approx(1, abs=1e-3)


def test_times_may_repeat_and_nearly_singular_starts_are_refused():
    path = completion_flow(np.eye(2), [0.0, 0.0, 1.0, 1.0])
    assert np.array_equal(path.w11, completion_flow(np.eye(2), [0.0, 1.0]).w11[[0, 0, 1, 1]])
    with pytest.raises(ValueError, match="W0 must not be so nearly singular"):
        completion_flow(np.diag([1.0, 1e-300]), [1.0])
