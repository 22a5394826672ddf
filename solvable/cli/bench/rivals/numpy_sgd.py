"""Single-sample SGD on ``beta = u^2 - v^2`` in NumPy, with or without noise in the labels."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

BLOCK = 256
"""Steps that are drawn for at a time."""


def signs(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """+1.0 or -1.0 with equal probability."""
    return 2.0 * rng.integers(2, size=shape) - 1.0


def drawn_ahead(
    rng: np.random.Generator, y: np.ndarray, noise_std: float, members: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Samples and their labels, each ``(R,)``, of one step after the other; with noise if `noise_std` is not 0."""
    while True:
        chosen = rng.integers(y.size, size=(BLOCK, members))
        labels = y[chosen]
        if noise_std:
            labels += noise_std * signs(rng, labels.shape)
        yield from zip(chosen, labels, strict=True)


def wander_batched(
    X: np.ndarray,
    step_size: float,
    scale: float,
    steps: int,
    members: int,
    draws: Iterator[tuple[np.ndarray, np.ndarray]],
) -> np.ndarray:
    """All trajectories at once, in place: ``[u, v] (R, 2d)``; `draws` yields the samples and labels of a step."""
    shape = members, X.shape[1]
    u, v = np.full(shape, scale), np.full(shape, scale)
    x, beta, work, r = np.empty(shape), np.empty(shape), np.empty(shape), np.empty(members)
    for _ in range(steps):
        chosen, labels = next(draws)
        np.take(X, chosen, axis=0, out=x, mode="clip")
        np.multiply(u, u, out=beta)
        np.multiply(v, v, out=work)
        beta -= work
        np.vecdot(x, beta, out=r)
        r -= labels
        r *= 2 * step_size
        x *= r[:, None]
        np.multiply(u, x, out=work)
        u -= work
        np.multiply(v, x, out=work)
        v += work
    return np.hstack([u, v])


def wander_one(X: np.ndarray, step_size: float, scale: float, chosen: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """One trajectory through the samples `chosen` with their `labels`: ``[u, v] (2d,)``."""
    u = np.full(X.shape[1], scale)
    v = u.copy()
    for i, label in zip(chosen, labels, strict=True):
        x = X[i]
        change = 2 * step_size * (x @ (u * u - v * v) - label) * x
        u -= u * change
        v += v * change
    return np.concatenate([u, v])
