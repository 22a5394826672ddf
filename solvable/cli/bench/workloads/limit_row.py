"""A row of a phase diagram of limits: where gradient flow ends, for 100 initialization scales.

Integrating to T = 300 costs more and shows the horizon: the residual falls like 1/T, so that coefficients are still off
in the third digit there. One rival solves the same convex program, scale by scale. The reference is our flow at
T = 1e12, which shares nothing with that program.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from ....dynamics.gradient_flow import GradientFlow
from ....dynamics.simulation import simulate
from ....models.diagonal import DiagonalLinearNetwork
from ....theory.diagonal.hypentropy_batch import hypentropy_minima
from ...catalog import sparse_regression
from ..rivals.numpy_limit import limit
from ..rivals.scipy_flow import integrate
from ..workload import Contender, Workload

TITLE = "limit of gradient flow of diagonal networks (n = 20, d = 40) for 100 scales from 1e-3 to 3"
SAMPLES, FEATURES, MEMBERS, HORIZON, END, RTOL, LOOPED = 20, 40, 100, 300.0, 1e12, 1e-6, 5
TOLERANCE = 0.05
"""What the horizon costs is the point of this row, and no fault of who integrates to it."""
FULL_SECONDS = 8.0


def build(seconds: float, rivals: Collection[str]) -> Workload:
    """The convex program, at once and scale by scale, against integration, by us and by SciPy (5 of the scales)."""
    problem = sparse_regression(SAMPLES, FEATURES)
    X, y = problem["X"], problem["y"]
    model = DiagonalLinearNetwork(X, y)
    scales = np.geomspace(1e-3, 3.0, max(LOOPED, round(MEMBERS * min(1.0, seconds / FULL_SECONDS))))
    starts = np.tile(scales[:, None], (1, 2 * FEATURES))
    chosen = np.linspace(0, scales.size - 1, LOOPED).astype(int)

    def limits() -> np.ndarray:
        return hypentropy_minima(X, y, 2 * np.log(scales)).point

    def newton() -> np.ndarray:
        return np.array([limit(X, y, scale) for scale in scales])

    def flows(time: float = HORIZON, rtol: float = RTOL) -> np.ndarray:
        run = simulate(model, GradientFlow(rtol=rtol), starts, time=time)
        return np.asarray(run.predictor(run.final))

    def looped() -> np.ndarray:
        return np.array([integrate(X, y, scale, HORIZON, "LSODA", RTOL) for scale in scales[chosen]])

    goal = flows(END, 1e-11)
    contenders = (
        Contender("hypentropy_minima", limits, scales.size, lambda: (limits(), goal), "solvable"),
        Contender("NumPy, Newton, one by one", newton, scales.size, lambda: (newton(), goal)),
        Contender("GradientFlow to T = 300", flows, scales.size, lambda: (flows(), goal), "solvable"),
        Contender("SciPy LSODA to T = 300", looped, LOOPED, lambda: (looped(), goal[chosen]), "scipy"),
    )
    return Workload(TITLE, "scale", None, contenders, TOLERANCE)
