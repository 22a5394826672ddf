"""Full-batch steps on a univariate ReLU network in O(m + n): prefix sums over samples, cells over neurons.

With the cells of ``relu_cells`` a step needs, of every cell, two sums over its active samples (of r and of r x: prefix
sums of the residuals), and gives three sums over its neurons: P of ``a relu(w x_j + b)`` at the sample asked, V of
``a (w x + b)`` at the next one, and A of ``a w``. From these f is grown along the samples: cells 2j rightward, cells
2j + 1 leftward. One pass over the slots takes the step, looks for neurons that leave their cell, and forms the next
sums. Sums over neurons stay eight numbers side by side until a sample needs their total.
"""

from __future__ import annotations

import numpy as np

from ..compile import helper, kernel
from ..draws import BLOCK
from ..eight import WIDTH, gate, load, plus, spread, store, times, times_plus, total
from ..signatures import INTEGER_MATRIX, INTEGERS, MATRIX, VECTOR, i8, u8, void
from ..status import RUNNING
from ..stochastic import NOISE
from ..tile import COUNT as TAKEN
from ..tile import DECAY, STATUS, STEP_SIZE
from .relu_cells import COUNT, START, arrange, assign, collect, ends_of, put_in, slots_needed, strays, take_out
from .relu_samples import draw_ahead, judge, step_line, subtract_labels

ASKED, VALUE, SLOPE = 0, WIDTH, 2 * WIDTH
TRIPLE = 3 * WIDTH


