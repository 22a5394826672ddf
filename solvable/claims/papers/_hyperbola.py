r"""Noise on the model ``f = u v`` of one label y: what several papers share.

The minima are the hyperbola ``u v = y``. Gradient flow conserves ``q = u^2 - v^2``, which therefore tells where the
flow from any point ends, and how sharp the loss is there: ``lambda = sqrt(q^2 + 4 y^2)`` is the trace, the determinant
and the only nonzero eigenvalue of the Hessian. A change of units takes away the scale of y: only ``q/y``, ``h lambda``
and the noise in units of y matter.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from solvable import ScalarFactorization, simulate
from solvable.integrators.noise import fill_tile

WITHIN = "q is one to five times y"
PART = "the laws that are compared lie apart by a tenth or more"
_SMALL = 1e-9
"""A step, in units of 1/lambda, at which a law at a finite step is the one of the limit."""


def _draw(rng: np.random.Generator, *, low: float, high: float) -> dict[str, Any]:
    return {"target": np.array(rng.uniform(0.5, 2.0)), "ratio": np.array(rng.uniform(low, high))}


class Hyperbola:
    """The model, a minimum where ``u^2 - v^2`` is `balance`, and the sharpness there.

    `lab` provides the problem, by default with q between `low` and `high` in units of y. Where q is small against y
    noise soon turns its sign, and where it is large the minima are so sharp that the drift takes very many steps.
    """

    def __init__(self, lab: Any, low: float, high: float) -> None:
        problem = lab.instance(partial(_draw, low=low, high=high))
        lab.require(WITHIN, 1 <= problem["ratio"] <= 5)
        self.target = float(problem["target"])
        self.balance = float(problem["ratio"]) * abs(self.target)
        self.sharpness = float(np.hypot(self.balance, 2 * self.target))
        u = np.sqrt((self.sharpness + self.balance) / 2)
        self.start = np.array([u, self.target / u])
        self.model = ScalarFactorization(target=self.target)

    def run(self, method: Any, steps: int, first: int, count: int, seed: int, every: bool = False) -> np.ndarray:
        """Parameters of `count` replicas at the end, ``(count, 2)``, or at every step, ``(steps + 1, count, 2)``."""
        starts = np.tile(self.start, (count, 1))
        save = np.arange(steps + 1) if every else None
        run = simulate(self.model, method, starts, steps=steps, save=save, seed=seed, replica=first)
        return run.theta if every else run.final

    def residual(self, theta: np.ndarray) -> np.ndarray:
        """``u v - y`` at ``theta (..., 2)``."""
        return theta[..., 0] * theta[..., 1] - self.target

    def kicks(self, path: np.ndarray, h: float) -> np.ndarray:
        """``q+ - q (1 - h^2 r^2)`` at every step of ``path (k + 1, ..., 2)``.

        With noise of mean 0 and of equal variance in u and v after a step of gradient descent: the increments of a
        martingale.
        """
        q, r = squares_apart(path), self.residual(path[:-1])
        return q[1:] - q[:-1] * (1 - (h * r) ** 2)

    def in_the_limit(self, law: Callable[..., np.ndarray], clock: float, noise: str) -> float:
        """``q/q_0`` by a law of `solvable.theory.noise.balance`, for a step to 0.

        `clock` is the sum of its rates: of ``h^2 s^2``, or of ``2 h s^2`` for noise injected and taken back.
        """
        h = _SMALL / self.sharpness
        std = np.sqrt(0.5 / h) if noise == "injected" else 1 / h
        return float(law(self.balance, self.target, h, std, clock, noise)) / self.balance


def squares_apart(theta: np.ndarray) -> np.ndarray:
    """``q = u^2 - v^2`` at ``theta (..., 2)``."""
    return theta[..., 0] ** 2 - theta[..., 1] ** 2


def gaussians(seed: int, replica: int, steps: int, purpose: Any, size: int = 2) -> np.ndarray:
    """The standard normal numbers of one replica, ``(steps, size)``, from the counter-based generator itself."""
    lanes, drawn = np.array([replica]), np.empty((steps, size))
    column = np.empty((size, 1))
    for k in range(steps):
        fill_tile(seed, lanes, k, purpose, column)
        drawn[k] = column[:, 0]
    return drawn


def clocked(rate: float, clock: float, largest: float, levels: int = 4) -> np.ndarray:
    """Step sizes, each half of the one before and none above `largest`: integers k make ``rate h^2 k = clock``."""
    steps = np.ceil(clock / (rate * largest**2))
    return np.sqrt(clock / (rate * steps)) / 2.0 ** np.arange(levels)
