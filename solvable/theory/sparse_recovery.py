r"""How many measurements least l1 needs: the weak threshold of Donoho and Tanner.

Draw X with n independent standard normal rows in d dimensions and let b have k nonzero entries. Least l1 recovers b
from ``X b`` exactly if the null space of X, a uniformly random subspace of dimension ``d - n``, meets the cone of
directions that do not increase the l1 norm at b only in 0. As d grows this happens with probability one or zero
according to whether n is above or below the *statistical dimension* of the cone, the mean squared length of the
projection of a normal vector. By polarity that is the mean squared distance of a normal vector g to the cone spanned by
the subdifferential, ``{z : z_j = t sign b_j on the support, |z_j| <= t off it, t >= 0}``. Concentration lets the
minimum over t be taken outside:

    psi(s) = min_t  s (1 + t^2) + (1 - s) E (|g| - t)_+^2,        s = k/d,

    E (|g| - t)_+^2 = 2 [ (1 + t^2) Q(t) - t phi(t) ],            phi the normal density, Q its upper tail.

The derivative vanishes where ``s / (1 - s) = 2 [ phi(t)/t - Q(t) ]``, a function that falls from infinity to 0; at that
t,

    psi(s) = s + 2 (1 - s) Q(t) .
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import erfcx, ndtr

from solvable.common.checks import real_array

ROUNDS = 70  # halvings of a range of 46 nats: below rounding


def donoho_tanner(sparsity: Any) -> np.ndarray:
    """Share ``n/d`` of measurements above which least l1 recovers a share ``k/d`` of nonzeros, as ``d -> infinity``.

    Args:
        sparsity: ``k/d`` in [0, 1], any shape.

    Returns:
        psi, of the same shape; ``sparsity <= psi <= 1``.

    Raises:
        ValueError: entries outside [0, 1].

    Source: Donoho and Tanner, Proc. Natl. Acad. Sci. 102 (2005) 9452; the form is that of Amelunxen et al.,
    arXiv:1303.6672.

    >>> np.round(donoho_tanner([0.0, 0.05, 0.1, 0.2, 1.0]), 5).tolist()
    [0.0, 0.2039, 0.32879, 0.51113, 1.0]
    """
    s = real_array("sparsity", sparsity)
    if not np.all((s >= 0) & (s <= 1)):
        worst = s[(s < 0) | (s > 1)].flat[0]
        raise ValueError(f"sparsity must lie in [0, 1], got {float(worst):g}")
    inside = np.where((s > 0) & (s < 1), s, 0.5)
    goal = np.log(inside) - np.log1p(-inside)
    low, high = np.full(s.shape, np.log(1e-18)), np.full(s.shape, np.log(40.0))
    for _ in range(ROUNDS):
        middle = 0.5 * (low + high)
        above = _log_slope(np.exp(middle)) > goal
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    value = inside + 2.0 * (1.0 - inside) * ndtr(-np.exp(0.5 * (low + high)))
    return np.where((s > 0) & (s < 1), value, s)


def _log_slope(t: np.ndarray) -> np.ndarray:
    """``log 2 [phi(t)/t - Q(t)]``; Q/phi is Mills' ratio, free of underflow."""
    mills = np.sqrt(np.pi / 2.0) * erfcx(t / np.sqrt(2.0))
    return np.log(2.0 * (1.0 / t - mills)) - 0.5 * t * t - 0.5 * np.log(2.0 * np.pi)
