"""Flooding on a tile, for every model: gradient descent on ``|L - b| + b``,

    theta <- theta - h sign(L(theta) - b) g(theta).

A step up where the loss is below the level b, none where it equals b.
"""

from __future__ import annotations

import numpy as np

from .compile import kernel
from .ledger import gather, settle_factors
from .signatures import INTEGER_MATRIX, MATRIX, PULLBACK, RESIDUALS, VECTOR, i8, void
from .tile import STEP_SIZE, count_steps, inspect, scale_rows, sum_of_squares

LEVEL = 0


@kernel(void(RESIDUALS, PULLBACK, MATRIX, VECTOR, VECTOR, MATRIX, MATRIX, MATRIX, MATRIX, INTEGER_MATRIX, MATRIX, i8))
def flood(residuals, pullback, state, data, scratch, residual, slope, hyper, control, record, final, steps):
    """Advance the tile ``state (p, B)``, rows theta; ``hyper``: the level.

    A ledger (``ledger``) gathers ``sign(L - b) r / n``.
    """
    p, width = slope.shape
    n = int(data[0])
    total, side = np.empty(width), np.empty(width)
    theta, ledger = state[:p], state.shape[0] > p
    for step in range(steps):
        residuals(theta, data, scratch, residual)
        sum_of_squares(residual, total)
        if inspect(state, residual, total, n, control, record, final, step) == -width:
            return
        for b in range(width):  # `total` is the loss by now
            side[b] = int(total[b] > hyper[LEVEL, b]) - int(total[b] < hyper[LEVEL, b])
        scale_rows(residual, n)
        if ledger:
            gather(state, p, side, residual)
        pullback(theta, residual, data, scratch, slope)
        step_size = control[STEP_SIZE]
        for j in range(p):
            for b in range(width):
                theta[j, b] -= side[b] * step_size[b] * slope[j, b]
        if ledger:
            settle_factors(state, p, 0, step, steps)
    count_steps(record, steps)
