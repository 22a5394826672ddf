r"""What momentum leaves behind on a two-layer diagonal network: the gains of heavy ball and of Nesterov's method.

Notation and statement are those of `solvable.theory.diagonal.gains`. A method with memory multiplies its factors too,
by numbers that depend on the last ones; its sums telescope, but for what the last change still holds. Every formula
below is made of

    e(z) = z - log|1 + z| = z^2/2 - ... ,

and holds at every step, with no assumption on the step size.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...common.checks import nonnegative, positive, real_array
from .gains import Gain
from .products import log_excess


def gain_heavy_ball(ratios: Any, momentum: Any) -> Gain:
    r"""Heavy ball, from how much each factor grew: exact at every step.

    With ``rho_k = u_{k+1}/u_k``, dividing ``u_{k+1} - u_k = -2 h g_k u_k + b (u_k - u_{k-1})`` by ``u_k`` gives
    ``rho_k - 1 = -2 h g_k + b (1 - 1/rho_{k-1})``, and ``rho_{-1} = 1`` at rest. Put

        E(rho) = e(rho - 1) + b e(1/rho - 1) = (rho - 1) - b (1 - 1/rho) - (1-b) log|rho| .

    Summed over K steps, with ``G = sum g_k``, this telescopes but for the last ratio:

        (1 - b) log|u_K / u_0| = -2 h G - sum E(rho_k) - b (1 - 1/rho_{K-1}) .

    v obeys the same with -g. So, with ``s = 2 h G / (1-b)`` in the row space and F = sum E + b (1 - 1/rho_last),

        q = -(F_u + F_v) / (1-b),        R = -(F_u - F_v) / (1-b) .

    To leading order ``E = (1 + b) (rho - 1)^2 / 2``: the gain is that of gradient descent with the step
    ``h (1 + b) / (1 - b)^2``, and at equal ``lambda = h/(1-b)^2`` it is ``(1+b)/2`` of that of the momentum flow.

    Args:
        ratios: ``u_{k+1}/u_k`` and ``v_{k+1}/v_k``, shape ``(K, 2, ..., d)``, all steps from rest; nonzero.
        momentum: 0 <= b < 1.

    Source: Papazov et al., arXiv:2403.05293 (in continuous time); the discrete formula is derived in this module.

    >>> from solvable.theory import gain_gradient_descent
    >>> rho = 1 - 2 * 0.1 * np.array([[[0.3], [-0.3]]])
    >>> bool(np.allclose(gain_heavy_ball(rho, 0.0), gain_gradient_descent([[0.3]], 0.1), rtol=1e-12))
    True
    """
    rho, b = _two("ratios", ratios), _momentum(momentum)
    if not np.all(rho != 0):
        raise ValueError("ratios must be nonzero: a factor that reached zero has no logarithm")
    whole = np.sum(log_excess(rho - 1.0) + b * log_excess(1.0 / rho - 1.0), axis=0) + b * (1.0 - 1.0 / rho[-1])
    return Gain(-(whole[0] + whole[1]) / (1.0 - b), -(whole[0] - whole[1]) / (1.0 - b))


def gain_nesterov(gradients: Any, step_size: Any, momentum: Any) -> Gain:
    r"""Nesterov's method, whose stored variable is the lookahead, from the gradients: exact at every step.

    The lookahead is ``y_k = x_k + b (x_k - x_{k-1})``, and ``x_{k+1} = y_k - h grad L(y_k)`` starts at rest. For a
    factor u let ``rho_k = x_{k+1}/x_k`` and ``c_k = b (1 - 1/rho_{k-1})``, ``c_0 = 0``. Then

        y_k = (1 + c_k) x_k,        rho_k = (1 - p_k) (1 + c_k),        p_k = 2 h g_k,

    so ``log|rho_k| = -p_k - e(-p_k) + c_k - e(c_k)``, while ``c_{k+1} = b log|rho_k| - b e(1/rho_k - 1)``. Summed over
    K steps, with ``S = sum log|rho_k|``, the c telescope: ``sum c_k = b S - b sum e(1/rho_k - 1) - c_K``. As
    ``log|y_K / y_0| = S + log|1 + c_K|``, this is

        (1 - b) log|y_K / y_0| = -2 h G - F,
        F = sum [ e(-p_k) + e(c_k) + b e(1/rho_k - 1) ] + b c_K + (1 - b) e(c_K) .

    v obeys the same with -g. So, with ``s = 2 h G / (1-b)`` in the row space, ``G = sum g_k``,

        q = -(F_u + F_v) / (1-b),        R = -(F_u - F_v) / (1-b) .

    To leading order ``rho - 1 = -p/(1-b)`` and ``c = b (rho - 1)``: the gain is that of gradient descent with the step
    ``h (1 - b + 2 b^2) / (1-b)^2``. Heavy ball has ``1 + b`` in place of ``1 - b + 2 b^2``.

    Args:
        gradients: gradient with respect to beta at the lookahead before each step, from rest, shape ``(K, ..., d)``.
        step_size: h > 0.
        momentum: 0 <= b < 1.

    Raises:
        ValueError: arguments outside these ranges, or a step that makes a factor zero.

    Source: derived in this module.

    >>> from solvable.theory import gain_gradient_descent
    >>> bool(np.allclose(gain_nesterov([[0.3]], 0.1, 0.0), gain_gradient_descent([[0.3]], 0.1), rtol=1e-12))
    True
    """
    g, h, b = real_array("gradients", gradients), positive("step_size", step_size), _momentum(momentum)
    if g.ndim < 2 or g.size == 0:
        raise ValueError(f"gradients must have shape (steps, ..., d), got {g.shape}")
    c, F = np.zeros((2, *g.shape[1:])), np.zeros((2, *g.shape[1:]))
    with np.errstate(divide="ignore", invalid="ignore"):
        for slope in g:
            p = 2.0 * h * np.stack([slope, -slope])
            growth = c - p - p * c  # rho - 1
            back = -growth / (1.0 + growth)  # 1/rho - 1
            F += log_excess(-p) + log_excess(c) + b * log_excess(back)
            c = -b * back
        F += b * c + (1.0 - b) * log_excess(c)
    if not np.all(np.isfinite(F)):
        raise ValueError("gradients must leave every factor nonzero, but a step multiplies one of them by 0")
    return Gain(-(F[0] + F[1]) / (1.0 - b), -(F[0] - F[1]) / (1.0 - b))


def _momentum(value: Any) -> float:
    b = nonnegative("momentum", value)
    if not b < 1:
        raise ValueError(f"momentum must be < 1, got {b:g}")
    return b


def _two(name: str, value: Any) -> np.ndarray:
    array = real_array(name, value)
    if array.ndim < 3 or array.shape[1] != 2 or array.size == 0:
        raise ValueError(f"{name} must have shape (steps, 2, ..., d), of u and of v, got {array.shape}")
    return array
