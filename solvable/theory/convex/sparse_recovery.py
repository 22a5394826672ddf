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

**Width.** In finite dimension the chance of recovery is ``P(V <= n)``, up to parity, for a random dimension V of mean
``delta = psi d - O(sqrt(d/k))``: by Steiner's formula the squared length of the projection is chi-square with V degrees
of freedom, so its variance is ``Var V + 2 delta``. The minimizing t fluctuates, but that changes the minimum only to
second order, and the squared length is a sum of independent terms. Hence ``Var V = sigma^2 d``,

    sigma^2 = s (2 + 4 t^2) + (1 - s) { E (|g| - t)_+^4 - [E (|g| - t)_+^2]^2 } - 2 psi,

    E (|g| - t)_+^4 = 2 [ (t^4 + 6 t^2 + 3) Q(t) - (t^3 + 5 t) phi(t) ],

and V is asymptotically normal: recovery has probability ``Phi((n - psi d) / (sigma sqrt d))``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import erfcx, ndtr

from ...common.checks import real_array

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
    s, inside, t = _least_distance(sparsity)
    return np.where((s > 0) & (s < 1), inside + 2.0 * (1.0 - inside) * ndtr(-t), s)


def donoho_tanner_width(sparsity: Any) -> np.ndarray:
    """sigma such that least l1 recovers with probability ``Phi((n - psi d) / (sigma sqrt d))``, as ``d -> infinity``.

    Args:
        sparsity: ``k/d`` in [0, 1], any shape.

    Returns:
        sigma, of the same shape, to ten digits; 0 at both ends.

    Raises:
        ValueError: entries outside [0, 1].

    Source: the random dimension is that of Amelunxen et al., arXiv:1303.6672, its normal limit that of Goldstein,
    Nourdin and Peccati, arXiv:1411.6265; the formula is derived in this module.

    >>> np.round(donoho_tanner_width([0.0, 0.1, 0.5, 1.0]), 5).tolist()
    [0.0, 0.46517, 0.41178, 0.0]
    """
    s, inside, t = _least_distance(sparsity)
    density, mills = np.exp(-0.5 * t * t) / np.sqrt(2.0 * np.pi), _mills(t)
    second = 2.0 * density * ((1.0 + t * t) * mills - t)
    fourth = 2.0 * density * ((t**4 + 6.0 * t * t + 3.0) * mills - t**3 - 5.0 * t)
    length = inside * (2.0 + 4.0 * t * t) + (1.0 - inside) * (fourth - second**2)
    mean = inside + 2.0 * (1.0 - inside) * density * mills
    return np.where((s > 0) & (s < 1), np.sqrt(np.maximum(length - 2.0 * mean, 0.0)), 0.0)


def _least_distance(sparsity: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``(s, s inside (0, 1), minimizing t)``; 1/2 stands for the ends."""
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
    return s, inside, np.exp(0.5 * (low + high))


def _log_slope(t: np.ndarray) -> np.ndarray:
    """``log 2 [phi(t)/t - Q(t)]``."""
    return np.log(2.0 * (1.0 / t - _mills(t))) - 0.5 * t * t - 0.5 * np.log(2.0 * np.pi)


def _mills(t: np.ndarray) -> np.ndarray:
    """Mills' ratio Q/phi, free of underflow."""
    return np.sqrt(np.pi / 2.0) * erfcx(t / np.sqrt(2.0))
