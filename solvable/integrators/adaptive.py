"""Adam on a tile, for every model, epsilon inside the root:

    m <- b1 m + (1 - b1) g,   s <- b2 s + (1 - b2) g^2,   theta <- theta - h m^ / sqrt(s^ + epsilon)

with ``m^ = m / (1 - b1^k)``, ``s^ = s / (1 - b2^k)`` at step k = 1, 2, ... when bias correction is on. b1 = 0 is
RMSprop.
"""

from __future__ import annotations

import math

import numpy as np

from .compile import kernel
from .signatures import INTEGER_MATRIX, MATRIX, PULLBACK, RESIDUALS, VECTOR, i8, void
from .tile import COUNT, STEP_SIZE, count_steps, inspect, scale_rows, sum_of_squares

BETA1, BETA2, EPSILON, CORRECTED = 0, 1, 2, 3


@kernel(void(RESIDUALS, PULLBACK, MATRIX, VECTOR, VECTOR, MATRIX, MATRIX, MATRIX, MATRIX, INTEGER_MATRIX, MATRIX, i8))
def adapt(residuals, pullback, state, data, scratch, residual, slope, hyper, control, record, final, steps):
    """Advance the tile ``state (3p, B)``, rows theta, m, s; ``hyper``: b1, b2, epsilon, and 1 for bias correction."""
    p, width = slope.shape
    n = int(data[0])
    total, first, second = np.empty(width), np.empty(width), np.empty(width)
    theta = state[:p]
    start = record[COUNT].copy()
    for step in range(steps):
        residuals(theta, data, scratch, residual)
        sum_of_squares(residual, total)
        if inspect(state, residual, total, n, control, record, final, step) == -width:
            return
        scale_rows(residual, n)
        pullback(theta, residual, data, scratch, slope)
        for b in range(width):
            k = float(start[b] + step + 1)
            first[b] = 1.0 - hyper[BETA1, b] ** k if hyper[CORRECTED, b] else 1.0
            second[b] = 1.0 - hyper[BETA2, b] ** k if hyper[CORRECTED, b] else 1.0
        for j in range(p):
            for b in range(width):
                g = slope[j, b]
                m = hyper[BETA1, b] * state[p + j, b] + (1.0 - hyper[BETA1, b]) * g
                s = hyper[BETA2, b] * state[2 * p + j, b] + (1.0 - hyper[BETA2, b]) * g * g
                state[p + j, b] = m
                state[2 * p + j, b] = s
                size = math.sqrt(s / second[b] + hyper[EPSILON, b])
                if control[STEP_SIZE, b] != 0.0 and size > 0.0:
                    state[j, b] -= control[STEP_SIZE, b] * (m / first[b]) / size
    count_steps(record, steps)
