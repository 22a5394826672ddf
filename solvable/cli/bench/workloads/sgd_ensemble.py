"""Single-sample SGD on a diagonal network: 256 independent trajectories.

There is no matrix product to win with: each trajectory draws a row of X of its own. A step costs ``2 d`` operations for
the residual, ``6 d`` for the update and ``3 d`` for the new coefficients.

Rivals draw their samples with NumPy's generator when they are timed, and are handed ours when answers are compared.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from ....dynamics.simulation import simulate
from ....dynamics.stochastic_descent import SGD
from ....integrators.draws import REPLACEMENT, batch_indices
from ....models.diagonal import DiagonalLinearNetwork
from ...catalog import sparse_regression
from ..rivals.numpy_sgd import drawn_ahead, wander_batched, wander_one
from ..workload import Contender, Workload

TITLE = "SGD with batches of 1, 256 independent diagonal networks (n = 20, d = 40)"
MEMBERS, SAMPLES, FEATURES = 256, 20, 40
SCALE, STEP_SIZE, STEPS, LOOPED, CHECKED = 0.1, 0.005, 20_000, 2, 200
FULL_SECONDS = 8.0


def build(seconds: float, rivals: Collection[str]) -> Workload:
    """Three contenders; the loop runs 2 of the trajectories."""
    steps = max(50, round(STEPS * min(1.0, seconds / FULL_SECONDS)))
    problem = sparse_regression(SAMPLES, FEATURES)
    X, y = problem["X"], problem["y"]
    model = DiagonalLinearNetwork(X, y)

    def ours(count: int = steps) -> np.ndarray:
        theta0 = np.tile(model.init(scale=SCALE), (MEMBERS, 1))
        return simulate(model, SGD(STEP_SIZE), theta0, steps=count).final

    def batched() -> np.ndarray:
        draws = drawn_ahead(np.random.default_rng(0), y, 0.0, MEMBERS)
        return wander_batched(X, STEP_SIZE, SCALE, steps, MEMBERS, draws)

    def looped() -> list[np.ndarray]:
        rng = np.random.default_rng(0)
        each = [rng.integers(SAMPLES, size=steps) for _ in range(LOOPED)]
        return [wander_one(X, STEP_SIZE, SCALE, chosen, y[chosen]) for chosen in each]

    def check_batched() -> tuple[np.ndarray, np.ndarray]:
        draws = ((chosen, y[chosen]) for chosen in _our_draws())
        return wander_batched(X, STEP_SIZE, SCALE, CHECKED, MEMBERS, draws), ours(CHECKED)

    def check_looped() -> tuple[np.ndarray, np.ndarray]:
        drawn = _our_draws()
        answer = [wander_one(X, STEP_SIZE, SCALE, drawn[:, k], y[drawn[:, k]]) for k in range(LOOPED)]
        return np.array(answer), ours(CHECKED)[:LOOPED]

    return Workload(
        TITLE,
        "step and trajectory",
        11.0 * FEATURES,
        (
            Contender("solvable.simulate", ours, MEMBERS * steps, library="solvable"),
            Contender("NumPy, batched", batched, MEMBERS * steps, check_batched),
            Contender("NumPy, one by one", looped, LOOPED * steps, check_looped),
        ),
    )


def _our_draws() -> np.ndarray:
    """The samples that ``simulate`` draws, ``(CHECKED, MEMBERS)``."""
    chosen, samples = np.empty((CHECKED, MEMBERS), dtype=np.int64), np.empty(SAMPLES, dtype=np.int64)
    for k in range(CHECKED):
        for b in range(MEMBERS):
            batch_indices(0, b, k, 1, REPLACEMENT, samples)
            chosen[k, b] = samples[0]
    return chosen
