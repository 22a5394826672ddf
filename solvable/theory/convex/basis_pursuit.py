"""Least l1 interpolation, the small-scale limit of depth-2 diagonal networks, with a rigorous gap.

    minimize  sum_j w_j |b_j|  subject to  X b = y        maximize  y . nu  subject to  |X_j . nu| <= w_j.

For feasible b the gap is ``sum_j w_j |b_j| - b_j (X_j . nu)``, a sum of terms >= 0 as soon as nu is feasible.
A linear program returns a vertex, hence a support of at most n columns, but its values only to its own
tolerance (1e-7). The support is exact information, though: the values are computed again by least squares on
those columns, and nu is moved to satisfy ``X_S^T nu = w_S sign(b_S)`` and then shrunk by
``max(1, max_j |X_j . nu| / w_j)``, which makes it feasible.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import linprog

from ...common.blas import one_blas_thread
from ...common.checks import interpolable, real_array, regression
from ..minimum import Minimum, is_certified, relative_residual
from .graded import power_of_two

ACTIVE = 1e-9  # coordinates below this fraction of the largest are zeros of the linear program


@one_blas_thread()
def least_l1(X: Any, y: Any, weights: Any = None) -> Minimum:
    """An interpolant of least (weighted) l1 norm, at a vertex.

    Args:
        X: design, shape ``(n, d)``.
        y: targets, shape ``(n,)``, in the range of X.
        weights: positive weights, shape ``(d,)``; all one by default.

    Returns:
        `Minimum`, ``objective = sum_j weights_j |b_j|``; ``multiplier`` (n,) has
        ``|X^T multiplier| <= weights``.
        Certified: residual <= 1e-10, gap <= 1e-10 times the objective. Where several points are minimal, one
            of them.

    Raises:
        ValueError: shapes that do not fit, non-finite entries, weights <= 0, y outside the range of X, or a
            problem on which the linear program fails.

    Source: basis pursuit; as the limit of diagonal networks Woodworth et al., arXiv:2002.09277.

    >>> least_l1([[1.0, 2.0]], [2.0]).point.tolist()
    [0.0, 1.0]
    """
    X, y = regression(X, y)
    d = X.shape[1]
    w = np.ones(d) if weights is None else positive_weights(weights, d)
    interpolable(X, y)
    if not np.any(y):
        return Minimum(np.zeros(d), 0.0, 0.0, 0.0, True, np.zeros(y.size))
    point, nu = _vertex(X, y, w)
    support = np.flatnonzero(np.abs(point) * w > ACTIVE * np.max(np.abs(point) * w))
    point, nu = _refine(X, y, w, point, nu, support)
    return certified_l1(X, y, w, point, nu)


def positive_weights(weights: Any, d: int) -> np.ndarray:
    """Weights > 0 of shape (d,)."""
    w = real_array("weights", weights, ndim=1)
    if w.shape != (d,):
        raise ValueError(f"weights must have shape ({d},), one entry per column of X, got {w.shape}")
    if not np.all(w > 0):
        raise ValueError(f"weights must be > 0, got {float(w.min()):g}")
    return w


def certified_l1(X: np.ndarray, y: np.ndarray, w: np.ndarray, point: np.ndarray, nu: np.ndarray) -> Minimum:
    """The point with the gap that `nu`, shrunk to feasibility, proves."""
    slope = X.T @ nu
    shrink = max(1.0, float(np.max(np.abs(slope) / w)))
    nu, slope = nu / shrink, slope / shrink
    gap = float(np.sum(np.maximum(w * np.abs(point) - point * slope, 0.0)))
    objective = float(np.sum(w * np.abs(point)))
    residual = relative_residual(X, y, point)
    certified = is_certified(residual, gap, objective)
    message = "" if certified else "residual or duality gap above the tolerance"
    return Minimum(point, objective, gap, residual, certified, nu, message)


def _vertex(X: np.ndarray, y: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Point and multiplier of the linear program in ``(b+, b-)``."""
    d = X.shape[1]
    # Equilibrated, because HiGHS takes its tolerances as absolute.
    columns = X / w
    rows = power_of_two(np.max(np.abs(columns), axis=1))
    unit = float(power_of_two(float(np.max(np.abs(y / rows)))))
    equations, right = columns / rows[:, None], y / rows / unit
    result = linprog(
        np.ones(2 * d),
        A_eq=np.hstack([equations, -equations]),
        b_eq=right,
        bounds=(0, None),
        method="highs-ds",
        options={"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9},
    )
    if result.status != 0:
        raise ValueError(f"X and y must pose a linear program that HiGHS can solve, but it reports: {result.message}")
    return (result.x[:d] - result.x[d:]) * unit / w, result.eqlin.marginals / rows


def _refine(
    X: np.ndarray, y: np.ndarray, w: np.ndarray, point: np.ndarray, nu: np.ndarray, support: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    columns = X[:, support]
    values = np.linalg.lstsq(columns, y, rcond=None)[0]
    values = values + np.linalg.lstsq(columns, y - columns @ values, rcond=None)[0]
    # A support that is too small (the cut went through it) must not replace a feasible point by an infeasible
    # one.
    refined = np.zeros(point.size)
    refined[support] = values
    if relative_residual(X, y, refined) <= max(relative_residual(X, y, point), 1e-12):
        point = refined
    for _ in range(2):
        wanted = np.sign(point[support]) * w[support] - columns.T @ nu
        nu = nu + np.linalg.lstsq(columns.T, wanted, rcond=None)[0]
    return point, nu
