r"""What a neuron does whose knot is at a sample.

Without sample j the neuron is driven by ``q = E1 x_j + E0``, with it by q + r, ``r = e_j (1 + x_j^2) / n``; so the
pre-activation ``z = w x_j + b`` moves at the speed ``-a q`` when sample j is inactive and ``-a (q + r)`` when it is
active. If both point the same way the knot passes. If both point to z = 0 it is *pinned*: a solution in the sense of
Filippov stays there, with the active fraction -q/r. If both point away the flow is not unique, and ``relu'(0) = 0``
decides: the sample is inactive. The residuals are continuous, so that no neuron's choice depends on another's.

A neuron that comes to ``w = b = 0`` stays there: by ``relu'(0) = 0`` its gradient is zero, and it is dead. This is not
unique either, for it could leave along any direction in which ``a sum e_j relu(w x_j + b)`` has a negative minimum.
"""

from __future__ import annotations

from ..compile import helper
from .classes import beyond

INACTIVE, PINNED, ACTIVE, NOWHERE = 0, 1, 2, -1
"""A sample as a neuron sees it; or, for where it comes from, nowhere in particular."""


@helper
def normal_forces(edge, x, work):
    """(q, q + r) at the sample of `edge`."""
    n = x.size
    j = edge % n
    out = beyond(edge, False, n)
    q = work.first[out] * x[j] + work.zeroth[out]
    return q, q + work.e[0, j] * (1.0 + x[j] * x[j]) / n


@helper
def decide(a, edge, origin, x, work):
    """(what the sample of `edge` becomes for a neuron that comes from the side `origin`, whether that is unique)."""
    q, active = normal_forces(edge, x, work)
    rises = -a * q > 0.0 or origin == INACTIVE
    falls = -a * active < 0.0
    if origin == ACTIVE:
        falls = True
    if rises:
        return (PINNED if falls else ACTIVE), True
    return INACTIVE, falls or a * active == 0.0


@helper
def place_of(edge, verdict, n):
    """The place of a neuron whose knot is at the sample of `edge`."""
    return 2 * n + edge if verdict == PINNED else beyond(edge, verdict == ACTIVE, n)


@helper
def outer_slope(theta, i, c, m, work):
    """``a'`` of a neuron of class c."""
    return -(theta[m + i] * work.first[c] + theta[2 * m + i] * work.zeroth[c])
