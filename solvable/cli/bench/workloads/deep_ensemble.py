"""Gradient descent on deep linear networks: 1,024 trajectories of two layers of 4 x 4 on four samples.

A step multiplies five pairs of matrices, two forward and three back: ``10 * 4^3`` operations. BLAS has nothing to win
with at this size; the loop of this package takes eight trajectories side by side.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from ....dynamics.gradient_descent import GradientDescent
from ....dynamics.simulation import simulate
from ....models.deep_linear import DeepLinearNetwork
from ..rivals.numpy_deep import descend_batched
from ..workload import Contender, Workload

TITLE = "gradient descent, 1,024 deep linear networks (two layers of 4 x 4, n = 4), a step size each"
MEMBERS, SIZE, STEPS, LOOPED = 1024, 4, 5000, 8
FULL_SECONDS = 8.0


def build(seconds: float, rivals: Collection[str]) -> Workload:
    """Three contenders; the loop runs 8 of the trajectories."""
    steps = max(20, round(STEPS * min(1.0, seconds / FULL_SECONDS)))
    rng = np.random.default_rng(0)
    X, Y = rng.standard_normal((2, SIZE, SIZE))
    model = DeepLinearNetwork(X, Y, SIZE)
    step_sizes = np.geomspace(1e-3, 2e-2, MEMBERS)
    theta0 = 0.2 * rng.standard_normal((MEMBERS, model.n_params))
    layers = model.layers(theta0)
    chosen = np.linspace(0, MEMBERS - 1, LOOPED).astype(int)

    def ours() -> np.ndarray:
        return simulate(model, GradientDescent(step_sizes), theta0, steps=steps).final

    def batched() -> np.ndarray:
        return _flat(descend_batched(layers, X, Y, step_sizes, steps))

    def looped() -> np.ndarray:
        one = [descend_batched([layer[k] for layer in layers], X, Y, step_sizes[k], steps) for k in chosen]
        return np.array([_flat([layer[None] for layer in found])[0] for found in one])

    return Workload(
        TITLE,
        "step and trajectory",
        10.0 * SIZE**3,
        (
            Contender("solvable.simulate", ours, MEMBERS * steps, library="solvable"),
            Contender("NumPy, batched", batched, MEMBERS * steps, lambda: (batched(), ours())),
            Contender("NumPy, one by one", looped, LOOPED * steps, lambda: (looped(), ours()[chosen])),
        ),
    )


def _flat(layers: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([layer.reshape(layer.shape[0], -1) for layer in layers], axis=1)
