"""SGD on a depth-2 diagonal network, multiplicatively and with its ledger: see ``diagonal_descent`` for the algebra.

One trajectory a row: ``state (B, 4d + n)``, entries u, v, sigma and the powers of two of u and v. ``sigma_i`` gathers
the residual of sample i whenever it is used, divided by the batch size, so that the first-order terms of the steps sum
to ``2 kappa h X^T sigma``.
"""

from __future__ import annotations

import numpy as np

from ..compile import helper, kernel
from ..draws import ZERO, draw_batch, identity_order, sample_of, sample_words, undo
from ..fields.diagonal import problem
from ..scaled import EVERY, settle_row
from ..signatures import INTEGER_MATRIX, INTEGERS, MATRIX, VECTOR, i8, u8, void
from ..status import CONVERGED, RUNNING
from ..stochastic import row_ends, wants_full_loss
from ..tile import COUNT, STATUS, STEP_SIZE, STOP


@helper
def product_with(x, beta):
    """<x, beta> in eight named partial sums: the compiler may vectorize them, and their order is in the source."""
    d = x.size
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
    whole = d - d % 8
    for j in range(0, whole, 8):
        s0 += x[j] * beta[j]
        s1 += x[j + 1] * beta[j + 1]
        s2 += x[j + 2] * beta[j + 2]
        s3 += x[j + 3] * beta[j + 3]
        s4 += x[j + 4] * beta[j + 4]
        s5 += x[j + 5] * beta[j + 5]
        s6 += x[j + 6] * beta[j + 6]
        s7 += x[j + 7] * beta[j + 7]
    for j in range(whole, d):
        s0 += x[j] * beta[j]
    return ((s0 + s4) + (s1 + s5)) + ((s2 + s6) + (s3 + s7))


@helper
def multiply(u, v, beta, x, weight, kappa):
    """``u *= 1 - weight x``, ``v *= 1 + weight x`` and the new beta."""
    for j in range(beta.size):
        change = weight * x[j]
        u[j] *= 1.0 - change
        v[j] *= 1.0 + change
        beta[j] = kappa * (u[j] * u[j] - v[j] * v[j])


@helper
def full_loss(beta, X, y):
    total = 0.0
    for i in range(y.size):
        r = product_with(X[i], beta) - y[i]
        total += r * r
    return total / (2.0 * y.size)


@kernel(void(MATRIX, VECTOR, MATRIX, INTEGER_MATRIX, INTEGERS, u8, i8, i8, i8))
def wander_diagonal(state, data, control, record, replicas, seed, batch, shuffled, steps):
    """Advance the rows of ``state (B, 4d + n)`` by up to `steps` steps."""
    X, y, n, d, _, _, kappa = problem(data)
    order, swaps = np.empty(n, np.int64), np.empty(n, np.int64)
    beta, slope = np.empty(d), np.empty(d)
    for b in range(state.shape[0]):
        if record[STATUS, b] != RUNNING:
            continue
        u, v, sigma = state[b, :d], state[b, d : 2 * d], state[b, 2 * d : 2 * d + n]
        rate = 2.0 * kappa * control[STEP_SIZE, b]
        replica, first = np.uint64(replicas[b]), record[COUNT, b]
        epoch = -1
        identity_order(order)
        w0 = w1 = w2 = w3 = ZERO
        for j in range(d):
            beta[j] = kappa * (u[j] * u[j] - v[j] * v[j])
        for k in range(first, first + steps):
            if wants_full_loss(control, b, k, n) and full_loss(beta, X, y) <= control[STOP, b]:
                record[STATUS, b] = CONVERGED
                break
            if batch == 1 and not shuffled:
                step = np.uint64(k)
                if k == first or k % 4 == 0:
                    w0, w1, w2, w3 = sample_words(seed, replica, step)
                i = sample_of(w0, w1, w2, w3, step, np.uint64(n))
                r = product_with(X[i], beta) - y[i]
                code = row_ends(r * r, control, b)
                if code != RUNNING:
                    record[STATUS, b] = code
                    break
                sigma[i] += r
                multiply(u, v, beta, X[i], rate * r, kappa)
            else:
                offset, epoch = draw_batch(seed, replica, np.uint64(k), batch, shuffled != 0, order, swaps, epoch)
                mean_square = 0.0
                slope[:] = 0.0
                for place in range(offset, offset + batch):
                    i = order[place]
                    r = product_with(X[i], beta) - y[i]
                    mean_square += r * r / batch
                    for j in range(d):
                        slope[j] += r * X[i, j] / batch
                code = row_ends(mean_square, control, b)
                if code != RUNNING:
                    record[STATUS, b] = code
                    break
                for place in range(offset, offset + batch):
                    i = order[place]
                    sigma[i] += (product_with(X[i], beta) - y[i]) / batch
                if not shuffled:
                    undo(order, swaps, batch)
                multiply(u, v, beta, slope, rate, kappa)
            record[COUNT, b] += 1
            if k % EVERY == EVERY - 1:
                settle_row(state[b], 2 * d)
        settle_row(state[b], 2 * d)
