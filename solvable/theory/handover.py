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

from solvable.theory.continuation import HOPELESS, UNDETERMINED, Coordinates, Iterate, Status, follow, newton
from solvable.theory.graded import EPSILON, GradedFactor, dual_errors, independent_rows, rounding


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
    rows = independent_rows(X)
    if rows.size == 0:
        state = start.final(np.zeros(X.shape[1]))
        return Solution(state.primal(), state, np.zeros(X.shape[0]), np.zeros(X.shape[1]))
    core, right = X[rows], y[rows]
    end = follow(start, core, right, UNDETERMINED)
    if end.status is Status.DEGENERATE:
        lifted = _split(start, end.state, core, right)
        if lifted is not None:
            return replace(lifted, nu=_scatter(lifted.nu, rows, y))
        end = follow(start, core, right, HOPELESS)
    end = replace(end, state=end.state.synchronized(core.T @ end.nu))
    message = "" if end.status is Status.CONVERGED else "the dual iteration did not converge"
    point, error = _polish(end, core, right)
    return Solution(point, end.state, _scatter(end.nu, rows, y), error, message)


def _scatter(nu: np.ndarray, rows: np.ndarray, y: np.ndarray) -> np.ndarray:
    full = np.zeros(y.size)
    full[rows] = nu
    return full


def _polish(end: Iterate, X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The point moved onto ``X b = y`` in the norm of the weights, which respects each coordinate's scale."""
    point, weight = end.state.primal(), end.state.weight()
    if not (np.all(np.isfinite(point)) and np.all(np.isfinite(weight))):
        return point, np.full(point.size, np.inf)
    factor = GradedFactor(X, weight)
    if not factor.weakest > 0:
        return point, np.full(point.size, np.inf)
    for _ in range(2):
        move = weight * (X.T @ factor.solve(y - X @ point))
        if np.all(np.abs(move) <= 1e-3 * weight):
            point = point + move
    noise = dual_errors(factor, X, rounding(X, y, point)) + end.state.grain(np.abs(X.T) @ np.abs(end.nu))
    return point, noise * weight / np.maximum(np.abs(point), np.finfo(float).tiny)


def _split(start: Coordinates, state: Coordinates, X: np.ndarray, y: np.ndarray) -> Solution | None:
    """Solve on the support, then off it; None where the two levels cannot be told apart."""
    support = _support(state, X, y)
    if support is None:
        return None
    off = np.setdiff1d(np.arange(X.shape[1]), support)
    inside, outside = X[:, support], X[:, off]
    left, values, _ = np.linalg.svd(inside, full_matrices=True)
    rank = int(np.sum(values > max(inside.shape) * EPSILON * values[0])) if values.size else 0
    if rank == X.shape[0]:
        return None
    complement = left[:, rank:]
    inner = solve(start.take(support), inside, y)
    if not np.all(np.isfinite(inner.point)):
        return None
    outer = _off_support(start.take(off), inner.nu, complement, outside)
    if outer is None:
        return None
    small = outer.state.primal()
    joined = inner.state.join(support, outer.state, off)
    point, error = np.empty(X.shape[1]), np.empty(X.shape[1])
    rows = independent_rows(inside)
    weight = inner.state.weight()
    miss = (y - outside @ small - inside @ inner.point)[rows]
    correction = (
        weight * (inside[rows].T @ GradedFactor(inside[rows], weight).solve(miss)) if rows.size else 0.0
    )
    point[support], point[off] = inner.point + correction, small
    error[support], error[off] = inner.error, 1.0
    largest = float(np.max(np.abs(small))) if small.size else 0.0
    message = (
        f"the solution is carried by {support.size} coordinates of rank {rank} < {X.shape[0]}: "
        f"the off-support values (largest about {largest:.1g} max|y|) are leading-order estimates "
        "and are not certified"
    )
    if outer.status is not Status.CONVERGED:
        message += ", and the off-support iteration did not converge"
    return Solution(point, joined, outer.nu, error, "; ".join(filter(None, (message, inner.message))))


def _support(state: Coordinates, X: np.ndarray, y: np.ndarray) -> np.ndarray | None:
    """The fewest coordinates, by weight, whose columns reach y to rounding; None if that is all."""
    weight = state.weight()
    for decade in range(1, 16):
        chosen = np.flatnonzero(weight > 10.0**-decade * np.max(weight))
        if chosen.size == X.shape[1]:
            return None
        fit = np.linalg.lstsq(X[:, chosen], y, rcond=None)[0]
        miss = np.linalg.norm(y - X[:, chosen] @ fit)
        if miss <= 500.0 * np.linalg.norm(rounding(X[:, chosen], y, fit)):
            return chosen
    return None


def _off_support(start: Coordinates, nu: np.ndarray, complement: np.ndarray, X: np.ndarray) -> Iterate | None:
    """The dual off the support at stage 1, with ``nu`` moved inside `complement`."""
    moving = complement.T @ X
    # Columns inside the span of the support do not feel mu; what rounding leaves of them would only add
    # noise.
    moving[:, np.linalg.norm(moving, axis=0) <= 1e-12 * np.max(np.linalg.norm(X, axis=0), initial=0.0)] = 0.0
    base, offset = start.heights()
    mu, height = least_maximum(base + X.T @ nu, offset, moving)
    nu = nu + complement @ mu
    try:
        state = start.final(X.T @ nu)
    except ValueError:
        return None
    end = newton(state.magnified(height), np.zeros(mu.size), moving, np.zeros(mu.size), HOPELESS)
    if end.status is Status.CONVERGED:
        nu = nu + complement @ end.nu
        state = start.final(X.T @ nu)
    return Iterate(state, nu, end.status)


def least_maximum(base: np.ndarray, offset: np.ndarray, X: np.ndarray) -> tuple[np.ndarray, float]:
    """Minimize ``t = max_j |base_j + (X^T mu)_j| + offset_j`` over mu; returns ``(mu, t)``. X is (m, d)."""
    m, d = X.shape
    ones = np.ones((d, 1))
    rows = np.block([[X.T, -ones], [-X.T, -ones]])
    # Scaled to order one, because HiGHS takes its tolerances as absolute.
    scale = max(1.0, float(np.max(np.abs(base) + np.abs(offset), initial=0.0)))
    right = np.concatenate([-offset - base, -offset + base]) / scale
    cost = np.append(np.zeros(m), 1.0)
    result = linprog(cost, A_ub=rows, b_ub=right, bounds=(None, None), method="highs-ds")
    mu = result.x[:m] * scale if result.x is not None else np.zeros(m)
    return mu, float(np.max(np.abs(base + X.T @ mu) + offset, initial=-np.inf))
