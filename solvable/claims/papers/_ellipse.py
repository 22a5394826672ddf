"""Gradient descent on ``(u v - T)^2 / 2`` from starts that stay bounded: what several papers share."""

from __future__ import annotations

from typing import Any

import numpy as np

EXISTS = "0 < step_size |target| < 2, so that there are bounded starts"
INSIDE = "the starts lie inside the ellipse of bounded ones, and no step leads onto a fixed point or toward zero"
STEPS = 8
"""That starts are followed for: the exceptions are a null set, of which these are the simplest."""


def exists(step_size: float, target: float) -> bool:
    """Whether there is an ellipse of bounded starts, around minima."""
    return step_size > 0 and 0 < abs(step_size * target) < 2


def moving(starts: np.ndarray, step_size: float, target: float) -> bool:
    """Whether these are starts ``(R, 2)`` that some steps lead neither onto a repelling minimum nor toward zero.

    No start is a minimum of any kind. A step multiplies ``u + v sign T`` by ``1 - h r sign T``: the line where it
    vanishes is kept, and leads to the saddle at zero; a step with ``h r = sign T`` leads onto it.
    """
    if starts.ndim != 2 or starts.shape[1] != 2 or not starts.size:
        return False
    u, v = starts.T
    for step in range(1 + STEPS):
        with np.errstate(over="ignore", invalid="ignore"):  # a start outside the ellipse diverges
            residual, across = u * v - target, np.abs(u + np.sign(target) * v)
            u, v = u - step_size * residual * v, v - step_size * residual * u
        # Later on a run may well rest at a minimum, where one attracts.
        rests = (step == 0 or abs(step_size * target) > 1) & (np.abs(residual) <= 1e-12 * abs(target))
        if np.any(rests | (across <= 1e-9 * np.sqrt(abs(target)))):
            return False
    return True


def bounded(starts: np.ndarray, step_size: float, target: float) -> bool:
    """Whether these are `moving` starts inside the ellipse."""
    if not moving(starts, step_size, target):
        return False
    h, product = step_size, starts.prod(axis=1)
    return bool(np.all(h * np.sum(starts**2, axis=1) < 4 + h**2 * target * (product - target)))


def box(rng: np.random.Generator, step_size: float, target: float, count: int) -> np.ndarray:
    """Starts in a square around that ellipse, ``(count, 2)``."""
    return rng.uniform(-1.3, 1.3, (count, 2)) * np.sqrt(2 / step_size + abs(target))


def inside(rng: np.random.Generator, step_size: float, target: float, count: int) -> np.ndarray:
    """Starts inside the ellipse, uniform up to its level 0.98, ``(count, 2)``."""
    radius, angle = np.sqrt(0.98 * rng.uniform(0, 1, count)), rng.uniform(0, 2 * np.pi, count)
    p = np.sqrt(2 / step_size + target) * radius * np.cos(angle)
    m = np.sqrt(2 / step_size - target) * radius * np.sin(angle)
    return np.stack([p + m, p - m], axis=-1)


def imbalance(theta: Any) -> np.ndarray:
    """``q = u^2 - v^2`` at ``theta (..., 2)``."""
    return (theta[..., 0] - theta[..., 1]) * (theta[..., 0] + theta[..., 1])
