r"""Which coordinates can be positive: the face of the orthant that carries ``{x >= 0 : D x = y}``.

If y is a combination of few columns, the set of its nonnegative solutions may have no interior: some coordinates are
zero in every solution. The others are found by one linear program,

    maximize  sum_j s_j   subject to   D x = lambda y,   x >= s,   0 <= s <= 1,   lambda >= 1,

since lambda blows up any solution until its nonzero coordinates pass 1, and solutions add up: ``s_j = 1`` on the face
and 0 off it. By the theorem of alternatives there is then a w that *proves* the zeros,

    (D^T w)_j = 0  on the face,       (D^T w)_j <= -1  off it,        y . w = 0.

Only w proves them: the program, which a solver obeys to 1e-9, misses coordinates that small. For any w of this sign
pattern and any solution x, the coordinates off the face add up to at most ``|y . w|``.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

LONGEST = 1e6  # largest lambda: a coordinate that is below 1e-9 of y in every solution looks like zero
ROUNDING = 1e-13  # of the terms of y . w: what is below comes from rounding y and D
NEGLIGIBLE = 1e-3
INFEASIBLE = 1e-8  # least relative miss at which y is attained by no x >= 0
# Presolve would divide one of two equations that agree to rounding by the other, and find the program infeasible.
OPTIONS = {"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9, "presolve": False}


def positive_support(D: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Boolean mask (d,) of the coordinates that are above 1e-9 in some x >= 0 with ``D x = y``.

    Args:
        D: shape ``(n, d)``, entries of order one.
        y: shape ``(n,)``, of order one, in the range of D.

    Raises:
        ValueError: there is no such x; the message says how closely y is approached.
    """
    n, d = D.shape
    size = np.max(np.abs(D), axis=0)
    columns = D / np.where(size > 0, size, 1.0)
    miss = _least_miss(columns, y)
    if miss > INFEASIBLE * float(np.max(np.abs(y))):
        raise ValueError(
            f"y must be attained by a positive semidefinite matrix, but the closest one misses it by {miss:.3g} "
            f"(largest entry, for matrices and targets of order one)"
        )
    # x = s + t with t >= 0 keeps the bounds simple.
    equations = np.hstack([columns, columns, -y[:, None]])
    bounds = [(0, 1)] * d + [(0, None)] * d + [(1, LONGEST)]
    found = np.zeros(d, dtype=bool)
    while not np.all(found):
        # Small coordinates share what lambda can blow up, and a vertex gives all of it to one: the others go again.
        gain = np.concatenate([np.where(found, 0.0, -1.0), np.zeros(d + 1)])
        result = linprog(gain, A_eq=equations, b_eq=np.zeros(n), bounds=bounds, method="highs-ds", options=OPTIONS)
        if result.x is None:
            raise ValueError(
                f"A and y must pose a linear program that HiGHS can solve, but it reports: {result.message}"
            )
        more = ~found & (result.x[:d] > NEGLIGIBLE)
        if not np.any(more):
            break
        found |= more
    return found


def separator(D: np.ndarray, support: np.ndarray) -> np.ndarray:
    """w with ``(D^T w)_j = 0`` on `support` and ``<= -1`` off it, shape (n,); zeros where there is none."""
    n = D.shape[0]
    left, sizes, _ = np.linalg.svd(D[:, support], full_matrices=True)
    free = left[:, int(np.sum(sizes > 1e-12 * np.max(sizes, initial=0.0))) :]
    moving = D[:, ~support].T @ free
    if moving.size == 0:
        return np.zeros(n)
    result = linprog(
        np.zeros(free.shape[1]), A_ub=moving, b_ub=-np.ones(moving.shape[0]), bounds=(None, None), method="highs-ds"
    )
    return np.zeros(n) if result.x is None else free @ result.x


def proves_zeros(w: np.ndarray, y: np.ndarray) -> bool:
    """Whether a `separator` shows that what it separates vanishes, to rounding, wherever ``D x = y``."""
    return bool(np.any(w)) and abs(float(y @ w)) <= ROUNDING * float(np.abs(y) @ np.abs(w))


def _least_miss(columns: np.ndarray, y: np.ndarray) -> float:
    """Least ``max |D x - y|`` over x >= 0."""
    n, d = columns.shape
    ones = np.ones((n, 1))
    rows = np.block([[columns, -ones], [-columns, -ones]])
    cost = np.append(np.zeros(d), 1.0)
    result = linprog(
        cost, A_ub=rows, b_ub=np.concatenate([y, -y]), bounds=(0, None), method="highs-ds", options=OPTIONS
    )
    return float(np.max(np.abs(columns @ result.x[:d] - y))) if result.x is not None else 0.0
