"""Sharpness-aware minimization with an ascent of its own for every sample, one trajectory a row:

    theta <- theta - (h/n) sum_i grad L_i(theta + rho grad L_i(theta)),   L_i = r_i^2 / 2

(or with ``rho grad L_i / |grad L_i|``).
"""

from __future__ import annotations

import math

import numpy as np

from .compile import kernel
from .signatures import EXAMPLE, INTEGER_MATRIX, MATRIX, VECTOR, i8, void
from .status import RUNNING
from .tile import COUNT, LOSS, STATUS, STEP_SIZE, verdict


@kernel(void(EXAMPLE, MATRIX, VECTOR, VECTOR, i8, MATRIX, INTEGER_MATRIX, i8))
def probe_samples(example, theta, data, reach, normalized, control, record, steps):
    """Advance the rows of ``theta (B, p)``; ``reach (B,)`` is the radius."""
    n, p = int(data[0]), theta.shape[1]
    slope, point, total = np.empty(p), np.empty(p), np.empty(p)
    for b in range(theta.shape[0]):
        row = theta[b]
        for _ in range(steps):
            if record[STATUS, b] != RUNNING:
                break
            square = 0.0
            total[:] = 0.0
            for i in range(n):
                r = example(row, i, data, slope)
                square += r * r
                size = r
                if normalized:
                    norm = 0.0
                    for j in range(p):
                        norm += slope[j] * slope[j]
                    norm = math.sqrt(norm) * abs(r)
                    size = r / norm if norm > 0.0 else 0.0
                for j in range(p):
                    point[j] = row[j] + reach[b] * size * slope[j]
                r = example(point, i, data, slope)
                for j in range(p):
                    total[j] += r * slope[j] / n
            loss = square / (2.0 * n)
            code = verdict(loss, control, b)
            if code != RUNNING:
                record[STATUS, b] = code
                break
            control[LOSS, b] = loss
            for j in range(p):
                row[j] -= control[STEP_SIZE, b] * total[j]
            record[COUNT, b] += 1
