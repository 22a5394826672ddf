"""Gradient flow on ``beta = u^2 - v^2`` with SciPy's solvers; the implicit ones are given the Jacobian."""

from __future__ import annotations

import numpy as np


def integrate(X: np.ndarray, y: np.ndarray, scale: float, time: float, method: str, rtol: float) -> np.ndarray:
    """beta ``(d,)`` at `time`, from ``u = v = scale``; the absolute tolerance is far below the start."""
    from scipy.integrate import solve_ivp

    n, d = X.shape

    def field(_: float, theta: np.ndarray) -> np.ndarray:
        u, v = theta[:d], theta[d:]
        g = X.T @ (X @ (u**2 - v**2) - y) / n
        return np.concatenate([-2 * u * g, 2 * v * g])

    def jacobian(_: float, theta: np.ndarray) -> np.ndarray:
        u, v = theta[:d], theta[d:]
        g = X.T @ (X @ (u**2 - v**2) - y) / n
        signed = np.concatenate([u, -v])
        gram = np.tile(X.T @ X / n, (2, 2))
        return -4 * signed[:, None] * gram * signed - 2 * np.diag(np.concatenate([g, -g]))

    options = {} if method == "DOP853" else {"jac": jacobian}
    start = np.full(2 * d, scale)
    found = solve_ivp(field, (0.0, time), start, method=method, rtol=rtol, atol=1e-4 * scale * rtol, **options)
    u, v = found.y[:d, -1], found.y[d:, -1]
    return u**2 - v**2


def reference(X: np.ndarray, y: np.ndarray, scale: float, time: float) -> np.ndarray:
    """beta ``(d,)`` at `time` to about 1e-13, in other variables: ``beta = -2 scale^2 sinh((4/n) X^T s)``, n of them.

    ``s' = X beta - y`` from 0, since ``u = scale exp(-(2/n) X^T s)`` and ``v = scale exp((2/n) X^T s)``.
    """
    from scipy.integrate import solve_ivp

    n = y.size

    def beta(s: np.ndarray) -> np.ndarray:
        return -2 * scale**2 * np.sinh(4 / n * (X.T @ s))

    def jacobian(_: float, s: np.ndarray) -> np.ndarray:
        return -(8 * scale**2 / n) * (X * np.cosh(4 / n * (X.T @ s))) @ X.T

    found = solve_ivp(
        lambda _, s: X @ beta(s) - y, (0.0, time), np.zeros(n), method="Radau", jac=jacobian, rtol=1e-11, atol=1e-12
    )
    return beta(found.y[:, -1])
