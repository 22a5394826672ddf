r"""The two limits of two-layer diagonal networks: kernel (large scale) and rich (small scale).

**Large scale.** Expand the stationarity condition ``asinh(b/2a) = b/2a - b^3/(48 a^3) + ...`` of the balanced
problem: ``b - b^3 / (24 a^2) + O(a^-4)`` lies in the row space of X. With ``X b = y``, write ``b = b2 + c``,
``b2 = X^+ y`` in the row space and c in the null space; projecting on the null space gives
``c = P_null(b2^3) / (24 a^2)``. Hence

    b_a = X^+ y + P_null((X^+ y)^3) / (24 a^2) + O(a^-4),

a second-order approach to least l2, with the cube taken entry by entry.

**Sufficient scales** (not rates; they are very loose). With e the allowed relative excess, ``alpha`` the
*parameter* scale (``u = v = alpha``, so a = alpha^2), ``b1`` and ``b2`` the least-l1 and least-l2
interpolants,

    alpha <= min{ (2 (1+e) |b1|_1)^(-(2+e)/(2e)),  exp(-d / (e |b1|_1)) }   implies   |b|_1 <= (1+e) |b1|_1,
    alpha >= sqrt(2 (1+e) (1 + 2/e) |b2|_2)                                 implies   |b|_2^2 <= (1+e)
    |b2|_2^2.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...common.checks import integer, positive, regression
from ..convex.least_squares import least_l2


def large_scale_expansion(X: Any, y: Any, a: Any) -> np.ndarray:
    """``X^+ y + P_null((X^+ y)^3) / (24 a^2)``, the balanced minimum up to ``O(a^-4)``.

    Args:
        X: design, shape ``(n, d)``.
        y: targets, shape ``(n,)``, in the range of X.
        a: product scale ``|u v| > 0``, one number.

    Returns:
        shape ``(d,)``.

    Raises:
        ValueError: shapes that do not fit, non-finite entries, a <= 0, y outside the range of X.

    Source: the limit is in Woodworth et al., arXiv:2002.09277; the term is derived in this module.

    >>> large_scale_expansion([[1.0, 0.0]], [2.0], a=10.0).tolist()
    [2.0, 0.0]
    """
    X, y = regression(X, y)
    scale = positive("a", a)
    base = least_l2(X, y).point
    cube = base**3
    # lstsq(X, X c) is the row-space part of c, also where X is rank deficient.
    null_part = cube - np.linalg.lstsq(X, X @ cube, rcond=None)[0]
    return base + null_part / (24.0 * scale**2)


def rich_scale_bound(l1: Any, excess: Any, d: Any) -> float:
    """Parameter scale below which the limit has at most ``(1 + excess)`` times the least l1 norm.

    Args:
        l1: least l1 norm of an interpolant, > 0.
        excess: allowed relative excess, > 0.
        d: number of coordinates, >= 1.

    Returns:
        alpha for ``u = v = alpha``; it may underflow to 0, and is then of no use.

    Raises:
        ValueError: arguments outside these ranges.

    Source: Woodworth et al., arXiv:2002.09277 (theorem number unverified).

    >>> round(rich_scale_bound(1.0, 1.0, 1), 12)
    0.125
    """
    l1, excess, d = positive("l1", l1), positive("excess", excess), integer("d", d, minimum=1)
    power = -(2.0 + excess) / (2.0 * excess) * np.log(2.0 * (1.0 + excess) * l1)
    with np.errstate(under="ignore", over="ignore"):
        return float(np.exp(min(power, -d / (excess * l1))))


def kernel_scale_bound(l2: Any, excess: Any) -> float:
    """Parameter scale above which the limit has at most ``(1 + excess)`` times the least squared l2 norm.

    Args:
        l2: least l2 norm of an interpolant, > 0.
        excess: allowed relative excess, > 0.

    Returns:
        alpha for ``u = v = alpha``.

    Raises:
        ValueError: arguments outside these ranges.

    Source: Woodworth et al., arXiv:2002.09277 (theorem number unverified).

    >>> kernel_scale_bound(2.0, 1.0) == 24.0**0.5
    True
    """
    l2, excess = positive("l2", l2), positive("excess", excess)
    return float(np.sqrt(2.0 * (1.0 + excess) * (1.0 + 2.0 / excess) * l2))
