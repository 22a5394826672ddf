"""Batches of one sample on a depth-2 diagonal network: a few trajectories side by side.

A step is a chain of dependent operations, from the product to the residual to the factors and to the next product,
and takes far longer than the arithmetic in it. So the loop takes the same step of several independent trajectories in
turn, and the processor works on the next one while it waits for the last. All run through the same instructions, one
trajectory at a time: their bits know nothing of their company.

Samples and labels are drawn ahead, a block of steps at a time, so that noise costs the loop nothing. The pass that
updates the factors also forms their product with the next sample.
"""

from __future__ import annotations

import numpy as np

from ..compile import helper
from ..draws import BLOCK, draw_samples
from ..label_noise import draw_noise
from ..scaled import settle_row
from ..status import CONVERGED, RUNNING
from ..stochastic import NOISE, period_of, row_ends
from ..tile import COUNT, LIMIT, LOSS, STATUS, STEP_SIZE, STOP
from .diagonal_rows import full_loss, multiply, product

GROUP = 4


@helper
def wander_group(
    members, size, factors, debts, sigma, design, y, kappa, hyper, control, record, replicas, seed, mode, gaussian,
    steps,
):  # fmt: skip
    """Advance the rows ``members[:size]``, which have taken equally many steps, by up to `steps` more.

    Whenever some of them end, so does the block, and the next one begins without them.
    """
    n = y.size
    width, none = design.size // n, np.empty(0)
    orders, swaps, block = np.empty((GROUP, n), np.int64), np.empty(n, np.int64), np.empty(BLOCK, np.uint64)
    epochs, known = np.empty(GROUP, np.int64), False
    samples, labels = np.zeros((GROUP, 1, BLOCK), np.int64), np.empty((GROUP, 1, BLOCK))
    places, ahead, rate = np.empty(GROUP, np.int64), np.empty(GROUP), np.empty(GROUP)
    limit, last = np.empty(GROUP), np.empty(GROUP)
    period, k = period_of(mode, n), record[COUNT, members[0]]
    end = k + steps
    while k < end and size > 0:
        stop, wanted, ended = min(end, k - k % BLOCK + BLOCK), False, 0
        for g in range(size):
            b = members[g]
            replica = np.uint64(replicas[b])
            epochs[g] = epochs[g] if known else -1
            draw_noise(seed, replica, k, stop, gaussian, hyper[NOISE, b], labels[g])
            epochs[g] = draw_samples(seed, replica, k, stop, mode, orders[g], swaps, block, epochs[g], samples[g])
            for step in range(BLOCK):
                labels[g, 0, step] += y[samples[g, 0, step]]
            places[g], rate[g] = 2 * b * width, 2.0 * kappa * control[STEP_SIZE, b]
            limit[g], last[g] = control[LIMIT, b], control[LOSS, b]
            wanted = wanted or control[STOP, b] >= 0.0
            ahead[g] = product(factors, places[g], design, samples[g, 0, k % BLOCK] * width, width)
        for step in range(k, stop):
            if wanted and step % period == 0:
                for g in range(size):
                    b = members[g]
                    if full_loss(factors, places[g], design, y, kappa, width) <= control[STOP, b]:
                        record[STATUS, b], record[COUNT, b] = CONVERGED, step
                        ended += 1
                if ended > 0:
                    stop = step
                    break
            now, after = step % BLOCK, (step + 1) % BLOCK  # behind the block's end any sample will do
            for g in range(size):
                i = samples[g, 0, now]
                r = kappa * ahead[g] - labels[g, 0, now]
                loss = 0.5 * (r * r)
                if not loss <= limit[g]:
                    b = members[g]
                    control[LOSS, b] = last[g]
                    record[STATUS, b], record[COUNT, b] = row_ends(r * r, control, b), step
                    ended += 1
                    continue
                last[g] = loss
                sigma[members[g], i] += r
                following = samples[g, 0, after] * width
                ahead[g] = multiply(factors, places[g], design, i * width, rate[g] * r, following, width)
            if ended > 0:
                stop = step + 1
                break
        k, left = stop, 0
        for g in range(size):
            b = members[g]
            control[LOSS, b] = last[g]
            if k % BLOCK == 0 or k == end or record[STATUS, b] != RUNNING:
                row = slice(places[g], places[g] + 2 * width)
                settle_row(factors[row], debts[row], none)
            if record[STATUS, b] == RUNNING:
                record[COUNT, b] = k
                members[left] = b
                left += 1
        known, size = left == size, left  # after a loss, another trajectory stands at this place
