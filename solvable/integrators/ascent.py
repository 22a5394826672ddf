"""Methods that look at the gradient at a second point, on a tile, for every model.

    finite-difference gradient regularization   d = g + (mu / eps) (g(theta + eps g) - g)
    sharpness-aware minimization                d = g(theta + rho g)   or   g(theta + rho g / |g|)

Both are ``d = (1 - w) g + w g(theta + r g)`` with reach r and weight w; theta <- theta - h d. Where the gradient is
zero, so is the normalized ascent.
"""

from __future__ import annotations

import math

import numpy as np

from .compile import kernel
from .ledger import NO_NORM, gather, settle_factors
from .signatures import INTEGER_MATRIX, MATRIX, PULLBACK, RESIDUALS, VECTOR, i8, void
from .tile import STEP_SIZE, count_steps, inspect, scale_rows, sum_of_squares

REACH, WEIGHT, NORMALIZED = 0, 1, 2


@kernel(void(RESIDUALS, PULLBACK, MATRIX, VECTOR, VECTOR, MATRIX, MATRIX, MATRIX, MATRIX, INTEGER_MATRIX, MATRIX, i8))
def probe(residuals, pullback, state, data, scratch, residual, work, hyper, control, record, final, steps):
    """Advance the tile ``state (p, B)``, rows theta; ``work (3p, B)``: gradient, second point, gradient there.

    A ledger (``ledger``) gathers ``((1 - w) r + w r+) / n``, r+ at the second point.
    """
    p, width = work.shape[0] // 3, work.shape[1]
    n = int(data[0])
    weight, step_size = hyper[WEIGHT], control[STEP_SIZE]
    total, rest = np.empty(width), 1.0 - weight
    slope, point, second = work[:p], work[p : 2 * p], work[2 * p :]
    theta, ledger = state[:p], state.shape[0] > p
    least = NO_NORM * NO_NORM if ledger else 0.0
    for step in range(steps):
        residuals(theta, data, scratch, residual)
        sum_of_squares(residual, total)
        if inspect(state, residual, total, n, control, record, final, step) == -width:
            return
        scale_rows(residual, n)
        if ledger:
            gather(state, p, rest, residual)
        pullback(theta, residual, data, scratch, slope)
        for b in range(width):
            total[b] = hyper[REACH, b]
            if hyper[NORMALIZED, b]:
                square = 0.0
                for j in range(p):
                    square += slope[j, b] * slope[j, b]
                total[b] = hyper[REACH, b] / math.sqrt(square) if square > least else 0.0
        for j in range(p):
            for b in range(width):
                point[j, b] = theta[j, b] + total[b] * slope[j, b]
        residuals(point, data, scratch, residual)
        scale_rows(residual, n)
        if ledger:
            gather(state, p, weight, residual)
        pullback(point, residual, data, scratch, second)
        for j in range(p):
            row, here, there = theta[j], slope[j], second[j]
            for b in range(width):
                row[b] -= step_size[b] * (here[b] + weight[b] * (there[b] - here[b]))
        if ledger:
            settle_factors(state, p, 0, step, steps)
    count_steps(record, steps)
