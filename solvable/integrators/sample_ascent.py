"""Sharpness-aware minimization with an ascent of its own for every sample, one trajectory a row:

    theta <- theta - (h/n) sum_i grad L_i(theta + rho grad L_i(theta)),   L_i = r_i^2 / 2

(or with ``rho grad L_i / |grad L_i|``).
"""

from __future__ import annotations

import math

import numpy as np

from .compile import kernel
from .ledger import NO_NORM
from .scaled import EVERY, settle_row
from .signatures import EXAMPLE, INTEGER_MATRIX, MATRIX, VECTOR, i8, void
from .status import RUNNING
from .tile import COUNT, LOSS, STATUS, STEP_SIZE, verdict


@kernel(void(EXAMPLE, MATRIX, i8, VECTOR, VECTOR, i8, MATRIX, INTEGER_MATRIX, i8))
def probe_samples(example, state, p, data, reach, normalized, control, record, steps):
    """Advance the rows of ``state (B, p)``; ``reach (B,)`` is the radius.

    A ledger (``ledger``) gathers ``r_i+ / n``, the residual of sample i at its own second point.
    """
    n = int(data[0])
    slope, point, total, above = np.empty(p), np.empty(p), np.empty(p), np.empty(n)
    ledger = state.shape[1] > p
    least = NO_NORM * NO_NORM if ledger else 0.0
    for b in range(state.shape[0]):
        row = state[b, :p]
        for step in range(steps):
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
                    length = math.sqrt(norm) * abs(r)
                    size = r / length if norm > least and length > 0.0 else 0.0
                for j in range(p):
                    point[j] = row[j] + reach[b] * size * slope[j]
                r = example(point, i, data, slope)
                above[i] = r / n
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
            if ledger:
                state[b, p : p + n] += above
                if step % EVERY == EVERY - 1 or step == steps - 1:
                    settle_row(row, state[b, p + n :], state[b, :0])
