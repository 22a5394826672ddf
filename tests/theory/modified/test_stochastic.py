"""Moments of modified equations: enumeration of SGD, the equations of single moments, and weak orders."""

import itertools

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from solvable.theory import (
    autocovariance,
    descent_moments,
    matching_equation,
    modified_equation_moments,
    modified_stationary_covariance,
    stationary_covariance,
)

RNG = np.random.default_rng(1)
X, Y, START = RNG.standard_normal((4, 2)), RNG.standard_normal(4), np.array([1.0, -0.5])


@pytest.mark.parametrize("b", [1, 2, 3, 4])
def test_descent_by_enumeration(b):
    h, noise = 0.4, 0.7
    theta = START[None]
    for _ in range(2):
        moved = []
        for batch in map(list, itertools.combinations(range(4), b)):
            for signs in itertools.product((-1.0, 1.0), repeat=b):
                r = theta @ X[batch].T - Y[batch] - noise * np.array(signs)
                moved.append(theta - h * r @ X[batch] / b)
        theta = np.concatenate(moved)
    found = descent_moments(X, Y, START, h, noise, 2, b)
    assert np.abs(found.mean - theta.mean(axis=0)).max() < 1e-14
    assert np.abs(found.covariance - np.cov(theta.T, bias=True)).max() < 1e-14


@pytest.mark.parametrize("b", [1, 2, 4])
@pytest.mark.parametrize("order", [1, 2])
def test_modified_moments_by_the_equations_of_drift_and_noise(b, order):
    """``M' = E(drift e^T + e drift^T) + h E Sigma``, with E over points of the right first and second moments."""
    h, noise, n = 0.2, 0.7, 4
    fit = np.linalg.pinv(X) @ Y
    A = X.T @ X / n
    B = A @ (np.eye(2) + h / 2 * A) if order == 2 else A

    def rate(_, vector):
        m, M = vector[:2], vector[2:].reshape(2, 2)
        ends = np.sqrt(2) * np.linalg.cholesky(M - np.outer(m, m) + 1e-14 * np.eye(2)).T
        change = np.zeros((2, 2))
        for e in m + np.concatenate([ends, -ends]):
            batches = [
                (X[[*batch]] @ e - Y[[*batch]] + X[[*batch]] @ fit) @ X[[*batch]] / b
                for batch in itertools.combinations(range(n), b)
            ]
            sigma = np.cov(np.array(batches).T, bias=True) + noise**2 * A / b
            change += (-np.outer(B @ e, e) - np.outer(e, B @ e) + h * sigma) / 4
        return np.concatenate([-B @ m, change.ravel()])

    e = START - fit
    flow = solve_ivp(rate, (0, 1.5), np.concatenate([e, np.outer(e, e).ravel()]), rtol=1e-10, atol=1e-12).y[:, -1]
    found = modified_equation_moments(X, Y, START, h, noise, 1.5, b, order)
    assert np.abs(found.mean - fit - flow[:2]).max() < 1e-8
    assert np.abs(found.covariance + np.outer(flow[:2], flow[:2]) - flow[2:].reshape(2, 2)).max() < 1e-7


@pytest.mark.parametrize("b", [1, 2, 4])
def test_weak_orders(b):
    errors = {1: [], 2: []}
    for steps in (40, 80):
        exact = descent_moments(X, Y, START, 1 / steps, 0.5, steps, b)
        for order, values in errors.items():
            found = modified_equation_moments(X, Y, START, 1 / steps, 0.5, 1.0, b, order)
            values.append(max(np.abs(p - q).max() for p, q in zip(found, exact, strict=True)))
    for order, (coarse, fine) in errors.items():
        assert np.log2(coarse / fine) == pytest.approx(order, abs=0.05)


def test_a_singular_design_keeps_the_rest_of_the_start():
    found = descent_moments([[1.0, 0.0]], [2.0], [5.0, 7.0], 0.1, 1.0, 3)
    assert found.mean[1] == 7.0
    assert not found.covariance[1].any()
    later = modified_equation_moments([[1.0, 0.0]], [2.0], [5.0, 7.0], 0.1, 1.0, 60.0)
    assert later.mean == pytest.approx([2.0, 7.0])
    assert later.covariance[0, 0] == pytest.approx(0.1 / 2.1)


@pytest.mark.parametrize("b", [1, 3, 4])
def test_stationary_covariances_are_the_limits(b):
    h = 0.1
    long = descent_moments(X, Y, START, h, 0.5, 20000, b).covariance
    assert np.abs(long - stationary_covariance(X, Y, h, 0.5, b)).max() < 1e-14
    for order in (1, 2):
        long = modified_equation_moments(X, Y, START, h, 0.5, 500.0, b, order).covariance
        assert np.abs(long - modified_stationary_covariance(X, Y, h, 0.5, b, order)).max() < 1e-13


def test_second_order_doubles_the_error_of_a_stationary_variance():
    one, two = (modified_stationary_covariance([[1.0]], [0.0], 0.1, 1.0, order=k).item() for k in (1, 2))
    exact = stationary_covariance([[1.0]], [0.0], 0.1, 1.0).item()
    assert (exact, one, two) == pytest.approx((0.1 / 1.9, 0.1 / 2, 0.1 / 2.1))
    assert (two - exact) / (one - exact) == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("b", [1, 4])
def test_the_matching_equation(b):
    h, k = 0.3, 5
    drift, diffusion = matching_equation(X, Y, h, 0.5, b)
    S = stationary_covariance(X, Y, h, 0.5, b)
    assert np.linalg.eigvalsh(diffusion)[0] > 0
    assert np.abs(expm(-h * k * drift) @ S - autocovariance(X, Y, h, 0.5, k, b)).max() < 1e-15
    # The covariance at time t, from any start, is S - e^{-At} S e^{-At}: that of SGD for the full batch only.
    decay = expm(-h * k * drift)
    gap = np.abs(S - decay @ S @ decay - descent_moments(X, Y, START, h, 0.5, k, b).covariance).max()
    assert gap < 1e-15 if b == 4 else gap > 1e-2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: descent_moments(X, Y, [1.0], 0.1, 1.0, 3), r"theta0 must have shape \(2,\)"),
        (lambda: descent_moments(X, Y, START, 0.1, 1.0, -3), "steps must be an integer >= 0"),
        (lambda: descent_moments(X, Y, START, 0.1, 1.0, 3, 5), "batch_size must be an integer from 1 to 4"),
        (lambda: modified_equation_moments(X, Y, START, 0.1, 1.0, 1.0, order=3), "order must be one of 1, 2"),
        (lambda: modified_equation_moments(X, Y, START, 0.1, 1.0, -1.0), "t must be >= 0"),
        (lambda: modified_stationary_covariance(X, Y, 50.0, 1.0, 1, 1), "step_size must be so small that the equation"),
        (lambda: modified_stationary_covariance(X, Y, 0.1, 1.0, order=0), "order must be one of 1, 2"),
        (lambda: matching_equation([[1.0]], [0.0], 1.5, 1.0), "step_size must be below 1 / lambda_max = 1, got 1.5"),
        (lambda: matching_equation([[1.0]], [0.0], 2.5, 1.0), "step_size must be stable in mean square"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
