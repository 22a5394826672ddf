r"""How much balancedness a run of gradient descent loses on ``L = (T - x y)^2 / 2``.

The flow conserves ``Q = x^2 - y^2``. A step of size h, ``x+ = x + h r y``, ``y+ = y + h r x`` with the residual ``r = T
- x y``, does not:

    Q+ = Q (1 - h^2 r^2),        exactly.

Over a whole run ``log(Q_inf/Q_0) = sum log(1 - h^2 r_k^2) = -h I (1 + O(h))`` with ``I = int_0^inf r^2 dt`` along the
flow. On the hyperbola ``x^2 - y^2 = Q`` the product ``p = x y`` obeys ``p' = r sqrt(Q^2 + 4 p^2)``, so that ``r dt = dp
/ sqrt(Q^2 + 4 p^2)`` and

    I = int_{p_0}^{T} (T - p) / sqrt(Q^2 + 4 p^2) dp
      = (T/2) [asinh(2T/|Q|) - asinh(2p_0/|Q|)] - (1/4) [sqrt(Q^2 + 4T^2) - sqrt(Q^2 + 4p_0^2)].

This is the flow to leading order. Along the flow of ``L + (h/4) |grad L|^2``, with ``s = x^2 + y^2``,

    (log|Q|)' = -h r^2 (1 + h s) + O(h^3),        r' = -r s (1 + h s/2) + h r^2 p,

so that ``log|Q|`` as a function of the residual solves an equation of first order that is regular at r = 0.

Heavy ball of momentum beta follows, on its slow manifold, the flow of ``L/(1-beta) + h (1+beta)/(4 (1-beta)^3) |grad
L|^2``. The first term conserves Q; the second changes ``log Q`` at the rate ``-h (1+beta)/(1-beta)^3 r^2``, on a clock
that runs ``1/(1-beta)`` times as fast. So the loss is ``(1+beta)/(1-beta)^2`` times that of gradient descent with the
same h, and ``(1+beta)/(1-beta)`` times that with the same effective step ``h/(1-beta)``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp

from ...common.checks import positive, real, real_array


def squared_residual_integral(x0: float, y0: float, target: float) -> float:
    """``int_0^inf (target - x y)^2 dt`` along the gradient flow of ``(target - x y)^2 / 2`` from ``(x0, y0)``.

    Args:
        x0, y0: the start, with ``|x0| != |y0|``.
        target: T.

    Raises:
        ValueError: a balanced start, squares that overflow.

    Source: derived in this module.

    >>> round(squared_residual_integral(1.2, 0.2, 2.0), 10)
    0.7463228946
    """
    x, y, T = real("x0", x0), real("y0", y0), real("target", target)
    Q, p = abs(x * x - y * y), x * y
    if Q == 0:
        raise ValueError(f"x0 and y0 must differ in size, got {x:g} and {y:g}: balanced starts stay balanced")
    if not math.isfinite(Q + abs(p)):
        raise ValueError(f"x0 and y0 must have squares and a product within the range of floats, got {x:g} and {y:g}")
    angle = math.asinh(2 * T / Q) - math.asinh(2 * p / Q)
    return T / 2 * angle - (math.hypot(Q, 2 * T) - math.hypot(Q, 2 * p)) / 4


def balancedness_loss(x0: float, y0: float, target: float, step_size: float, momentum: float = 0.0) -> float:
    """The leading term of ``log(Q_inf/Q_0)``: ``-h I (1 + beta)/(1 - beta)^2``.

    Args:
        x0, y0, target: as in `squared_residual_integral`.
        step_size: h > 0.
        momentum: beta in [0, 1), of heavy ball.

    Source: derived in this module.

    >>> round(balancedness_loss(1.2, 0.2, 2.0, 0.001, momentum=0.5) / balancedness_loss(1.2, 0.2, 2.0, 0.001), 12)
    6.0
    """
    h, beta = positive("step_size", step_size), real("momentum", momentum)
    if not 0 <= beta < 1:
        raise ValueError(f"momentum must be in [0, 1), got {beta:g}")
    return -h * squared_residual_integral(x0, y0, target) * (1 + beta) / (1 - beta) ** 2


def second_order_balancedness_loss(x0: float, y0: float, target: float, step_size: float) -> float:
    """``log(Q_inf/Q_0)`` of gradient descent with an error of order ``h^3``: along the modified flow, to second order.

    Args:
        x0, y0: the start, with ``|x0| != |y0|``.
        target: T; the run must end at ``x y = T``.
        step_size: h > 0, small enough for the modified flow to descend.

    Raises:
        ValueError: a balanced start; a step at which the residual does not shrink along the modified flow.

    Source: derived in this module.

    >>> leading, second = (f(1.2, 0.2, 2.0, 0.01) for f in (balancedness_loss, second_order_balancedness_loss))
    >>> round(leading, 6), round(second, 6)
    (-0.007463, -0.007581)
    """
    x, y, T, h = real("x0", x0), real("y0", y0), real("target", target), positive("step_size", step_size)
    if abs(x) == abs(y):
        raise ValueError(f"x0 and y0 must differ in size, got {x:g} and {y:g}: balanced starts stay balanced")
    Q, start = abs(x * x - y * y), T - x * y

    def rate(share: float, change: np.ndarray) -> np.ndarray:
        """``d log|Q| / d share`` where the residual is ``start (1 - share)``."""
        r = start * (1.0 - share)
        p = T - r
        s = math.hypot(Q * math.exp(change[0]), 2.0 * p)
        decay = s * (1.0 + h * s / 2.0) - h * r * p
        if not decay > 0:
            raise ValueError(
                f"step_size must be smaller: at {h:g} the residual does not shrink along the modified flow"
            )
        return np.array([-h * r * (1.0 + h * s) * start / decay])

    return float(solve_ivp(rate, (0.0, 1.0), [0.0], method="DOP853", rtol=1e-12, atol=1e-15).y[0, -1])


def end_sharpness(x0: Any, y0: Any, target: Any = 1.0) -> np.ndarray:
    """``sqrt(Q^2 + 4 T^2)``: the sharpness of the minimum at which gradient flow from (x0, y0) ends.

    Along gradient descent it falls at every step with ``h |r| < sqrt 2``, since Q does.

    Args:
        x0, y0: the start; from ``x0 = -y0 T/|T|`` flow ends at the saddle instead. All arguments broadcast.
        target: T.

    Raises:
        ValueError: shapes that do not broadcast, non-finite entries.

    Source: arXiv:2305.13064 (gradient flow solution sharpness); derived in this module.

    >>> round(float(end_sharpness(3.0, 0.3)), 4)
    9.1317
    """
    x, y, T = (real_array(name, value) for name, value in (("x0", x0), ("y0", y0), ("target", target)))
    try:
        return np.hypot((x - y) * (x + y), 2.0 * T)
    except ValueError:
        raise ValueError(f"x0, y0, target must broadcast together, got {x.shape}, {y.shape}, {T.shape}") from None
