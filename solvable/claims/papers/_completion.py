"""The 2 x 2 completion problem whose norm must diverge, in layers: a model of one's own.

``W = W_N ... W_1`` with ``W_12 = W_21 = 1`` and ``W_22 = 0`` observed, ``L = (1/6) [(W_12 - 1)^2 + (W_21 - 1)^2 +
W_22^2]``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from solvable import GradientFlow, VectorField, simulate


def draw_start(rng: np.random.Generator) -> dict[str, Any]:
    """Half the identity and a perturbation: a product of positive determinant."""
    return {"start": 0.5 * (np.eye(2) + rng.uniform(-0.4, 0.4, (2, 2)))}


def is_small(W: np.ndarray) -> bool:
    """Whether W is 2 x 2 and its entries are at most 2."""
    return W.shape == (2, 2) and bool(np.max(np.abs(W)) <= 2)


def layered(depth: int) -> VectorField:
    """Minus the gradient of L in the layers ``W_1 .. W_N``, row-major, first layer first."""

    def field(theta: np.ndarray) -> np.ndarray:
        layers = theta.reshape(depth, 2, 2)
        partial = [layers[0]]
        for layer in layers[1:]:
            partial.append(layer @ partial[-1])
        (_, b), (c, d) = partial[-1]
        error = np.array([[0.0, b - 1.0], [c - 1.0, d]]) / 3.0
        velocity = np.empty_like(layers)
        for j in range(depth - 1, 0, -1):
            velocity[j] = -error @ partial[j - 1].T
            error = layers[j].T @ error
        velocity[0] = -error
        return velocity.ravel()

    return VectorField(field, 4 * depth)


def balanced(W: np.ndarray, depth: int) -> np.ndarray:
    """Balanced layers of the product W: ``(4 N,)``."""
    U, s, Vt = np.linalg.svd(W)
    root = np.diag(s ** (1 / depth))
    return np.concatenate([(root @ Vt).ravel(), *[root.ravel()] * (depth - 2), (U @ root).ravel()])


def layers_along(W: np.ndarray, depth: int, times: Any, rtol: float = 1e-10) -> np.ndarray:
    """The layers along the flow from balanced ones of the product W, ``(T, N, 2, 2)``."""
    run = simulate(layered(depth), GradientFlow(rtol=rtol), balanced(W, depth), time=times[-1], save=times)
    return run.theta.reshape(-1, depth, 2, 2)


def product(layers: np.ndarray) -> np.ndarray:
    """``W_N ... W_1`` of ``layers (..., N, 2, 2)``."""
    W = layers[..., 0, :, :]
    for j in range(1, layers.shape[-3]):
        W = layers[..., j, :, :] @ W
    return W


def log_det(layers: np.ndarray) -> np.ndarray:
    """``log |det W|``, from the layers: the product itself has lost it long before."""
    return np.sum(np.linalg.slogdet(layers)[1], axis=-1)


def loss(W: np.ndarray) -> np.ndarray:
    """L at ``W (..., 2, 2)``."""
    return ((W[..., 0, 1] - 1) ** 2 + (W[..., 1, 0] - 1) ** 2 + W[..., 1, 1] ** 2) / 6
