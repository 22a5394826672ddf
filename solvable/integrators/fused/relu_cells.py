"""Neurons of a univariate ReLU network in cells of almost equal activation, so that a step costs O(m + n).

On samples x_0 < ... < x_(n-1) a neuron is active from some sample on, or up to some sample. There are 2n cells (n > 1):

    cell 2j: active beyond x_j, not before it, x_j itself is asked at every step;    cell 2j + 1: the same mirrored.

Within a cell, gradient and contribution to f depend on the other samples through two numbers each. A neuron stays in
its cell while its knot is between the neighbors of x_j, which the signs of ``w x + b`` at two samples tell: products
and roundings are monotone in x. Since x_j is asked, a knot that steps back and forth over a sample, as all do that
descent holds there, makes no work.

The parameters lie in `slots`, flat: a, w, b and the number of the neuron, each of every slot. A cell is a run of slots,
its neurons in increasing order from the first one on, the rest of its room filled with zeros, which no step changes
and which add nothing to any sum. So ``cells``, the cell of each neuron, decides in which order things are added up; it
is part of the state of a run. Neurons that are active nowhere, and whose weights do not decay, never move: they
have no cell, -1.
"""

from __future__ import annotations

import numpy as np

from ..compile import helper
from ..eight import WIDTH, load, signs, spread, store, times_plus

FULL = 2**WIDTH - 1
START, COUNT, ROOM = range(3)
"""Rows of `places` ``(3, 2n)``: first slot, neurons, slots."""


