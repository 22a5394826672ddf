r"""Linear measurements of a matrix: checks, congruence, and the affine space that they define.

n measurements ``y_i = <A_i, X> = tr A_i^T X`` of an unknown X are a design matrix whose rows are the A_i written out.
Dependent rows that are consistent carry nothing new and are left out. With the others as columns, ``A^T = Q R``, the
affine space is ``{X : <Q_k, X> = l_k}``, ``l = R^-T y``, in an orthonormal basis; a multiplier mu of these equations
is the multiplier ``nu = R^-1 mu`` of the given ones, since ``sum_i nu_i A_i = sum_k mu_k Q_k``.

**Weights.** A weight W = B^-T B^-1 is removed by ``X = B Z B^T``: then ``<W, X> = tr Z`` and ``<A_i, X> = <B^T A_i B,
Z>``. In the same way the nuclear norm of ``P^(1/2) X R^(1/2)`` is that of Z if ``X = B Z C^T`` with roots B of P^-1
and C of R^-1, because singular values do not see rotations. A singular weight has no such root; but where all A_i
vanish on its null space, X is neither measured nor paid for there, and B leaves it at zero. That is always so for the
weights of label noise, ``S = (1/n) sum A_i^2``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import solve_triangular

from ...common.checks import real_array
from ..convex.graded import independent_rows, power_of_two

INCONSISTENT = 1e-10  # relative least-squares residual above which y is attained by no matrix
SINGULAR = 1e-12  # eigenvalues of a weight below this fraction of the largest are zeros


def sensing(A: Any, y: Any, symmetric: bool) -> tuple[np.ndarray, np.ndarray]:
    """Measurements ``(n, d1, d2)`` and ``(n,)`` that fit each other; the symmetric parts of A if `symmetric`."""
    A, y = measuring_matrices(A, symmetric), real_array("y", y, ndim=1)
    if A.shape[0] != y.shape[0]:
        raise ValueError(f"y must have one entry per matrix of A: A has shape {A.shape}, y has shape {y.shape}")
    return A, y


def measuring_matrices(A: Any, symmetric: bool) -> np.ndarray:
    """``(n, d1, d2)``, not empty; ``(n, d, d)`` and its symmetric parts if `symmetric`."""
    A = real_array("A", A, ndim=3)
    if 0 in A.shape:
        raise ValueError(f"A must have at least one matrix, row and column, got shape {A.shape}")
    if not symmetric:
        return A
    if A.shape[1] != A.shape[2]:
        raise ValueError(f"A must have shape (n, d, d), got {A.shape}")
    return (A + A.transpose(0, 2, 1)) / 2.0


def attained(A: np.ndarray, X: np.ndarray) -> np.ndarray:
    """``<A_i, X>``, shape (n,)."""
    return A.reshape(A.shape[0], -1) @ X.ravel()


def combined(A: np.ndarray, nu: np.ndarray) -> np.ndarray:
    """``sum_i nu_i A_i``."""
    return np.tensordot(nu, A, axes=1)


def relative_miss(A: np.ndarray, y: np.ndarray, X: np.ndarray) -> float:
    """``max |<A_i, X> - y_i|`` relative to ``max |y|``; where y = 0 to ``max_i |A_i| |X|``, entry by entry."""
    miss = float(np.max(np.abs(attained(A, X) - y)))
    size = float(np.max(np.abs(y))) or float(np.max(attained(np.abs(A), np.abs(X))))
    return miss / size if size > 0 else miss


@dataclass(frozen=True)
class AffineSpace:
    """Orthonormal equations ``<basis_k, X> = level_k`` of shapes ``(m, d1, d2)`` and ``(m,)``; see the module."""

    basis: np.ndarray
    level: np.ndarray
    triangle: np.ndarray
    rows: np.ndarray
    units: np.ndarray

    def multiplier(self, mu: np.ndarray) -> np.ndarray:
        """nu of the measurements, shape (n,), from mu of the orthonormal equations."""
        nu = np.zeros(self.units.size)
        nu[self.rows] = solve_triangular(self.triangle, mu)
        return nu / self.units


def affine_space(A: np.ndarray, y: np.ndarray) -> AffineSpace:
    """All X with ``<A_i, X> = y_i``; a ValueError if there are none."""
    flat = A.reshape(A.shape[0], -1)
    units = power_of_two(np.max(np.abs(flat), axis=1))
    design, right = flat / units[:, None], y / units
    attainable(design, right)
    rows = independent_rows(design)
    Q, R = np.linalg.qr(design[rows].T)
    level = solve_triangular(R, right[rows], trans="T") if rows.size else np.zeros(0)
    return AffineSpace(np.ascontiguousarray(Q.T).reshape(-1, *A.shape[1:]), level, R, rows, units)


def attainable(design: np.ndarray, y: np.ndarray) -> None:
    """Raise unless y lies in the range of measurements ``(n, d)`` with rows of order one."""
    y = y / power_of_two(float(np.max(np.abs(y), initial=0.0)))  # no square overflows
    size = float(np.linalg.norm(y))
    miss = float(np.linalg.norm(design @ np.linalg.lstsq(design, y, rcond=None)[0] - y))
    if miss > INCONSISTENT * size:
        raise ValueError(
            f"y must be attained by some matrix (lie in the range of X -> <A_i, X>), but the best one misses it by "
            f"{miss / size:.3g} |y|"
        )


def inverse_root(name: str, weight: Any, measured: np.ndarray) -> np.ndarray:
    """B with ``B^T weight B = 1``, shape ``(d, rank)``; see the module for singular weights.

    Args:
        name: of the argument, for errors.
        weight: symmetric positive semidefinite, shape ``(d, d)``, or None for the identity.
        measured: what the weight acts on, shape ``(k, d)``: rows that must vanish on its null space.
    """
    d = measured.shape[1]
    if weight is None:
        return np.eye(d)
    W = real_array(name, weight, ndim=2)
    if W.shape != (d, d):
        raise ValueError(f"{name} must have shape ({d}, {d}), got {W.shape}")
    skew = float(np.max(np.abs(W - W.T)))
    if skew > 1e-10 * float(np.max(np.abs(W))):
        raise ValueError(f"{name} must be symmetric, but differs from its transpose by {skew:.3g}")
    values, vectors = np.linalg.eigh((W + W.T) / 2.0)
    if not values[-1] > 0 or values[0] < -SINGULAR * values[-1]:
        raise ValueError(f"{name} must be positive definite, but has the eigenvalue {values[0]:.3g}")
    null = values <= SINGULAR * values[-1]
    if np.any(null):
        seen = float(np.max(np.abs(measured @ vectors[:, null])))
        if seen > 1e-10 * float(np.max(np.abs(measured))):
            raise ValueError(
                f"{name} must be positive definite, or every A_i must vanish on its null space, but it has the "
                f"eigenvalue {values[0]:.3g} where A reaches {seen:.3g}"
            )
    return vectors[:, ~null] / np.sqrt(values[~null])
