"""Gradient flow on ``beta = u^2 - v^2`` with SciPy's solvers; the implicit ones are given the Jacobian.

LSODA through ``odeint``, which returns to Python for the field only, and not after every step as ``solve_ivp`` does.
"""

from __future__ import annotations

import numpy as np


def integrate(X: np.ndarray, y: np.ndarray, scale: float, time: float, method: str, rtol: float) -> np.ndarray:
    """beta ``(d,)`` at `time`, from ``u = v = scale``; the absolute tolerance is `rtol` times the start."""
    from scipy.integrate import odeint, solve_ivp

    n, d = X.shape
    columns, gram = np.ascontiguousarray(X.T), np.tile(-4 * X.T @ X / n, (2, 2))

    def slope(u: np.ndarray, v: np.ndarray) -> np.ndarray:
        return (2 / n) * (((u * u - v * v) @ columns - y) @ X)

    def field(_: float, theta: np.ndarray) -> np.ndarray:
        u, v = theta[:d], theta[d:]
        g = slope(u, v)
        return np.concatenate([-u * g, v * g])

    def jacobian(_: float, theta: np.ndarray) -> np.ndarray:
        u, v = theta[:d], theta[d:]
        signed, g = np.concatenate([u, -v]), slope(u, v)
        matrix = signed[:, None] * gram * signed
        matrix.flat[:: 2 * d + 1] -= np.concatenate([g, -g])
        return matrix

    start, atol = np.full(2 * d, scale), scale * rtol
    if method == "LSODA":
        end = odeint(field, start, [0.0, time], Dfun=jacobian, rtol=rtol, atol=atol, tfirst=True, mxstep=10**6)[-1]
    else:
        options = {} if method == "DOP853" else {"jac": jacobian}
        end = solve_ivp(field, (0.0, time), start, method=method, rtol=rtol, atol=atol, **options).y[:, -1]
    u, v = end[:d], end[d:]
    return np.asarray(u**2 - v**2)


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
