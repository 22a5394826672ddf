"""Gradient descent on ``(u v - T)^2 / 2`` from starts that stay bounded: what several papers share."""

from __future__ import annotations

from typing import Any

import numpy as np

EXISTS = "step_size |target| < 2, so that there are bounded starts"


def exists(step_size: float, target: float) -> bool:
    """Whether there is an ellipse of bounded starts."""
    return 0 < step_size * abs(target) < 2 if target else step_size > 0


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
