"""Gradient descent on a diagonal network: 1,024 trajectories, each with a step size of its own.

A step of one trajectory costs ``4 n d`` operations in two products with X and ``9 d + n`` beside them. This is what
shares of the peak are shares of: this package rotates the samples and leaves about a fifth of the products out, so that
its share can exceed one.
"""

from __future__ import annotations

from collections.abc import Collection

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


def build(seconds: float, rivals: Collection[str]) -> Workload:
    """The loop runs 8 of the trajectories, which its time a unit takes into account."""
    return sized(TITLE, seconds, rivals, MEMBERS, STEPS)


def sized(title: str, seconds: float, rivals: Collection[str], members: int, steps: int) -> Workload:
    """The same for any number of trajectories, of at most `steps` steps."""
    steps = max(20, round(steps * min(1.0, seconds / FULL_SECONDS)))
    problem = sparse_regression(SAMPLES, FEATURES)
    X, y = problem["X"], problem["y"]
    model = DiagonalLinearNetwork(X, y)
    step_sizes = np.geomspace(1e-3, 2e-2, members)
    chosen = np.linspace(0, members - 1, LOOPED).astype(int)
    starts = np.tile(model.init(scale=SCALE), (members, 1))

    def ours() -> np.ndarray:
        return simulate(model, GradientDescent(step_sizes), model.init(scale=SCALE), steps=steps).final

    def batched() -> np.ndarray:
        return descend_batched(X, y, step_sizes, SCALE, steps)

    def looped() -> np.ndarray:
        return np.array([descend_one(X, y, step_sizes[k], SCALE, steps) for k in chosen])

    contenders = [
        Contender("solvable.simulate", ours, members * steps, library="solvable"),
        Contender("NumPy, batched", batched, members * steps, lambda: (batched(), ours())),
        Contender("NumPy, one by one", looped, LOOPED * steps, lambda: (looped(), ours()[chosen])),
    ]
    if "jax" in rivals:
        from ..rivals import jax_diagonal

        def jax() -> np.ndarray:
            return np.asarray(jax_diagonal.descend(X, y, step_sizes, starts, steps))

        def jax_by_grad() -> np.ndarray:
            return np.asarray(jax_diagonal.descend_by_grad(X, y, step_sizes, starts, steps))

        contenders += [
            Contender("JAX, batched by hand", jax, members * steps, lambda: (jax(), ours()), "jax"),
            Contender("JAX, vmap of grad", jax_by_grad, members * steps, lambda: (jax_by_grad(), ours()), "jax"),
        ]
    if "torch" in rivals:
        from ..rivals import torch_cpu

        def torch() -> np.ndarray:
            return torch_cpu.descend_diagonal(X, y, step_sizes, starts, steps)

        contenders.append(Contender("torch, batched", torch, members * steps, lambda: (torch(), ours()), "torch"))
    flops = 4.0 * SAMPLES * FEATURES + 9 * FEATURES + SAMPLES
    return Workload(title, "step and trajectory", flops, tuple(contenders))
