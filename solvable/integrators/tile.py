"""A tile: a few trajectories that one compiled loop advances together.

Full-batch loops keep a tile as ``theta (p, B)``, one trajectory a column, so that the product with the shared data is
a matrix product; single-sample loops keep rows ``(B, p)``. What differs from lane to lane sits in two small arrays:

``control (CONTROL_ROWS, B)``: step size, weight decay, the loss at which to stop, the loss above which a run counts as
diverged, the last loss seen, and the loss above which a NaN is the end of a divergence, not a fault of the model.

``record (RECORD_ROWS, B)``: status code and number of steps taken.

A lane that ends is *retired*: its parameters move to ``final``, its column is put back to its (finite) start, and its
step size becomes 0, so that the loop needs no branch and no NaN spreads through a matrix product.
"""

from __future__ import annotations

import numpy as np

from .compile import helper, kernel
from .signatures import INTEGERS, MATRIX, VECTOR, void
from .status import CONVERGED, DIVERGED, NONFINITE, RUNNING

STEP_SIZE, DECAY, STOP, LIMIT, LOSS, CALM = range(6)
CONTROL_ROWS = 6
STATUS, COUNT = range(2)
RECORD_ROWS = 2

DIVERGENCE = 1e30
"""A run has diverged when its loss exceeds this multiple of 1 + its first loss, or is infinite."""

CALM_FACTOR = 1e3
"""NaN after a loss below this multiple of 1 + the first loss is the model's fault: status `nonfinite`."""


@helper
def verdict(loss, control, b):
    """Status of lane `b` whose loss is now `loss`."""
    if loss <= control[STOP, b]:
        return CONVERGED
    if loss <= control[LIMIT, b]:
        return RUNNING
    if loss != loss and control[LOSS, b] <= control[CALM, b]:
        return NONFINITE
    return DIVERGED


@kernel(void(VECTOR, MATRIX, INTEGERS))
def verdicts(losses, control, out):
    """`verdict` of every lane."""
    for b in range(losses.size):
        out[b] = verdict(losses[b], control, b)


@helper
def sum_of_squares(residual, total):
    """``total[b] = sum_i residual[i, b]^2``."""
    total[:] = 0.0
    for i in range(residual.shape[0]):
        row = residual[i]
        for b in range(total.size):
            total[b] += row[b] * row[b]


@helper
def inspect(theta, residual, total, n, control, record, final, step):
    """Retire the lanes of a ``(p, B)`` tile whose loss ends them, `step` steps into this call.

    `total` holds the sums of squared residuals, n is the number of samples. Returns the number of lanes that still run;
    a negative number says that some lane was retired just now (the usual answer, that nothing happened, costs one
    comparison a lane).
    """
    width = total.size
    # Two counts without a branch: a comparison of both bounds at once would not be vectorized. NaN is in neither.
    ended, bounded = 0, 0
    for b in range(width):
        total[b] /= 2.0 * n
        ended += int(total[b] <= control[STOP, b])
        bounded += int(total[b] <= control[LIMIT, b])
    if ended == 0 and bounded == width:
        for b in range(width):
            control[LOSS, b] = total[b]
        return width
    running = 0
    for b in range(width):
        if record[STATUS, b] != RUNNING:
            continue
        code = verdict(total[b], control, b)
        if code == RUNNING:
            running += 1
            control[LOSS, b] = total[b]
        else:
            retire(theta, control, record, final, b, code)
            record[COUNT, b] += step
            for i in range(residual.shape[0]):  # residuals of a retired lane must not reach this step's matrix product
                residual[i, b] = 0.0
    return running - width


@helper
def retire(theta, control, record, final, b, code):
    """End lane `b` of a ``(p, B)`` tile with status `code`."""
    record[STATUS, b] = code
    control[STEP_SIZE, b] = 0.0
    control[DECAY, b] = 0.0
    control[STOP, b] = -1.0
    control[LIMIT, b] = np.inf
    for j in range(theta.shape[0]):
        theta[j, b], final[j, b] = final[j, b], theta[j, b]


@helper
def scale_rows(weights, n):
    """Divide by the number of samples, in place: the pullback of ``residual / n`` is the gradient."""
    for i in range(weights.shape[0]):
        for b in range(weights.shape[1]):
            weights[i, b] /= n


@helper
def count_steps(record, steps):
    """Add `steps` to the lanes that are still running."""
    for b in range(record.shape[1]):
        if record[STATUS, b] == RUNNING:
            record[COUNT, b] += np.int64(steps)
