"""Gradient descent on ``(u v - T)^2 / 2`` from starts that stay bounded: what several papers share."""

from __future__ import annotations

from typing import Any

import numpy as np

EXISTS = "0 < step_size |target| < 2, so that there are bounded starts"
INSIDE = "the starts lie inside the ellipse of bounded ones, none on a fixed point"


def exists(step_size: float, target: float) -> bool:
    """Whether there is an ellipse of bounded starts, around minima."""
    return step_size > 0 and 0 < abs(step_size * target) < 2


def moving(starts: np.ndarray, target: float) -> bool:
    """Whether these are starts ``(R, 2)``, and none a fixed point of a step: a minimum, or zero."""
    if starts.ndim != 2 or starts.shape[1] != 2:
        return False
    residuals, sizes = starts.prod(axis=1) - target, np.sum(starts**2, axis=1)
    return bool(np.all((np.abs(residuals) > 1e-12 * abs(target)) & (sizes > 1e-12 * abs(target))))


def bounded(starts: np.ndarray, step_size: float, target: float) -> bool:
    """Whether these are `moving` starts inside the ellipse."""
    if not moving(starts, target):
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
