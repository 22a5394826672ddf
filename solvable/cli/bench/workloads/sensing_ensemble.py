"""Gradient descent on matrix sensing: 32 trajectories, each with a step size of its own. See ``sensing_single``."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from ....dynamics.gradient_descent import GradientDescent
from ....dynamics.simulation import simulate
from ..rivals.numpy_sensing import descend_batched, descend_one
from ..workload import Contender, Workload
from .sensing_single import FLOPS, FULL_SECONDS, SIZE, problem

TITLE = "gradient descent, 32 matrices from 100 measurements (d = r = 20), a step size each"
MEMBERS, STEPS, LOOPED = 32, 2000, 2


def build(seconds: float, rivals: Collection[str]) -> Workload:
    """The loop runs 2 of the trajectories."""
    steps = max(20, round(STEPS * min(1.0, seconds / FULL_SECONDS)))
    model, theta0 = problem()
    step_sizes, U = np.geomspace(5e-4, 2e-3, MEMBERS), theta0.reshape(SIZE, SIZE)
    chosen = np.linspace(0, MEMBERS - 1, LOOPED).astype(int)

    def ours() -> np.ndarray:
        return simulate(model, GradientDescent(step_sizes), theta0, steps=steps).final

    def batched() -> np.ndarray:
        return descend_batched(model.A, model.y, step_sizes, U, steps)

    def looped() -> np.ndarray:
        return np.array([descend_one(model.A, model.y, step_sizes[k], U, steps) for k in chosen])

    contenders = [
        Contender("solvable.simulate", ours, MEMBERS * steps, library="solvable"),
        Contender("NumPy, batched", batched, MEMBERS * steps, lambda: (batched(), ours())),
        Contender("NumPy, one by one", looped, LOOPED * steps, lambda: (looped(), ours()[chosen])),
    ]
    if "jax" in rivals:
        from ..rivals import jax_sensing

        def jax() -> np.ndarray:
            return np.asarray(jax_sensing.descend_batched(model.A, model.y, step_sizes, U, steps)).reshape(MEMBERS, -1)

        contenders.append(Contender("JAX, vmap", jax, MEMBERS * steps, lambda: (jax(), ours()), "jax"))
    if "torch" in rivals:
        from ..rivals import torch_cpu

        def torch() -> np.ndarray:
            return torch_cpu.descend_sensing(model.A, model.y, step_sizes, U, steps)

        contenders.append(Contender("torch, batched", torch, MEMBERS * steps, lambda: (torch(), ours()), "torch"))
    return Workload(TITLE, "step and trajectory", FLOPS, tuple(contenders))
