"""Where gradient flow on ``beta = u^2 - v^2`` ends, in NumPy: Newton's method on the convex program, scale by scale."""

from __future__ import annotations

import numpy as np


def limit(X: np.ndarray, y: np.ndarray, scale: float) -> np.ndarray:
    """beta ``(d,) = 2 a sinh(X^T nu)`` with ``X beta = y``, ``a = scale^2``; steps damped as self-concordance asks."""
    a, nu = scale**2, np.zeros(y.size)
    while True:
        xi = nu @ X
        miss = y - X @ (2 * a * np.sinh(xi))
        step = np.linalg.solve((X * (2 * a * np.cosh(xi))) @ X.T, miss)
        length = np.max(np.abs(step @ X))
        nu += step if length < 0.3 else np.log1p(length) / length * step
        if length < 1e-6:
            return 2 * a * np.sinh(nu @ X)
