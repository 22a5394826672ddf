"""Exact gradient regularization on a tile: descent on ``L + (mu/2) |grad L|^2``,

    theta <- theta - h (g + mu H g),

with the Hessian applied to the gradient by the model's own ``curvature`` function.
"""

from __future__ import annotations

import numpy as np

from .compile import kernel
from .signatures import CURVATURE, INTEGER_MATRIX, MATRIX, PULLBACK, RESIDUALS, VECTOR, i8, void
from .tile import STEP_SIZE, count_steps, inspect, scale_rows, sum_of_squares

STRENGTH = 0
HYPER_ROWS = 1


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
    residuals, pullback, curvature, theta, data, scratch, residual, work, hyper, control, record, final, steps
):
    """Advance the tile ``theta (p, B)``; ``work (2p, B)``: gradient, Hessian times gradient."""
    p, width = theta.shape
    n = residual.shape[0]
    total = np.empty(width)
    slope, bend = work[:p], work[p:]
    for step in range(steps):
        residuals(theta, data, scratch, residual)
        sum_of_squares(residual, total)
        if inspect(theta, residual, total, control, record, final, step) == -width:
            return
        scale_rows(residual, n)
        pullback(theta, residual, data, scratch, slope)
        curvature(theta, slope, data, scratch, bend)
        for j in range(p):
            for b in range(width):
                direction = slope[j, b] + hyper[STRENGTH, b] * bend[j, b]
                theta[j, b] -= control[STEP_SIZE, b] * direction
    count_steps(record, steps)
