"""Two threads against one on ensembles, by the clock on the wall: meaningful where two cores are free.

What a machine calls two cores may be one, or shared with others, and gives two threads less than twice the work. So a
control runs in every round: the peak loop, which loads nothing, in tasks on the same pool.
"""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable

import numpy as np

from ....dynamics.driving import run_tasks
from ....dynamics.gradient_descent import GradientDescent
from ....dynamics.label_noise import LabelNoiseSGD
from ....dynamics.simulation import simulate
from ....integrators.peak import chains
from ....models.diagonal import DiagonalLinearNetwork
from ...catalog import sparse_regression
from . import Report

TITLE = "two threads against one: wall time, processor time of both threads over that of one, bits"
LEAST_ROUNDS = 3
FULL_SECONDS = 20.0

CONTROL = "control: the peak loop"
CONTROL_TASKS, CONTROL_ROUNDS = 16, 3_000_000
_Sample = tuple[float, float]


def measure(seconds: float) -> Report:
    """Three ensembles and, in every round with them, what two threads give to a loop that shares nothing."""
    runs = {CONTROL: _peak_loops} | _ensembles(seconds)
    rounds: list[list[_Sample]] = []
    answers: dict[str, list[np.ndarray]] = {name: [] for name in runs}
    deadline = time.perf_counter() + seconds
    while len(rounds) <= LEAST_ROUNDS or time.perf_counter() < deadline:
        rounds.append([_sample(run, answers[name]) for name, run in runs.items()])
    walls, spent = np.array(rounds[1:]).transpose(2, 0, 1)  # the first round compiles
    return Report(
        ("work", "speedup", "quartiles", "of the control's", "processor time", "same bits"),
        tuple(_row(name, walls[:, k], walls[:, 0], spent[:, k], answers[name]) for k, name in enumerate(runs)),
    )


def _peak_loops() -> np.ndarray:
    """Tasks of the peak loop, through the same pool as the tiles of an ensemble."""
    return np.array(run_tasks([functools.partial(chains, CONTROL_ROUNDS)] * CONTROL_TASKS, lambda done: None))


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


def _sample(run: Callable[[], np.ndarray], answers: list[np.ndarray]) -> _Sample:
    """(wall time of one thread over that of two, processor time of two over that of one)."""
    before = os.environ.get("SOLVABLE_THREADS")
    walls, spent = [], []
    try:
        for threads in ("1", "2"):
            os.environ["SOLVABLE_THREADS"] = threads
            wall, used = time.perf_counter(), time.process_time()
            answers.append(run())
            walls.append(time.perf_counter() - wall)
            spent.append(time.process_time() - used)
    finally:
        if before is None:
            del os.environ["SOLVABLE_THREADS"]
        else:
            os.environ["SOLVABLE_THREADS"] = before
    return walls[0] / walls[1], spent[1] / spent[0]


def _row(
    name: str, walls: np.ndarray, control: np.ndarray, spent: np.ndarray, answers: list[np.ndarray]
) -> tuple[str, float, str, float, float, str]:
    low, middle, high = np.quantile(walls, [0.25, 0.5, 0.75])
    same = all(np.array_equal(answer, answers[0]) for answer in answers)
    share = float(np.median(walls / control))
    return name, float(middle), f"{low:.2f} .. {high:.2f}", share, float(np.median(spent)), "yes" if same else "NO"
