"""Cost of a step of the whole ensemble against each size, and the exponent: the slope of log cost over log size."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from ....dynamics.gradient_descent import GradientDescent
from ....dynamics.label_noise import LabelNoiseSGD
from ....dynamics.simulation import simulate
from ....models.diagonal import DiagonalLinearNetwork
from ....models.relu import UnivariateReLUNetwork
from ...catalog import sine_samples, sparse_regression
from . import Report

TITLE = "cost of a step against size, and the fitted exponent"
Run = Callable[[int], object]
"""Takes a number of steps."""


def measure(seconds: float) -> Report:
    """Every size in turn, in an equal share of the time."""
    count = sum(len(sizes) for _, sizes, _ in CASES)
    rows = []
    for name, sizes, make in CASES:
        costs = np.array([step_cost(make(size), seconds / count) for size in sizes])
        exponent = float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])
        shown = ", ".join(f"{1e6 * cost:.3g}" for cost in costs)
        rows.append((name, ", ".join(map(str, sizes)), shown, exponent))
    return Report(("cost against", "sizes", "us a step", "exponent"), tuple(rows))


def step_cost(run: Run, seconds: float) -> float:
    """Processor seconds a step: of runs of k and 3 k steps the difference, so that what is paid once drops out."""
    run(1)
    steps = 1
    while (spent := _timed(run, steps)) < seconds / 12:
        steps = max(2 * steps, min(100 * steps, round(steps * seconds / (8 * max(spent, 1e-6)))))
    slopes = [(_timed(run, 3 * steps) - _timed(run, steps)) / (2 * steps) for _ in range(3)]
    return max(float(np.median(slopes)), 1e-12)


def _timed(run: Run, steps: int) -> float:
    began = time.process_time()
    run(steps)
    return time.process_time() - began


def _descent(members: int = 256, n: int = 20, d: int = 40) -> Run:
    problem = sparse_regression(n, d)
    model = DiagonalLinearNetwork(problem["X"], problem["y"])
    dynamics = GradientDescent(np.geomspace(1e-6, 1e-5, members))
    return lambda steps: simulate(model, dynamics, model.init(scale=0.1), steps=steps)


def _noisy(d: int) -> Run:
    problem = sparse_regression(20, d)
    model = DiagonalLinearNetwork(problem["X"], problem["y"])
    starts = np.tile(model.init(scale=0.1), (64, 1))
    return lambda steps: simulate(model, LabelNoiseSGD(1e-6, 0.1), starts, steps=steps)


def _relu(n: int = 20, m: int = 500) -> Run:
    problem = sine_samples(n)
    model = UnivariateReLUNetwork(problem["x"], problem["y"], m)
    return lambda steps: simulate(model, GradientDescent(1e-3), model.init(), steps=steps)


CASES: tuple[tuple[str, tuple[int, ...], Callable[[int], Run]], ...] = (
    ("trajectories P, descent (n = 20, d = 40)", (16, 64, 256, 1024), lambda size: _descent(members=size)),
    ("samples n, descent (d = 40, P = 256)", (20, 40, 80, 160), lambda size: _descent(n=size)),
    ("coordinates d, descent (n = 20, P = 256)", (40, 80, 160, 320), lambda size: _descent(d=size)),
    ("coordinates d, label noise (n = 20, P = 64)", (40, 80, 160, 320), _noisy),
    ("neurons m, ReLU descent (n = 20)", (250, 500, 1000, 2000), lambda size: _relu(m=size)),
    ("samples n, ReLU descent (m = 500)", (20, 40, 80, 160), lambda size: _relu(n=size)),
)
