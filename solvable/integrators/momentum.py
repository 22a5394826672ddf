"""Momentum methods on a tile, for every model. With ``v`` the last change of the stored variable's memory:

    heavy ball   v <- beta v - h g(theta),   theta <- theta + v
    Nesterov     v <- beta v - h g(theta),   theta <- theta + beta v - h g(theta)

(Nesterov's stored variable is the lookahead.) Both are the usual ``m <- beta m + g`` with ``v = -h m``, for a fixed
step.
"""

from __future__ import annotations

import numpy as np

from .compile import kernel
from .ledger import gather, settle_factors
from .signatures import INTEGER_MATRIX, MATRIX, PULLBACK, RESIDUALS, VECTOR, i8, void
from .tile import STEP_SIZE, count_steps, inspect, scale_rows, sum_of_squares

MOMENTUM, LOOKAHEAD = 0, 1


@kernel(void(RESIDUALS, PULLBACK, MATRIX, VECTOR, VECTOR, MATRIX, MATRIX, MATRIX, MATRIX, INTEGER_MATRIX, MATRIX, i8))
def roll(residuals, pullback, state, data, scratch, residual, slope, hyper, control, record, final, steps):
    """Advance the tile ``state (2p, B)``, rows theta and v; ``hyper``: momentum, and 1 for the lookahead form.

    A ledger (``ledger``) gathers r / n.
    """
    p, width = slope.shape
    n = int(data[0])
    total, ones = np.empty(width), np.ones(width)
    theta, ledger = state[:p], state.shape[0] > 2 * p
    for step in range(steps):
        residuals(theta, data, scratch, residual)
        sum_of_squares(residual, total)
        if inspect(state, residual, total, n, control, record, final, step) == -width:
            return
        scale_rows(residual, n)
        if ledger:
            gather(state, 2 * p, ones, residual)
        pullback(theta, residual, data, scratch, slope)
        momentum, lookahead, step_size = hyper[MOMENTUM], hyper[LOOKAHEAD], control[STEP_SIZE]
        for j in range(p):
            row, velocity, change = state[j], state[p + j], slope[j]
            for b in range(width):
                pull = step_size[b] * change[b]
                v = momentum[b] * velocity[b] - pull
                velocity[b] = v
                row[b] += momentum[b] * v - pull if lookahead[b] else v
        if ledger:
            settle_factors(state, p, 1, step, steps)
    count_steps(record, steps)
