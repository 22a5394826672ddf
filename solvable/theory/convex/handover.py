"""Sparse solutions: what is left when fewer than n coordinates carry the interpolant.

Let y lie in the span of k < n columns S, and let the scale of the potential go to zero. On S the point tends
to a limit; off S it decays like ``a^(1 - |z_j|)``, soon below rounding, and the n - k dual directions
orthogonal to ``X_S`` are determined only by coordinates that the residual ``y - X b`` can no longer see.
Newton's method on the whole problem then divides rounding errors by tiny weights and explodes. The two levels
separate, however:

1. *Support.* Minimize the same potential on the columns S alone. This fixes ``b_S`` and ``z_S = X_S^T nu``.
2. *Off the support.* Let N span the orthogonal complement of ``X_S``. Multiplying ``X b = y`` by ``N^T``
   removes both ``b_S`` and y, and leaves for ``nu + N mu``

       N^T X_off b_off(X_off^T (nu + N mu)) = 0,

   which is the same kind of problem with right side zero: it has no scale of its own, so it can be solved
   however small ``b_off`` is. Its start is the min-max certificate: the linear program
   ``min_mu max_j (|z_j| + offset_j)``.
3. *Back.* ``b_S`` absorbs ``- X_off b_off``.

The coupling that step 1 neglects is of relative order ``b_off / b_S``, so this is accurate where the direct
iteration is lost, and a little before. It takes y to lie *exactly* in the span of ``X_S``; rounding of y
itself, of size ``1e-16 |y|``, is not seen. That is why off-support values are reported as uncertified, while
the objective, the point as a whole, and the duality gap are certified as usual. This is basis pursuit with
its dual certificate, carried to finite scale.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linprog

from .continuation import Coordinates, Iterate, Status, follow, newton
from .graded import GradedFactor, dual_errors, independent_rows, rounding

# Dual errors of rounding at which the two levels are separated. A design that is merely ill conditioned comes
# out undetermined early, before its levels have formed; it is followed further.
PATIENCE = (1e-6, 1e-4, 1e-2, float("inf"))
SEPARATE = 1e-6  # off-support values above this fraction of the point mean that the levels are not apart
LEVEL = 20.0  # coordinates within a factor exp(20) of the largest form one level


@dataclass(frozen=True)
class Solution:
    """Point, dual coordinates, multiplier; `error` estimates the relative error of each coordinate."""

    point: np.ndarray
    state: Coordinates
    nu: np.ndarray
    error: np.ndarray
    message: str = ""


def solve(start: Coordinates, X: np.ndarray, y: np.ndarray) -> Solution:
    """Least potential on ``X b = y``; X (n, d) of any rank, rows of comparable size, y in its range."""
    support = np.arange(X.shape[1])
    while True:
        rows = independent_rows(X[:, support])
        part, core, right = start.take(support), X[np.ix_(rows, support)], y[rows]
        end, heavy = _follow_or_shrink(part, core, right)
        if heavy is None:
            break
        support = support[heavy]
    end = replace(end, state=end.state.synchronized(core.T @ end.nu))
    point, error = _polish(end, core, right)
    nu = np.zeros(y.size)
    nu[rows] = end.nu
    message = "" if end.status is Status.CONVERGED else "the dual iteration did not converge"
    inner = Solution(point, end.state, nu, error, message)
    return inner if support.size == X.shape[1] else _complete(start, inner, support, rows, X, y)


def _follow_or_shrink(start: Coordinates, X: np.ndarray, y: np.ndarray) -> tuple[Iterate, np.ndarray | None]:
    """The end of the continuation, or the columns that carry the solution where they are fewer."""
    if X.size == 0:
        return Iterate(start.final(np.zeros(X.shape[1])), np.zeros(0), Status.CONVERGED), None
    for allowed in PATIENCE:
        end = follow(start, X, y, allowed)
        if end.status is not Status.DEGENERATE:
            return end, None
        heavy = _heavy(end.state, X, y)
        if heavy is not None and independent_rows(X[:, heavy]).size < X.shape[0]:
            return end, heavy
    return end, None


def _polish(end: Iterate, X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The point moved onto ``X b = y`` in the norm of the weights, which respects each coordinate's scale."""
    point, weight = end.state.primal(), end.state.weight()
    lost = np.full(point.size, np.inf)
    if X.size == 0:
        return point, 0.0 * point
    if not (np.all(np.isfinite(point)) and np.all(np.isfinite(weight))):
        return point, lost
    factor = GradedFactor(X, weight)
    if not factor.weakest > 0:
        return point, lost
    for _ in range(2):
        move = weight * (X.T @ factor.solve(y - X @ point))
        if np.all(np.abs(move) <= 1e-3 * weight):
            point = point + move
    noise = dual_errors(factor, X, rounding(X, y, point)) + end.state.grain(np.abs(X.T) @ np.abs(end.nu))
    return point, noise * weight / np.maximum(np.abs(point), np.finfo(float).tiny)