@helper
def slots_needed(m, n):
    """Slots that are enough, in whatever cells the neurons are."""
    return WIDTH * (m // WIDTH + 2 * n)


@helper
def ends_of(x):
    """The two points ``(2, 2n)`` that tell the members of every cell, and there 0 or, if they are active, 255.

    The first one is the neighbor of x_j at which members are active; at the last cell of a kind, one at which not.
    """
    n = x.size
    ends, active = np.empty((2, 2 * n)), np.zeros((2, 2 * n), np.int64)
    for j in range(n):
        for g in (2 * j, 2 * j + 1):
            k = j if g % 2 == 0 else n - 1 - j  # places in the order in which the samples of this kind become active
            one = k + 1 if k < n - 1 else n - 2
            other = k - 1 if 0 < k < n - 1 else (n - 1 if k == 0 else 0)
            active[0, g] = FULL if k < n - 1 else 0
            active[1, g] = FULL if k == 0 else 0
            ends[0, g], ends[1, g] = x[one if g % 2 == 0 else n - 1 - one], x[other if g % 2 == 0 else n - 1 - other]
    return ends, active


@helper
def cell_of(w, b, x, before):
    """A cell for this neuron: of the two samples beside its knot, the one nearer to the cell `before` (-1: none)."""
    n = x.size
    left, right = times_plus(w, x[0], b) > 0.0, times_plus(w, x[n - 1], b) > 0.0
    if left == right:
        odd = before % 2 if before >= 0 else int(w < 0.0)
        return 2 * (n - 1) + odd if int(left) == odd else odd
    low, high = 0, n - 1  # the activation changes between them
    while high - low > 1:
        middle = (low + high) // 2
        if (times_plus(w, x[middle], b) > 0.0) == left:
            low = middle
        else:
            high = middle
    return 2 * (low if before // 2 < high else high) + int(left)


@helper
def assign(theta, row, m, x, idle, cells):
    """Give a cell to every neuron that has none; if `idle`, not to those that are active nowhere."""
    for i in range(m):
        if cells[row, i] < 0:
            w, b = theta[row, m + i], theta[row, 2 * m + i]
            if not idle or times_plus(w, x[0], b) > 0.0 or times_plus(w, x[x.size - 1], b) > 0.0:
                cells[row, i] = cell_of(w, b, x, -1)


@helper
def arrange(theta, row, m, cells, slots, size, places):
    """Fill `slots` from a row of theta."""
    places[COUNT] = 0
    for i in range(m):
        if cells[row, i] >= 0:
            places[COUNT, cells[row, i]] += 1
    first = 0
    for g in range(places.shape[1]):
        places[START, g], places[ROOM, g] = first, (places[COUNT, g] // WIDTH + 1) * WIDTH
        first += places[ROOM, g]
    places[COUNT] = 0
    slots[:] = 0.0
    for i in range(m):
        g = cells[row, i]
        if g >= 0:
            fill(slots, size, places[START, g] + places[COUNT, g], theta, row, m, i)
            places[COUNT, g] += 1


@helper
def fill(slots, size, k, theta, row, m, i):
    """Put neuron i of a row of theta into slot k."""
    for part in range(3):
        slots[part * size + k] = theta[row, part * m + i]
    slots[3 * size + k] = i


@helper
def collect(slots, size, places, m, theta, row):
    """Write the parameters in `slots` to a row of theta."""
    for g in range(places.shape[1]):
        for k in range(places[START, g], places[START, g] + places[COUNT, g]):
            i = int(slots[3 * size + k])
            for part in range(3):
                theta[row, part * m + i] = slots[part * size + k]


@helper
def strays(one, other, active, g, count):
    """Which of the first `count` of eight neurons do not belong to cell g, as bits, by ``w x + b`` at its two ends."""
    wrong = signs(one) ^ active[0, g] | signs(other) ^ active[1, g]
    return wrong & (FULL if count >= WIDTH else (1 << count) - 1)


@helper
def close_gap(slots, first, end):
    """Move ``slots[first + 1 : end]`` one place to the left, and a zero in."""
    k = first
    while k + WIDTH < end:
        store(slots, k, load(slots, k + 1))
        k += WIDTH
    while k + 1 < end:
        slots[k] = slots[k + 1]
        k += 1
    slots[end - 1] = 0.0


@helper
def open_gap(slots, first, end):
    """Move ``slots[first : end]`` one place to the right."""
    k = end
    while k - WIDTH >= first:
        store(slots, k - WIDTH + 1, load(slots, k - WIDTH))
        k -= WIDTH
    while k > first:
        slots[k] = slots[k - 1]
        k -= 1


@helper
def take_out(slots, size, places, g, ends, active, x, movers, moved, cells, theta, row, m):
    """Move the strays of cell g to a row of theta, as ``movers[moved:]``, and name their cells; returns `moved`."""
    one, other, k, end = spread(ends[0, g]), spread(ends[1, g]), places[START, g], places[START, g] + places[COUNT, g]
    while k < end:
        w, b = load(slots, size + k), load(slots, 2 * size + k)
        wrong = strays(times_plus(w, one, b), times_plus(w, other, b), active, g, end - k)
        if wrong == 0:
            k += WIDTH
            continue
        place = k
        while wrong & 1 == 0:
            wrong >>= 1
            place += 1
        i = int(slots[3 * size + place])
        movers[moved], cells[row, i] = i, cell_of(slots[size + place], slots[2 * size + place], x, g)
        moved += 1
        for part in range(3):
            theta[row, part * m + i] = slots[part * size + place]
        for part in range(4):
            close_gap(slots, part * size + place, part * size + end)
        end -= 1
    places[COUNT, g] = end - places[START, g]
    return moved


@helper
def put_in(slots, size, places, g, i, theta, row, m):
    """Insert neuron i of a row of theta at its place in cell g; False if there is no room."""
    if places[COUNT, g] == places[ROOM, g]:
        return False
    low, end = places[START, g], places[START, g] + places[COUNT, g]
    high = end
    while low < high:
        middle = (low + high) // 2
        if slots[3 * size + middle] < i:
            low = middle + 1
        else:
            high = middle
    for part in range(4):
        open_gap(slots, part * size + low, part * size + end)
    fill(slots, size, low, theta, row, m, i)
    places[COUNT, g] += 1
    return True
