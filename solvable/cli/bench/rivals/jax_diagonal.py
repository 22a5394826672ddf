"""Gradient descent, and single-sample SGD with noise in the labels, on ``beta = u^2 - v^2`` in JAX."""

from __future__ import annotations

from functools import partial
from typing import Any

from .jax_cpu import jax

jnp, lax = jax.numpy, jax.lax
BLOCK = 256


def _predictor(theta: Any) -> Any:
    u, v = jnp.split(theta, 2)
    return u * u - v * v


@partial(jax.jit, static_argnames="steps")
def descend(X: Any, y: Any, step_sizes: Any, theta0: Any, steps: int) -> Any:
    """One trajectory for each step size and row of `theta0`: ``theta (R, 2d)``."""

    def loss(theta: Any) -> Any:
        return jnp.sum((X @ _predictor(theta) - y) ** 2) / (2 * y.size)

    def one(h: Any, theta: Any) -> Any:
        return lax.fori_loop(0, steps, lambda _, theta: theta - h * jax.grad(loss)(theta), theta)

    return jax.vmap(one)(step_sizes, theta0)


def _noisy_step(X: Any, y: Any, h: float, theta: Any, i: Any, noise: Any) -> Any:
    return theta - h * jax.grad(lambda theta: (X[i] @ _predictor(theta) - y[i] - noise) ** 2 / 2)(theta)


@partial(jax.jit, static_argnames="steps")
def wander(X: Any, y: Any, h: float, std: float, theta0: Any, steps: int) -> Any:
    """Every trajectory draws for itself, as it goes: ``theta (R, 2d)``."""

    def one(theta: Any, key: Any) -> Any:
        def step(theta: Any, key: Any) -> tuple[Any, None]:
            first, second = jax.random.split(key)
            i = jax.random.randint(first, (), 0, y.size)
            return _noisy_step(X, y, h, theta, i, std * jax.random.rademacher(second, (), theta.dtype)), None

        return lax.scan(step, theta, jax.random.split(key, steps))[0]

    return jax.vmap(one)(theta0, jax.random.split(jax.random.key(0), theta0.shape[0]))


@partial(jax.jit)
def follow(X: Any, y: Any, h: float, theta0: Any, chosen: Any, noise: Any) -> Any:
    """All trajectories through given samples and noise, each ``(steps, R)``."""

    def step(theta: Any, drawn: Any) -> tuple[Any, None]:
        return jax.vmap(partial(_noisy_step, X, y, h))(theta, *drawn), None

    return lax.scan(step, theta0, (chosen, noise))[0]


def wander_drawn_ahead(X: Any, y: Any, h: float, std: float, theta0: Any, steps: int) -> Any:
    """Samples and noise drawn for 256 steps at a time; the last block is whole, too."""
    key, theta = jax.random.key(0), theta0
    for _ in range(-(-steps // BLOCK)):
        key, subkey = jax.random.split(key)
        theta = follow(X, y, h, theta, *_draw(subkey, y.size, std, (BLOCK, theta0.shape[0])))
    return theta


@partial(jax.jit, static_argnames=("samples", "shape"))
def _draw(key: Any, samples: int, std: float, shape: tuple[int, int]) -> tuple[Any, Any]:
    first, second = jax.random.split(key)
    return jax.random.randint(first, shape, 0, samples), std * jax.random.rademacher(second, shape, jnp.float64)
