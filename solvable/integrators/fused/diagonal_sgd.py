"""SGD on a depth-2 diagonal network, with label noise and momentum: see ``diagonal_descent`` for the algebra.

The step on a batch B, whose labels are ``y_i + xi_i``, is multiplicative:

    r_i = <x_i, beta> - y_i - xi_i,   c = (2 kappa h / b) sum_{i in B} r_i x_i,   u <- u (1 - c),   v <- v (1 + c)

``sigma_i`` gathers ``r_i / b`` whenever sample i is used, so that the first-order terms of the steps sum to
``2 kappa h X^T sigma``. The noise belongs to the residual: ``X^T sigma`` stays in the row space, and the ledger exact.
Heavy ball adds m times the last change; its first-order terms sum to ``2 kappa h X^T sigma / (1 - m)``.

Batches of one sample without momentum, the common case, have a loop of their own (``diagonal_single``).
"""

from __future__ import annotations

import numpy as np

from ..compile import helper, kernel
from ..draws import BLOCK, draw_samples
from ..label_noise import draw_noise
from ..scaled import settle_row
from ..signatures import INTEGER_MATRIX, INTEGERS, MATRIX, VECTOR, f8, i8, u8, void
from ..status import CONVERGED, RUNNING
from ..stochastic import MOMENTUM, NOISE, period_of, row_ends, wants_full_loss
from ..tile import COUNT, STATUS, STEP_SIZE, STOP
from .diagonal_rows import full_loss, multiply, product, roll
from .diagonal_single import GROUP, wander_group


@helper
def wander_row(
    b, factors, debts, velocity, sigma, design, y, kappa, hyper, control, record, replica, seed, batch, mode, gaussian,
    steps,
):  # fmt: skip
    """Advance row `b` by up to `steps` steps."""
    n = y.size
    width = design.size // n
    u, row = 2 * b * width, slice(2 * b * width, 2 * (b + 1) * width)
    order, swaps, block = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(BLOCK, np.uint64)
    samples, noise = np.empty((batch, BLOCK), np.int64), np.empty((batch, BLOCK))
    residual, slope = np.empty(batch), np.empty(width)
    period, rate, momentum = period_of(mode, n), 2.0 * kappa * control[STEP_SIZE, b], hyper[MOMENTUM, b]
    followers = velocity[row] if momentum > 0.0 else velocity[:0]
    first, epoch = record[COUNT, b], np.int64(-1)
    for k in range(first, first + steps):
        looks = wants_full_loss(control, b, k, period)
        if looks and full_loss(factors, u, design, y, kappa, width) <= control[STOP, b]:
            record[STATUS, b] = CONVERGED
            break
        if k == first or k % BLOCK == 0:
            stop = min(first + steps, k - k % BLOCK + BLOCK)
            draw_noise(seed, replica, k, stop, gaussian, hyper[NOISE, b], noise)
            epoch = draw_samples(seed, replica, k, stop, mode, order, swaps, block, epoch, samples)
        mean_square = 0.0
        for j in range(width):
            slope[j] = 0.0
        for place in range(batch):
            i = samples[place, k % BLOCK]
            r = kappa * product(factors, u, design, i * width, width) - (y[i] + noise[place, k % BLOCK])
            mean_square += r * r / batch
            residual[place] = r / batch
            for j in range(width):
                slope[j] += residual[place] * design[i * width + j]
        code = row_ends(mean_square, control, b)
        if code != RUNNING:
            record[STATUS, b] = code
            break
        for place in range(batch):
            sigma[b, samples[place, k % BLOCK]] += residual[place]
        if momentum > 0.0:
            roll(factors, velocity, u, slope, rate, momentum, width)
        else:
            multiply(factors, u, slope, 0, rate, 0, width)
        record[COUNT, b] += 1
        if k % BLOCK == BLOCK - 1:
            settle_row(factors[row], debts[row], followers)
    settle_row(factors[row], debts[row], followers)


@kernel(
    void(
        VECTOR, VECTOR, VECTOR, MATRIX, VECTOR, VECTOR, f8, MATRIX, MATRIX, INTEGER_MATRIX, INTEGERS, u8, i8, i8, i8, i8
    )
)  # fmt: skip
def wander_diagonal(
    factors, debts, velocity, sigma, design, y, kappa, hyper, control, record, replicas, seed, batch, mode, gaussian,
    steps,
):  # fmt: skip
    """Advance B rows by up to `steps` steps.

    Flat, with padded rows (``diagonal_rows``): the stored `factors` of all rows, their powers of two `debts`, and the
    last changes `velocity` (empty if no row has momentum). ``sigma (B, n)``; ``hyper (2, B)``: noise and momentum.
    """
    members = np.empty(GROUP, np.int64)
    b = 0
    while b < sigma.shape[0]:
        if record[STATUS, b] != RUNNING:
            b += 1
        elif batch > 1 or hyper[MOMENTUM, b] > 0.0:
            wander_row(
                b, factors, debts, velocity, sigma, design, y, kappa, hyper, control, record, np.uint64(replicas[b]),
                seed, batch, mode, gaussian, steps,
            )  # fmt: skip
            b += 1
        else:
            size, count = 0, record[COUNT, b]
            while b < sigma.shape[0] and size < GROUP:
                if record[STATUS, b] == RUNNING:
                    if hyper[MOMENTUM, b] > 0.0 or record[COUNT, b] != count:
                        break
                    members[size] = b
                    size += 1
                b += 1
            wander_group(
                members, size, factors, debts, sigma, design, y, kappa, hyper, control, record, replicas, seed, mode,
                gaussian, steps,
            )  # fmt: skip
