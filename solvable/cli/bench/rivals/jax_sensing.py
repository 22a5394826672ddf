"""Gradient descent on matrix sensing in JAX: the gradient by differentiation, the steps in a compiled loop."""

from __future__ import annotations

from functools import partial
from typing import Any

from .jax_cpu import jax

jnp = jax.numpy


@partial(jax.jit, static_argnames="steps")
def descend(A: Any, y: Any, step_size: Any, U: Any, steps: int) -> Any:
    """One trajectory from ``U (d, r)``."""
    rows = A.reshape(y.size, -1)

    def loss(U: Any) -> Any:
        return jnp.sum((rows @ (U @ U.T).ravel() - y) ** 2) / (2 * y.size)

    return jax.lax.fori_loop(0, steps, lambda _, U: U - step_size * jax.grad(loss)(U), U)


@partial(jax.jit, static_argnames="steps")
def descend_batched(A: Any, y: Any, step_sizes: Any, U: Any, steps: int) -> Any:
    """One trajectory for each step size, all from U: ``(R, d, r)``."""
    return jax.vmap(lambda h: descend(A, y, h, U, steps))(step_sizes)
