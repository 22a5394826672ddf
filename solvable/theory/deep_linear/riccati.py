r"""The equation ``S' = F S + S F - S^2`` of balanced linear networks, at any time to rounding.

In the eigenbasis of ``F = O diag(l) O^T`` let ``Q = O^T Q0`` and ``g_i = (e^{2 l_i t} - 1)/(2 l_i)``, so that

    S(t) = O e^{lt} Q M^{-1} Q^T e^{lt} O^T,      M = Q^T diag(g) Q + I = B^T B,      B = D C,
    D = diag(sqrt(g), 1),      C = [Q; I].

The entries of D lie ``e^{l t}`` apart, and M, or worse ``int e^{2Fs} ds = F^{-1}(...)``, loses all that is small.
Gaussian elimination with complete pivoting, ``C = L U`` with the pivots chosen by the size of ``D C``, separates the
scales: with ``d_j`` the entry of D in the j-th pivot row,

    B = K diag(d) U,        K_ij = D_i L_ij / d_j,       |K_ij| <= 1,     unit lower trapezoidal up to its row order.

K is well conditioned at any t and needs only quotients of D, which do not overflow. With ``K^T K = R^T R``,

    S = A A^T,       A = O diag(e^{l t}/sqrt(g)) K R^{-1},       e^{l t}/sqrt(g) = sqrt(2 l/(1 - e^{-2 l t})).

Rounding amounts to relative errors of the rows of C, that is of the start. C may be multiplied by any invertible matrix
from
the right: one that makes exact zeros of what rounding would fill, where the start has deficient rank.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve_triangular

from ..convex.graded import power_of_two

EPSILON = float(np.finfo(float).eps)
# Rounding of the start, of the singular vectors and of their product: seen below 3 up to 150 units.
ROUNDING = 100.0 * EPSILON


class RiccatiSolution:
    """``S(t)`` from ``S(0) = Q0 Q0^T`` for ``F = [[-level/2 I, Y^T], [Y, level/2 I]]``.

    Attributes:
        margin: least singular value, over the blocks of leading eigenvectors of F, of Q0 with columns of length one;
            infinite if F has no positive eigenvalue.
        obstructed: the margin is zero up to rounding.
        determined_until: the time at which rounding of the start, or what was taken for it, grown like ``e^{l t}``, can
            be of order one.

    >>> solution = RiccatiSolution(np.array([[1e-3], [1e-3]]), np.array([[2.0]]), 0.0)
    >>> (solution.factor(20.0) ** 2).round(12).tolist(), solution.obstructed
    ([[2.0], [2.0]], False)
    """

    def __init__(self, start: np.ndarray, Y: np.ndarray, level: float) -> None:
        self._start = start
        self._l, self._basis = eigenvectors(Y, level)
        top = self._basis.T @ start
        size = power_of_two(np.max(np.abs(start), axis=0))
        length = np.linalg.norm(start / size, axis=0) * size  # no square underflows or overflows
        right = np.diag(1.0 / np.where(length > 0, np.maximum(length, np.finfo(float).tiny), 1.0))
        blocks = self._leading_blocks()
        self.margin, self.determined_until = float("inf"), float("inf")
        ranks, least = [], []
        for stop in blocks:
            block = (top @ right)[:stop]
            sizes = np.linalg.svd(block, compute_uv=False)
            ranks.append(int(np.sum(sizes > ROUNDING)))
            least.append(float(sizes[min(block.shape) - 1]))
            self.margin = min(self.margin, least[-1])
        self.obstructed = self.margin <= ROUNDING
        if self.obstructed:
            top, right = _staircase(top, right, blocks, ranks)
            dropped = np.array(least) <= ROUNDING
            rates = self._l[np.array(blocks)[dropped] - 1]
            change = np.maximum(np.array(least)[dropped], EPSILON)  # what was dropped, but at least one rounding
            with np.errstate(divide="ignore"):  # a start at zero stays there
                nats = np.log(2.0 * rates) / 2.0 - np.log(change) - np.log(np.max(length))
            self.determined_until = float(np.min(np.maximum(nats, 0.0) / rates))
        else:
            top = top @ right
        self._C = np.vstack([top, right])

    def _leading_blocks(self) -> list[int]:
        """Ends of the groups of equal positive eigenvalues."""
        grain = 64.0 * EPSILON * float(np.max(np.abs(self._l)))
        count = int(np.sum(self._l > grain))
        return [k for k in range(1, count + 1) if k == count or self._l[k - 1] - self._l[k] > grain]

    def factor(self, t: float) -> np.ndarray:
        """A, of the shape of the start, with ``S(t) = A A^T``; the start itself at t = 0."""
        if t == 0:
            return self._start
        rising, falling = np.maximum(self._l, 0.0) * t, np.minimum(self._l, 0.0) * t
        size = 2.0 * np.abs(self._l)
        with np.errstate(under="ignore", divide="ignore", invalid="ignore"):
            spread = np.where(size * t > 0, -np.expm1(-size * t) / size, t)  # g without its growth
            log_spread = np.concatenate([np.log(spread), np.zeros(self._start.shape[1])]) / 2.0
        K = _eliminated(self._C, np.concatenate([rising, np.zeros(self._start.shape[1])]), log_spread)
        rows = self._l.size
        with np.errstate(under="ignore"):
            scaled = (np.exp(falling) / np.sqrt(spread))[:, None] * K[:rows]
        return self._basis @ solve_triangular(np.linalg.qr(K, mode="r"), scaled.T, trans="T").T


def eigenvectors(Y: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvalues, falling, and eigenvectors (columns) of ``[[-level/2 I, Y^T], [Y, level/2 I]]``.

    >>> l, O = eigenvectors(np.array([[3.0, 0.0]]), 8.0)
    >>> l.tolist(), bool(np.allclose(O @ np.diag(l) @ O.T, [[-4, 0, 3], [0, -4, 0], [3, 0, 4]], atol=1e-14))
    ([5.0, -4.0, -5.0], True)
    """
    d_out, d_in = Y.shape
    U, s, Vt = np.linalg.svd(Y)
    k = s.size
    w, angle = np.hypot(level / 2.0, s), np.arctan2(s, -level / 2.0) / 2.0
    cosine, sine = np.cos(angle), np.sin(angle)
    first = np.hstack([Vt[:k].T * cosine, -Vt[:k].T * sine, Vt[k:].T, np.zeros((d_in, d_out - k))])
    second = np.hstack([U[:, :k] * sine, U[:, :k] * cosine, np.zeros((d_out, d_in - k)), U[:, k:]])
    l = np.concatenate([w, -w, np.full(d_in - k, -level / 2.0), np.full(d_out - k, level / 2.0)])
    order = np.argsort(-l, kind="stable")
    return l[order], np.vstack([first, second])[:, order]


