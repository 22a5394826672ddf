"""Gradient descent on ``beta = u^2 - v^2`` in NumPy."""

from __future__ import annotations

import numpy as np


def descend_batched(X: np.ndarray, y: np.ndarray, step_sizes: np.ndarray, scale: float, steps: int) -> np.ndarray:
    """All trajectories at once, one a row: ``[u, v] (R, 2d)`` after `steps` steps."""
    n, d = X.shape
    u = np.full((step_sizes.size, d), scale)
    v = u.copy()
    h = step_sizes[:, None]
    for _ in range(steps):
        g = ((u**2 - v**2) @ X.T - y) @ X / n
        u, v = u - 2 * h * u * g, v + 2 * h * v * g
    return np.hstack([u, v])


def descend_one(X: np.ndarray, y: np.ndarray, step_size: float, scale: float, steps: int) -> np.ndarray:
    """One trajectory: ``[u, v] (2d,)``."""
    n, d = X.shape
    u = np.full(d, scale)
    v = u.copy()
    for _ in range(steps):
        g = X.T @ (X @ (u**2 - v**2) - y) / n
        u, v = u - 2 * step_size * u * g, v + 2 * step_size * v * g
    return np.concatenate([u, v])
