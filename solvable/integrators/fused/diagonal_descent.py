"""Gradient descent on a depth-2 diagonal network, multiplicatively and with its ledger.

    x = 2 kappa h g,   g = X^T (X beta - y) / n,   u <- u (1 - h lambda - x),   v <- v (1 - h lambda + x)

with beta = kappa (u^2 - v^2); kappa = 1 is the squares form, kappa = 1/2 the product form in the rotated coordinates
``(u +- v)/sqrt 2``. Each factor is a stored number with a power of two (``scaled``), so log|u| and log|v| survive any
underflow, and ``sigma`` accumulates the residuals: the first-order terms of the steps sum to
``(2 kappa h / n) X^T sigma``.
"""

from __future__ import annotations

import numpy as np

from ..compile import helper, kernel
from ..fields.diagonal import problem
from ..scaled import EVERY, settle_tile
from ..signatures import INTEGER_MATRIX, MATRIX, VECTOR, i8, void
from ..tile import DECAY, STEP_SIZE, count_steps, inspect


@helper
def load_rates(control, scale, rate, keep):
    """``rate = scale * h`` and ``keep = 1 - h lambda`` of each lane."""
    for b in range(rate.size):
        rate[b] = scale * control[STEP_SIZE, b]
        keep[b] = 1.0 - control[STEP_SIZE, b] * control[DECAY, b]


@kernel(void(MATRIX, VECTOR, MATRIX, MATRIX, MATRIX, INTEGER_MATRIX, MATRIX, i8))
def descend_diagonal(state, data, residual, slope, control, record, final, steps):
    """Advance the tile ``state (4d + n, B)``: rows u, v, sigma, and the powers of two of u and v.

    ``residual (n, B)`` and ``slope (d, B)`` are work space; `slope` holds beta and the gradient by turns, which keeps
    the tile in the first-level cache.
    """
    X, y, n, d, _, _, kappa = problem(data)
    width = state.shape[1]
    total, rate, keep = np.empty(width), np.empty(width), np.empty(width)
    load_rates(control, 2.0 * kappa / n, rate, keep)
    for j in range(d):
        for b in range(width):
            slope[j, b] = kappa * (state[j, b] * state[j, b] - state[d + j, b] * state[d + j, b])
    for step in range(steps):
        np.dot(X, slope, residual)
        total[:] = 0.0
        for i in range(n):
            for b in range(width):
                r = residual[i, b] - y[i]
                residual[i, b] = r
                total[b] += r * r
        running = inspect(state, residual, total, n, control, record, final, step)
        if running == -width:
            break
        if running < 0:
            load_rates(control, 2.0 * kappa / n, rate, keep)
        np.dot(X.T, residual, slope)
        for i in range(n):
            for b in range(width):
                state[2 * d + i, b] += residual[i, b]
        for j in range(d):
            for b in range(width):
                x = rate[b] * slope[j, b]
                u = state[j, b] * (keep[b] - x)
                v = state[d + j, b] * (keep[b] + x)
                state[j, b] = u
                state[d + j, b] = v
                slope[j, b] = kappa * (u * u - v * v)
        if step % EVERY == EVERY - 1:
            settle_tile(state, 2 * d)
    settle_tile(state, 2 * d)
    count_steps(record, steps)
