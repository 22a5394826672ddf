r"""What weight decay minimizes among the factorizations ``M = W_L ... W_1``: a Schatten quasi-norm.

With the singular values s of M,

    min sum_l |W_l|_F^2 = L sum_r s_r^{2/L},

at the balanced factors ``W_l = Q_l S^{1/L} Q_{l-1}^T``, ``W_{l+1}^T W_{l+1} = W_l W_l^T``. The flattest factors
(`solvable.theory.deep_linear.layered_flatness`) depend on the nuclear norm at every depth; the two agree only for L = 2
and ``d_0 = d_L``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...common.checks import integer
from .layered_flatness import chain, decomposed, grain, product


def least_weight_norm(M: Any, depth: Any) -> float:
    """``L sum_r s_r^{2/L}``: the least ``sum_l |W_l|_F^2`` among the factorizations of M, what weight decay minimizes.

    Args:
        M, depth: as for `deep_flatness`.

    Source: classical (variational form of Schatten quasi-norms); number unverified.

    >>> least_weight_norm([[4.0, 0.0], [0.0, 9.0]], 4)
    20.0
    """
    M, L = product(M), integer("depth", depth, minimum=2)
    s = np.linalg.svd(M, compute_uv=False)
    return float(L * np.sum(s[s > grain(M, s)] ** (2.0 / L)))


def balanced_factors(M: Any, widths: Sequence[Any]) -> list[np.ndarray]:
    """``W_1 .. W_L`` with the product M, balanced: ``W_{l+1}^T W_{l+1} = W_l W_l^T``. They have the least weight norm.

    Args:
        M, widths: as for `flattest_factors`.

    Source: derived in this module.

    >>> [W.round(12).tolist() for W in balanced_factors([[8.0]], [1, 1])]
    [[[2.0]], [[2.0]], [[2.0]]]
    """
    _, sizes, U, s, Vt = decomposed(M, widths)
    return chain(sizes, U, Vt, [s ** (1.0 / (len(sizes) - 1))] * (len(sizes) - 1))
