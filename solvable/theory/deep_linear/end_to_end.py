r"""The product ``W = W_N ... W_1`` of a deep linear network under gradient flow: an equation of its own.

Flow conserves ``W_{j+1}^T W_{j+1} - W_j W_j^T`` for any ``loss(W)``. If these are zero (balanced layers) then, with ``G
= grad loss(W)``,

    W' = - sum_{j=1}^N (W W^T)^{(N-j)/N} G (W^T W)^{(j-1)/N} = -U (C o U^T G V) V^T,
    C_ab = sum_j s_a^{2(N-j)/N} s_b^{2(j-1)/N},         s_r' = -N s_r^{2-2/N} <G, u_r v_r^T>,

where ``W = U diag(s) V^T`` is a full singular value decomposition: one of them and a Hadamard product replace all
powers of matrices. At rank-deficient W the powers are not Lipschitz for N > 2, and a singular value at zero stays
there: for N > 1 the rank is conserved. It is decided once, up to rounding, and kept: the velocity and the result are
those of the nearest matrix of this rank, since what rounding adds to a zero would grow and leave the saddle.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from ...common.checks import integer, real_array

Gradient = Callable[[np.ndarray], Any]


def end_to_end_velocity(W: Any, gradient: Any, depth: Any) -> np.ndarray:
    """``W'`` of the product of N balanced layers.

    Args:
        W: the product, shape ``(d_out, d_in)``.
        gradient: G of the loss at W, of the same shape.
        depth: N >= 1.

    Raises:
        ValueError: shapes that differ, non-finite entries, a depth that is not an integer >= 1.

    Source: Arora et al., arXiv:1802.06509 and arXiv:1905.13655.

    >>> end_to_end_velocity([[4.0]], [[1.0]], 2).tolist()
    [[-8.0]]
    """
    W, G, N = _arguments(W, gradient, depth)
    U, s, Vt = np.linalg.svd(W)
    return _velocity(U, s, Vt, G, N)


def singular_value_velocity(W: Any, gradient: Any, depth: Any) -> np.ndarray:
    """``s_r' = -N s_r^{2-2/N} <G, u_r v_r^T>``, in the falling order of the singular values of W.

    Args:
        W, gradient, depth: as for `end_to_end_velocity`; the singular values must be simple for their order to mean
            anything.

    Source: arXiv:1905.13655.

    >>> singular_value_velocity([[4.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 2.0]], 2).tolist()
    [-8.0, -4.0]
    """
    W, G, N = _arguments(W, gradient, depth)
    U, s, Vt = np.linalg.svd(W, full_matrices=False)
    return -N * np.power(s, 2.0 - 2.0 / N) * np.einsum("ar,ab,rb->r", U, G, Vt)


def end_to_end_flow(W0: Any, gradient: Gradient, depth: Any, t: Any) -> np.ndarray:
    """The product at the given times, integrated without its layers.

    Args:
        W0: the product at time 0, shape ``(d_out, d_in)``, of balanced layers.
        gradient: ``W (d_out, d_in) -> G`` of the loss.
        depth: N >= 1.
        t: times >= 0, not falling, shape ``(T,)``.

    Returns:
        shape ``(T, d_out, d_in)``; relative error about 1e-11. For N > 1 of the rank of W0: singular values below
        1e-15 of the largest, times the longer side, count as zero and stay there.

    Raises:
        ValueError: bad shapes or times, or an integration that fails, with its reason.

    Source: arXiv:1905.13655.

    >>> W = end_to_end_flow([[0.01]], lambda W: W - 1.0, 2, [0.0, 3.0])
    >>> W.round(9).ravel().tolist()
    [0.01, 0.802957153]
    """
    start, N = real_array("W0", W0, ndim=2), integer("depth", depth, minimum=1)

    if 0 in start.shape:
        raise ValueError(f"W0 must have at least one row and one column, got shape {start.shape}")
    sizes = np.linalg.svd(start, compute_uv=False)
    rank = int(np.sum(sizes > 1e-15 * max(start.shape) * sizes[0])) if N > 1 else sizes.size

    def kept(W: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """The nearest matrix of this rank, and its decomposition."""
        U, s, Vt = np.linalg.svd(W)
        if rank == sizes.size:
            return W, U, s, Vt
        s[rank:] = 0.0
        return (U[:, :rank] * s[:rank]) @ Vt[:rank], U, s, Vt

    def field(w: np.ndarray) -> np.ndarray:
        W, U, s, Vt = kept(w.reshape(start.shape))
        _, G, _ = _arguments(W, gradient(W), N)
        return _velocity(U, s, Vt, G, N).ravel()

    states = integrated(field, start.ravel(), t).reshape(-1, *start.shape)
    return np.array([kept(W)[0] for W in states])


def _velocity(U: np.ndarray, s: np.ndarray, Vt: np.ndarray, G: np.ndarray, N: int) -> np.ndarray:
    powers = [np.power(s, 2.0 * k / N) for k in range(N)]
    left, right = (
        np.array([np.append(p, np.full(size - s.size, float(k == 0))) for k, p in enumerate(powers)])
        for size in G.shape
    )
    coefficients = np.einsum("ka,kb->ab", left[::-1], right)
    return -U @ (coefficients * (U.T @ G @ Vt.T)) @ Vt


def _arguments(W: Any, gradient: Any, depth: Any) -> tuple[np.ndarray, np.ndarray, int]:
    W, G = real_array("W", W, ndim=2), real_array("gradient", gradient, ndim=2)
    if W.shape != G.shape or 0 in W.shape:
        raise ValueError(f"gradient must have the shape of W, {W.shape}, got {G.shape}")
    return W, G, integer("depth", depth, minimum=1)


def integrated(field: Callable[[np.ndarray], np.ndarray], start: np.ndarray, t: Any) -> np.ndarray:
    """The states at the times, one a row."""
    t = instants(t)
    if t[-1] == 0:
        return np.tile(start, (t.size, 1))
    size = float(np.max(np.abs(start), initial=0.0))
    atol = max(1e-14 * min(size if size > 0 else 1.0, 1.0), float(np.finfo(float).tiny))
    at, where = np.unique(t, return_inverse=True)
    done = solve_ivp(lambda _, w: field(w), (0.0, t[-1]), start, t_eval=at, method="DOP853", rtol=1e-12, atol=atol)
    if not done.success:
        raise ValueError(f"t must end before the integration fails: {done.message}")
    return done.y.T[where]


def instants(t: Any) -> np.ndarray:
    """Times >= 0 that do not fall, shape ``(T,)``."""
    t = real_array("t", t, ndim=1)
    if t.size == 0 or t[0] < 0 or np.any(np.diff(t) < 0):
        raise ValueError(f"t must be >= 0 and not falling, got {t.size} of them from {t[:1]} to {t[-1:]}")
    return t
