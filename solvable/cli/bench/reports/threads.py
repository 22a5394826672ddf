"""Two threads against one on ensembles, by the clock on the wall: meaningful where two cores are free."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import numpy as np

from ....dynamics.gradient_descent import GradientDescent
from ....dynamics.label_noise import LabelNoiseSGD
from ....dynamics.simulation import simulate
from ....models.diagonal import DiagonalLinearNetwork
from ...catalog import sparse_regression
from . import Report

TITLE = "two threads against one: wall time, processor time of both threads over that of one, bits"
LEAST_ROUNDS = 3
FULL_SECONDS = 20.0


def measure(seconds: float) -> Report:
    """Interleaved runs of three ensembles."""
    return Report(
        ("ensemble", "speedup", "quartiles", "processor time", "same bits"),
        tuple(_row(name, run, seconds / 3) for name, run in _ensembles(seconds).items()),
    )


def _ensembles(seconds: float) -> dict[str, Callable[[], np.ndarray]]:
    share = min(1.0, seconds / FULL_SECONDS)
    problem = sparse_regression()
    model = DiagonalLinearNetwork(problem["X"], problem["y"])
    start = model.init(scale=0.1)

    def descend(members: int, steps: int) -> np.ndarray:
        step_sizes = np.geomspace(1e-3, 2e-2, members)
        return simulate(model, GradientDescent(step_sizes), start, steps=max(10, round(share * steps))).final

    def wander(members: int, steps: int) -> np.ndarray:
        starts = np.tile(start, (members, 1))
        return simulate(model, LabelNoiseSGD(0.005, 0.1), starts, steps=max(10, round(share * steps))).final

    return {
        "descent, 1,024 trajectories": lambda: descend(1024, 4000),
        "label noise, 256 trajectories": lambda: wander(256, 50_000),
        "descent, 10,000 trajectories": lambda: descend(10_000, 400),
    }


def _row(name: str, run: Callable[[], np.ndarray], seconds: float) -> tuple[str, float, str, float, str]:
    before = os.environ.get("SOLVABLE_THREADS")
    costs: list[tuple[float, float]] = []
    answers = []
    deadline = time.perf_counter() + seconds
    try:
        while len(costs) < 2 * LEAST_ROUNDS or time.perf_counter() < deadline:
            for threads in ("1", "2"):
                os.environ["SOLVABLE_THREADS"] = threads
                wall, spent = time.perf_counter(), time.process_time()
                answers.append(run())
                costs.append((time.perf_counter() - wall, time.process_time() - spent))
    finally:
        if before is None:
            del os.environ["SOLVABLE_THREADS"]
        else:
            os.environ["SOLVABLE_THREADS"] = before
    ratios = np.array(costs).reshape(-1, 2, 2)[1:]  # the first round compiles
    walls, spent = ratios[:, 0, 0] / ratios[:, 1, 0], ratios[:, 1, 1] / ratios[:, 0, 1]
    low, middle, high = np.quantile(walls, [0.25, 0.5, 0.75])
    same = all(np.array_equal(answer, answers[0]) for answer in answers)
    return name, float(middle), f"{low:.2f} .. {high:.2f}", float(np.median(spent)), "yes" if same else "NO"
