r"""Where gradient descent on ``(u v - T)^2 / 2`` ends that starts beside a minimum slightly too sharp for its step.

A minimum has the sharpness ``phi = sqrt(q^2 + 4 T^2)``, ``q = u^2 - v^2``, and attracts if ``h phi < 2``. Let ``h phi =
2 + e``, ``a = (h T)^2 < 1``, and let the residual r be small. Along the minima's conserved quantity phi, a step is

    r+ = -(1 + e) r - T h^2 r^2 + T^2 h^4 r^3 + ...,        q+ = q (1 - h^2 r^2).

So r changes sign at every step, and with ``A = r^2``, averaged over two of them,

    log A+ - log A = 2 (e - e^2/2 - 2 a h^2 A),        e+ - e = -h^2 A (2 (1 - a) + (1 + a) e):

e falls as long as there is an oscillation, and the oscillation grows until ``e = 0`` and then decays. To leading order
``e^2 + 2 h^2 (1 - a) A`` is conserved: from ``e = d, A = 0`` the run goes to ``e = -d, A = 0``, as far below the edge
as it was above it. To the next order, in which finite differences are not derivatives either,

    h phi_end = 2 - d + (2/3) (4a - 1)/(1 - a) d^2 + O(d^3),        d = h phi_start - 2.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...common.checks import broadcast, positive_array, real_array


def sharpness_past_the_edge(sharpness: Any, step_size: Any, target: Any = 1.0, order: int = 2) -> np.ndarray:
    """Sharpness at the end of gradient descent that starts beside a minimum of `sharpness` above ``2 / step_size``.

    Args:
        sharpness: of the minimum at which the flow from the start would end; all arguments broadcast.
        step_size: h > 0, with ``h |target| < 1``.
        target: T, any sign.
        order: 1 for the mirror image alone, 2 for the next term as well.

    Raises:
        ValueError: a sharpness of ``2 / h`` or less, ``h |target| >= 1``, an order other than 1 or 2.

    Source: derived in this module.

    >>> [round(float(sharpness_past_the_edge(20.2, 0.1, order=k)), 6) for k in (1, 2)]
    [19.8, 19.797414]
    """
    phi, h, T = (
        positive_array("sharpness", sharpness),
        positive_array("step_size", step_size),
        real_array("target", target),
    )
    if order not in (1, 2):
        raise ValueError(f"order must be 1 or 2, got {order!r}")
    phi, h, T = broadcast(sharpness=phi, step_size=h, target=T)
    d, a = h * phi - 2.0, (h * T) ** 2
    if not np.all(d > 0):
        raise ValueError(f"sharpness must be above 2/step_size, got {float((d + 2).min()):g} times 1/step_size")
    if not np.all(a < 1):
        raise ValueError(
            f"step_size * |target| must be < 1, got {float(np.sqrt(a.max())):g}: from there on no minimum attracts"
        )
    second = 2.0 / 3.0 * (4.0 * a - 1.0) / (1.0 - a) * d * d if order == 2 else 0.0
    return np.asarray((2.0 - d + second) / h)
