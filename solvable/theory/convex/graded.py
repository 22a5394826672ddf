"""Linear algebra for weights that span a hundred decades.

Every Newton step of a potential in this package solves ``X W X^T dnu = r`` with ``W = diag(w)``, and near a
sparse solution the weights ``w_j`` run from 1 down to ``1e-120``. Forming the matrix would destroy all but
the largest weights. The factor ``W^(1/2) X^T = Q R`` keeps them, under two conditions that belong together:
the rows are sorted by decreasing size, and the columns are pivoted. Then the Householder reflections act on
one scale after another, the computed factor has a small *row-wise* error (each row relative to its own size),
and ``R = D R~`` with ``D`` graded and ``R~`` well conditioned, so that the two triangular solves with
``R^T R = X W X^T`` do not mix the scales.

What no linear algebra can repair is the right side. A residual ``r = y - X b`` carries the rounding error
``e ~ eps (|X| |b| + |y|)``, which a direction of weight ``w`` turns into a dual error ``e/w``. `sensitivity`
reports this ratio for the weakest direction: when it passes 1e-3 the dual vector is numerically undetermined
there, and the caller has to stop iterating and say so.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import qr, solve_triangular

EPSILON = float(np.finfo(np.float64).eps)


class GradedFactor:
    """Solves ``X W X^T z = r``, X ``(n, d)`` of full row rank, weights ``(d,)`` >= 0."""

    def __init__(self, X: np.ndarray, weight: np.ndarray):
        rows = np.sqrt(weight)[:, None] * X.T
        order = np.argsort(-np.max(np.abs(rows), axis=1), kind="stable")
        R, self._pivot = qr(rows[order], mode="r", pivoting=True, check_finite=False)
        self._R = R[: X.shape[0]]
        self.weakest = float(np.min(np.abs(np.diag(self._R)))) ** 2

    def solve(self, r: np.ndarray) -> np.ndarray:
        """``z`` of shape ``(n,)`` or ``(n, k)`` with ``X W X^T z = r``."""
        half = solve_triangular(self._R, r[self._pivot], trans="T", check_finite=False)
        z = np.empty_like(half)
        z[self._pivot] = solve_triangular(self._R, half, check_finite=False)
        return z


def rounding(X: np.ndarray, y: np.ndarray, point: np.ndarray) -> np.ndarray:
    """Size of the rounding error of ``y - X b``, shape ``(n,)``."""
    return EPSILON * (np.abs(X) @ np.abs(point) + np.abs(y))


def sensitivity(factor: GradedFactor, X: np.ndarray, noise: np.ndarray) -> float:
    """Estimated error of ``X^T nu`` in the weakest direction, from the rounding `noise` of the residual."""
    if not factor.weakest > 0:
        return float("inf")
    # Largest entries, not Euclidean norms: squares of transient iterates overflow.
    return float(np.max(noise)) * float(np.max(np.sum(np.abs(X), axis=0))) / factor.weakest


def dual_errors(factor: GradedFactor, X: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """``|X^T (X W X^T)^-1| noise``, shape ``(d,)``: the same error coordinate by coordinate."""
    return np.abs(X.T @ factor.solve(np.eye(X.shape[0]))) @ noise


def power_of_two(size: np.ndarray | float) -> np.ndarray:
    """The powers of two next to `size` (1 where it is 0): dividing by them is exact."""
    exponent = np.frexp(np.asarray(size, dtype=np.float64))[1]
    return np.where(np.asarray(size) > 0, np.ldexp(1.0, np.clip(exponent, -1000, 1000)), 1.0)


def independent_rows(X: np.ndarray) -> np.ndarray:
    """Indices (sorted) of a maximal set of independent rows of `X`, whose rows should have comparable size.

    Rank by pivoted QR of ``X^T``: diagonal entries below ``max(n, d) * eps`` times the first count as zero.
    Choosing rows, instead of rotating them, leaves the data untouched.
    """
    R, pivot = qr(X.T, mode="r", pivoting=True, check_finite=False)
    diagonal = np.abs(np.diag(R))
    if diagonal.size == 0 or diagonal[0] == 0:
        return np.zeros(0, dtype=np.intp)
    rank = int(np.sum(diagonal > max(X.shape) * EPSILON * diagonal[0]))
    return np.sort(pivot[:rank])
