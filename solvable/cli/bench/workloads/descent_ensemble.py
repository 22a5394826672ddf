"""Gradient descent on a diagonal network: 1,024 trajectories, each with a step size of its own.

A step of one trajectory costs ``4 n d`` operations in two products with X and ``9 d + n`` beside them.
"""

from __future__ import annotations

import numpy as np

from ....dynamics.gradient_descent import GradientDescent
from ....dynamics.simulation import simulate
from ....models.diagonal import DiagonalLinearNetwork
from ...catalog import sparse_regression
from ..rivals.numpy_descent import descend_batched, descend_one
from ..workload import Contender, Workload

TITLE = "gradient descent, 1,024 diagonal networks (n = 20, d = 40), a step size each"
MEMBERS, SAMPLES, FEATURES = 1024, 20, 40
SCALE, STEPS, LOOPED = 0.1, 5000, 8
FULL_SECONDS = 8.0
"""From this time on, every call takes all the steps; below, proportionally fewer."""


def build(seconds: float) -> Workload:
    """Three contenders; the loop runs 8 of the trajectories, which its time a unit takes into account."""
    steps = max(20, round(STEPS * min(1.0, seconds / FULL_SECONDS)))
    problem = sparse_regression(SAMPLES, FEATURES)
    X, y = problem["X"], problem["y"]
    model = DiagonalLinearNetwork(X, y)
    step_sizes = np.geomspace(1e-3, 2e-2, MEMBERS)
    chosen = np.linspace(0, MEMBERS - 1, LOOPED).astype(int)

    def ours() -> np.ndarray:
        return simulate(model, GradientDescent(step_sizes), model.init(scale=SCALE), steps=steps).final

    def batched() -> np.ndarray:
        return descend_batched(X, y, step_sizes, SCALE, steps)

    def looped() -> np.ndarray:
        return np.array([descend_one(X, y, step_sizes[k], SCALE, steps) for k in chosen])

    return Workload(
        TITLE,
        "step and trajectory",
        4.0 * SAMPLES * FEATURES + 9 * FEATURES + SAMPLES,
        (
            Contender("solvable.simulate", ours, MEMBERS * steps),
            Contender("NumPy, batched", batched, MEMBERS * steps, lambda: (batched(), ours())),
            Contender("NumPy, one by one", looped, LOOPED * steps, lambda: (looped(), ours()[chosen])),
        ),
    )