@helper
def tally(slots, size, places, ends, x, sums, g):
    """P, V and A of one cell, in ``sums[24 g :]``: the bits of `sweep`."""
    here, one = spread(x[g // 2]), spread(ends[0, g])
    asked, value, slope = spread(0.0), spread(0.0), spread(0.0)
    for k in range(places[START, g], places[START, g] + places[COUNT, g], WIDTH):
        a, w, b = load(slots, k), load(slots, size + k), load(slots, 2 * size + k)
        z = times_plus(w, here, b)
        asked = times_plus(a, gate(z, z), asked)
        value = times_plus(a, times_plus(w, one, b), value)
        slope = times_plus(a, w, slope)
    store(sums, TRIPLE * g + ASKED, asked)
    store(sums, TRIPLE * g + VALUE, value)
    store(sums, TRIPLE * g + SLOPE, slope)


@helper
def grow(sums, places, x, wide, out):
    """``out[j] = sum_i a_i relu(w_i x_j + b_i)``; ``wide (8n,)`` is work space."""
    n = x.size
    value, slope = spread(0.0), spread(0.0)
    for j in range(n):
        at, gap = TRIPLE * 2 * j, spread(x[j + 1] - x[j] if j + 1 < n else 0.0)
        if places[COUNT, 2 * j] > 0:
            store(wide, WIDTH * j, plus(value, load(sums, at + ASKED)))
            value = plus(times_plus(slope, gap, value), load(sums, at + VALUE))
            slope = plus(slope, load(sums, at + SLOPE))
        else:
            store(wide, WIDTH * j, value)
            value = times_plus(slope, gap, value)
    value, slope = spread(0.0), spread(0.0)
    for j in range(n - 1, -1, -1):
        at, gap = TRIPLE * (2 * j + 1), spread(x[j - 1] - x[j] if j > 0 else 0.0)
        here = plus(value, load(wide, WIDTH * j))
        if places[COUNT, 2 * j + 1] > 0:
            out[j] = total(plus(here, load(sums, at + ASKED)))
            value = plus(times_plus(slope, gap, value), load(sums, at + VALUE))
            slope = plus(slope, load(sums, at + SLOPE))
        else:
            out[j] = total(here)
            value = times_plus(slope, gap, value)


@helper
def sum_residuals(r, x, zeroth, first):
    """The sums of r and of r x over the samples at which a cell is active, the asked one left out; and over all."""
    n = x.size
    s = t = u = v = 0.0
    for j in range(n):
        zeroth[2 * j + 1], first[2 * j + 1] = s, t
        s += r[j]
        t += r[j] * x[j]
        k = n - 1 - j
        zeroth[2 * k], first[2 * k] = u, v
        u += r[k]
        v += r[k] * x[k]
    return s, t


@helper
def sweep(slots, size, places, ends, active, x, r, rate, keep, zeroth, first, sums, stale):
    """Step every neuron and form the next P, V and A; returns how many cells, in `stale`, have strays now."""
    hold, found = spread(keep), 0
    for g in range(places.shape[1]):
        if places[COUNT, g] == 0:
            continue
        at = x[g // 2]
        here, one, other = spread(at), spread(ends[0, g]), spread(ends[1, g])
        sure_0, sure_1 = spread(-rate * zeroth[g]), spread(-rate * first[g])
        maybe_0, maybe_1 = spread(-rate * r[g // 2]), spread(-rate * (r[g // 2] * at))
        asked, value, slope = spread(0.0), spread(0.0), spread(0.0)
        end, wrong = places[START, g] + places[COUNT, g], 0
        for k in range(places[START, g], end, WIDTH):
            a, w, b = load(slots, k), load(slots, size + k), load(slots, 2 * size + k)
            z = times_plus(w, here, b)
            s0, s1 = plus(sure_0, gate(z, maybe_0)), plus(sure_1, gate(z, maybe_1))
            new = times_plus(w, s1, times_plus(b, s0, times(hold, a)))
            w, b = times_plus(a, s1, times(hold, w)), times_plus(a, s0, times(hold, b))
            store(slots, k, new)
            store(slots, size + k, w)
            store(slots, 2 * size + k, b)
            z, next_one = times_plus(w, here, b), times_plus(w, one, b)
            wrong |= strays(next_one, times_plus(w, other, b), active, g, end - k)
            asked = times_plus(new, gate(z, z), asked)
            value = times_plus(new, next_one, value)
            slope = times_plus(new, w, slope)
        store(sums, TRIPLE * g + ASKED, asked)
        store(sums, TRIPLE * g + VALUE, value)
        store(sums, TRIPLE * g + SLOPE, slope)
        if wrong:
            stale[found] = g
            found += 1
    return found


@helper
def regroup(slots, size, places, ends, active, x, stale, found, movers, sums, cells, theta, row, m):
    """Move the strays of the cells ``stale[:found]`` to where they belong."""
    moved, fits = 0, True
    for q in range(found):
        moved = take_out(slots, size, places, stale[q], ends, active, x, movers, moved, cells, theta, row, m)
    for q in range(moved):
        fits = fits and put_in(slots, size, places, cells[row, movers[q]], movers[q], theta, row, m)
    if not fits:
        collect(slots, size, places, m, theta, row)
        begin(slots, size, places, ends, x, sums, cells, theta, row, m)
        return
    for q in range(found):
        tally(slots, size, places, ends, x, sums, stale[q])
    for q in range(moved):
        tally(slots, size, places, ends, x, sums, cells[row, movers[q]])


@helper
def begin(slots, size, places, ends, x, sums, cells, theta, row, m):
    """Put a row of theta into its cells."""
    arrange(theta, row, m, cells, slots, size, places)
    for g in range(places.shape[1]):
        tally(slots, size, places, ends, x, sums, g)


@kernel(
    void(MATRIX, INTEGER_MATRIX, i8, i8, VECTOR, VECTOR, INTEGERS, MATRIX, MATRIX, INTEGER_MATRIX, INTEGERS, u8, i8, i8)
)
def descend_blocks(theta, cells, c, d, x, y, order, hyper, control, record, replicas, seed, gaussian, steps):
    """Advance the rows of ``theta (B, p)``, with neurons in ``cells (B, m)``, by up to `steps` steps.

    Samples are sorted, sample j of ``x (n,)``, n > 1, is number ``order[j]`` of the model. ``hyper (2, B)``: standard
    deviation of the noise in the labels; and momentum, which must be 0.
    """
    n, m = x.size, cells.shape[1]
    size = slots_needed(m, n)
    slots, places, stale = np.empty(4 * size), np.empty((3, 2 * n), np.int64), np.empty(2 * n, np.int64)
    sums, wide, r, noise = np.empty(TRIPLE * 2 * n), np.empty(WIDTH * n), np.empty(n), np.empty((n, BLOCK))
    zeroth, first, movers = np.empty(2 * n), np.empty(2 * n), np.empty(m, np.int64)
    ends, active = ends_of(x)
    for row in range(theta.shape[0]):
        if record[STATUS, row] != RUNNING:
            continue
        start, replica = record[TAKEN, row], np.uint64(replicas[row])
        rate, keep = control[STEP_SIZE, row] / n, 1.0 - control[STEP_SIZE, row] * control[DECAY, row]
        assign(theta, row, m, x, control[DECAY, row] == 0.0, cells)
        begin(slots, size, places, ends, x, sums, cells, theta, row, m)
        for k in range(start, start + steps):
            grow(sums, places, x, wide, r)
            loss = subtract_labels(theta, row, c, d, x, y, r)
            draw_ahead(k, start, start + steps, seed, replica, gaussian, hyper[NOISE, row], noise)
            code = judge(loss, r, order, k, noise, hyper, control, row)
            if code != RUNNING:
                record[STATUS, row] = code
                break
            step_line(theta, row, c, d, *sum_residuals(r, x, zeroth, first), rate, keep)
            found = sweep(slots, size, places, ends, active, x, r, rate, keep, zeroth, first, sums, stale)
            if found > 0:
                regroup(slots, size, places, ends, active, x, stale, found, movers, sums, cells, theta, row, m)
            record[TAKEN, row] += 1
        collect(slots, size, places, m, theta, row)
