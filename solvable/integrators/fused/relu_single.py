"""Batches of one sample on a univariate ReLU network, with noise in the labels: eight neurons at a time.

    r = f(x_i) - y_i - xi,    (a, w, b) <- (a, w, b) - h r (w x_i + b, a x_i, a)   where w x_i + b > 0

The pass that takes the step also forms f at the next sample. Samples and noise are drawn ahead, a block of steps at a
time.
"""

from __future__ import annotations

import numpy as np

from ..compile import helper, kernel
from ..draws import BLOCK, draw_samples
from ..eight import WIDTH, gate, load, plus, spread, store, times, times_plus, total
from ..label_noise import draw_noise
from ..signatures import INTEGER_MATRIX, INTEGERS, MATRIX, VECTOR, i8, u8, void
from ..status import CONVERGED, RUNNING
from ..stochastic import NOISE, period_of, row_ends, wants_full_loss
from ..tile import COUNT, STATUS, STEP_SIZE, STOP
from .relu_dense import load_neurons, padded, store_neurons


@helper
def advance(slots, size, here, weight, there):
    """Step every neuron that is active at the point `here` by ``-weight grad f``; returns the new sum at `there`."""
    point, change, onward, value = spread(here), spread(-weight), spread(there), spread(0.0)
    for k in range(0, size, WIDTH):
        a, w, b = load(slots, k), load(slots, size + k), load(slots, 2 * size + k)
        z = times_plus(w, point, b)
        share = gate(z, change)
        slope = times(share, a)
        a = times_plus(share, z, a)
        w, b = times_plus(slope, point, w), plus(slope, b)
        store(slots, k, a)
        store(slots, size + k, w)
        store(slots, 2 * size + k, b)
        z = times_plus(w, onward, b)
        value = times_plus(a, gate(z, z), value)
    return total(value)


@helper
def line_at(theta, row, c, d, point):
    """The added line at a point."""
    return (theta[row, c] * point if c >= 0 else 0.0) + (theta[row, d] if d >= 0 else 0.0)


@helper
def full_loss(slots, size, theta, row, c, d, x, y):
    """The loss, without noise."""
    square = 0.0
    for j in range(x.size):
        r = advance(slots, size, x[j], 0.0, x[j]) + line_at(theta, row, c, d, x[j]) - y[j]
        square += r * r
    return square / (2.0 * x.size)


@kernel(void(MATRIX, i8, i8, i8, VECTOR, VECTOR, MATRIX, MATRIX, INTEGER_MATRIX, INTEGERS, u8, i8, i8, i8))
def wander_singly(theta, m, c, d, x, y, hyper, control, record, replicas, seed, mode, gaussian, steps):
    """Advance the rows of ``theta (B, p)``, with m neurons, by up to `steps` steps; ``hyper (2, B)``: noise, and 0."""
    n, size = x.size, padded(m)
    order, swaps, block = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(BLOCK, np.uint64)
    slots, samples, noise = np.empty(3 * size), np.zeros((1, BLOCK), np.int64), np.empty((1, BLOCK))
    period = period_of(mode, n)
    for row in range(theta.shape[0]):
        if record[STATUS, row] != RUNNING:
            continue
        replica, first, epoch, ahead = np.uint64(replicas[row]), record[COUNT, row], np.int64(-1), 0.0
        load_neurons(theta, row, m, slots, size)
        for k in range(first, first + steps):
            looks = wants_full_loss(control, row, k, period)
            if looks and full_loss(slots, size, theta, row, c, d, x, y) <= control[STOP, row]:
                record[STATUS, row] = CONVERGED
                break
            if k == first or k % BLOCK == 0:
                stop = min(first + steps, k - k % BLOCK + BLOCK)
                draw_noise(seed, replica, k, stop, gaussian, hyper[NOISE, row], noise)
                epoch = draw_samples(seed, replica, k, stop, mode, order, swaps, block, epoch, samples)
                here = x[samples[0, k % BLOCK]]
                ahead = advance(slots, size, here, 0.0, here)
            i = samples[0, k % BLOCK]
            r = ahead + line_at(theta, row, c, d, x[i]) - (y[i] + noise[0, k % BLOCK])
            code = row_ends(r * r, control, row)
            if code != RUNNING:
                record[STATUS, row] = code
                break
            weight = control[STEP_SIZE, row] * r
            # Behind the end of a block any sample will do.
            ahead = advance(slots, size, x[i], weight, x[samples[0, (k + 1) % BLOCK]])
            if c >= 0:
                theta[row, c] -= weight * x[i]
            if d >= 0:
                theta[row, d] -= weight
            record[COUNT, row] += 1
        store_neurons(theta, row, m, slots, size)
