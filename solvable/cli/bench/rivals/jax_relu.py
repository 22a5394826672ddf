"""Gradient descent on a univariate ReLU network in JAX."""

from __future__ import annotations

from functools import partial
from typing import Any

from .jax_cpu import jax

jnp = jax.numpy


@partial(jax.jit, static_argnames="steps")
def descend(x: Any, y: Any, theta: Any, step_size: float, steps: int) -> Any:
    """``theta = [a, w, b]`` after `steps` steps."""

    def loss(theta: Any) -> Any:
        a, w, b = jnp.split(theta, 3)
        return jnp.sum((jax.nn.relu(jnp.outer(x, w) + b) @ a - y) ** 2) / (2 * y.size)

    return jax.lax.fori_loop(0, steps, lambda _, theta: theta - step_size * jax.grad(loss)(theta), theta)
