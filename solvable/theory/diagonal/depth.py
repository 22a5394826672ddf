r"""Where gradient flow on a diagonal network of depth D >= 3 ends.

Train ``beta = u^D - v^D`` from ``u = v = alpha`` by the flow of ``L = 1/(2n) |X beta - y|^2``. The derivation
in `solvable.theory.diagonal.depth_coordinates` gives ``beta = alpha^D h(z)`` with z in the row space of X and
``|z| < 1``. If the flow ends at an interpolant, that is the stationarity condition of

    minimize   sum_j alpha^D q(b_j / alpha^D)    subject to  X b = y,     q' = h^-1, q(0) = 0,

with ``h(z) = (1-z)^(-D/(D-2)) - (1+z)^(-D/(D-2))``. For ``|b| >> alpha^D`` one has ``q' -> sign(b)``: the
potential is ``|b|`` up to a power of alpha, where at depth 2 it is ``log(1/alpha^2) |b|`` up to a constant,
and so the l1 limit is reached at the rate ``alpha^D`` instead of ``alpha^(2 (1 - rho))``.

Depth 2 is `solvable.theory.diagonal.hypentropy` with ``a = alpha^2``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...common.blas import one_blas_thread
from ...common.checks import integer, interpolable, positive, regression
from ..convex.graded import EPSILON, power_of_two
from ..convex.handover import solve
from ..minimum import Minimum, is_certified, relative_residual
from .depth_coordinates import DepthCoordinates
from .hypentropy import hypentropy_minimum

SMALLEST_SLACK = 1e-280


@one_blas_thread()
def depth_minimum(X: Any, y: Any, scale: Any, depth: Any) -> Minimum:
    """The interpolant of least depth-D potential: the limit of gradient flow on ``u^D - v^D`` from
    ``u = v = scale``.

    Args:
        X: design, shape ``(n, d)``, of any rank.
        y: targets, shape ``(n,)``, in the range of X.
        scale: initial value > 0 of every *parameter*.
        depth: D >= 2.

    Returns:
        `Minimum`. ``objective = sum_j scale^D q(b_j / scale^D)`` with ``q(0) = 0``; ``multiplier`` (n,)
        satisfies ``b = scale^D h(X^T multiplier)``. Certified: residual <= 1e-10 and duality gap <= 1e-10
        times the objective. Depth 2 returns the hyperbolic minimum with ``a = scale^2`` and its
        normalization.

    Raises:
        ValueError: shapes that do not fit, non-finite entries, y outside the range of X, scale <= 0, depth <
            2, or a scale so small that ``scale^(D-2)`` leaves the range of floats.

    Source: Woodworth et al., arXiv:2002.09277 (the depth-D potential), derived again.

    >>> minimum = depth_minimum([[1.0, 2.0]], [2.0], scale=1e-3, depth=3)
    >>> minimum.certified, abs(float(minimum.point[1]) - 1.0) < 1e-8
    (True, True)
    """
    X, y = regression(X, y)
    alpha, depth = positive("scale", scale), integer("depth", depth, minimum=2)
    if depth == 2:
        return hypentropy_minimum(X, y, log_a=2.0 * np.log(alpha))
    interpolable(X, y)
    rows = power_of_two(np.max(np.abs(X), axis=1))
    unit = float(power_of_two(float(np.max(np.abs(y)))))
    design, right = X / rows[:, None], y / rows / unit
    goal = float(np.log(alpha)) - float(np.log(unit)) / depth
    if (depth - 2) * goal < np.log(SMALLEST_SLACK):
        raise ValueError(f"scale must keep scale**(depth - 2) above {SMALLEST_SLACK:g} relative to y, got {alpha:g}")
    free = np.any(design != 0, axis=0)
    start = _start(design[:, free], right, goal, depth)
    part = solve(start, design[:, free], right)
    point = np.zeros(X.shape[1])
    point[free] = part.point
    range_part = design[:, free].T @ part.nu
    drift = float(np.sum(np.abs(part.point) * part.state.mismatch(range_part)))
    gap = (float(np.sum(part.state.divergence(part.point))) + drift) * unit
    rest = start.final(np.zeros(part.point.size))
    objective = float(np.sum(rest.potential(part.point))) * unit
    residual = relative_residual(X, y, point * unit)
    certified = is_certified(residual, gap, objective + EPSILON * unit)
    message = part.message
    worst = float(np.max(part.error, initial=0.0))
    if not message and worst > 1e-6:
        message = f"some coordinates are determined by rounding: relative error up to about {worst:.1g}"
    if not certified:
        message = "; ".join(filter(None, (message, "residual or duality gap above the tolerance")))
    return Minimum(point * unit, objective, gap, residual, certified, part.nu / rows, message)


def _start(X: np.ndarray, y: np.ndarray, goal: float, depth: int) -> DepthCoordinates:
    """Stage 0: ``alpha^D`` the size of the least-l2 solution."""
    size = float(np.max(np.abs(np.linalg.lstsq(X, y, rcond=None)[0]), initial=0.0)) if X.size else 0.0
    # A larger target is easier than the start: no continuation, whose rounding would exceed the tiny dual.
    origin = max(float(np.log(size)) / depth, goal) if size > 0 else goal
    zero = np.zeros(X.shape[1])
    return DepthCoordinates(depth, goal, origin, 0.0, zero, zero + 1.0, zero + 1.0)
