r"""Where gradient flow on ``X = U U^T`` ends when all measurements commute.

With ``f_i = <A_i, U U^T>`` and ``L = 1/(2n) sum_i r_i^2`` the flow is ``U' = -(2/n) sum_i r_i A_i U``. If the A_i
commute, the propagators at different times do as well, so that

    X(t) = E X(0) E,      E = exp(sum_i s_i(t) A_i),      s_i' = -(2/n) (<A_i, X> - y_i),      s(0) = 0,

for every X(0). From ``X(0) = alpha 1`` all factors commute, ``X = alpha exp(sum_i nu_i A_i)`` with ``nu = 2 s``, and
an interpolant of this form satisfies the stationarity condition of the strictly convex problem

    minimize   tr( X log X - X - X log alpha )     subject to   <A_i, X> = y_i,  X >= 0,

at *every* alpha: its multiplier is nu. As ``alpha -> 0`` the linear term wins and X tends to an interpolant of least
trace, at a rate that `solvable.theory.sensing.entropy_rates` gives.

In the common eigenbasis of the A_i everything is diagonal: the eigenvalues x of X minimize ``sum_j x_j log(x_j /
alpha) - x_j`` subject to ``D x = y`` with the joint eigenvalues ``D_ij`` of A_i. That is a diagonal network ``u^2``
with the design D. The minimum is found through its dual, ``min over nu of sum_j alpha exp(D_j . nu) - y . nu``, by
the method of `solvable.theory.convex.continuation`.

Where some eigenvalues vanish in every ``X >= 0`` that fits, those of the minimum do too, and no finite nu makes
``alpha exp(D_j . nu)`` zero: the flow then ends at the boundary and takes a power of t to get there. The reported nu
makes them smaller than rounding, along a w for which ``sum_i w_i A_i <= 0`` vanishes on the other eigenspaces. That w
proves the zeros if ``y . w = 0``. Eigenvalues that are merely small, 1e-10 of the others, admit none, and are found
with the rest.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...common.blas import one_blas_thread
from ...common.checks import positive, real
from ..convex.graded import EPSILON, power_of_two
from ..convex.handover import Solution, solve
from ..convex.positive_support import positive_support, proves_zeros, separator
from ..diagonal.hypentropy import certificate
from ..minimum import Minimum, is_certified
from .exponential import ExponentialCoordinates, entropy
from .joint_eigenbasis import joint_eigenbasis
from .measurements import attainable, relative_miss, sensing


@one_blas_thread()
def entropy_minimum(A: Any, y: Any, alpha: Any = None, *, log_alpha: Any = None) -> Minimum:
    """The interpolant of least relative entropy: the limit of gradient flow on ``U U^T`` with commuting measurements.

    Args:
        A: measurements, shape ``(n, d, d)``, whose symmetric parts commute; they may be dependent.
        y: targets ``<A_i, X>``, shape ``(n,)``, attained by some X >= 0.
        alpha: > 0, the start ``X(0) = alpha 1``; a run from ``U = s 1`` needs ``alpha = s^2``.
        log_alpha: the logarithm of alpha, instead of alpha, for starts below the smallest float.

    Returns:
        `Minimum`: point ``(d, d)``, ``objective = tr(X log X - X - X log alpha)``, multiplier (n,) with
        ``X = alpha exp(sum_i multiplier_i A_i)``. Certified: residual <= 1e-10, and duality gap <= 1e-10 times the
        divergence ``tr(X log(X / alpha) - X + alpha)`` of the point from the start; and eigenvalues taken to be 0 are
        proved to vanish in every solution. Where some do, or small ones are not determined to 1e-6 of their own size,
        ``message`` says so.

    Raises:
        ValueError: shapes that do not fit, non-finite entries, not exactly one of `alpha` and `log_alpha`, alpha <= 0,
            matrices that do not commute, y that no matrix attains, or none that is positive semidefinite.

    Source: Gunasekar et al., arXiv:1705.09280 (the limit alpha -> 0); at finite alpha derived in this module.

    >>> minimum = entropy_minimum([[[1.0, 0.0], [0.0, 2.0]]], [2.0], alpha=1e-12)
    >>> minimum.certified, (np.round(minimum.point, 5) + 0.0).tolist()
    (True, [[0.0, 0.0], [0.0, 1.0]])
    """
    A, y = sensing(A, y, symmetric=True)
    log_start = start_logarithm(alpha, log_alpha)
    Q, D = joint_eigenbasis(A)
    rows = power_of_two(np.max(np.abs(D), axis=1))
    unit = float(power_of_two(float(np.max(np.abs(y / rows)))))
    design, right = D / rows[:, None], y / rows / unit
    attainable(design, right)
    goal = np.full(D.shape[1], log_start - np.log(unit))

    def minimum(support: np.ndarray, w: np.ndarray) -> tuple[Minimum, bool]:
        free = support & np.any(design != 0, axis=0)
        start = _start(design[:, free], right, goal[free])
        with np.errstate(over="ignore", invalid="ignore"):
            part = solve(start, design[:, free], right)
            x = np.where(support, np.exp(goal), 0.0)
            x[free] = part.point
            total = unit * float(np.sum(x) + np.sum(part.state.weight()))
        if not np.isfinite(total):
            raise ValueError("alpha must leave the minimum inside the range of floats, but an eigenvalue overflows")
        part, rest = _pushed(part, design, support, goal, w)
        gap, size = certificate(start, part, design[:, free])
        gap, size = (gap + rest) * unit, (size + float(np.sum(np.exp(goal[~support])))) * unit
        x, point = x * unit, (Q * (x * unit)) @ Q.T
        found = _assemble(A, y, point, x, goal + np.log(unit), replace(part, nu=part.nu / rows), gap, size)
        return found, bool(np.all(x > 0))

    support = positive_support(design, right)
    w = separator(design, support)
    if np.all(support) or proves_zeros(w, right):
        return minimum(support, w)[0]
    try:
        whole, positive_throughout = minimum(np.ones_like(support), 0 * w)
        if whole.certified and positive_throughout:
            return whole
    except ValueError:
        pass  # eigenvalues that do vanish drive the multiplier to infinity
    found = minimum(support, w)[0]
    return replace(found, certified=False, message=f"{found.message}; nothing proves that they vanish")


def start_logarithm(alpha: Any, log_alpha: Any) -> float:
    """``log alpha`` from exactly one of the two."""
    if (alpha is None) == (log_alpha is None):
        given = "neither" if alpha is None else "both"
        raise ValueError(f"exactly one of alpha and log_alpha must be given, got {given}")
    return real("log_alpha", log_alpha) if alpha is None else float(np.log(positive("alpha", alpha)))


def _start(X: np.ndarray, y: np.ndarray, goal: np.ndarray) -> ExponentialCoordinates:
    """Stage 0: alpha the size of the smallest solution."""
    size = float(np.max(np.abs(np.linalg.lstsq(X, y, rcond=None)[0]), initial=0.0)) if X.size else 0.0
    origin = float(np.log(size)) if size > 0 else float(np.max(goal, initial=-np.inf)) if goal.size else 0.0
    zero = np.zeros(goal.size)
    return ExponentialCoordinates(goal, zero, origin, 0.0, zero)


def _pushed(
    part: Solution, design: np.ndarray, support: np.ndarray, goal: np.ndarray, w: np.ndarray
) -> tuple[Solution, float]:
    """The multiplier moved along the separator w until the vanishing eigenvalues are negligible; and their gap."""
    if np.all(support):
        return part, 0.0
    heights = goal[~support] + design[:, ~support].T @ part.nu
    with np.errstate(divide="ignore"):
        whole = max(float(np.log(np.sum(part.point))), float(goal[0]))
    push = max(0.0, float(np.max(heights)) - whole - 2.0 * np.log(EPSILON))
    with np.errstate(over="ignore", under="ignore"):
        rest = float(np.sum(np.exp(heights + push * (design[:, ~support].T @ w))))
    note = f"{int(np.sum(~support))} eigenvalues, which are below 1e-9 of y in every solution, are given as 0"
    return replace(part, nu=part.nu + push * w, message="; ".join(filter(None, (part.message, note)))), rest


def _assemble(
    A: np.ndarray, y: np.ndarray, point: np.ndarray, x: np.ndarray, log_a: np.ndarray, part: Solution, gap: float,
    size: float,
) -> Minimum:  # fmt: skip
    residual = relative_miss(A, y, point)
    worst, message = float(np.max(part.error, initial=0.0)), part.message
    if not message and worst > 1e-6:
        message = f"some eigenvalues are determined by rounding: relative error up to about {worst:.1g}"
    certified = is_certified(residual, gap, size)
    if not certified:
        message = "; ".join(filter(None, (message, "residual or duality gap above the tolerance")))
    return Minimum(point, float(np.sum(entropy(x, log_a))), gap, residual, certified, part.nu, message)
