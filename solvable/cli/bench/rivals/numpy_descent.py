"""Gradient descent on ``beta = u^2 - v^2`` in NumPy."""

from __future__ import annotations

import numpy as np

ROWS = 256
"""Trajectories at a time, so that what a step touches stays in the cache."""


def descend_batched(X: np.ndarray, y: np.ndarray, step_sizes: np.ndarray, scale: float, steps: int) -> np.ndarray:
    """Many trajectories at once, one a row, in place: ``[u, v] (R, 2d)`` after `steps` steps."""
    blocks = [step_sizes[k : k + ROWS] for k in range(0, step_sizes.size, ROWS)]
    return np.concatenate([_descend_block(X, y, block, scale, steps) for block in blocks])


def _descend_block(X: np.ndarray, y: np.ndarray, step_sizes: np.ndarray, scale: float, steps: int) -> np.ndarray:
    n, d = X.shape
    u = np.full((step_sizes.size, d), scale)
    v, beta, work, r = u.copy(), np.empty_like(u), np.empty_like(u), np.empty((step_sizes.size, n))
    rate, columns = (2 * step_sizes / n)[:, None], np.ascontiguousarray(X.T)
    for _ in range(steps):
        np.add(u, v, out=beta)
        np.subtract(u, v, out=work)
        beta *= work
        np.matmul(beta, columns, out=r)
        r -= y
        r *= rate
        np.matmul(r, X, out=beta)
        np.multiply(u, beta, out=work)
        u -= work
        np.multiply(v, beta, out=work)
        v += work
    return np.hstack([u, v])


def descend_one(X: np.ndarray, y: np.ndarray, step_size: float, scale: float, steps: int) -> np.ndarray:
    """One trajectory: ``[u, v] (2d,)``."""
    n, d = X.shape
    u = np.full(d, scale)
    v = u.copy()
    for _ in range(steps):
        change = 2 * step_size / n * (((u * u - v * v) @ X.T - y) @ X)
        u -= u * change
        v += v * change
    return np.concatenate([u, v])
