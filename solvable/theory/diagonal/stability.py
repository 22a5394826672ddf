r"""Which interpolants of a two-layer diagonal network gradient descent can stay at.

At ``X beta = y`` the Hessian of ``L = 1/(2n) |X beta - y|^2`` in ``theta = (u, v)`` is ``J^T J / n`` with
``J = [2 X diag(u), -2 X diag(v)]``. Its nonzero eigenvalues are those of

    J J^T / n = (4/n) X diag(w) X^T,        w = u^2 + v^2 = sqrt(beta^2 + 4 a^2),        a = |u v|,

and an interpolant is linearly stable under gradient descent of step h exactly if ``h lambda_max <= 2``. Any unit vector
p bounds ``lambda_max`` from below by ``(4/n) sum_j w_j (X_j . p)^2``; with ``p = (1, ..., 1)/sqrt n`` that is
``4 sum_j mean_j^2 w_j``, mean_j the mean of column j. So every stable interpolant obeys

    sum_j mean_j^2 |beta_j|  <=  sum_j mean_j^2 w_j  <=  1 / (2 h),

a bound on a weighted l1 norm: large steps enforce it where columns have a mean, and say nothing where they are
centered.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...common.checks import positive, real_array


class StabilityThreshold(NamedTuple):
    """What linear stability says of one interpolant.

    Attributes:
        step_size: the largest linearly stable step, ``2 / sharpness``; infinite at sharpness 0.
        sharpness: ``lambda_max`` of the Hessian.
        weighted_l1: ``sum_j mean_j^2 |beta_j|``.
        weighted_size: ``sum_j mean_j^2 w_j``; ``weighted_l1 <= weighted_size <= sharpness / 4``.
    """

    step_size: float
    sharpness: float
    weighted_l1: float
    weighted_size: float


def stability_threshold(X: Any, beta: Any, a: Any) -> StabilityThreshold:
    """The largest step at which gradient descent is linearly stable at an interpolant, and its weighted l1 norm.

    For ``beta = u v`` use ``a = |u^2 - v^2| / 4``; its sharpness is half of this, and the stable step twice.

    Args:
        X: design, shape ``(n, d)``.
        beta: the interpolant, shape ``(d,)``; ``beta = u^2 - v^2``.
        a: product scale ``|u v|`` >= 0 at the interpolant, a number or shape ``(d,)``.

    Raises:
        ValueError: shapes that do not fit, non-finite entries, a < 0.

    Source: Nacson et al., ICML 2022 (the effect); constants derived in this module.

    >>> threshold = stability_threshold([[1.0, 0.0]], [3.0, 0.0], 2.0)
    >>> round(threshold.sharpness, 12), round(threshold.step_size, 12), threshold.weighted_l1
    (20.0, 0.1, 3.0)
    """
    X, beta, a = real_array("X", X, ndim=2), real_array("beta", beta, ndim=1), real_array("a", a, ndim=(0, 1))
    d = X.shape[1]
    if 0 in X.shape or beta.shape != (d,):
        raise ValueError(
            f"beta must have one entry per column of X: X has shape {X.shape}, beta has shape {beta.shape}"
        )
    if a.shape not in ((), (d,)):
        raise ValueError(f"a must be a number or have shape ({d},), one entry per column of X, got {a.shape}")
    if not np.all(a >= 0):
        raise ValueError(f"a must be >= 0, got {float(a.min()):g}")
    w = np.hypot(beta, 2.0 * a)
    top = float(np.linalg.norm(X * np.sqrt(w), 2)) ** 2 * 4.0 / X.shape[0]
    square = np.mean(X, axis=0) ** 2
    step = 2.0 / top if top > 0 else float("inf")
    return StabilityThreshold(step, top, float(square @ np.abs(beta)), float(square @ w))


def stable_weighted_l1_bound(step_size: Any) -> float:
    """``1 / (2 h)``: the most that ``sum_j mean_j^2 |beta_j|`` can be where gradient descent of step h is stable.

    Args:
        step_size: h > 0.

    Source: derived in this module.

    >>> stable_weighted_l1_bound(0.25)
    2.0
    """
    return 0.5 / positive("step_size", step_size)
