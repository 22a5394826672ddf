"""Sharpness-aware minimization with an ascent of its own for every sample, one trajectory a row:

    theta <- theta - (h/n) sum_i grad L_i(theta + rho grad L_i(theta)),   L_i = |r_i|^2 / 2

(or with ``rho grad L_i / |grad L_i|``).
"""

from __future__ import annotations

import math

import numpy as np

from .compile import helper, kernel
from .ledger import NO_NORM
from .scaled import EVERY, settle_row
from .signatures import EXAMPLE, INTEGER_MATRIX, MATRIX, SAMPLE, VECTOR, i8, void
from .status import RUNNING
from .tile import COUNT, LOSS, STATUS, STEP_SIZE, verdict


@helper
def split_gradient(example, sample, none, theta, i, data, slope):
    """(r, |r_i|^2) such that the gradient of L_i is ``r * slope``.

    With one output, r is the residual; with q of them (as many as `none` has zeros), r is 1.
    """
    if none.size > 1:
        return 1.0, sample(theta, i, none, data, slope)
    r = example(theta, i, data, slope)
    return r, r * r


@kernel(void(EXAMPLE, SAMPLE, i8, MATRIX, i8, VECTOR, VECTOR, i8, MATRIX, INTEGER_MATRIX, i8))
def probe_samples(example, sample, outputs, state, p, data, reach, normalized, control, record, steps):
    """Advance the rows of ``state (B, p)``; ``reach (B,)`` is the radius.

    A ledger (``ledger``) gathers ``r_i+ / n``, the residual of sample i at its own second point.
    """
    n, none = int(data[0]), np.zeros(outputs)
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
                r, squared = split_gradient(example, sample, none, row, i, data, slope)
                square += squared
                size = r
                if normalized:
                    norm = 0.0
                    for j in range(p):
                        norm += slope[j] * slope[j]
                    length = math.sqrt(norm) * abs(r)
                    size = r / length if norm > least and length > 0.0 else 0.0
                for j in range(p):
                    point[j] = row[j] + reach[b] * size * slope[j]
                r, _ = split_gradient(example, sample, none, point, i, data, slope)
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
