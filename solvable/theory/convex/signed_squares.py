r"""Least squares on columns of prescribed signs.

    minimize  |X b - y|^2   subject to   s_j b_j >= 0  where s_j = +-1,    b_j = 0  where s_j = 0.

A point is a minimizer exactly if, with the residual ``r = y - X b``, every allowed coordinate has ``s_j X_j . r <= 0``,
with equality where ``b_j != 0``. The active-set method of Lawson and Hanson frees one allowed coordinate with
``s_j X_j . r > 0`` at a time, moves toward the least-squares solution on the free columns, and fixes at zero every
coordinate that would change its sign on the way. The objective falls from round to round, so that no set of free
columns repeats. It starts from the support of a point that is feasible already, since consecutive problems differ
by a column or two.

A residual that is computed as ``y - X b`` is orthogonal to the free columns only up to rounding of *y*; where the
fit is close that is large compared with the residual itself, and decides the wrong columns. It is therefore
projected twice onto the complement of the free columns.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import qr, solve_triangular

ORTHOGONAL = 1e-12  # correlations below this fraction of |X_j| |r| are zero, residuals below this fraction of |y| too
DEPENDENT = 1e-11  # a column closer than this fraction of its length to the span of the others depends on them


def signed_least_squares(
    X: np.ndarray, y: np.ndarray, sign: np.ndarray, start: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A minimizer, its residual and its correlations with the columns, exact zeros as zeros.

    Args:
        X: columns, shape ``(n, d)``.
        y: targets, shape ``(n,)``.
        sign: +1, -1 or 0 for each column, shape ``(d,)``.
        start: a feasible point whose support has independent columns, shape ``(d,)``.

    Returns:
        ``(b, r, X^T r)``. The support of b has independent columns.

    Source: Lawson and Hanson, Solving Least Squares Problems (1974).

    >>> b, r, _ = signed_least_squares(np.eye(2), np.array([3.0, -2.0]), np.ones(2), np.zeros(2))
    >>> b.tolist(), r.tolist()
    ([3.0, 0.0], [0.0, -2.0])
    """
    b = start.copy()
    free = [int(j) for j in np.flatnonzero(b)]
    length = np.linalg.norm(X, axis=0)
    barred = np.zeros(b.size, dtype=bool)
    b, r = _settle(X, y, sign, b, free)
    for _ in range(10 * sum(X.shape) + 100):
        pull = X.T @ r
        pull[free] = 0.0
        pull[np.abs(pull) <= ORTHOGONAL * length * np.linalg.norm(r)] = 0.0
        allowed = np.where(barred | (length == 0), 0.0, sign * pull / np.where(length == 0, 1.0, length))
        j = int(np.argmax(allowed))
        if not allowed[j] > 0:
            return b, r, pull
        before = float(r @ r)
        trial = [*free, j]
        if _factor(X, trial) is None:
            barred[j] = True  # it lies in the span of the free columns: its correlation is rounding
            continue
        b, r = _settle(X, y, sign, b, trial)
        free = trial
        # A round that does not lower the objective is rounding at work; the same column must not come again.
        barred[j] = not float(r @ r) < before
    raise ValueError("X and y must pose a signed least-squares problem that settles, but its columns are too dependent")


def _settle(
    X: np.ndarray, y: np.ndarray, sign: np.ndarray, b: np.ndarray, free: list[int]
) -> tuple[np.ndarray, np.ndarray]:
    """``(b, residual)`` where the way from b to the minimum on `free` (shortened in place) has met all its walls."""
    while True:
        parts = _factor(X, free)
        assert parts is not None
        Q, R = parts
        along = Q.T @ y
        goal = solve_triangular(R, along, check_finite=False) if free else along
        wrong = sign[free] * goal <= 0
        if not np.any(wrong):
            out = np.zeros(b.size)
            out[free] = goal
            rest = y - Q @ along
            rest = rest - Q @ (Q.T @ rest) if len(free) < y.size else 0.0 * rest
            return out, rest if np.linalg.norm(rest) > ORTHOGONAL * np.linalg.norm(y) else 0.0 * rest
        here = b[free]
        with np.errstate(divide="ignore", invalid="ignore"):
            room = np.where(wrong, here / (here - goal), np.inf)
        room = np.where(np.isnan(room), 0.0, room)  # from zero to zero
        step = float(np.min(room))
        moved = here + step * (goal - here)
        gone = room <= step
        b = b.copy()
        b[free] = np.where(gone, 0.0, moved)
        free[:] = [j for j, left in zip(free, gone, strict=True) if not left]


def _factor(X: np.ndarray, free: list[int]) -> tuple[np.ndarray, np.ndarray] | None:
    """``X_free = Q R``; None if the last column depends on the others."""
    n = X.shape[0]
    if not free:
        return np.zeros((n, 0)), np.zeros((0, 0))
    if len(free) > n:
        return None
    Q, R = qr(X[:, free], mode="economic", check_finite=False)
    return None if abs(R[-1, -1]) <= DEPENDENT * float(np.linalg.norm(X[:, free[-1]])) else (Q, R)
