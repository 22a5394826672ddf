"""Gradient descent on matrix sensing, one trajectory at a time:

    r_i = <A_i, X> - y_i,    G = (1/n) sum_i r_i A_i,    U <- U - h (2 G U + lambda U)

(``G V`` and ``G^T U`` for the factors of an asymmetric problem). Four packed rows make their residuals, and join G at
once, while they lie in the first-level cache: the measurements are read once a step. The bits are those of the generic
loop.
"""

from __future__ import annotations

from ..compile import helper, kernel
from ..eight import load, opposite, spread, store, times_plus
from ..fields import sensing_row as row
from ..fields.sensing_layout import layout_of
from ..signatures import INTEGER_MATRIX, MATRIX, VECTOR, i8, void
from ..status import RUNNING
from ..tile import COUNT, DECAY, LOSS, STATUS, STEP_SIZE, verdict


@helper
def update(work, at, step_size, decay):
    """``theta -= h (slope + lambda theta)``."""
    back, keep = opposite(spread(step_size)), spread(decay)
    for m in range(0, at.size, 8):
        theta = load(work, at.factors + m)
        slope = times_plus(keep, theta, load(work, at.slope + m))
        store(work, at.factors + m, times_plus(back, slope, theta))


@kernel(void(MATRIX, VECTOR, MATRIX, INTEGER_MATRIX, i8))
def descend_sensing(theta, data, control, record, steps):
    """Advance the rows of ``theta (B, p)`` by up to `steps` steps."""
    l = layout_of(data)
    for b in range(theta.shape[0]):
        if record[STATUS, b] != RUNNING:
            continue
        work, at = row.make_work(theta[b], l)
        for _ in range(steps):
            row.form(work, at, l)
            loss = row.sweep(data, work, at.x, at.w, at.g, l) / (2.0 * l.n)
            code = verdict(loss, control, b)
            if code != RUNNING:
                record[STATUS, b] = code
                break
            control[LOSS, b] = loss
            row.clear(work, at.slope, at.size)
            row.pull(work, at.g, at.factors, at.slope, l)
            update(work, at, control[STEP_SIZE, b], control[DECAY, b])
            record[COUNT, b] += 1
        row.store_factors(work, at.factors, theta[b], 0, 1, l)
