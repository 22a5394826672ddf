"""Stochastic gradient descent, one trajectory a row, for every model, with noise in the labels and momentum:

    theta <- theta - (h / b) sum_{i in B_k} (f(x_i) - y_i - xi_i) grad f(x_i) + m (theta - theta_before)

(for a sample with q outputs, the sum over them is meant, and the noise of each is its own).

The batch ``B_k`` is a function of (seed, replica, k), see ``draws``, and so is the noise, see ``label_noise``. A run
ends at the step whose batch residual shows divergence; the full loss (without noise), which decides whether the wanted
one is reached, is computed every n steps only, or every step where the batch is full.
"""

from __future__ import annotations

import numpy as np

from .compile import helper, kernel
from .draws import BLOCK, WHOLE, draw_samples
from .label_noise import draw_noise
from .signatures import EXAMPLE, INTEGER_MATRIX, INTEGERS, LOSS, MATRIX, SAMPLE, VECTOR, i8, signature_of, u8, void
from .status import CONVERGED, RUNNING
from .tile import COUNT, LIMIT, STATUS, STEP_SIZE, STOP, verdict
from .tile import LOSS as LAST_LOSS

NOISE, MOMENTUM = 0, 1  # rows of `hyper`


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
def period_of(mode, n):
    """Steps between two looks at the full loss."""
    return 1 if mode == WHOLE else n


@helper
def wants_full_loss(control, b, count, period):
    """Whether this step is one at which the full loss is compared with the wanted one."""
    return control[STOP, b] >= 0.0 and count % period == 0


@kernel(signature_of(SAMPLE))
def no_sample(theta, i, noise, data, out):
    """Stands in for the `SAMPLE` of a model with one output, whose `EXAMPLE` says all."""
    return 0.0


@kernel(
    void(
        EXAMPLE, SAMPLE, i8, LOSS, MATRIX, MATRIX, VECTOR, MATRIX, MATRIX, INTEGER_MATRIX, INTEGERS, u8, i8, i8, i8, i8
    )
)  # fmt: skip
def wander(
    example, sample, outputs, loss, theta, velocity, data, hyper, control, record, replicas, seed, batch, mode,
    gaussian, steps,
):  # fmt: skip
    """Advance the rows of ``theta (B, p)`` by up to `steps` steps.

    ``hyper (2, B)``: standard deviation of the noise, and momentum; ``velocity (B, p)``, the last change of theta, has
    no rows if no row has momentum. A model with one output a sample is asked by `example`, others by `sample`.
    """
    n, p = int(data[0]), theta.shape[1]
    order, swaps, block = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(BLOCK, np.uint64)
    slope, total = np.empty(p), np.empty(p)
    samples, noise = np.empty((batch, BLOCK), np.int64), np.empty((batch * outputs, BLOCK))
    period, own = period_of(mode, n), np.empty(outputs)
    for b in range(theta.shape[0]):
        if record[STATUS, b] != RUNNING:
            continue
        row, step_size, momentum = theta[b], control[STEP_SIZE, b], hyper[MOMENTUM, b]
        replica, first = np.uint64(replicas[b]), record[COUNT, b]
        epoch = np.int64(-1)
        for k in range(first, first + steps):
            if wants_full_loss(control, b, k, period) and loss(row, data) <= control[STOP, b]:
                record[STATUS, b] = CONVERGED
                break
            if k == first or k % BLOCK == 0:
                stop = min(first + steps, k - k % BLOCK + BLOCK)
                draw_noise(seed, replica, k, stop, gaussian, hyper[NOISE, b], noise)
                epoch = draw_samples(seed, replica, k, stop, mode, order, swaps, block, epoch, samples)
            mean_square = 0.0
            for place in range(batch):
                if outputs == 1:
                    r = example(row, samples[place, k % BLOCK], data, slope) - noise[place, k % BLOCK]
                    mean_square += r * r / batch
                    weight = r / batch
                else:
                    own[:] = noise[place * outputs : (place + 1) * outputs, k % BLOCK]
                    mean_square += sample(row, samples[place, k % BLOCK], own, data, slope) / batch
                    weight = 1.0 / batch
                for j in range(p):
                    total[j] = weight * slope[j] if place == 0 else total[j] + weight * slope[j]
            code = row_ends(mean_square, control, b)
            if code != RUNNING:
                record[STATUS, b] = code
                break
            if momentum == 0.0:
                for j in range(p):
                    row[j] -= step_size * total[j]
            else:
                for j in range(p):
                    velocity[b, j] = momentum * velocity[b, j] - step_size * total[j]
                    row[j] += velocity[b, j]
            record[COUNT, b] += 1
