"""Gradient flow on ``beta = u^2 - v^2`` with diffrax."""

from __future__ import annotations

from functools import partial
from typing import Any

import diffrax
import numpy as np

from .jax_cpu import jax

jnp = jax.numpy


def _field(_: Any, theta: Any, data: Any) -> Any:
    X, y = data
    u, v = jnp.split(theta, 2)
    g = X.T @ (X @ (u * u - v * v) - y) / y.size
    return jnp.concatenate([-2 * u * g, 2 * v * g])


def integrate(X: Any, y: Any, scale: float, time: float, method: str, rtol: float) -> np.ndarray:
    """beta ``(d,)`` at `time`, from ``u = v = scale``; the absolute tolerance is far below the start."""
    return np.asarray(_solve(X, y, scale, time, method, rtol))


@partial(jax.jit, static_argnames="method")
def _solve(X: Any, y: Any, scale: float, time: float, method: str, rtol: Any) -> Any:
    start = jnp.full(2 * X.shape[1], scale)
    found = diffrax.diffeqsolve(
        diffrax.ODETerm(_field),
        getattr(diffrax, method)(),
        t0=0.0,
        t1=time,
        dt0=None,
        y0=start,
        args=(X, y),
        stepsize_controller=diffrax.PIDController(rtol=rtol, atol=1e-4 * scale * rtol),
        max_steps=None,
    )
    u, v = jnp.split(found.ys[-1], 2)
    return u * u - v * v
