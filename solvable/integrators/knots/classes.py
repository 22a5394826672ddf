r"""Which samples a neuron sees, and what follows for all neurons that see the same.

Samples are sorted. As the direction of ``(w, b)`` turns once around the circle, the set of active samples, those with
``w x_j + b > 0``, runs through 2n *classes* in a cycle:

    class c:        0            1 .. n-1       n         n+1 .. 2n-1
    active:         all          c .. n-1       none      0 .. c-n-1

*Edge* c lies between class c and class c + 1 (mod 2n): there sample ``c mod n`` is at the knot, ``w > 0`` for ``c < n``
and ``w < 0`` for the others. A neuron whose knot is pinned at a sample stays on an edge; it sees what the class without
that sample sees. Its *place* is its class, or 2n + c when it is pinned on edge c.
"""

from __future__ import annotations

from ..compile import helper
from .work import AB, AW, E0, E1, LEAD, MOVING, PROPAGATOR, SEES


@helper
def is_active(c, j, n):
    """Whether class `c` contains sample `j`."""
    return c <= j if c <= n else j < c - n


@helper
def beyond(edge, active, n):
    """The class on the side of `edge` where its sample is active, or on the other side."""
    return edge if (edge < n) == active else (edge + 1) % (2 * n)


@helper
def seen(place, n):
    """The class whose samples drive a neuron at `place`."""
    return place if place < 2 * n else beyond(place - 2 * n, False, n)


@helper
def gather(place, n, work):
    """Number the places that are taken by their first neuron; how many there are."""
    for p in range(4 * n):
        work.slot[p] = -1
    count = 0
    for i in range(place.size):
        p = place[i]
        if work.slot[p] < 0:
            work.slot[p] = count
            work.index[MOVING, count], work.index[SEES, count], work.index[LEAD, count] = p, seen(p, n), i
            count += 1
    return count


@helper
def moments(theta, place, work, count):
    """Order zero: second moments of the neurons of every place, and propagators that are the identity."""
    m = place.size
    S = work.terms[0]
    for row in range(9):
        for q in range(count):
            S[row, q] = 0.0
            S[PROPAGATOR + row, q] = 1.0 if row % 4 == 0 else 0.0
    for i in range(m):
        q = work.slot[place[i]]
        for row in range(3):
            for column in range(3):
                S[3 * row + column, q] += theta[row * m + i] * theta[column * m + i]


@helper
def outputs(k, x, work, count):
    """Coefficients of order k of f at the samples, into ``e[k]``."""
    n = x.size
    slope, height, e, terms = work.first, work.zeroth, work.e[k], work.terms[k]
    for c in range(2 * n):
        slope[c] = height[c] = 0.0
    for q in range(count):
        c = work.index[SEES, q]
        slope[c] += terms[AW, q]
        height[c] += terms[AB, q]
    rise, level = e[n], e[n + 1]
    for j in range(n):
        rise += slope[j]
        level += height[j]
        e[j] = rise * x[j] + level
    rise = level = 0.0
    for j in range(n - 2, -1, -1):
        rise += slope[n + j + 1]
        level += height[n + j + 1]
        e[j] += rise * x[j] + level


@helper
def drives(k, x, work, count):
    """(E1, E0) of order k of all classes, and of every place.

    A pinned neuron feels what is left of (E1, E0) across ``(x_j, 1)``, so that its knot stays.
    """
    n = x.size
    first, zeroth, e = work.first, work.zeroth, work.e[k]
    first[n] = zeroth[n] = 0.0
    for j in range(n - 1, -1, -1):
        first[j] = first[j + 1] + e[j] * x[j] / n
        zeroth[j] = zeroth[j + 1] + e[j] / n
    for j in range(n - 1):
        first[n + j + 1] = first[n + j] + e[j] * x[j] / n
        zeroth[n + j + 1] = zeroth[n + j] + e[j] / n
    for q in range(count):
        one, zero = first[work.index[SEES, q]], zeroth[work.index[SEES, q]]
        if work.index[MOVING, q] >= 2 * n:
            at = x[(work.index[MOVING, q] - 2 * n) % n]
            across = (one - zero * at) / (1.0 + at * at)
            one, zero = across, -across * at
        work.terms[k, E1, q], work.terms[k, E0, q] = one, zero
