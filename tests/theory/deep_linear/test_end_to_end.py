"""The equation of the product against the flow of its layers; balancedness under gradient descent against its steps."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from solvable.theory import (
    balance_drift,
    balance_increments,
    balanced_factors,
    end_to_end_flow,
    end_to_end_velocity,
    layer_gradients,
    singular_value_velocity,
    squared_residual_integral,
)


def problem(seed, d_in=4, d_out=4, n=10):
    """A loss ``1/(2n) |W X - T|^2`` and its gradient."""
    rng = np.random.default_rng(seed)
    X, T = rng.standard_normal((d_in, n)), rng.standard_normal((d_out, n))
    return lambda W: (W @ X - T) @ X.T / n, rng


def chain(layers):
    W = layers[0]
    for layer in layers[1:]:
        W = layer @ W
    return W


def step(layers, gradient, h):
    """A step of gradient descent on the layers, by the chain rule written out."""
    G, moved = gradient(chain(layers)), []
    for j, W in enumerate(layers):
        left = chain(layers[j + 1 :]).T if j + 1 < len(layers) else np.eye(G.shape[0])
        right = chain(layers[:j]).T if j else np.eye(G.shape[1])
        moved.append(W - h * left @ G @ right)
    return moved


def imbalances(layers):
    return [b.T @ b - a @ a.T for a, b in pairwise(layers)]


def power(S, exponent):
    """Of a positive semidefinite matrix; its eigenvalue at zero, here rounding, stays there."""
    l, O = np.linalg.eigh(S)
    return (O * np.where(l > 1e-12, np.maximum(l, 0), 0.0) ** exponent) @ O.T


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
@pytest.mark.parametrize("shape", [(4, 4), (3, 4), (4, 2)])
def test_velocity_is_the_sum_over_layers(depth, shape):
    rng = np.random.default_rng(0)
    W, G = rng.standard_normal((2, *shape))
    terms = [power(W @ W.T, (depth - j) / depth) @ G @ power(W.T @ W, (j - 1) / depth) for j in range(1, depth + 1)]
    assert np.abs(end_to_end_velocity(W, G, depth) + np.sum(terms, axis=0)).max() < 1e-12


@pytest.mark.parametrize("depth", [2, 3, 4])
@pytest.mark.parametrize("shape", [(4, 4), (2, 3)])
def test_flow_of_the_product_is_that_of_balanced_layers(depth, shape):
    gradient, rng = problem(depth, shape[1], shape[0])
    W0 = rng.standard_normal(shape)
    layers = balanced_factors(W0, [4] * (depth - 1))
    sizes = [W.shape for W in layers]
    cuts = np.cumsum([W.size for W in layers])[:-1]

    def field(_, w):
        now = [part.reshape(size) for part, size in zip(np.split(w, cuts), sizes, strict=True)]
        return np.concatenate([(b - a).ravel() for a, b in zip(now, step(now, gradient, 1.0), strict=True)])

    times = [0.0, 0.5, 1.0, 3.0]
    start = np.concatenate([W.ravel() for W in layers])
    states = solve_ivp(field, (0, 3), start, t_eval=times, method="DOP853", rtol=1e-12, atol=1e-14).y.T
    flow = end_to_end_flow(W0, gradient, depth, times)
    for w, W in zip(states, flow, strict=True):
        now = [part.reshape(size) for part, size in zip(np.split(w, cuts), sizes, strict=True)]
        assert np.abs(chain(now) - W).max() < 1e-9
        assert max(np.abs(D).max() for D in imbalances(now)) < 1e-11
    slow = end_to_end_flow(W0, lambda W: gradient(W) / depth, depth, times)  # the rival divided by N
    assert np.abs(slow - flow)[1:].max() > 0.05


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_singular_values_move_by_their_own_equation(depth):
    gradient, rng = problem(depth + 10)
    W, eps = rng.standard_normal((4, 4)), 1e-6
    velocity = end_to_end_velocity(W, gradient(W), depth)
    ahead, behind = (np.linalg.svd(W + sign * eps * velocity, compute_uv=False) for sign in (1, -1))
    measured = (ahead - behind) / (2 * eps)
    assert np.abs(singular_value_velocity(W, gradient(W), depth) - measured).max() < 1e-7 * np.abs(measured).max()


def test_a_singular_value_at_zero_stays_there():
    G = np.array([[1.0, 0.3], [0.2, -2.0]])
    for depth in (2, 3):
        velocity = end_to_end_velocity(np.diag([2.0, 0.0]), G, depth)
        assert velocity[1, 1] == 0
        assert singular_value_velocity(np.diag([2.0, 0.0]), G, depth)[1] == 0


def test_layer_gradients_are_derivatives():
    gradient, rng = problem(3)
    layers = [rng.standard_normal(size) for size in ((3, 4), (5, 3), (4, 5))]
    for g, a, b in zip(layer_gradients(layers, gradient), layers, step(layers, gradient, 1.0), strict=True):
        assert np.abs(g - (a - b)).max() < 1e-13


def test_a_step_changes_the_imbalance_by_the_increments_exactly():
    gradient, rng = problem(4)
    layers = [rng.standard_normal(size) for size in ((3, 4), (5, 3), (4, 5))]
    increments = balance_increments(layer_gradients(layers, gradient))
    for h in (1e-3, 0.3):
        change = [b - a for a, b in zip(imbalances(layers), imbalances(step(layers, gradient, h)), strict=True)]
        for measured, increment in zip(change, increments, strict=True):
            size = max(1.0, h**2 * np.abs(increment).max())
            assert np.abs(measured - h**2 * increment).max() < 1e-12 * size


def test_the_drift_at_fixed_time_is_of_first_order():
    gradient, rng = problem(5)
    layers = [W + 0.1 * rng.standard_normal(W.shape) for W in balanced_factors(rng.standard_normal((4, 4)), [4, 4])]
    errors, sizes = [], []
    for h in (2e-3, 1e-3, 5e-4):
        now = layers
        for _ in range(round(1.0 / h)):
            now = step(now, gradient, h)
        moved = np.array(imbalances(now)) - np.array(imbalances(layers))
        sizes.append(np.abs(moved).max())
        errors.append(np.abs(moved - np.array(balance_drift(layers, gradient, h, 1.0))).max() / sizes[-1])
    assert np.diff(np.log2(sizes)) == pytest.approx([-1, -1], abs=0.05)
    assert np.diff(np.log2(errors)) == pytest.approx([-1, -1], abs=0.05)
    assert errors[-1] < 0.01


def test_the_drift_of_two_numbers_is_the_known_integral():
    drift = balance_drift([[[1.2]], [[0.2]]], lambda W: W - 2.0, 0.01, 60.0)
    assert float(drift[0][0, 0]) == pytest.approx(0.01 * 1.4 * squared_residual_integral(1.2, 0.2, 2.0), rel=1e-9)


def test_time_zero_is_the_start():
    assert end_to_end_flow([[1.0, 2.0]], lambda W: W, 3, [0.0, 0.0]).tolist() == [[[1.0, 2.0]]] * 2
    assert balance_drift([[[1.0]], [[2.0]]], lambda W: W, 0.1, 0.0)[0].tolist() == [[0.0]]


@pytest.mark.parametrize("depth", [2, 3])
def test_the_flow_keeps_the_rank_of_its_start(depth):
    """From ``a b^T`` the layers stay of rank one: a network of hidden width one."""
    Y = np.diag([1.0, 0.9])
    start = 0.1 * np.outer([np.cos(0.6), np.sin(0.6)], [0.8, 0.6])
    flow = end_to_end_flow(start, lambda W: W - Y, depth, [0.0, 1.0, 5.0, 300.0])
    assert np.linalg.svd(flow, compute_uv=False)[:, 1].max() < 1e-15
    assert np.abs(flow[-1] - np.diag([1.0, 0.0])).max() < 1e-9  # the best of rank one; the angle decays like exp(-t/10)
    # Outer layers u and v, inner layers c, each of the same length.
    size = 0.1 ** (1 / depth)

    def field(_, w):
        u, v, c = w[:2], w[2:4], w[4]
        R, inner = np.outer(u, v) * c ** (depth - 2) - Y, c ** (depth - 2)
        bend = c ** (depth - 3) * (u @ R @ v) if depth > 2 else 0.0
        return -np.concatenate([R @ v * inner, R.T @ u * inner, [bend]])

    w0 = np.concatenate([size * np.array([np.cos(0.6), np.sin(0.6)]), size * np.array([0.8, 0.6]), [size]])
    w = solve_ivp(field, (0, 5), w0, t_eval=[1.0, 5.0], method="DOP853", rtol=1e-12, atol=1e-14).y.T
    for k, row in enumerate(w):
        assert np.abs(np.outer(row[:2], row[2:4]) * row[4] ** (depth - 2) - flow[1 + k]).max() < 1e-9


def test_the_flow_from_zero():
    assert end_to_end_flow([[0.0]], lambda W: W - 1, 2, [1.0]).tolist() == [[[0.0]]]  # a saddle
    assert end_to_end_flow([[0.0]], lambda W: W - 1, 1, [1.0])[0, 0, 0] == pytest.approx(1 - np.exp(-1), rel=1e-11)


def test_times_may_repeat_but_not_fall():
    once = end_to_end_flow([[0.1]], lambda W: W - 1, 2, [0.0, 1.0, 2.0])
    twice = end_to_end_flow([[0.1]], lambda W: W - 1, 2, [0.0, 0.0, 1.0, 1.0, 2.0])
    assert np.array_equal(twice, once[[0, 0, 1, 1, 2]])
    with pytest.raises(ValueError, match="t must be >= 0 and not falling"):
        end_to_end_flow([[0.1]], lambda W: W - 1, 2, [1.0, 0.5])
