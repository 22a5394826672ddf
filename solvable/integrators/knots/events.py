"""What happens at an event: each neuron that it concerns gets a new place, and the event is written down."""

from __future__ import annotations

from ..compile import helper
from ..status import T
from .classes import beyond, is_active
from .rules import ACTIVE, INACTIVE, NOWHERE, PINNED, decide, outer_slope, place_of
from .search import FILLS
from .work import MOVING, NOISE

PASSES, PINS, LEAVES, DIES = range(4)
"""Kinds of events: a knot passes a sample, is pinned there, leaves it; a neuron ends at w = b = 0."""
LOG_COLUMNS = 6
"""time, neuron, sample, kind, how the neuron sees the sample afterwards, whether the flow is unique there."""
LOGGED = 1
"""Place in `control` of the number of rows of the log that are in use."""
VANISHED = 1e-13
"""(w, b) has come to zero when it is this small compared to what it was one step before."""


@helper
def write(log, control, neuron, sample, kind, state, unique):
    row = int(control[LOGGED])
    log[row, 0], log[row, 1], log[row, 2] = control[T], neuron, sample
    log[row, 3], log[row, 4], log[row, 5] = kind, state, 1.0 if unique else 0.0
    control[LOGGED] += 1.0


@helper
def put(theta, place, i, edge, verdict, x):
    """Give neuron i its place at the sample of `edge`."""
    n, m = x.size, place.size
    place[i] = place_of(edge, verdict, n)
    if verdict == PINNED:
        theta[2 * m + i] = -theta[m + i] * x[edge % n]


@helper
def first_places(theta, place, x, work):
    """Places at the start. A neuron whose knot is at a sample, up to rounding, counts as inactive there; the edge of
    that sample, or -1, goes into ``work.who``.
    """
    n, m = x.size, place.size
    for i in range(m):
        w, b, count, tied = theta[m + i], theta[2 * m + i], 0, False
        for j in range(n):
            z = w * x[j] + b
            if w != 0.0 and abs(z) <= NOISE * (abs(w * x[j]) + abs(b)):
                tied = True
            elif z > 0.0:
                count += 1
        place[i] = n - count if w > 0.0 or count == 0 else (n + count) % (2 * n)
        work.who[i] = (place[i] - 1 if w > 0.0 else place[i]) if tied else -1


@helper
def settle_ties(theta, place, x, control, log, work):
    """Knots that start at a sample go where the first motion takes them.

    They add nothing to the residual there, so that none depends on what the others do.
    """
    m = place.size
    for i in range(m):
        edge = work.who[i]
        if edge >= 0:
            a = theta[i] if theta[i] != 0.0 else outer_slope(theta, i, place[i], m, work)
            arrive(theta, place, i, edge, a, NOWHERE, x, control, log, work)


@helper
def arrive(theta, place, i, edge, a, origin, x, control, log, work):
    """Neuron i, its knot at the sample of `edge`, gets its place there."""
    verdict, unique = decide(a, edge, origin, x, work)
    put(theta, place, i, edge, verdict, x)
    write(log, control, i, edge % x.size, PINS if verdict == PINNED else PASSES, verdict, unique)


@helper
def settle(theta, before, place, x, control, log, work, found):
    """New places after the events that were found at the state `theta`; `before` is the state one step earlier."""
    who, side = work.who, work.side
    for t in range(found):
        repeated = t > 0 and who[t] == who[t - 1]
        if who[t] >= 0 and not repeated:
            settle_neuron(theta, before, place, x, control, log, work, who[t], side[t])
    for t in range(found):
        if who[t] < 0:
            settle_place(place, x, control, log, work.index[MOVING, -1 - who[t]], side[t])


@helper
def settle_place(place, x, control, log, p, side):
    """New places for all neurons at the pinned place `p`."""
    n = x.size
    edge, verdict = p - 2 * n, (ACTIVE if side == FILLS else INACTIVE)
    for i in range(place.size):
        if place[i] == p:
            place[i] = place_of(edge, verdict, n)
            write(log, control, i, edge % n, LEAVES, verdict, True)


@helper
def settle_neuron(theta, before, place, x, control, log, work, i, side):
    """A new place for neuron i, whose test `side` came to zero."""
    n, m = x.size, place.size
    p = place[i]
    size = abs(theta[m + i]) + abs(theta[2 * m + i])
    vanished = size <= VANISHED * (abs(before[m + i]) + abs(before[2 * m + i]))
    pinned = p >= 2 * n
    edge = p - 2 * n if pinned else (p - side) % (2 * n)
    if not (pinned or vanished):
        origin = ACTIVE if is_active(p, edge % n, n) else INACTIVE
        arrive(theta, place, i, edge, theta[i], origin, x, control, log, work)
        return
    kind = LEAVES if pinned and side == 0 else DIES
    place[i] = beyond(edge, False, n) if kind == LEAVES else n
    if kind == DIES:
        theta[m + i] = theta[2 * m + i] = 0.0
    write(log, control, i, edge % n, kind, INACTIVE, False)
