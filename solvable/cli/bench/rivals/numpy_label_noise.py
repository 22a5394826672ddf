"""Single-sample SGD with noise in the labels, on ``beta = u^2 - v^2``, in NumPy."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def signs(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """+1.0 or -1.0 with equal probability."""
    return 2.0 * rng.integers(2, size=shape) - 1.0


def drawn_ahead(
    rng: np.random.Generator, samples: int, noise_std: float, members: int, block: int = 256
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Samples and noise ``(R,)`` of one step after the other, drawn for a block of steps at a time."""
    while True:
        chosen = rng.integers(samples, size=(block, members))
        noise = noise_std * signs(rng, (block, members))
        yield from zip(chosen, noise, strict=True)


def wander_batched(
    X: np.ndarray,
    y: np.ndarray,
    step_size: float,
    scale: float,
    steps: int,
    members: int,
    draws: Iterator[tuple[np.ndarray, np.ndarray]],
) -> np.ndarray:
    """All trajectories at once, in place: ``[u, v] (R, 2d)``; `draws` yields the samples and the noise of a step."""
    shape = members, X.shape[1]
    u, v = np.full(shape, scale), np.full(shape, scale)
    x, beta, work = np.empty(shape), np.empty(shape), np.empty(shape)
    r, label = np.empty(members), np.empty(members)
    for _ in range(steps):
        i, noise = next(draws)
        np.take(X, i, axis=0, out=x, mode="clip")
        np.take(y, i, out=label, mode="clip")
        np.multiply(u, u, out=beta)
        np.multiply(v, v, out=work)
        beta -= work
        np.vecdot(x, beta, out=r)
        label += noise
        r -= label
        r *= 2 * step_size
        x *= r[:, None]
        np.multiply(u, x, out=work)
        u -= work
        np.multiply(v, x, out=work)
        v += work
    return np.hstack([u, v])


def wander_one(
    X: np.ndarray, y: np.ndarray, step_size: float, scale: float, chosen: np.ndarray, noise: np.ndarray
) -> np.ndarray:
    """One trajectory through the samples `chosen` with their `noise`: ``[u, v] (2d,)``."""
    u = np.full(X.shape[1], scale)
    v = u.copy()
    for i, xi in zip(chosen, noise, strict=True):
        x = X[i]
        change = 2 * step_size * (x @ (u**2 - v**2) - y[i] - xi) * x
        u, v = u * (1 - change), v * (1 + change)
    return np.concatenate([u, v])
