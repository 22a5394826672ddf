"""Gradient descent on matrix sensing: one trajectory of a full 20 x 20 factor, from 100 measurements.

By symmetry a step needs ``d (d + 1) / 2`` entries of a measurement, twice, and of ``U U^T``, and ``d^2 r`` products
for the slope: that is what is counted, although a rival that computes with full matrices does up to twice as much.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from ....dynamics.gradient_descent import GradientDescent
from ....dynamics.simulation import simulate
from ....models.sensing import MatrixSensing
from ..rivals.numpy_sensing import descend_one
from ..workload import Contender, Workload

TITLE = "gradient descent, one matrix from 100 measurements (d = r = 20)"
SIZE, SAMPLES, RANK = 20, 100, 2
SCALE, STEP_SIZE, STEPS = 0.1, 1e-3, 20_000
FULL_SECONDS = 8.0
FLOPS = 2.0 * SAMPLES * SIZE * (SIZE + 1) + (3.0 * SIZE + 1) * SIZE * SIZE


def problem() -> tuple[MatrixSensing, np.ndarray]:
    """Gaussian measurements of a matrix of rank 2 and norm 1, and a small start."""
    rng = np.random.default_rng(0)
    A, U = rng.standard_normal((SAMPLES, SIZE, SIZE)), rng.standard_normal((SIZE, RANK))
    X = U @ U.T
    model = MatrixSensing(A, np.tensordot(A, X / np.linalg.norm(X), 2))
    return model, model.init(scale=SCALE)


def build(seconds: float, rivals: Collection[str]) -> Workload:
    """One trajectory."""
    steps = max(50, round(STEPS * min(1.0, seconds / FULL_SECONDS)))
    model, theta0 = problem()

    def ours() -> np.ndarray:
        return simulate(model, GradientDescent(STEP_SIZE), theta0, steps=steps).final

    def looped() -> np.ndarray:
        return descend_one(model.A, model.y, STEP_SIZE, theta0.reshape(SIZE, SIZE), steps)

    contenders = [
        Contender("solvable.simulate", ours, steps, library="solvable"),
        Contender("NumPy", looped, steps, lambda: (looped(), ours())),
    ]
    if "jax" in rivals:
        from ..rivals import jax_sensing

        def jax() -> np.ndarray:
            U = theta0.reshape(SIZE, SIZE)
            return np.asarray(jax_sensing.descend(model.A, model.y, STEP_SIZE, U, steps)).ravel()

        contenders.append(Contender("JAX", jax, steps, lambda: (jax(), ours()), "jax"))
    if "torch" in rivals:
        from ..rivals import torch_cpu

        def torch() -> np.ndarray:
            U = theta0.reshape(SIZE, SIZE)
            return torch_cpu.descend_sensing(model.A, model.y, np.array([STEP_SIZE]), U, steps)[0]

        contenders.append(Contender("torch", torch, steps, lambda: (torch(), ours()), "torch"))
    return Workload(TITLE, "step", FLOPS, tuple(contenders))
