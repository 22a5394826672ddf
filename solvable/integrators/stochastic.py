"""Stochastic gradient descent, one trajectory a row, for every model:

    theta <- theta - (h / b) sum_{i in B_k} (f(x_i) - y_i) grad f(x_i)

The batch ``B_k`` is a function of (seed, replica, k), see ``draws``. A run ends at the step whose batch residual shows
divergence; the full loss, which decides whether the wanted one is reached, is computed every n steps only.
"""

from __future__ import annotations

import numpy as np

from .compile import helper, kernel
from .draws import ZERO, draw_batch, identity_order, sample_of, sample_words, undo
from .signatures import EXAMPLE, INTEGER_MATRIX, INTEGERS, LOSS, MATRIX, VECTOR, i8, u8, void
from .status import CONVERGED, RUNNING
from .tile import COUNT, LIMIT, STATUS, STEP_SIZE, STOP, verdict
from .tile import LOSS as LAST_LOSS


@helper
def row_ends(mean_square, control, b):
    """Status after a batch with this mean squared residual (halved: the loss of the batch)."""
    loss = 0.5 * mean_square
    if loss <= control[LIMIT, b]:
        control[LAST_LOSS, b] = loss
        return RUNNING
    stop = control[STOP, b]
    control[STOP, b] = -1.0
    code = verdict(loss, control, b)
    control[STOP, b] = stop
    return code


@helper
def wants_full_loss(control, b, count, n):
    """Whether this step is one at which the full loss is compared with the wanted one."""
    return control[STOP, b] >= 0.0 and count % n == 0


@kernel(void(EXAMPLE, LOSS, MATRIX, VECTOR, MATRIX, INTEGER_MATRIX, INTEGERS, u8, i8, i8, i8))
def wander(example, loss, theta, data, control, record, replicas, seed, batch, shuffled, steps):
    """Advance the rows of ``theta (B, p)`` by up to `steps` steps of SGD."""
    n, p = int(data[0]), theta.shape[1]
    order, swaps = np.empty(n, np.int64), np.empty(n, np.int64)
    slope, total = np.empty(p), np.empty(p)
    for b in range(theta.shape[0]):
        if record[STATUS, b] != RUNNING:
            continue
        row, step_size = theta[b], control[STEP_SIZE, b]
        replica, first = np.uint64(replicas[b]), record[COUNT, b]
        epoch = -1
        identity_order(order)
        w0 = w1 = w2 = w3 = ZERO
        for k in range(first, first + steps):
            if wants_full_loss(control, b, k, n) and loss(row, data) <= control[STOP, b]:
                record[STATUS, b] = CONVERGED
                break
            mean_square = 0.0
            if batch == 1 and not shuffled:
                step = np.uint64(k)
                if k == first or k % 4 == 0:
                    w0, w1, w2, w3 = sample_words(seed, replica, step)
                r = example(row, sample_of(w0, w1, w2, w3, step, np.uint64(n)), data, slope)
                mean_square = r * r
                for j in range(p):
                    total[j] = r * slope[j]
            else:
                offset, epoch = draw_batch(seed, replica, np.uint64(k), batch, shuffled != 0, order, swaps, epoch)
                total[:] = 0.0
                for i in range(offset, offset + batch):
                    r = example(row, order[i], data, slope)
                    mean_square += r * r / batch
                    for j in range(p):
                        total[j] += r * slope[j] / batch
                if not shuffled:
                    undo(order, swaps, batch)
            code = row_ends(mean_square, control, b)
            if code != RUNNING:
                record[STATUS, b] = code
                break
            for j in range(p):
                row[j] -= step_size * total[j]
            record[COUNT, b] += 1
