r"""How fast two-layer diagonal networks approach the least-l1 interpolant.

Let the least-l1 interpolant be unique with support S. At scale a the interpolant of least hyperbolic entropy
has ``asinh(b_j / 2a) = (X^T nu)_j``, and on S the left side is ``log(1/a) sign(b_j) + O(1)``. So
``z = X^T nu / log(1/a)`` tends to a vector with ``z_S = sign(b_S)``, a *dual certificate* of the l1 problem,
and off the support

    |b_j|  =  2 a |sinh(log(1/a) z_j + O(1))|   ~   a^(1 - |z_j|).

If ``|S| = n`` the certificate is unique. If ``|S| < n`` there is a family of them, and the limit is the one
whose largest off-support coordinate is smallest, because the dual minimizes ``sum_j 2 a cosh(log(1/a) z_j)``,
which the largest ``|z_j|`` dominates. In both cases the error decays like ``a^(1 - rho)``, where

    rho = min over certificates of  max_{j not in S} |z_j|.

Coordinates at which the minimal maximum is not attained decay faster. If ``|S| < n`` their individual
exponents need a hierarchy of such programs, of which this module solves the first. The minimizer is
nondegenerate if ``rho < 1`` and the columns of S are independent; then it is unique.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...common.blas import one_blas_thread
from ..convex.basis_pursuit import ACTIVE, least_l1
from ..convex.handover import least_maximum


@dataclass(frozen=True, eq=False)
class NullSpaceExponent:
    """The exponent and its certificate.

    Attributes:
        rho: smallest maximal off-support certificate value; errors decay like ``a^(1 - rho)``.
        support: support of the least-l1 interpolant, sorted indices.
        certificate: ``z = X^T nu``, shape ``(d,)``, that attains rho.
        nondegenerate: True if ``rho < 1`` and the support columns are independent, so that the minimizer is
            unique.
    """

    rho: float
    support: np.ndarray
    certificate: np.ndarray
    nondegenerate: bool

    def __float__(self) -> float:
        return self.rho


@one_blas_thread()
def null_space_exponent(X: Any, y: Any) -> NullSpaceExponent:
    """The exponent rho in ``|b(a) - b_l1| ~ a^(1 - rho)``.

    Args:
        X: design, shape ``(n, d)``.
        y: targets, shape ``(n,)``, in the range of X.

    Raises:
        ValueError: shapes that do not fit, non-finite entries, y outside the range of X, or a least-l1
            problem that could not be certified.

    Source: Matt and Stoeger, arXiv:2506.01143 (the rate); the certificate form is derived in this module.

    >>> exponent = null_space_exponent([[1.0, 0.5]], [1.0])
    >>> exponent.rho, exponent.support.tolist(), exponent.nondegenerate
    (0.5, [0], True)
    """
    minimum = least_l1(X, y)
    if not minimum.certified:
        raise ValueError(f"X and y must have a least-l1 interpolant that can be certified, but {minimum.message}")
    X = np.asarray(X, dtype=np.float64)
    point = minimum.point
    support = np.flatnonzero(np.abs(point) > ACTIVE * np.max(np.abs(point), initial=0.0))
    off = np.setdiff1d(np.arange(point.size), support)
    inside, outside, sign = X[:, support], X[:, off], np.sign(point[support])
    nu = tightest_certificate(inside, outside, sign, minimum.multiplier)
    certificate = X.T @ nu
    rho = float(np.max(np.abs(certificate[off]), initial=0.0))
    independent = support.size == 0 or np.linalg.matrix_rank(inside) == support.size
    return NullSpaceExponent(rho, support, certificate, bool(independent and rho < 1.0 - 1e-9))


def tightest_certificate(
    inside: np.ndarray, outside: np.ndarray, sign: np.ndarray, start: np.ndarray, signed: bool = True
) -> np.ndarray:
    """nu with ``inside^T nu = sign`` and least ``max |outside^T nu|`` (without the absolute value if not `signed`)."""
    nu = start + np.linalg.lstsq(inside.T, sign - inside.T @ start, rcond=None)[0] if sign.size else 0.0 * start
    complement = np.linalg.svd(inside, full_matrices=True)[0] if sign.size else np.eye(start.size)
    rank = int(np.linalg.matrix_rank(inside)) if sign.size else 0
    N = complement[:, rank:]
    if N.shape[1] == 0 or outside.shape[1] == 0:
        return nu
    moving, fixed = N.T @ outside, outside.T @ nu
    mu, height = least_maximum(fixed, np.zeros(fixed.size), moving, signed)
    return nu + N @ _vertex(moving, fixed, mu, height, signed)


def _vertex(moving: np.ndarray, fixed: np.ndarray, mu: np.ndarray, height: float, signed: bool) -> np.ndarray:
    """mu of the linear program, its active constraints solved again to rounding."""
    values = fixed + moving.T @ mu
    sign = np.sign(values) if signed else np.ones(values.size)
    tight = np.flatnonzero(sign * values >= height - 1e-7)
    equations = np.column_stack([moving.T[tight] * sign[tight, None], -np.ones(tight.size)])
    change = np.linalg.lstsq(equations, height - sign[tight] * values[tight], rcond=None)[0]
    better = mu + change[:-1]
    values = fixed + moving.T @ better
    return better if np.max(np.abs(values) if signed else values) <= height + 1e-9 else mu
