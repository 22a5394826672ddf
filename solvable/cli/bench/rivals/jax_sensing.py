"""Gradient descent on matrix sensing in JAX, with the gradient written out, since ``grad`` forgets its symmetry."""

from __future__ import annotations

from functools import partial
from typing import Any

from .jax_cpu import jax


@partial(jax.jit, static_argnames="steps")
def descend(A: Any, y: Any, step_size: Any, U: Any, steps: int) -> Any:
    """One trajectory from ``U (d, r)``."""
    rows = A.reshape(y.size, -1)

    def step(_: Any, U: Any) -> Any:
        residual = (2 * step_size / y.size) * (rows @ (U @ U.T).ravel() - y)
        return U - (residual @ rows).reshape(A.shape[1:]) @ U

    return jax.lax.fori_loop(0, steps, step, U)


@partial(jax.jit, static_argnames="steps")
def descend_batched(A: Any, y: Any, step_sizes: Any, U: Any, steps: int) -> Any:
    """One trajectory for each step size, all from U: ``(R, d, r)``."""
    return jax.vmap(lambda h: descend(A, y, h, U, steps))(step_sizes)
