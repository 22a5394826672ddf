r"""Weight decay and injected noise: gradient flows whose product scale decays for ever, and the lasso they find.

Let the flow of a two-layer diagonal network, ``beta = u^2 - v^2``, carry the additional loss
``sum_j l_j (u_j^2 + v_j^2)``: ``u' = -2 u (g + l)``, ``v' = 2 v (g - l)``. So

    (log a)' = -4 l,        xi' = -4 g,        a = |u v|,  xi = log|u/v|,  beta = 2 a sinh xi.

At rest with ``beta_j != 0``, ``log|beta_j| = log a_j + |xi_j|`` stays, hence ``g_j = -l_j sign beta_j``; elsewhere
``log a_j + |xi_j| -> -infinity`` asks for ``|g_j| <= l_j``. These are the optimality conditions of

    minimize  1/(2n) |X b - y|^2 + sum_j l_j |b_j|,

and off the support ``beta_j`` decays like ``exp(-4 (l_j - |g_j|) t)``. (For given beta the least value of
``u_j^2 + v_j^2`` is ``|beta_j|``; the flow finds that minimum too.) What remains are the constants.

*Weight decay.* ``(lam/2) (|u|^2 + |v|^2)``: ``l = lam/2``.

*Injected noise.* The gradient is taken at ``theta + s xi``, xi independent standard normal. ``beta`` then has mean
beta, since ``s^2`` cancels between u and v, and independent coordinates of variance ``4 s^2 (u^2 + v^2) + 4 s^4``. A
quadratic loss adds half its curvature times the variance, so that

    E L(theta + s xi) = L(theta) + 2 s^2 sum_j H_jj (u_j^2 + v_j^2) + 2 s^4 sum_j H_jj,    H_jj = (1/n) sum_i x_ij^2 .

This is ``l_j = 2 s^2 H_jj``; the last term does not move anything.

*Product networks* ``beta = u v``. The least value of ``u^2 + v^2`` is ``2 |beta|``, so decay has ``l = lam``; the
variance of ``(u + s xi)(v + s xi')`` is ``s^2 (u^2 + v^2) + s^4``, half its curvature times it
``(s^2 H/2) (u^2 + v^2)``, and ``l_j = s^2 H_jj``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...common.checks import choice, positive, real_array

PARAMETRIZATIONS = ("squares", "product")


def weight_decay_weights(weight_decay: Any, parametrization: str = "squares") -> float:
    """The l1 weight that weight decay amounts to; ``(log a)' = -4`` times it for "squares", ``-2`` times for "product".

    Args:
        weight_decay: lam > 0 in ``L + (lam/2) |theta|^2``.
        parametrization: ``"squares"`` (``u^2 - v^2``) or ``"product"`` (``u v``).

    Returns:
        the number to pass to `lasso` as `weights`.

    Raises:
        ValueError: weight_decay <= 0, another parametrization.

    Source: derived in this module; as a mirror map that moves, arXiv:2504.12883.

    >>> weight_decay_weights(0.1), weight_decay_weights(0.1, "product")
    (0.05, 0.1)
    """
    lam = positive("weight_decay", weight_decay)
    return lam / 2.0 if choice("parametrization", parametrization, PARAMETRIZATIONS) == "squares" else lam


def noise_injection_weights(X: Any, std: Any, parametrization: str = "squares") -> np.ndarray:
    """The l1 weights that noise injected into the parameters amounts to; rates of log a as for weight decay.

    Args:
        X: design, shape ``(n, d)``, no column zero.
        std: s > 0 of the noise at which the gradient is taken.
        parametrization: ``"squares"`` (``u^2 - v^2``) or ``"product"`` (``u v``).

    Returns:
        weights for `lasso`, shape ``(d,)``.

    Raises:
        ValueError: non-finite entries, a zero column (its weight would be 0), std <= 0, another parametrization.

    Source: derived in this module; the method is that of Orvieto et al., arXiv:2206.04613, the thresholding effect in
    arXiv:2503.11891.

    >>> noise_injection_weights([[1.0, 2.0]], 0.5).tolist()
    [0.5, 2.0]
    """
    X = real_array("X", X, ndim=2)
    factor = 2.0 if choice("parametrization", parametrization, PARAMETRIZATIONS) == "squares" else 1.0
    weights = factor * positive("std", std) ** 2 * np.mean(X * X, axis=0)
    if not np.all(weights > 0):
        raise ValueError(f"X must have no zero column, but column {int(np.argmin(weights))} is zero")
    return weights
