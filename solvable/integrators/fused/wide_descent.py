"""Gradient descent on deep linear networks whose layers are wide, one trajectory at a time (``deep_linear_wide``)."""

from __future__ import annotations

import numpy as np

from ..compile import kernel
from ..fields.deep_linear import COLUMNS, places_of, widths_of
from ..fields.deep_linear_wide import load_columns, pull, push, residuals_and_loss
from ..signatures import BLOCKS, INTEGER_MATRIX, MATRIX, VECTOR, i8, void
from ..status import RUNNING
from ..tile import COUNT, DECAY, LOSS, STATUS, STEP_SIZE, count_steps, verdict


@kernel(void(BLOCKS, VECTOR, MATRIX, INTEGER_MATRIX, BLOCKS, i8))
def descend_wide(moving, data, control, record, final, steps):
    """Advance the trajectories ``moving (R, p, 1)`` by up to `steps` steps."""
    widths, k, p, n = widths_of(data), int(data[COLUMNS]), moving.shape[1], data[0]
    places = places_of(widths, k)
    P, D, slope, Y = np.empty(places[-1]), np.empty(places[-1]), np.empty(p), np.empty(k * widths[-1])
    load_columns(data, widths, k, P, Y)
    for b in range(moving.shape[0]):
        if record[STATUS, b] != RUNNING:
            continue
        theta, step_size, decay = moving[b].reshape(p), control[STEP_SIZE, b], control[DECAY, b]
        for step in range(steps):
            push(theta, widths, k, places, P)
            loss = residuals_and_loss(data, widths, places, P, Y)
            code = verdict(loss, control, b)
            if code != RUNNING:
                record[STATUS, b] = code
                record[COUNT, b] += step
                final[b] = moving[b]
                break
            control[LOSS, b] = loss
            for j in range(places[-2], places[-1]):
                D[j] = P[j] / n
            pull(theta, widths, k, places, P, D, slope)
            for j in range(p):
                theta[j] -= step_size * (slope[j] + decay * theta[j])
    count_steps(record, steps)
