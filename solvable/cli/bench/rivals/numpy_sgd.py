"""Single-sample SGD on ``beta = u^2 - v^2`` in NumPy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def wander_batched(
    X: np.ndarray,
    y: np.ndarray,
    step_size: float,
    scale: float,
    steps: int,
    members: int,
    choose: Callable[[int], np.ndarray],
) -> np.ndarray:
    """All trajectories at once: ``[u, v] (R, 2d)``; ``choose(k) (R,)`` are the samples of step k."""
    u = np.full((members, X.shape[1]), scale)
    v = u.copy()
    for k in range(steps):
        i = choose(k)
        x = X[i]
        r = np.einsum("rd,rd->r", x, u**2 - v**2) - y[i]
        change = 2 * step_size * r[:, None] * x
        u, v = u * (1 - change), v * (1 + change)
    return np.hstack([u, v])


def wander_one(X: np.ndarray, y: np.ndarray, step_size: float, scale: float, chosen: np.ndarray) -> np.ndarray:
    """One trajectory through the samples `chosen`: ``[u, v] (2d,)``."""
    u = np.full(X.shape[1], scale)
    v = u.copy()
    for i in chosen:
        x = X[i]
        change = 2 * step_size * (x @ (u**2 - v**2) - y[i]) * x
        u, v = u * (1 - change), v * (1 + change)
    return np.concatenate([u, v])
