"""Full-batch steps on a univariate ReLU network in O(m n): every neuron meets every sample, eight neurons at a time.

One pass over the neurons takes the step and forms the next values of f: of eight neurons all that a step needs stays in
registers. This is the faster way for few samples; for many see ``relu_blocks``.
"""

from __future__ import annotations

import numpy as np

from ..compile import helper, kernel
from ..draws import BLOCK
from ..eight import WIDTH, gate, load, plus, spread, store, times, times_plus, total
from ..signatures import INTEGER_MATRIX, INTEGERS, MATRIX, VECTOR, i8, u8, void
from ..status import RUNNING
from ..stochastic import NOISE
from ..tile import COUNT, DECAY, STATUS, STEP_SIZE
from .relu_samples import draw_ahead, judge, step_line, subtract_labels


@helper
def padded(m):
    """m, up to a whole number of eights."""
    return -(-m // WIDTH) * WIDTH


@helper
def load_neurons(theta, row, m, slots, size):
    """a, w and b of a row of theta to ``slots[: 3 * size]``, each filled up with zeros, which no step changes."""
    slots[:] = 0.0
    for part in range(3):
        for i in range(m):
            slots[part * size + i] = theta[row, part * m + i]


@helper
def store_neurons(theta, row, m, slots, size):
    """The reverse of `load_neurons`."""
    for part in range(3):
        for i in range(m):
            theta[row, part * m + i] = slots[part * size + i]


@helper
def sweep(slots, size, x, r, rate, keep, wide):
    """Step every neuron, and form ``wide[8j : 8j + 8]``, whose total is ``sum_i a_i relu(w_i x_j + b_i)``."""
    hold = spread(keep)
    for j in range(x.size):
        store(wide, WIDTH * j, spread(0.0))
    for k in range(0, size, WIDTH):
        a, w, b = load(slots, k), load(slots, size + k), load(slots, 2 * size + k)
        s0, s1 = spread(0.0), spread(0.0)
        for j in range(x.size):
            weight = gate(times_plus(w, spread(x[j]), b), spread(-rate * r[j]))
            s0 = plus(s0, weight)
            s1 = times_plus(weight, spread(x[j]), s1)
        new = times_plus(w, s1, times_plus(b, s0, times(hold, a)))
        w, b = times_plus(a, s1, times(hold, w)), times_plus(a, s0, times(hold, b))
        store(slots, k, new)
        store(slots, size + k, w)
        store(slots, 2 * size + k, b)
        for j in range(x.size):
            z = times_plus(w, spread(x[j]), b)
            store(wide, WIDTH * j, times_plus(new, gate(z, z), load(wide, WIDTH * j)))


@kernel(void(MATRIX, i8, i8, i8, VECTOR, VECTOR, INTEGERS, MATRIX, MATRIX, INTEGER_MATRIX, INTEGERS, u8, i8, i8))
def descend_dense(theta, m, c, d, x, y, order, hyper, control, record, replicas, seed, gaussian, steps):
    """Advance the rows of ``theta (B, p)``, with m neurons, by up to `steps` steps; see ``descend_blocks``."""
    n, size = x.size, padded(m)
    slots, wide, r, noise = np.empty(3 * size), np.empty(WIDTH * n), np.empty(n), np.empty((n, BLOCK))
    for row in range(theta.shape[0]):
        if record[STATUS, row] != RUNNING:
            continue
        start, replica = record[COUNT, row], np.uint64(replicas[row])
        rate, keep = control[STEP_SIZE, row] / n, 1.0 - control[STEP_SIZE, row] * control[DECAY, row]
        load_neurons(theta, row, m, slots, size)
        r[:] = 0.0
        sweep(slots, size, x, r, 0.0, 1.0, wide)
        for k in range(start, start + steps):
            for j in range(n):
                r[j] = total(load(wide, WIDTH * j))
            loss = subtract_labels(theta, row, c, d, x, y, r)
            draw_ahead(k, start, start + steps, seed, replica, gaussian, hyper[NOISE, row], noise)
            code = judge(loss, r, order, k, noise, hyper, control, row)
            if code != RUNNING:
                record[STATUS, row] = code
                break
            zeroth = first = 0.0
            for j in range(n):
                zeroth += r[j]
                first += r[j] * x[j]
            step_line(theta, row, c, d, zeroth, first, rate, keep)
            sweep(slots, size, x, r, rate, keep, wide)
            record[COUNT, row] += 1
        store_neurons(theta, row, m, slots, size)