def _complete(
    start: Coordinates, inner: Solution, support: np.ndarray, rows: np.ndarray, X: np.ndarray, y: np.ndarray
) -> Solution:
    """Add the coordinates off the support to the solution `inner` on it."""
    d = X.shape[1]
    off = np.setdiff1d(np.arange(d), support)
    inside, outside = X[:, support], X[:, off]
    free = np.linalg.svd(inside, full_matrices=True)[0][:, rows.size :]
    nu, status = _level(start.take(off), inner.nu, free, outside)
    message = inner.message
    try:
        outer = start.take(off).final(outside.T @ nu)
    except ValueError:
        nu, status, outer = inner.nu, Status.STUCK, start.take(off).final(np.zeros(off.size))
        message = "; ".join(filter(None, (message, "the dual left its domain")))
    # An off-support part that does not balance is infeasible; 0 in its place is feasible, at the price of a gap.
    small = outer.primal()
    if not np.all(np.abs(small) <= SEPARATE * np.max(np.abs(inner.point), initial=0.0)):
        status = Status.STUCK
    small = small if status is Status.CONVERGED else np.zeros(off.size)
    weight = inner.state.weight()
    if rows.size:
        miss = (y - outside @ small - inside @ inner.point)[rows]
        move = weight * (inside[rows].T @ GradedFactor(inside[rows], weight).solve(miss))
    point, error = np.zeros(d), np.ones(d)
    point[support], point[off] = inner.point + (move if rows.size else 0.0), small
    error[support] = inner.error
    note = (
        f"the solution is carried by {support.size} coordinates of rank {rows.size}, less than that of X: the "
        "off-support values are "
    )
    if status is Status.CONVERGED:
        largest = float(np.max(np.abs(small), initial=0.0))
        note += f"leading-order estimates (largest about {largest:.1g} max|y|) and are not certified"
    else:
        note += "not certified; they could not be resolved and are given as 0"
    joined = inner.state.join(support, outer, off)
    return Solution(point, joined, nu, error, "; ".join(filter(None, (note, message))))


def _heavy(state: Coordinates, X: np.ndarray, y: np.ndarray) -> np.ndarray | None:
    """The heaviest coordinates whose columns reach y to rounding; None if that takes all of them.

    Only weights a million times below the largest may be left out, even if y is reached without the others:
    with linearly dependent columns it would be.
    """
    weight = state.weight()
    for decade in range(6, 16):
        chosen = np.flatnonzero(weight > 10.0**-decade * np.max(weight))
        if chosen.size == X.shape[1]:
            return None
        fit = np.linalg.lstsq(X[:, chosen], y, rcond=None)[0]
        miss = np.linalg.norm(y - X[:, chosen] @ fit)
        if miss <= 500.0 * np.linalg.norm(rounding(X[:, chosen], y, fit)):
            return chosen
    return None


def _level(start: Coordinates, nu: np.ndarray, free: np.ndarray, X: np.ndarray) -> tuple[np.ndarray, Status]:
    """Solve ``X b = 0`` along the columns of `free`, level by level where there are many scales."""
    moving = free.T @ X
    # Columns that do not feel the free directions are constants; what rounding leaves of them would be noise.
    felt = np.linalg.norm(moving, axis=0) > 1e-12 * np.max(np.linalg.norm(X, axis=0), initial=0.0)
    if not np.any(felt):
        return nu, Status.CONVERGED
    start, X, moving = start.take(felt), X[:, felt], moving[:, felt]
    left, rank = _range(moving)
    free, moving = free @ left[:, :rank], left[:, :rank].T @ moving
    base, offset = start.heights()
    mu, height = least_maximum(base + X.T @ nu, offset, moving, start.signed)
    nu = nu + free @ mu
    try:
        state = start.final(X.T @ nu)
    except ValueError:
        return nu, Status.STUCK
    end = newton(state.magnified(height), np.zeros(mu.size), moving, np.zeros(mu.size), PATIENCE[0])
    if end.status is Status.CONVERGED:
        return nu + free @ end.nu, end.status
    z = base + X.T @ nu
    top = (np.abs(z) if start.signed else z) + offset > height - LEVEL
    left, rank = _range(moving[:, top])
    if rank in (0, mu.size):
        return nu, end.status
    nu, above = _level(start.take(top), nu, free @ left[:, :rank], X[:, top])
    nu, below = _level(start.take(~top), nu, free @ left[:, rank:], X[:, ~top])
    return nu, above if above is not Status.CONVERGED else below


def _range(X: np.ndarray) -> tuple[np.ndarray, int]:
    """Orthonormal basis whose first `rank` columns span the columns of X, and the rank."""
    left, values, _ = np.linalg.svd(X, full_matrices=True)
    return left, int(np.sum(values > 1e-10 * np.max(values, initial=0.0))) if X.size else 0


def least_maximum(base: np.ndarray, offset: np.ndarray, X: np.ndarray, signed: bool = True) -> tuple[np.ndarray, float]:
    """Minimize ``t = max_j |base_j + (X^T mu)_j| + offset_j`` over mu; returns ``(mu, t)``. X is (m, d).

    Without the absolute value if not `signed`.
    """
    m, d = X.shape
    ones = np.ones((d, 1))
    signs = (1.0, -1.0) if signed else (1.0,)
    rows = np.vstack([np.hstack([sign * X.T, -ones]) for sign in signs])
    # Scaled to order one, because HiGHS takes its tolerances as absolute.
    scale = max(1.0, float(np.max(np.abs(base) + np.abs(offset), initial=0.0)))
    right = np.concatenate([-offset - sign * base for sign in signs]) / scale
    cost = np.append(np.zeros(m), 1.0)
    result = linprog(cost, A_ub=rows, b_ub=right, bounds=(None, None), method="highs-ds")
    mu = result.x[:m] * scale if result.x is not None else np.zeros(m)
    z = base + X.T @ mu
    return mu, float(np.max((np.abs(z) if signed else z) + offset, initial=-np.inf))
