r"""Gradient descent on ``(u v - T)^2 / 2`` past the stability of its flattest minimum: an orbit of period two.

On the line u = v (u = -v for T < 0) the minimum ``u^2 = |T|`` is unstable for ``h |T| > 1``. It is followed by a pair
of points exchanged by a step, for T > 0

    u_1 u_2 = 1/h,   u_1^2 + u_2^2 = T + 1/h,        u = [ sqrt(T + 3/h) +- sqrt(T - 1/h) ]/2,

with the multipliers ``9 - 2 (1 + hT)^2`` on the line and ``3 - 2 hT``, the product of ``1 + h r``, across it: stable
for ``1 < hT < sqrt 5 - 1``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...common.checks import positive, real


class PeriodTwoOrbit(NamedTuple):
    """Two points that a step exchanges.

    Attributes:
        points: shape ``(2, 2)``, one (u, v) a row, the larger first.
        along, across: multipliers of two steps, on the line of the orbit and orthogonal to it.
        stable: both are below one in absolute value.
    """

    points: np.ndarray
    along: float
    across: float
    stable: bool


def period_two_orbit(step_size: Any, target: Any = 1.0) -> PeriodTwoOrbit:
    """The orbit of period two of gradient descent on ``(u v - target)^2 / 2`` with ``|u| = |v|``.

    Args:
        step_size: h, with ``h |target| > 1``. The orbit is stable below ``h |target| = sqrt(5) - 1``.
        target: T, not zero.

    Raises:
        ValueError: target = 0, or ``h |target| <= 1``, where there is no such orbit, or multipliers
            that overflow.

    Source: derived in this module.

    >>> orbit = period_two_orbit(1.2)
    >>> orbit.points.round(6).tolist(), orbit.stable, period_two_orbit(1.25).stable
    ([[1.139538, 1.139538], [0.73129, 0.73129]], True, False)
    """
    h, T = positive("step_size", step_size), real("target", target)
    if not h * abs(T) > 1:
        raise ValueError(f"step_size must be above 1/|target| for an orbit of period two, got {h:g} for target {T:g}")
    if not h * abs(T) < 1e150:
        raise ValueError(f"step_size must be below 1e150/|target|: multipliers overflow at {h:g} for target {T:g}")
    outer, inner = np.sqrt(abs(T) + 3.0 / h), np.sqrt(abs(T) - 1.0 / h)
    sizes = np.array([outer + inner, 4.0 / (h * (outer + inner))]) / 2.0
    along, across = 9.0 - 2.0 * (1.0 + h * abs(T)) ** 2, 3.0 - 2.0 * h * abs(T)
    return PeriodTwoOrbit(np.outer(sizes, [1.0, np.sign(T)]), along, across, max(abs(along), abs(across)) < 1)
