"""Gradient descent on a tile, for every model:

    theta <- theta - h (J^T r / n + lambda theta),   r = f(x) - y.

The loss is tested before every step, so a run that diverges or reaches the wanted loss ends at the step that shows it.
"""

from __future__ import annotations

import numpy as np

from .compile import kernel
from .signatures import INTEGER_MATRIX, MATRIX, PULLBACK, RESIDUALS, VECTOR, i8, void
from .tile import DECAY, STEP_SIZE, count_steps, inspect, scale_rows, sum_of_squares


@kernel(void(RESIDUALS, PULLBACK, MATRIX, VECTOR, VECTOR, MATRIX, MATRIX, MATRIX, INTEGER_MATRIX, MATRIX, i8))
def descend(residuals, pullback, theta, data, scratch, residual, slope, control, record, final, steps):
    """Advance the tile ``theta (p, B)`` by up to `steps` steps.

    ``residual (n, B)`` and ``slope (p, B)`` are work space.
    """
    p, width = theta.shape
    n = int(data[0])
    total = np.empty(width)
    for step in range(steps):
        residuals(theta, data, scratch, residual)
        sum_of_squares(residual, total)
        if inspect(theta, residual, total, n, control, record, final, step) == -width:
            return
        scale_rows(residual, n)
        pullback(theta, residual, data, scratch, slope)
        step_size, decay = control[STEP_SIZE], control[DECAY]
        for j in range(p):
            row, change = theta[j], slope[j]
            for b in range(width):
                row[b] -= step_size[b] * (change[b] + decay[b] * row[b])
    count_steps(record, steps)
