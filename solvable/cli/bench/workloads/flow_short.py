"""Gradient flow on one diagonal network from u = v = 1e-8, to a given time and a given error.

Tolerances of different solvers mean different things, so nobody is asked for the same one. Each takes the loosest of a
ladder with which it, and with the next tighter one too, comes as close to a tight reference as the row asks (relative
to the largest coefficient): its error decides, and the table says what it reached.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from itertools import pairwise

import numpy as np

from ....dynamics.gradient_flow import GradientFlow
from ....dynamics.simulation import simulate
from ....models.diagonal import DiagonalLinearNetwork
from ...catalog import sparse_regression
from ..measuring import relative_difference
from ..rivals.scipy_flow import integrate, reference
from ..workload import Contender, Workload

TITLE = "gradient flow of one diagonal network (n = 20, d = 40, scale 1e-8) to T = 100, error <= 1e-8"
SAMPLES, FEATURES, SCALE, TARGET = 20, 40, 1e-8, 1e-8
LADDER = 10.0 ** -np.arange(2.0, 13.5, 0.5)


def build(seconds: float, rivals: Collection[str]) -> Workload:
    """Explicit solvers, and LSODA, which would choose another one if it helped."""
    return until(TITLE, 100.0, rivals, ("DOP853", "LSODA"), ("Tsit5", "Dopri8"), ("dop853", "lsoda"))


def until(
    title: str,
    time: float,
    rivals: Collection[str],
    scipy: Collection[str],
    diffrax: Collection[str],
    numbalsoda: Collection[str],
    error: float = TARGET,
) -> Workload:
    """The same for any time and solvers."""
    problem = sparse_regression(SAMPLES, FEATURES)
    X, y = problem["X"], problem["y"]
    goal, model = reference(X, y, SCALE, time), DiagonalLinearNetwork(X, y)
    start = model.init(scale=SCALE)

    def ours(rtol: float) -> np.ndarray:
        run = simulate(model, GradientFlow(rtol=rtol), start, time=time)
        return np.asarray(run.predictor(run.final))

    solvers: list[tuple[str, str, Callable[[float], np.ndarray]]] = [("solvable.simulate", "solvable", ours)]
    for method in scipy:
        solvers.append((f"SciPy {method}", "scipy", partial(integrate, X, y, SCALE, time, method)))
    if "diffrax" in rivals:
        from ..rivals import diffrax_flow

        for method in diffrax:
            solvers.append((f"diffrax {method}", "diffrax", partial(diffrax_flow.integrate, X, y, SCALE, time, method)))
    if "numbalsoda" in rivals:
        from ..rivals import numbalsoda_flow

        for method in numbalsoda:
            prepared = numbalsoda_flow.prepare(X, y, SCALE, time, method)
            solvers.append((f"numbalsoda {method}", "numbalsoda", prepared))
    contenders = [_contender(name, library, solve, goal, error) for name, library, solve in solvers]
    return Workload(title, "run", None, tuple(contenders), error)


def _contender(
    name: str, library: str, solve: Callable[[float], np.ndarray], goal: np.ndarray, error: float
) -> Contender:
    rtol = loosest(solve, goal, error)
    return Contender(f"{name}, rtol {rtol:.0e}", lambda: solve(rtol), 1.0, lambda: (solve(rtol), goal), library)


def loosest(solve: Callable[[float], np.ndarray], goal: np.ndarray, error: float = TARGET) -> float:
    """The first rung from which on two in a row come within `error` of `goal`; the last one if there is none."""
    within = False
    for before, rtol in pairwise(LADDER):
        was, within = within, relative_difference(solve(rtol), goal) <= error
        if was and within:
            return float(before)
    return float(LADDER[-1])
