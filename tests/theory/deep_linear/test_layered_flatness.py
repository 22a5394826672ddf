"""The flattest factorization: attained, never undercut, and not the balanced one."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.optimize import minimize

from solvable.theory import (
    balanced_factors,
    deep_flatness,
    flattest_factors,
    least_weight_norm,
    population_flatness,
)


def chain(layers):
    W = layers[0]
    for layer in layers[1:]:
        W = layer @ W
    return W


def matrix(seed, d_out, d_in, rank):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((d_out, rank)) @ rng.standard_normal((rank, d_in))


SHAPES = [  # of M, rank, hidden widths
    ((5, 3), 2, [3]), ((5, 3), 2, [2, 4]), ((4, 4), 1, [1, 3, 2]), ((3, 3), 3, [3, 3]), ((1, 4), 1, [2]),
    ((4, 1), 1, [5, 1]),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "rank", "widths"), SHAPES)
def test_the_minimum_is_attained(shape, rank, widths):
    M = matrix(0, *shape, rank)
    layers = flattest_factors(M, widths)
    assert [W.shape for W in layers] == list(zip([*widths, shape[0]], [shape[1], *widths], strict=True))
    assert np.abs(chain(layers) - M).max() < 1e-13 * np.abs(M).max()
    assert population_flatness(layers) == pytest.approx(deep_flatness(M, len(widths) + 1), rel=1e-13)


@pytest.mark.parametrize(("shape", "rank", "depth"), [((5, 3), 2, 2), ((4, 3), 2, 3), ((4, 4), 1, 4)])
@pytest.mark.parametrize("objective", ["flatness", "norm"])
def test_a_search_over_all_factorizations_ends_at_the_minimum(shape, rank, depth, objective):
    """At hidden widths equal to the rank all factorizations are ``g_l W_l g_{l-1}^{-1}``."""
    M, rng = matrix(1, *shape, rank), np.random.default_rng(0)
    layers = balanced_factors(M, [rank] * (depth - 1))

    def turned(x):
        gauges = [np.eye(shape[1]), *(np.eye(rank) + g for g in x.reshape(depth - 1, rank, rank)), np.eye(shape[0])]
        return [b @ W @ np.linalg.inv(a) for W, a, b in zip(layers, gauges[:-1], gauges[1:], strict=True)]

    def cost(x):
        return population_flatness(turned(x)) if objective == "flatness" else sum(np.sum(W**2) for W in turned(x))

    least = deep_flatness(M, depth) if objective == "flatness" else least_weight_norm(M, depth)
    found = minimize(cost, 0.2 * rng.standard_normal((depth - 1) * rank**2), method="BFGS", options={"gtol": 1e-7})
    assert found.fun == pytest.approx(least, rel=1e-8)
    assert found.fun > least * (1 - 1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_no_random_factorization_is_flatter(seed):
    rng = np.random.default_rng(seed)
    for depth in (2, 3, 4):
        layers = [rng.standard_normal((4, 4)) for _ in range(depth)]
        assert population_flatness(layers) > deep_flatness(chain(layers), depth)
        assert sum(np.sum(W**2) for W in layers) > least_weight_norm(chain(layers), depth)


def test_flatness_is_the_mean_over_gaussian_measurements():
    rng = np.random.default_rng(3)
    layers = [rng.standard_normal(size) for size in ((2, 3), (2, 2), (4, 2))]
    before, after = [np.eye(3), layers[0], layers[1] @ layers[0]], [layers[2] @ layers[1], layers[2], np.eye(4)]
    squares = np.zeros(20000)
    for k in range(squares.size):
        A = rng.standard_normal((4, 3))
        squares[k] = sum(np.sum((P.T @ A @ R.T) ** 2) for P, R in zip(after, before, strict=True))
    error = squares.std() / np.sqrt(squares.size)
    assert abs(squares.mean() - population_flatness(layers)) < 4 * error
    assert error < 0.01 * squares.mean()


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_balanced_factors_are_balanced_and_least_in_norm(depth):
    M = matrix(2, 4, 3, 2)
    layers = balanced_factors(M, [3] * (depth - 1))
    assert np.abs(chain(layers) - M).max() < 1e-13
    for a, b in pairwise(layers):
        assert np.abs(b.T @ b - a @ a.T).max() < 1e-13
    assert sum(np.sum(W**2) for W in layers) == pytest.approx(least_weight_norm(M, depth), rel=1e-13)
    # The two objects differ: the balanced point is not the flattest, nor is the flattest of least norm.
    assert population_flatness(layers) > 1.001 * deep_flatness(M, depth)
    flattest = flattest_factors(M, [3] * (depth - 1))
    assert sum(np.sum(W**2) for W in flattest) > 1.001 * least_weight_norm(M, depth)


def test_balanced_is_flattest_at_depth_two_between_equal_widths():
    M = matrix(4, 4, 4, 3)
    assert population_flatness(balanced_factors(M, [4])) == pytest.approx(deep_flatness(M, 2), rel=1e-13)


def test_the_zero_matrix():
    assert deep_flatness(np.zeros((2, 3)), 3) == least_weight_norm(np.zeros((2, 3)), 3) == 0
    assert [W.shape for W in flattest_factors(np.zeros((2, 3)), [1, 4])] == [(1, 3), (4, 1), (2, 4)]
    assert population_flatness(balanced_factors(np.zeros((2, 3)), [1, 4])) == 0
