r"""The lasso, exactly: an active-set method with a rigorous gap.

    minimize  1/(2n) |X b - y|^2 + sum_j w_j |b_j|.

Dividing the columns by the weights (``c_j = w_j b_j``, ``Z = X / w``) leaves the penalty ``|c|_1``. On a set
A of columns with prescribed signs s the objective is quadratic, with minimizer
``c_A = (Z_A^T Z_A)^-1 (Z_A^T y - n s)`` and residual ``r = y - Z c = (1 - Q Q^T) y + n Q R^-T s`` in terms of
``Z_A = Q R``; the second form has no cancellation when the fit is close. The method adds the column with the
largest ``|Z_j . r| / n > 1``, moves to the new minimizer, and drops every coordinate that reaches zero on the
way (a step that would change its sign stops there). Each round lowers the objective, so no signed set
repeats, and it ends after finitely many rounds.

**Gap.** Any r' with ``|Z^T r'| <= n`` is dual feasible, for instance ``r' = r / max(1, |Z^T r|_inf / n)``,
and

    gap = 1/(2n) |y - Z c - r'|^2 + sum_j ( |c_j| - c_j Z_j . r' / n ),

a sum of nonnegative terms.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.linalg import qr, solve_triangular

from ...common.blas import one_blas_thread
from ...common.checks import real_array, regression
from ..minimum import Minimum
from .basis_pursuit import positive_weights
from .graded import power_of_two

RELATIVE_GAP = 1e-12
TIE = 1e-13  # correlations above 1 by less than this are at the bound


@one_blas_thread()
def lasso(X: Any, y: Any, weights: Any) -> Minimum:
    """The minimizer of ``1/(2n) |X b - y|^2 + sum_j weights_j |b_j|``.

    Args:
        X: design, shape ``(n, d)``.
        y: targets, shape ``(n,)``.
        weights: a number > 0, or positive weights of shape ``(d,)``.

    Returns:
        `Minimum` with the objective above; ``multiplier`` (n,) is the dual residual r',
        ``|X^T r'| <= n weights``. There is no constraint, so ``residual`` is 0. Certified: gap <= 1e-12 times
        the objective. Exactly 0 where the weights are at least ``|X^T y| / n``.

    Raises:
        ValueError: shapes that do not fit, non-finite entries, weights <= 0.

    Source: classical; as the limit of diagonal networks with weight decay or injected noise,
    arXiv:2206.04613.

    >>> lasso([[1.0, 0.0], [0.0, 1.0]], [3.0, 1.0], weights=1.0).point.tolist()
    [1.0, 0.0]
    """
    X, y = regression(X, y)
    n, d = X.shape
    given = real_array("weights", weights, ndim=(0, 1))
    w = positive_weights(np.full(d, float(given)) if given.ndim == 0 else given, d)
    unit = float(power_of_two(float(np.max(np.abs(y)))))
    Z, y = X / (w / unit), y / unit
    c, r, finished = _active_set(Z, y)
    slope = Z.T @ r / n
    shrink = max(1.0, float(np.max(np.abs(slope))))
    r, slope = r / shrink, slope / shrink
    miss = y - Z @ c
    gap = float(np.sum((miss - r) ** 2) / (2 * n) + np.sum(np.maximum(np.abs(c) - c * slope, 0.0)))
    objective = float(miss @ miss / (2 * n) + np.sum(np.abs(c)))
    certified = bool(gap <= RELATIVE_GAP * objective)
    message = "" if finished else "the active set did not settle"
    if not certified:
        message = "; ".join(filter(None, (message, "duality gap above the tolerance")))
    return Minimum(c * (unit / w) * unit, objective * unit**2, gap * unit**2, 0.0, certified, r * unit, message)


def _active_set(Z: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, bool]:
    """``(c, y - Z c, settled)``."""
    n, d = Z.shape
    c, r = np.zeros(d), y.copy()
    active: list[int] = []
    sign = np.zeros(d)
    for _ in range(20 * (n + d) + 100):
        slope = Z.T @ r / n
        slope[active] = 0.0
        j = int(np.argmax(np.abs(slope)))
        if not np.abs(slope[j]) > 1.0 + TIE * max(1.0, float(np.linalg.norm(y)) * float(np.linalg.norm(Z[:, j])) / n):
            return c, r, True
        active.append(j)
        sign[j] = np.sign(slope[j])
        settled = _settle(Z, y, c, sign, active)
        if settled is None:
            return c, y - Z @ c, False
        r = settled
    return c, r, False


def _settle(Z: np.ndarray, y: np.ndarray, c: np.ndarray, sign: np.ndarray, active: list[int]) -> np.ndarray | None:
    """Minimize over the active signed set, dropping coordinates that reach zero.

    Changes `c`, `sign` and `active`; returns the residual, or None where it cannot proceed.
    """
    n = Z.shape[0]
    while active:
        columns = Z[:, active]
        Q, R = qr(columns, mode="economic", check_finite=False)
        dependent = len(active) > n or abs(R[-1, -1]) <= 1e-11 * float(np.linalg.norm(columns[:, -1]))
        if dependent:
            # The newest column lies in the span of the others: move along the null vector; the fit does not
            # change and the penalty falls until a coordinate reaches zero.
            k = len(active) - 1
            step = np.append(-solve_triangular(R[:k, :k], R[:k, k], check_finite=False), 1.0) * sign[active[-1]]
            goal, r = c[active] + step, None
            room = _room(c[active], step)
            if not np.isfinite(room):
                return None
        else:
            inner = solve_triangular(R, sign[active], trans="T", check_finite=False)
            along = Q.T @ y
            goal = solve_triangular(R, along - n * inner, check_finite=False)
            rest = y - Q @ along
            # Orthogonalized twice: a close fit needs `rest` orthogonal relative to itself, not to y.
            r = (rest - Q @ (Q.T @ rest) if len(active) < n else 0.0 * rest) + n * (Q @ inner)
            step, room = goal - c[active], 1.0
            # A coordinate that is zero and would leave with the wrong sign blocks at once.
            if np.any(goal * sign[active] < 0):
                room = min(1.0, _room(c[active], step))
            if room >= 1.0 and np.all(goal * sign[active] >= 0):
                c[active] = goal
                return r
        moved = c[active] + room * step
        gone = (moved * sign[active] <= 0) | (np.abs(moved) <= 1e-15 * np.max(np.abs(moved) + np.abs(c[active])))
        if not np.any(gone):
            gone[int(np.argmin(np.abs(moved)))] = True
        c[active] = np.where(gone, 0.0, moved)
        for index in [active[i] for i in np.flatnonzero(gone)]:
            active.remove(index)
            sign[index] = 0.0
    return y.copy()


def _room(values: np.ndarray, step: np.ndarray) -> float:
    """How far along `step` until the first nonzero coordinate reaches zero."""
    shrinking = np.sign(values) * np.sign(step) < 0
    return float(np.min(-values[shrinking] / step[shrinking])) if np.any(shrinking) else float("inf")
