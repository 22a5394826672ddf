r"""The flattest of all factorizations ``M = W_L ... W_1``.

Fit ``f_i = <A_i, W_L ... W_1>`` exactly. The trace of the Hessian of ``1/(2n) sum_i (f_i - y_i)^2`` is then ``(1/n)
sum_i sum_l |d f_i/d W_l|^2``, and in the mean over A with independent standard normal entries

    F(W) = sum_l |P_l|_F^2 |R_l|_F^2,        P_l = W_L ... W_{l+1},     R_l = W_{l-1} ... W_1,     P_L = I, R_1 = I.

Since ``P_l R_{l+1} = M``, ``|P_l|_F |R_{l+1}|_F >= |M|_*``, and by the inequality of the means, over the L terms whose
product contains every such pair once and ``|P_L|^2 |R_1|^2 = d_L d_0``,

    F(W) >= L (d_0 d_L)^{1/L} |M|_*^{2(L-1)/L} = L tau:

at every depth a function of the nuclear norm. Equality holds if all terms are equal and ``P_l, R_{l+1}`` share the
singular values in equal parts: with ``M = U S V^T`` of rank r, ``nu = |M|_*`` and Q_l with r orthonormal columns,

    W_1 = sqrt(nu d_0/tau) Q_1 S^{1/2} V^T,    W_L = sqrt(nu d_L/tau) U S^{1/2} Q_{L-1}^T,
    W_l = (nu/sqrt(tau)) Q_l Q_{l-1}^T    between.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ...common.checks import integer, real_array


def deep_flatness(M: Any, depth: Any) -> float:
    """``L (d_0 d_L)^{1/L} |M|_*^{2(L-1)/L}``: the least trace of the Hessian among the factorizations of M.

    Args:
        M: the product, shape ``(d_L, d_0)``.
        depth: L >= 2. Hidden widths of at least the rank of M are assumed.

    Raises:
        ValueError: a depth that is not an integer >= 2, non-finite entries.

    Source: Gatmiry et al., arXiv:2306.13239 (under restricted isometry); formula derived in this module.

    >>> deep_flatness([[4.0, 0.0], [0.0, 5.0]], 2)
    36.0
    """
    M, L = product(M), integer("depth", depth, minimum=2)
    return L * _common_term(M, L)


def population_flatness(factors: Sequence[Any]) -> float:
    """``sum_l |W_L ... W_{l+1}|_F^2 |W_{l-1} ... W_1|_F^2``: the mean trace of the Hessian over Gaussian measurements.

    Args:
        factors: ``W_1 .. W_L``, ``W_l`` of shape ``(d_l, d_{l-1})``.

    Raises:
        ValueError: factors that do not fit each other.

    Source: derived in this module.

    >>> population_flatness([[[2.0]], [[3.0]]])
    13.0
    """
    layers = [real_array(f"factors[{l}]", W, ndim=2) for l, W in enumerate(factors)]
    if not layers or any(a.shape[0] != b.shape[1] for a, b in pairwise(layers)):
        raise ValueError(f"factors must be one or more layers that fit, got shapes {[W.shape for W in layers]}")
    before, after = [np.eye(layers[0].shape[1])], [np.eye(layers[-1].shape[0])]
    for W in layers[:-1]:
        before.append(W @ before[-1])
    for W in layers[:0:-1]:
        after.append(after[-1] @ W)
    return float(sum(np.sum(P**2) * np.sum(R**2) for P, R in zip(reversed(after), before, strict=True)))


def flattest_factors(M: Any, widths: Sequence[Any]) -> list[np.ndarray]:
    """``W_1 .. W_L`` with the product M and the least population flatness.

    Args:
        M: shape ``(d_L, d_0)``.
        widths: of the hidden layers, ``d_1 .. d_{L-1}``, each at least the rank of M.

    Raises:
        ValueError: no hidden layer, or one that is narrower than the rank of M.

    Source: derived in this module.

    >>> W1, W2, W3 = flattest_factors([[8.0, 0.0]], [1, 2])
    >>> (W3 @ W2 @ W1).round(12).tolist(), round(population_flatness([W1, W2, W3]) / deep_flatness([[8.0, 0.0]], 3), 12)
    ([[8.0, 0.0]], 1.0)
    """
    M, sizes, U, s, Vt = decomposed(M, widths)
    L, nu, tau = len(sizes) - 1, float(np.sum(s)), _common_term(M, len(sizes) - 1)
    if nu == 0:
        return [np.zeros(shape) for shape in zip(sizes[1:], sizes[:-1], strict=True)]
    root, ones = np.sqrt(s), np.ones_like(s)
    scales = [np.sqrt(nu * sizes[0] / tau), *([nu / np.sqrt(tau)] * (L - 2)), np.sqrt(nu * sizes[-1] / tau)]
    values = [root, *([ones] * (L - 2)), root]
    return chain(sizes, U, Vt, [scale * value for scale, value in zip(scales, values, strict=True)])


def product(M: Any) -> np.ndarray:
    M = real_array("M", M, ndim=2)
    if 0 in M.shape:
        raise ValueError(f"M must have at least one row and one column, got shape {M.shape}")
    return M


def _common_term(M: np.ndarray, L: int) -> float:
    """tau."""
    return float(M.size ** (1.0 / L) * np.linalg.norm(M, "nuc") ** (2.0 * (L - 1) / L))


def grain(M: np.ndarray, s: np.ndarray) -> float:
    """Singular values below this are rounding: powers of them would not be."""
    return max(M.shape) * float(np.finfo(float).eps) * float(s[0])


def decomposed(M: Any, widths: Sequence[Any]) -> tuple[np.ndarray, list[int], np.ndarray, np.ndarray, np.ndarray]:
    """M, all widths, and the singular value decomposition of M at its rank."""
    M = product(M)
    U, s, Vt = np.linalg.svd(M, full_matrices=False)
    rank = int(np.sum(s > grain(M, s)))
    hidden = [integer(f"widths[{l}]", width, minimum=max(rank, 1)) for l, width in enumerate(widths)]
    if not hidden:
        raise ValueError("widths must hold at least one hidden width, got none")
    return M, [M.shape[1], *hidden, M.shape[0]], U[:, :rank], s[:rank], Vt[:rank]


def chain(sizes: list[int], U: np.ndarray, Vt: np.ndarray, values: list[np.ndarray]) -> list[np.ndarray]:
    """Layers with these singular values, joined by the first coordinates of the hidden spaces."""
    frames = [Vt.T, *(np.eye(size, Vt.shape[0]) for size in sizes[1:-1]), U]
    return [(Q * value) @ R.T for Q, R, value in zip(frames[1:], frames[:-1], values, strict=True)]
