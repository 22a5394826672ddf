"""Gradient descent on matrix sensing, ``f_i = <A_i, U U^T>``, in NumPy: measurements are one matrix ``(n, d d)``."""

from __future__ import annotations

import numpy as np


def descend_one(A: np.ndarray, y: np.ndarray, step_size: float, U: np.ndarray, steps: int) -> np.ndarray:
    """One trajectory from ``U (d, r)``: the factor after `steps` steps, flat."""
    n, d, _ = A.shape
    rows, U = A.reshape(n, d * d), U.copy()
    for _ in range(steps):
        residual = rows @ (U @ U.T).ravel() - y
        U -= (2 * step_size / n) * (residual @ rows).reshape(d, d) @ U
    return U.ravel()


def descend_batched(A: np.ndarray, y: np.ndarray, step_sizes: np.ndarray, U: np.ndarray, steps: int) -> np.ndarray:
    """All trajectories at once, each from ``U (d, r)``: flat factors ``(R, d r)`` after `steps` steps."""
    n, d, _ = A.shape
    members = step_sizes.size
    rows, factor = A.reshape(n, d * d), (2 * step_sizes / n)[:, None, None]
    U = np.tile(U, (members, 1, 1))
    for _ in range(steps):
        residual = (U @ U.transpose(0, 2, 1)).reshape(members, d * d) @ rows.T - y
        U -= factor * ((residual @ rows).reshape(members, d, d) @ U)
    return U.reshape(members, -1)