def _staircase(
    top: np.ndarray, right: np.ndarray, blocks: list[int], ranks: list[int]
) -> tuple[np.ndarray, np.ndarray]:
    """``top @ right`` and `right`, turned so that the leading blocks have these ranks by exact zeros."""
    scaled, begin, done = top @ right, 0, 0
    for stop, rank in zip(blocks, ranks, strict=True):
        rest = slice(done, None)
        turn = np.linalg.svd(scaled[begin:stop, rest])[2].T
        scaled[:, rest], right[:, rest] = scaled[:, rest] @ turn, right[:, rest] @ turn
        begin, done = stop, rank
        scaled[:stop, done:] = 0.0
    return scaled, right


def _eliminated(C: np.ndarray, rising: np.ndarray, log_spread: np.ndarray) -> np.ndarray:
    """K of the module's docstring; the logarithm of D is ``rising + log_spread``."""
    left, K = C.copy(), np.zeros_like(C)
    free = np.ones(C.shape[0], dtype=bool)
    with np.errstate(divide="ignore", under="ignore"):
        for j in range(C.shape[1]):
            sizes = np.where(free[:, None], np.log(np.abs(left)) + (rising + log_spread)[:, None], -np.inf)
            row, column = np.unravel_index(int(np.argmax(sizes)), sizes.shape)
            multiplier = np.where(free, left[:, column] / left[row, column], 0.0)
            quotient = np.log(np.abs(multiplier)) + (rising - rising[row]) + (log_spread - log_spread[row])
            K[:, j] = np.sign(multiplier) * np.exp(quotient)
            left -= np.outer(multiplier, left[row])
            left[:, column] = 0.0
            free[row] = False
    return K
