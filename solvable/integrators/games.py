"""Two players, one trajectory a row: ``phi <- phi + s_1 F(phi, theta)``, ``theta <- theta + s_2 G(phi, theta)``.

Simultaneous players read the same state; alternating, the second reads the first one's move.
"""

from __future__ import annotations

import numpy as np

from .compile import kernel
from .signatures import FIELD, INTEGER_MATRIX, MATRIX, VECTOR, i8, void
from .status import DIVERGED, NONFINITE, RUNNING
from .tile import COUNT, STATUS

ESCAPED = 1e100
"""A player further out than this has diverged."""


@kernel(void(FIELD, FIELD, MATRIX, VECTOR, i8, MATRIX, i8, INTEGER_MATRIX, i8))
def play(first, second, z, data, size, rates, alternating, record, steps):
    """Advance the rows of ``z (B, p)``; the first `size` entries are the first player's; ``rates (2, B)``.

    ``first`` and ``second`` fill the whole of their output vector's leading entries with F and G.
    """
    p = z.shape[1]
    F, G = np.empty(p), np.empty(p)
    for b in range(z.shape[0]):
        row = z[b]
        for _ in range(steps):
            if record[STATUS, b] != RUNNING:
                break
            first(row, data, F)
            if not alternating:
                second(row, data, G)
            for j in range(size):
                row[j] += rates[0, b] * F[j]
            if alternating:
                second(row, data, G)
            for j in range(size, p):
                row[j] += rates[1, b] * G[j - size]
            record[COUNT, b] += 1
            for j in range(p):
                if not abs(row[j]) <= ESCAPED:
                    record[STATUS, b] = DIVERGED if row[j] == row[j] else NONFINITE
