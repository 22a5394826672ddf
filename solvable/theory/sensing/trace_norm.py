r"""Matrices of least trace and of least nuclear norm that fit linear measurements.

    minimize  <W, X>  subject to  <A_i, X> = y_i,  X >= 0        maximize  y . nu  subject to  sum nu_i A_i <= W,
    minimize  |P^(1/2) X R^(1/2)|_*  subject to  <A_i, X> = y_i  maximize  y . nu  subject to  |sum nu_i A_i| <= 1,

the last with the spectral norm of ``P^(-1/2) (sum nu_i A_i) R^(-1/2)``. On positive semidefinite matrices the trace
is the nuclear norm, but *not* on symmetric ones: an interpolant that is allowed negative eigenvalues can be shorter.

These are the candidates for what matrix factorization prefers. From a small start gradient flow on ``X = U U^T`` has
the least trace as its limit if all A_i commute (`solvable.theory.sensing.entropy`), and in general not
(`solvable.theory.sensing.noncommuting`); with label noise it minimizes the trace weighted by ``S = (1/n) sum A_i^2``
from any start (`solvable.theory.sensing.trace_penalties`).

Weights are removed by congruence (`solvable.theory.sensing.measurements`), an interior point finds the rank
(`solvable.theory.sensing.interior`), Newton's method on the matrices of that rank finds the minimum to rounding
(`solvable.theory.sensing.faces`), and the gap is evaluated from the factor and the multiplier alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...common.blas import one_blas_thread
from ..convex.graded import power_of_two
from ..minimum import Minimum, is_certified
from .faces import polished
from .interior import UNBOUNDED, interior_point
from .measurements import affine_space, inverse_root, relative_miss, sensing
from .trace_programs import NuclearProgram, SemidefiniteProgram, TraceProgram


@one_blas_thread()
def least_trace(A: Any, y: Any, weight: Any = None) -> Minimum:
    """The positive semidefinite interpolant of least (weighted) trace.

    Args:
        A: measurements, shape ``(n, d, d)``; only their symmetric parts matter. They may be dependent.
        y: targets ``<A_i, X>``, shape ``(n,)``.
        weight: W, symmetric positive definite, shape ``(d, d)``; the identity by default. It may be singular if
            every A_i vanishes on its null space; the point is then zero there.

    Returns:
        `Minimum`: point ``(d, d)``, ``objective = <W, X>``, multiplier (n,) with ``W - sum multiplier_i A_i >= 0``.
        Certified: residual <= 1e-10, gap <= 1e-10 times the objective. Where several points are minimal, one of them.
        Where all interpolants X >= 0 are singular there may be no multiplier, and then no certificate; and rounding of
        y by 1e-16 can move the minimum by its square root.

    Raises:
        ValueError: shapes that do not fit, non-finite entries, a weight that is not as above, y that no matrix
            attains, or none that is positive semidefinite.

    Source: arXiv:1705.09280 (the limit of commuting measurements); weighted, of label noise, arXiv:1904.09080.

    >>> A = [[[1.0, 0.0], [0.0, 2.0]]]
    >>> (np.round(least_trace(A, [2.0]).point, 12) + 0.0).tolist()
    [[0.0, 0.0], [0.0, 1.0]]
    >>> (np.round(least_trace(A, [2.0], weight=[[1.0, 0.0], [0.0, 4.0]]).point, 12) + 0.0).tolist()
    [[2.0, 0.0], [0.0, 0.0]]
    """
    A, y = sensing(A, y, symmetric=True)
    root = inverse_root("weight", weight, A.reshape(-1, A.shape[2]))
    return _least(A, y, root, root, SemidefiniteProgram)


@one_blas_thread()
def least_nuclear_norm(A: Any, y: Any, left: Any = None, right: Any = None) -> Minimum:
    """The interpolant X of least nuclear norm of ``left^(1/2) X right^(1/2)``.

    Args:
        A: measurements, shape ``(n, d1, d2)``. They may be dependent.
        y: targets ``<A_i, X> = tr A_i^T X``, shape ``(n,)``.
        left: P, symmetric positive definite, shape ``(d1, d1)``; the identity by default. It may be singular if
            every ``A_i^T`` vanishes on its null space; so does then the transpose of the point.
        right: R, the same on the other side, shape ``(d2, d2)``.

    Returns:
        `Minimum`: point ``(d1, d2)``; multiplier (n,) with ``|P^(-1/2) (sum multiplier_i A_i) R^(-1/2)| <= 1``.
        Certified: residual <= 1e-10, gap <= 1e-10 times the objective. Where several points are minimal, one of them.

    Raises:
        ValueError: shapes that do not fit, non-finite entries, weights that are not as above, or y that no matrix
            attains.

    Source: with weights, as the flattest minima of bilinear sensing, arXiv:2203.03756.

    >>> (np.round(least_nuclear_norm([[[0.0, 1.0], [0.0, 0.0]]], [3.0]).point, 12) + 0.0).tolist()
    [[0.0, 3.0], [0.0, 0.0]]
    """
    A, y = sensing(A, y, symmetric=False)
    first = inverse_root("left", left, A.transpose(0, 2, 1).reshape(-1, A.shape[1]))
    second = inverse_root("right", right, A.reshape(-1, A.shape[2]))
    return _least(A, y, first, second, NuclearProgram)


def _least(A: np.ndarray, y: np.ndarray, first: np.ndarray, second: np.ndarray, kind: type[TraceProgram]) -> Minimum:
    unit = float(power_of_two(float(np.max(np.abs(y)))))
    space = affine_space(first.T @ A @ second, y / unit)
    if not np.any(y):
        return Minimum(np.zeros(A.shape[1:]), 0.0, 0.0, 0.0, True, np.zeros(y.size))
    unit *= (scale := float(power_of_two(float(np.max(np.abs(space.level))))))
    program = kind(space.basis, space.level / scale)
    start = interior_point(program)
    if not start.feasible:
        raise ValueError(
            f"y must be attained by a positive semidefinite matrix, but such a matrix would have a trace above "
            f"{UNBOUNDED:.0e} times the size of the smallest symmetric one"
        )
    found = polished(program, start)
    with np.errstate(over="ignore", invalid="ignore"):
        point = first @ program.matrix(found.F) @ second.T * unit
    if not np.all(np.isfinite(point)):
        raise ValueError("y must be attained within the range of floats, but the minimum overflows: rescale A or y")
    residual = relative_miss(A, y, point)
    certified = is_certified(residual, found.gap, found.value)
    message = "" if certified else "residual or duality gap above the tolerance"
    nu = space.multiplier(found.mu)
    return Minimum(point, found.value * unit, found.gap * unit, residual, certified, nu, message)
