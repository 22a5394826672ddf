r"""Balancedness of the layers of a deep linear network: what flow conserves, what a step of gradient descent adds.

The loss of ``W = W_N ... W_1`` has, with ``G = grad loss(W)``, the gradients

    g_j = (W_N ... W_{j+1})^T G (W_{j-1} ... W_1)^T,      so that      W_{j+1}^T g_{j+1} = g_j W_j^T.

Flow therefore conserves ``D_j = W_{j+1}^T W_{j+1} - W_j W_j^T``. Of a step of gradient descent of size h the
first-order terms cancel, and, exactly,

    D_j+ = D_j + h^2 ( g_{j+1}^T g_{j+1} - g_j g_j^T ),

``O(h^2)`` in a step, and ``D_j(t) - D_j(0) = h int_0^t (g_{j+1}^T g_{j+1} - g_j g_j^T) dt + O(h^2)`` at a fixed time.
For two numbers the integral has a closed form (`solvable.theory.scalar.balancedness`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ...common.checks import nonnegative, positive, real_array
from .end_to_end import Gradient, integrated


def layer_gradients(weights: Sequence[np.ndarray], gradient: Gradient) -> list[np.ndarray]:
    """``g_j`` of every layer ``W_1 .. W_N``, first layer first.

    Args:
        weights: ``W_j`` of shape ``(d_j, d_{j-1})``.
        gradient: ``W (d_N, d_0) -> G`` of the loss of the product.

    Source: the chain rule.

    >>> [g.tolist() for g in layer_gradients([np.array([[2.0]]), np.array([[3.0]])], lambda W: W - 5.0)]
    [[[3.0]], [[2.0]]]
    """
    right = [np.eye(weights[0].shape[1])]
    for W in weights:
        right.append(W @ right[-1])
    left = np.eye(weights[-1].shape[0])
    G, found = real_array("gradient", gradient(right[-1])), []
    for W, before in zip(reversed(weights), reversed(right[:-1]), strict=True):
        found.append(left.T @ G @ before.T)
        left = left @ W
    return found[::-1]


def balance_increments(gradients: Sequence[np.ndarray]) -> list[np.ndarray]:
    """``g_{j+1}^T g_{j+1} - g_j g_j^T``, j = 1 .. N-1: times ``h^2`` what a step of gradient descent adds to D_j.

    Args:
        gradients: of the layers, first layer first, as from `layer_gradients`.

    Source: derived in `solvable.theory.deep_linear.layer_balance`.

    >>> balance_increments([np.array([[3.0]]), np.array([[2.0]])])[0].tolist()
    [[-5.0]]
    """
    return [after.T @ after - before @ before.T for before, after in pairwise(gradients)]


def balance_drift(weights: Sequence[Any], gradient: Gradient, step_size: Any, t: Any) -> list[np.ndarray]:
    """The leading term of ``D_j(t) - D_j(0)`` of gradient descent, from any start: h times an integral along the flow.

    Args:
        weights: ``W_1 .. W_N``, N >= 2, ``W_j`` of shape ``(d_j, d_{j-1})``.
        gradient: ``W (d_N, d_0) -> G`` of the loss of the product.
        step_size: h > 0.
        t: a time >= 0.

    Returns:
        one matrix ``(d_j, d_j)`` for every hidden layer.

    Raises:
        ValueError: layers that do not fit each other, h <= 0, t < 0.

    Source: conservation: Du et al., arXiv:1806.00900; drift derived in `solvable.theory.deep_linear.layer_balance`.

    >>> round(float(balance_drift([[[1.2]], [[0.2]]], lambda W: W - 2.0, 0.01, 1e2)[0][0, 0]), 7)  # 0.01 Q_0 int r^2
    0.0104485
    """
    layers = [real_array(f"weights[{j}]", W, ndim=2) for j, W in enumerate(weights)]
    if len(layers) < 2 or any(a.shape[0] != b.shape[1] for a, b in pairwise(layers)):
        raise ValueError(f"weights must be two or more layers that fit, got shapes {[W.shape for W in layers]}")
    h, end = positive("step_size", step_size), nonnegative("t", t)
    increments = [np.zeros((W.shape[0], W.shape[0])) for W in layers[:-1]]
    shapes = [W.shape for W in (*layers, *increments)]
    cuts = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]

    def field(state: np.ndarray) -> np.ndarray:
        parts = [part.reshape(shape) for part, shape in zip(np.split(state, cuts), shapes, strict=True)]
        gradients = layer_gradients(parts[: len(layers)], gradient)
        return np.concatenate([*(-g.ravel() for g in gradients), *(D.ravel() for D in balance_increments(gradients))])

    start = np.concatenate([part.ravel() for part in (*layers, *increments)])
    last = np.split(integrated(field, start, [end])[0], cuts)[len(layers) :]
    return [h * part.reshape(D.shape) for part, D in zip(last, increments, strict=True)]
