"""Exact gradient regularization on a tile: descent on ``L + (mu/2) |grad L|^2``,

    theta <- theta - h (g + mu H g),

with the Hessian applied to the gradient by the model's own ``curvature`` function.
"""

from __future__ import annotations

import numpy as np

from .compile import helper, kernel
from .ledger import gather, settle_factors
from .signatures import CURVATURE, INTEGER_MATRIX, MATRIX, PULLBACK, RESIDUALS, VECTOR, i8, void
from .tile import STEP_SIZE, count_steps, inspect, scale_rows, sum_of_squares

STRENGTH = 0


@helper
def equal_length(theta, slope, reach):
    """``reach[b]`` such that the largest entries of theta and of ``reach slope`` are equal; 1 where one is 0."""
    for b in range(reach.size):
        top = size = 0.0
        for j in range(theta.shape[0]):
            top, size = max(top, abs(theta[j, b])), max(size, abs(slope[j, b]))
        reach[b] = top / size if top > 0.0 and size > 1e-300 * top else 1.0


@kernel(
    void(
        RESIDUALS,
        PULLBACK,
        CURVATURE,
        MATRIX,
        VECTOR,
        VECTOR,
        MATRIX,
        MATRIX,
        MATRIX,
        MATRIX,
        INTEGER_MATRIX,
        MATRIX,
        i8,
    )
)
def regularize(
    residuals, pullback, curvature, state, data, scratch, residual, work, hyper, control, record, final, steps
):
    """Advance the tile ``state (p, B)``, rows theta; ``work (2p, B)``: gradient g, Hessian times gradient.

    A ledger (``ledger``) gathers ``(r + mu J g) / n``. As r is quadratic in the factors there, ``J g`` is exactly
    ``(r(theta + c g) - r(theta - c g)) / (2 c)`` for any c; with ``c |g| = |theta|`` no digits cancel.
    """
    p, width = work.shape[0] // 2, work.shape[1]
    n = int(data[0])
    total, ones, reach = np.empty(width), np.ones(width), np.empty(width)
    slope, bend = work[:p], work[p:]
    theta, ledger = state[:p], state.shape[0] > p
    for step in range(steps):
        residuals(theta, data, scratch, residual)
        sum_of_squares(residual, total)
        if inspect(state, residual, total, n, control, record, final, step) == -width:
            return
        scale_rows(residual, n)
        pullback(theta, residual, data, scratch, slope)
        if ledger:
            gather(state, p, ones, residual)
            equal_length(theta, slope, reach)
            for side in (1.0, -1.0):
                for j in range(p):
                    for b in range(width):
                        bend[j, b] = theta[j, b] + side * reach[b] * slope[j, b]
                residuals(bend, data, scratch, residual)
                scale_rows(residual, n)
                gather(state, p, side * 0.5 * hyper[STRENGTH] / reach, residual)
        curvature(theta, slope, data, scratch, bend)
        for j in range(p):
            for b in range(width):
                direction = slope[j, b] + hyper[STRENGTH, b] * bend[j, b]
                theta[j, b] -= control[STEP_SIZE, b] * direction
        if ledger:
            settle_factors(state, p, 0, step, steps)
    count_steps(record, steps)
