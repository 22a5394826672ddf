r"""Measurements that do not commute: gradient flow from a small start prefers rank, not trace.

Observe the entries ``X_12 = X_13 = 1`` and ``X_23 = e`` of a symmetric 3 x 3 matrix, ``0 < e < 1/2``; its diagonal is
free.

**Rank one.** ``X = u u^T`` needs ``u_1 u_2 = u_1 u_3 = 1`` and ``u_2 u_3 = e``: it is unique, ``u_1^2 = 1/e``,
``u_2^2 = u_3^2 = e``, of trace ``1/e + 2e``.

**Least trace.** Exchanging 2 and 3 and averaging, X may be taken symmetric under it, ``X_11 = p``, ``X_22 = X_33 =
q``. In the basis ``e_1, (e_2 + e_3)/sqrt 2, (e_2 - e_3)/sqrt 2`` X has the block ``[[p, sqrt 2], [sqrt 2, q + e]]``
and the entry ``q - e``: positive semidefinite means ``p (q + e) >= 2``, ``q >= e``. ``p + 2q`` is least at ``p = 2``,
``q = 1 - e``, with the value ``4 - 2e`` and rank 2. The two meet at e = 1/2. (Without positive semidefiniteness the
nuclear norm can be smaller: with a zero diagonal it is ``e + sqrt(e^2 + 8)``.)

**Gradient flow** on ``X = U U^T`` from ``X = alpha 1``, ``alpha -> 0``, tends to rank one. While X is small, ``U' =
(2/n) A*(y) U``, and ``2 A*(y) = [[0, 1, 1], [1, 0, e], [1, e, 0]]`` has the eigenvalues ``mu = e/2 + sqrt(e^2/4 +
2)``, ``-e`` (antisymmetric) and ``e - mu``. X grows like ``alpha exp(2 mu t / n)`` and fits after ``t = n
log(1/alpha) / (2 mu)``. The antisymmetric eigenvalue ``X_22 - X_23`` is exactly ``alpha exp(int 2 rate)``, with the
rate ``-e/n`` up to that time and an integrable one after it, so that it ends at

    X_22 - X_23  ~  C alpha^(1 + e/mu),

small, but not at ``q - e = 1 - 2e``, its value at the least trace. C grows without bound as e falls, for the way to
rank one gets longer: at e = 0.12 the exponent is not yet seen at ``alpha = 1e-12``. As a function of alpha the trace of
the limit dips towards the least one near ``alpha = 0.1`` before it turns to that of rank one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...common.checks import real


@dataclass(frozen=True, eq=False)
class NoncommutingCompletion:
    """The 3 x 3 completion problem and its two candidates.

    Attributes:
        A: measurements ``(E_ij + E_ji)/2`` for ij = 12, 13, 23, shape ``(3, 3, 3)``.
        y: ``(1, 1, epsilon)``.
        rank_one: the only completion of rank one, shape ``(3, 3)``, of trace ``1/epsilon + 2 epsilon``.
        least_trace: the positive semidefinite completion of least trace, ``4 - 2 epsilon``, shape ``(3, 3)``.
        exponent: ``X_22 - X_23 ~ alpha^exponent`` at the end of gradient flow from ``X = alpha 1``.
    """

    A: np.ndarray
    y: np.ndarray
    rank_one: np.ndarray
    least_trace: np.ndarray
    exponent: float


def noncommuting_completion(epsilon: Any) -> NoncommutingCompletion:
    """The completion problem on which gradient flow from a small start and the least trace disagree.

    Args:
        epsilon: the observed entry ``X_23``, in (0, 1/2).

    Raises:
        ValueError: epsilon outside (0, 1/2).

    Source: derived in `solvable.theory.sensing.noncommuting`; the phenomenon is that of Li, Luo and Lyu,
    arXiv:2012.09839.

    >>> problem = noncommuting_completion(0.2)
    >>> traces = np.trace(problem.rank_one), np.trace(problem.least_trace)
    >>> [round(float(value), 6) for value in (*traces, problem.exponent)]
    [5.4, 3.6, 1.131774]
    """
    e = real("epsilon", epsilon)
    if not 0.0 < e < 0.5:
        raise ValueError(f"epsilon must lie in (0, 1/2), got {e:g}")
    A = np.zeros((3, 3, 3))
    for k, (i, j) in enumerate(((0, 1), (0, 2), (1, 2))):
        A[k, i, j] = A[k, j, i] = 0.5
    u = np.array([e**-0.5, e**0.5, e**0.5])
    least = np.array([[2.0, 1.0, 1.0], [1.0, 1.0 - e, e], [1.0, e, 1.0 - e]])
    mu = e / 2.0 + np.sqrt(e * e / 4.0 + 2.0)
    return NoncommutingCompletion(A, np.array([1.0, 1.0, e]), np.outer(u, u), least, float(1.0 + e / mu))
