"""Single-sample SGD with random signs in the labels, on a diagonal network: 256 independent trajectories.

As ``sgd_ensemble``, with one random sign more for every step of every trajectory. Rivals draw samples and signs with
the generator of their library when they are timed, and are handed ours when answers are compared.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from ....dynamics.label_noise import LabelNoiseSGD
from ....dynamics.simulation import simulate
from ....integrators.draws import REPLACEMENT, batch_indices
from ....integrators.label_noise import label_noises
from ....models.diagonal import DiagonalLinearNetwork
from ...catalog import sparse_regression
from ..rivals.numpy_sgd import drawn_ahead, signs, wander_batched, wander_one
from ..workload import Contender, Workload

TITLE = "label-noise SGD with batches of 1, 256 independent diagonal networks (n = 20, d = 40)"
MEMBERS, SAMPLES, FEATURES = 256, 20, 40
SCALE, STEP_SIZE, NOISE, STEPS, LOOPED, CHECKED, SHARE = 0.1, 0.005, 0.1, 20_000, 2, 200, 8
FULL_SECONDS = 8.0


def build(seconds: float, rivals: Collection[str]) -> Workload:
    """The loop runs 2 of the trajectories; JAX and torch take fewer steps."""
    steps = max(50, round(STEPS * min(1.0, seconds / FULL_SECONDS)))
    problem = sparse_regression(SAMPLES, FEATURES)
    X, y = problem["X"], problem["y"]
    model = DiagonalLinearNetwork(X, y)
    theta0, fewer = np.tile(model.init(scale=SCALE), (MEMBERS, 1)), max(50, steps // SHARE)

    def ours(count: int = steps) -> np.ndarray:
        return simulate(model, LabelNoiseSGD(STEP_SIZE, NOISE), theta0, steps=count).final

    def batched() -> np.ndarray:
        draws = drawn_ahead(np.random.default_rng(0), y, NOISE, MEMBERS)
        return wander_batched(X, STEP_SIZE, SCALE, steps, MEMBERS, draws)

    def looped() -> list[np.ndarray]:
        rng = np.random.default_rng(0)
        each = [(rng.integers(SAMPLES, size=steps), NOISE * signs(rng, (steps,))) for _ in range(LOOPED)]
        return [wander_one(X, STEP_SIZE, SCALE, chosen, y[chosen] + noise) for chosen, noise in each]

    def check_batched() -> tuple[np.ndarray, np.ndarray]:
        return wander_batched(X, STEP_SIZE, SCALE, CHECKED, MEMBERS, zip(*_our_draws(y), strict=True)), ours(CHECKED)

    def check_looped() -> tuple[np.ndarray, np.ndarray]:
        chosen, labels = _our_draws(y)
        answer = [wander_one(X, STEP_SIZE, SCALE, chosen[:, k], labels[:, k]) for k in range(LOOPED)]
        return np.array(answer), ours(CHECKED)[:LOOPED]

    contenders = [
        Contender("solvable.simulate", ours, MEMBERS * steps, library="solvable"),
        Contender("NumPy, batched", batched, MEMBERS * steps, check_batched),
        Contender("NumPy, one by one", looped, LOOPED * steps, check_looped),
    ]
    if "jax" in rivals:
        from ..rivals import jax_diagonal

        def jax() -> np.ndarray:
            return np.asarray(jax_diagonal.wander(X, y, STEP_SIZE, NOISE, theta0, fewer))

        def check_jax() -> tuple[np.ndarray, np.ndarray]:
            return np.asarray(jax_diagonal.follow(X, STEP_SIZE, theta0, *_our_draws(y))), ours(CHECKED)

        whole = -(-fewer // jax_diagonal.BLOCK) * jax_diagonal.BLOCK
        contenders.append(Contender("JAX", jax, MEMBERS * whole, check_jax, "jax"))
    if "torch" in rivals:
        from ..rivals import torch_cpu

        def torch() -> np.ndarray:
            draws = torch_cpu.drawn_ahead(y, NOISE, MEMBERS)
            return torch_cpu.wander(X, STEP_SIZE, theta0, draws, fewer)

        def check_torch() -> tuple[np.ndarray, np.ndarray]:
            draws = zip(*map(torch_cpu.tensor, _our_draws(y)), strict=True)
            return torch_cpu.wander(X, STEP_SIZE, theta0, draws, CHECKED), ours(CHECKED)

        contenders.append(Contender("torch, batched", torch, MEMBERS * fewer, check_torch, "torch"))
    return Workload(TITLE, "step and trajectory", 11.0 * FEATURES, tuple(contenders))


def _our_draws(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The samples that ``simulate`` draws and their noisy labels, each ``(CHECKED, MEMBERS)``."""
    chosen, labels = np.empty((CHECKED, MEMBERS), dtype=np.int64), np.empty((CHECKED, MEMBERS))
    samples, sign = np.empty(SAMPLES, dtype=np.int64), np.empty(1)
    for k in range(CHECKED):
        for b in range(MEMBERS):
            batch_indices(0, b, k, 1, REPLACEMENT, samples)
            label_noises(0, b, k, 1, 0, sign)
            chosen[k, b], labels[k, b] = samples[0], y[samples[0]] + NOISE * sign[0]
    return chosen, labels
