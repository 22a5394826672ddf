"""Gradient flow on ``beta = u^2 - v^2`` with numbalsoda: compiled solvers, and a field compiled by numba."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import carray, cfunc
from numbalsoda import dop853, lsoda, lsoda_sig

SOLVERS: dict[str, Callable[..., tuple[np.ndarray, bool]]] = {"dop853": dop853, "lsoda": lsoda}


def prepare(X: np.ndarray, y: np.ndarray, scale: float, time: float, method: str) -> Callable[[float], np.ndarray]:
    """``integrate(rtol)``, beta ``(d,)`` at `time`, from ``u = v = scale``; see ``scipy_flow``."""
    n, d = X.shape

    @cfunc(lsoda_sig)
    def field(_, theta_, out_, data_):  # type: ignore[no-untyped-def]
        data, theta, out = carray(data_, n * d + n), carray(theta_, 2 * d), carray(out_, 2 * d)
        rows, labels, u, v = data[: n * d].reshape(n, d), data[n * d :], theta[:d], theta[d:]
        g = np.dot(np.dot(rows, u * u - v * v) - labels, rows) * (2.0 / n)
        out[:d], out[d:] = -u * g, v * g

    data, moments = np.concatenate([X.ravel(), y]), np.array([0.0, time])

    def integrate(rtol: float) -> np.ndarray:
        solve, start = SOLVERS[method], np.full(2 * d, scale)
        found, success = solve(field.address, start, moments, data=data, rtol=rtol, atol=scale * rtol)
        u, v = found[-1, :d], found[-1, d:]
        return u**2 - v**2 if success else np.full(d, np.nan)

    return integrate
