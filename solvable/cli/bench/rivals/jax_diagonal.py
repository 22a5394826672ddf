"""Gradient descent, and single-sample SGD with noise in the labels, on ``beta = u^2 - v^2`` in JAX.

All trajectories at once, with the gradient written out: XLA makes faster loops of that than of ``vmap`` and ``grad``.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from .jax_cpu import jax

jnp, lax = jax.numpy, jax.lax
BLOCK = 256
"""Steps that are drawn for at a time."""


@partial(jax.jit, static_argnames="steps")
def descend(X: Any, y: Any, step_sizes: Any, theta0: Any, steps: int) -> Any:
    """One trajectory for each step size and row of `theta0`: ``theta (R, 2d)``."""
    rate = (2 * step_sizes / y.size)[:, None]

    def step(_: Any, pair: Any) -> Any:
        u, v = pair
        change = rate * (((u * u - v * v) @ X.T - y) @ X)
        return [u - u * change, v + v * change]

    return jnp.concatenate(lax.fori_loop(0, steps, step, jnp.split(theta0, 2, axis=1)), axis=1)


@partial(jax.jit, static_argnames="steps")
def descend_by_grad(X: Any, y: Any, step_sizes: Any, theta0: Any, steps: int) -> Any:
    """The same as one writes it first: ``vmap`` over trajectories of ``grad`` of the loss of one."""

    def loss(theta: Any) -> Any:
        u, v = jnp.split(theta, 2)
        return jnp.sum((X @ (u * u - v * v) - y) ** 2) / (2 * y.size)

    def alone(h: Any, theta: Any) -> Any:
        return lax.fori_loop(0, steps, lambda _, theta: theta - h * jax.grad(loss)(theta), theta)

    return jax.vmap(alone)(step_sizes, theta0)


@partial(jax.jit, static_argnames="steps")
def wander(X: Any, y: Any, h: float, std: float, theta0: Any, steps: int) -> Any:
    """``theta (R, 2d)``; samples and noise are drawn for 256 steps at a time, and the last block is whole, too."""

    def block(pair: Any, key: Any) -> tuple[Any, None]:
        first, second = jax.random.split(key)
        shape = BLOCK, theta0.shape[0]
        chosen = jax.random.randint(first, shape, 0, y.size)
        labels = y[chosen] + std * jax.random.rademacher(second, shape, jnp.float64)
        return _through(X, h, pair, chosen, labels), None

    keys = jax.random.split(jax.random.key(0), -(-steps // BLOCK))
    return jnp.concatenate(lax.scan(block, jnp.split(theta0, 2, axis=1), keys)[0], axis=1)


@partial(jax.jit)
def follow(X: Any, h: float, theta0: Any, chosen: Any, labels: Any) -> Any:
    """The same through given samples with given labels, each ``(steps, R)``."""
    return jnp.concatenate(_through(X, h, jnp.split(theta0, 2, axis=1), chosen, labels), axis=1)


def _through(X: Any, h: float, pair: Any, chosen: Any, labels: Any) -> Any:
    def step(pair: Any, drawn: Any) -> tuple[Any, None]:
        (u, v), (i, label) = pair, drawn
        x = X[i]
        change = 2 * h * (jnp.sum(x * (u * u - v * v), axis=1) - label)[:, None] * x
        return [u - u * change, v + v * change], None

    return lax.scan(step, pair, (chosen, labels))[0]
