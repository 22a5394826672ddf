r"""The edge of stability in two variables: bursts, their period, and why they grow.

Let x be the displacement along the sharpest direction and y the sharpness minus ``2/h``. Progressive sharpening pushes
y up at the rate alpha; the cubic term of the loss pulls it back by ``beta x^2/2``. A step of gradient descent is

    x+ = -(1 + h y) x,        y+ = y + h (alpha - beta x^2 / 2)

(Damian, Nichani and Lee, arXiv:2209.15594). In ``u = log|x|`` the sign is gone: ``u+ = u + log(1 + h y)``, a step of
length h of ``u' = y, y' = F(u) = alpha - (beta/2) e^(2u)``. This flow conserves

    E = y^2/2 + V(u),        V = (beta/4) e^(2u) - alpha u,

least at ``x^2 = 2 alpha/beta``, so that x bursts periodically, with the period ``2 int du / sqrt(2 (E - V))`` between
the turning points. The map does not conserve E. Its modified field has ``f_1 = (-y^2/2 - F/2, beta e^(2u) y/2)``, the
second order of the step less half of ``f'f``, and along it

    dE/dt = h ( F y^2/2 + F^2/2 + beta e^(2u) y^2/2 ) + O(h^2).

Over a period the first term integrates to ``(1/2) oint y^2 dy = 0``, and the last one equals the second, since
``d(F y)/dt = F^2 - beta e^(2u) y^2``. So a burst gains ``h oint F^2 dt > 0``: bursts grow.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq

from ...common.checks import positive

_NODES = 400


def burst_energy(x: np.ndarray, y: np.ndarray, alpha: float, beta: float) -> np.ndarray:
    """``E = y^2/2 + (beta/4) x^2 - alpha log|x|``.

    >>> float(burst_energy(1.0, 2.0, 1.0, 2.0))
    2.5
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    return y**2 / 2 + beta / 4 * x**2 - alpha * np.log(np.abs(x))


def burst_period(smallest: float, alpha: float, beta: float) -> float:
    """The period of the bursts whose smallest displacement is ``|x| = smallest``, in units of time (h a step).

    Args:
        smallest: the least ``|x|`` of a burst, below the center ``sqrt(2 alpha/beta)``.
        alpha, beta: sharpening and self-stabilization, > 0.

    Raises:
        ValueError: arguments that are not positive, or a displacement that is not below the center.

    Source: derived in this module for the map of arXiv:2209.15594.

    >>> bool(abs(burst_period(0.9999, 1.0, 2.0) / (2 * np.pi / np.sqrt(2)) - 1) < 1e-8)  # small oscillations
    True
    """
    return _over_a_period(smallest, alpha, beta, lambda force: np.ones_like(force))


def burst_growth(smallest: float, alpha: float, beta: float) -> float:
    """``oint F^2 dt``: the energy that a burst gains is h times this. Arguments as in `burst_period`.

    Source: derived in this module.

    >>> round(burst_growth(0.3, 1.0, 2.0), 6)
    7.07671
    """
    return _over_a_period(smallest, alpha, beta, lambda force: force**2)


def _over_a_period(smallest: float, alpha: float, beta: float, weight: Callable[[np.ndarray], np.ndarray]) -> float:
    x, alpha, beta = positive("smallest", smallest), positive("alpha", alpha), positive("beta", beta)
    center = math.sqrt(2 * alpha / beta)
    if not x < center:
        raise ValueError(f"smallest must be below the center {center:g}, got {x:g}")

    def above(u: np.ndarray) -> np.ndarray:
        """V(u) - E, from the lower turning point."""
        return beta / 4 * x**2 * np.expm1(2 * (u - low)) - alpha * (u - low)

    low, middle = math.log(x), math.log(center)
    high = brentq(above, middle, middle + 1 + math.log1p(1 / x), xtol=1e-15, rtol=1e-15)
    # u = mean - radius cos s takes the square roots at the ends away: the midpoint rule in s converges exponentially.
    s = math.pi * (np.arange(_NODES) + 0.5) / _NODES
    radius = (high - low) / 2
    u = low + 2 * radius * np.sin(s / 2) ** 2
    time = radius * np.sin(s) / np.sqrt(-2 * above(u))
    return float(2 * np.sum(weight(alpha - beta / 2 * np.exp(2 * u)) * time) * math.pi / _NODES)
