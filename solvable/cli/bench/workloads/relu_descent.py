"""Gradient descent on one univariate ReLU network with many samples.

The usual step forms an activation for every neuron and sample. Sorted samples and neurons in cells of equal activation
need about ``30 m + 20 n`` operations; the second contender is the loop that still meets every pair, but holds eight
neurons in registers.
"""

from __future__ import annotations

from collections.abc import Collection
from itertools import repeat

import numpy as np

from ....dynamics.gradient_descent import GradientDescent
from ....dynamics.relu_rows import ReluDescent
from ....dynamics.simulation import simulate
from ....dynamics.stepper import Tile
from ....models.relu import UnivariateReLUNetwork
from ...catalog import sine_samples
from ..rivals.numpy_relu import descend
from ..workload import Contender, Workload

TITLE = "gradient descent, one univariate ReLU network (n = 50, m = 1,000)"
SAMPLES, WIDTH = 50, 1000
STEP_SIZE, STEPS, DENSE_SHARE, LOOPED_SHARE, CHECKED = 0.01, 100_000, 5, 50, 200
FULL_SECONDS = 8.0
DENSE = "ours, the dense loop"


def build(seconds: float, rivals: Collection[str]) -> Workload:
    """The slower contenders take fewer steps."""
    steps = max(LOOPED_SHARE, round(STEPS * min(1.0, seconds / FULL_SECONDS)))
    problem = sine_samples(SAMPLES)
    model = UnivariateReLUNetwork(problem["x"], problem["y"], WIDTH)
    theta = model.init()

    def ours(count: int = steps) -> np.ndarray:
        return simulate(model, GradientDescent(STEP_SIZE), theta, steps=count).final

    def dense(count: int = steps // DENSE_SHARE) -> np.ndarray:
        lane = np.zeros(1, dtype=np.int64)
        stepper = ReluDescent(model, Tile(theta[None], lane, lane, 0, None), np.array([STEP_SIZE]), np.zeros(1), True)
        stepper.advance(count)
        return stepper.parameters()[0]

    def looped(count: int = steps // LOOPED_SHARE) -> np.ndarray:
        return descend(model.x, model.y, theta, STEP_SIZE, repeat(np.zeros(SAMPLES), count))

    few = steps // LOOPED_SHARE
    contenders = [
        Contender("solvable.simulate", ours, steps, library="solvable"),
        Contender(DENSE, dense, steps // DENSE_SHARE, lambda: (dense(CHECKED), ours(CHECKED)), "solvable"),
        Contender("NumPy", looped, few, lambda: (looped(CHECKED), ours(CHECKED))),
    ]
    if "jax" in rivals:
        from ..rivals import jax_relu

        def jax(count: int = few) -> np.ndarray:
            return np.asarray(jax_relu.descend(model.x, model.y, theta, STEP_SIZE, count))

        contenders.append(Contender("JAX", jax, few, lambda: (jax(CHECKED), ours(CHECKED)), "jax"))
    if "torch" in rivals:
        from ..rivals import torch_cpu

        def torch(count: int = few) -> np.ndarray:
            return torch_cpu.descend_relu(model.x, model.y, theta, STEP_SIZE, count)

        contenders.append(Contender("torch", torch, few, lambda: (torch(CHECKED), ours(CHECKED)), "torch"))
    return Workload(TITLE, "step", 30.0 * WIDTH + 20.0 * SAMPLES, tuple(contenders))
