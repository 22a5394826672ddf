r"""Two-layer linear networks from a balanced start, solved in time.

Gradient flow on ``L = |W2 W1 - Y|^2 / 2`` conserves ``W2^T W2 - W1 W1^T``. Where this is ``lambda I`` (hidden width 1:
always), ``Q = [W1^T; W2]`` obeys a Riccati equation that is closed in ``S = Q Q^T``:

    Q' = F Q - Q Q^T Q / 2,     F = [[-lambda I, 2 Y^T], [2 Y, lambda I]] / 2,     S' = F S + S F - S^2,
    S(t) = e^{Ft} Q0 ( I + Q0^T int_0^t e^{2Fs} ds Q0 )^{-1} Q0^T e^{Ft}.

The blocks of S are ``W1^T W1``, ``W2 W1`` and ``W2 W2^T``; the factors themselves turn in the hidden space by an
equation of their own. `solvable.theory.deep_linear.riccati` evaluates S at any time.

**Saddles.** Let ``l_1 >= l_2 >= ...`` be the eigenvalues of F, ``+- sqrt(lambda^2/4 + s^2)`` for the singular values s
of Y and ``-+ lambda/2`` on its null spaces. S ends on the leading eigenvectors of F with ``l > 0``, at most one per
hidden unit, if Q0 has full rank on every leading block of them, and at a saddle otherwise. At lambda = 0 this is no
accident: for square factors with ``det(W2 W1) det(Y) < 0`` every balanced start ends at a saddle, since a product of
orthogonal matrices has the eigenvalue -1. A float64 start has that rank only up to rounding, which grows like ``e^{l
t}`` and leaves the saddle in the end, in a simulation as in a naive evaluation. Here the rank is decided once, up to
rounding, and kept exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...common.blas import one_blas_thread
from ...common.checks import real_array
from ..convex.graded import power_of_two
from .riccati import RiccatiSolution

# Balanced weights that a user computes deviate by 1e-15 of their size; the solution is wrong by what they deviate.
BALANCED = 1e-12
LARGEST = 1e150


@dataclass(frozen=True, eq=False)
class BalancedSolution:
    """The solution at the times asked for, shape ``(...)``: scalar or ``(T,)``.

    Attributes:
        product: ``W2 W1``, shape ``(..., d_out, d_in)``.
        first_gram: ``W1^T W1``, shape ``(..., d_in, d_in)``.
        second_gram: ``W2 W2^T``, shape ``(..., d_out, d_out)``.
        margin: how far the start is, relative to its size, from the nearest one that ends at a saddle. While the
            solution leaves that saddle its relative error is about ``2e-16 / margin``.
        obstructed: True if the margin is zero up to rounding. The solution shown is the one that stays at the saddle.
        determined_until: infinite, or, if obstructed, the time at which a change of the start by one rounding, or by
            the margin if that is larger, can have taken the solution away from the saddle. Compare no simulation in
            float64 beyond it.
    """

    product: np.ndarray
    first_gram: np.ndarray
    second_gram: np.ndarray
    margin: float
    obstructed: bool
    determined_until: float

    def ntk(self, X: Any) -> np.ndarray:
        """The neural tangent kernel ``W2 W2^T (x) X^T X + I (x) X^T W1^T W1 X`` of inputs X, ``(d_in, n)``.

        Shape ``(..., d_out n, d_out n)``; index ``k n + i`` is output k of input i.

        Source: derived in `solvable.theory.deep_linear.two_layer`.

        >>> balanced_two_layer([[1.0]], [[1.0]], [[2.0]], 0.0).ntk([[1.0, 2.0]]).tolist()
        [[2.0, 4.0], [4.0, 8.0]]
        """
        X = real_array("X", X, ndim=2)
        if X.shape[0] != self.first_gram.shape[-1]:
            raise ValueError(f"X must have {self.first_gram.shape[-1]} rows, one per input, got shape {X.shape}")
        outer = self.second_gram[..., :, None, :, None] * (X.T @ X)[:, None, :]
        unit = np.eye(self.second_gram.shape[-1])[:, None, :, None]
        inner = (X.T @ self.first_gram @ X)[..., None, :, None, :]
        size = self.second_gram.shape[-1] * X.shape[1]
        return np.reshape(outer + unit * inner, (*self.product.shape[:-2], size, size))


@one_blas_thread()
def balanced_two_layer(W1: Any, W2: Any, Y: Any, t: Any) -> BalancedSolution:
    """Gradient flow on ``|W2 W1 - Y|^2 / 2`` at time t, from ``W2^T W2 - W1 W1^T = lambda I``.

    The clock is that of ``1/(2n) |W2 W1 X - T|^2`` if ``X X^T / n = I``, with ``Y = T X^T / n``.

    Args:
        W1, W2: the start, shapes ``(h, d_in)`` and ``(d_out, h)``.
        Y: target, shape ``(d_out, d_in)``.
        t: times >= 0, scalar or ``(T,)`` in any order, which gives the results a leading axis.

    Raises:
        ValueError: shapes that do not fit, non-finite entries, t < 0, or a start that is not balanced, with the size of
            the deviation.

    Source: Fukumizu (1998) and Braun et al. (2022) for lambda = 0, arXiv:2409.14623 for any; evaluation derived here.

    >>> import numpy as np
    >>> start = 1e-3 * np.eye(2)
    >>> solution = balanced_two_layer(start, start, np.diag([2.0, 1.0]), [5.0, 50.0])
    >>> np.round(np.diagonal(solution.product, axis1=-2, axis2=-1), 6).tolist()
    [[1.991789, 0.021552], [2.0, 1.0]]
    """
    W1, W2, Y = (real_array(k, v, ndim=2) for k, v in (("W1", W1), ("W2", W2), ("Y", Y)))
    times = real_array("t", t, ndim=(0, 1))
    h, d_in = W1.shape
    if 0 in (*W1.shape, *W2.shape) or W2.shape[1] != h or Y.shape != (W2.shape[0], d_in):
        raise ValueError(f"W2 W1 must exist and have the shape of Y, got shapes {W2.shape}, {W1.shape} and {Y.shape}")
    if max(float(np.max(np.abs(W))) for W in (W1, W2)) > LARGEST:
        raise ValueError(f"W1 and W2 must be at most {LARGEST:g} in size: their Gram matrices would overflow")
    if np.any(times < 0):
        raise ValueError(f"t must be >= 0, got {float(times.min()):g}")
    solution = RiccatiSolution(np.vstack([W1.T, W2]), Y, _imbalance(W1, W2))
    Q = np.reshape([solution.factor(float(time)) for time in times.ravel()], (*times.shape, d_in + W2.shape[0], h))
    first, second = Q[..., :d_in, :], Q[..., d_in:, :]
    return BalancedSolution(
        second @ np.swapaxes(first, -1, -2),
        first @ np.swapaxes(first, -1, -2),
        second @ np.swapaxes(second, -1, -2),
        solution.margin,
        solution.obstructed,
        solution.determined_until,
    )


def _imbalance(W1: np.ndarray, W2: np.ndarray) -> float:
    """lambda; raises if there is none."""
    unit = float(power_of_two(max(float(np.max(np.abs(W))) for W in (W1, W2))))  # no square underflows
    W1, W2 = W1 / unit, W2 / unit
    difference = W2.T @ W2 - W1 @ W1.T
    h = difference.shape[0]
    size = max(float(np.linalg.norm(W1, 2)), float(np.linalg.norm(W2, 2))) ** 2
    level = float(np.trace(difference)) / h
    deviation = float(np.linalg.norm(difference - level * np.eye(h), 2))
    square = unit * unit
    if deviation > BALANCED * size:
        raise ValueError(
            f"W1 and W2 must be balanced, W2^T W2 - W1 W1^T a multiple of I to {BALANCED:g} of max |W|^2 = "
            f"{size * square:.3g}, but the difference deviates from {level * square:.3g} I by {deviation * square:.3g}"
        )
    return level * square if abs(level) > 8.0 * np.finfo(float).eps * size or h == 1 else 0.0
