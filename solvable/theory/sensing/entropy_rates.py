r"""How fast factorizations with commuting measurements approach the least trace.

Let D be the joint eigenvalues of the A_i (`solvable.theory.sensing.entropy`), t the least trace, and S the eigenspaces
on which some X of trace t is positive. For every nu with ``(D^T nu)_j = 1`` on S and ``<= 1`` off it, ``y . nu = t``,
and so every interpolant has the excess trace

    tr X - t  =  sum_{j not in S} (1 - (D^T nu)_j) x_j .

The minimum of relative entropy is ``x_j = alpha exp((D^T nu_alpha)_j)``, and ``nu_alpha / log(1/alpha)`` tends to
such a nu: ``x_j ~ alpha^(1 - (D^T nu)_j)`` off S. Where S determines nu there is no choice. If not, the dual ``sum_j
alpha exp((D^T nu)_j) - y . nu`` prefers the nu whose largest off-support entry is least. Hence

    tr X - t  ~  C alpha^c,        c  =  max over nu with (D^T nu)_S = 1 of  min_{j not in S} (1 - (D^T nu)_j),

a linear program, and not the reduced costs of whichever vertex of the dual a solver returns. Eigenspaces that no
interpolant X >= 0 reaches stay at zero and do not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import linprog

from ...common.blas import one_blas_thread
from ..convex.graded import power_of_two
from ..convex.positive_support import OPTIONS, positive_support
from ..diagonal.rates import tightest_certificate
from .joint_eigenbasis import joint_eigenbasis
from .measurements import attainable, combined, sensing


@dataclass(frozen=True, eq=False)
class EntropyRate:
    """The exponent and its certificate.

    Attributes:
        exponent: c in ``tr X - t ~ alpha^c``, > 0; infinite if every interpolant has the least trace.
        least_trace: t.
        slack: ``1 - sum_i nu_i A_i`` for the nu that attains c, shape ``(d, d)``: 0 on S, at least c on what counts.
        unique: True if only one function of the A_i is an interpolant of least trace.
    """

    exponent: float
    least_trace: float
    slack: np.ndarray
    unique: bool

    def __float__(self) -> float:
        return self.exponent


@one_blas_thread()
def entropy_rate(A: Any, y: Any) -> EntropyRate:
    """The exponent c of the excess trace ``alpha^c`` of `entropy_minimum` as alpha goes to 0.

    Args:
        A: measurements, shape ``(n, d, d)``, whose symmetric parts commute.
        y: targets, shape ``(n,)``, attained by some X >= 0, not all zero.

    Raises:
        ValueError: shapes that do not fit, non-finite entries, matrices that do not commute, y that no positive
            semidefinite matrix attains, a least trace that is not attained, or y = 0.

    Source: derived in this module; the limit is that of Gunasekar et al., arXiv:1705.09280.

    >>> rate = entropy_rate([[[1.0, 0.0], [0.0, 2.0]]], [2.0])
    >>> rate.exponent, rate.least_trace, (rate.slack + 0.0).tolist()
    (0.5, 1.0, [[0.5, 0.0], [0.0, 0.0]])
    """
    A, y = sensing(A, y, symmetric=True)
    if not np.any(y):
        raise ValueError("y must not vanish: the interpolant of least trace would be 0, which has no rate")
    _, D = joint_eigenbasis(A)
    rows = power_of_two(np.max(np.abs(D), axis=1))
    unit = float(power_of_two(float(np.max(np.abs(y / rows)))))
    design, right = D / rows[:, None], y / rows / unit
    attainable(design, right)
    reached = design[:, positive_support(design, right)]
    least = _least_sum(reached, right)
    optimal = positive_support(np.vstack([reached, np.ones(reached.shape[1])]), np.append(right, least))
    inside, outside = reached[:, optimal], reached[:, ~optimal]
    nu = tightest_certificate(inside, outside, np.ones(inside.shape[1]), np.zeros(y.size), signed=False)
    exponent = float(np.min(1.0 - nu @ outside, initial=np.inf))
    unique = np.linalg.matrix_rank(inside) == _distinct(inside)
    return EntropyRate(exponent, least * unit, np.eye(A.shape[1]) - combined(A, nu / rows), bool(unique))


def _least_sum(D: np.ndarray, y: np.ndarray) -> float:
    """Least ``sum_j x_j`` over x >= 0 with ``D x = y``, its vertex solved again to rounding."""
    result = linprog(np.ones(D.shape[1]), A_eq=D, b_eq=y, bounds=(0, None), method="highs-ds", options=OPTIONS)
    if result.x is None:
        raise ValueError(f"A and y must pose a linear program that HiGHS can solve, but it reports: {result.message}")
    vertex = result.x > 1e-9 * np.max(result.x)
    return float(np.sum(np.linalg.lstsq(D[:, vertex], y, rcond=None)[0]))


def _distinct(columns: np.ndarray) -> int:
    """Number of columns that differ: equal ones belong to one joint eigenspace."""
    apart = np.max(np.abs(columns[:, :, None] - columns[:, None, :]), axis=0, initial=0.0) > 1e-9
    return int(sum(np.all(apart[j, :j]) for j in range(columns.shape[1])))
