"""The arrays in which a flow is expanded, and what else a step needs."""

from __future__ import annotations

from collections import namedtuple

import numpy as np
from numba import types

from ..compile import helper
from ..signatures import BLOCKS, INTEGER_MATRIX, INTEGERS, MATRIX, VECTOR
from .roots import HALVINGS

NOISE = 16 * 2.220446049250313e-16
"""Rounding error of a short sum, as a share of its terms."""
AA, AW, AB, WW, WB, BB = 0, 1, 2, 4, 5, 8
PROPAGATOR, E1, E0 = 9, 18, 19
ROWS = 20
"""Rows of ``terms``: second moments and the propagator, row by row, and the pair that drives a place."""
MOVING, SEES, LEAD = range(3)
"""Rows of ``index``: the place, its class, its first neuron."""

Work = namedtuple("Work", ["terms", "e", "index", "slot", "first", "zeroth", "tests", "halves", "who", "side"])
"""Taylor coefficients of order k of the q-th place that is taken, and what else a step needs.

``terms (K+1, ROWS, Q)``; ``e (K+1, n+2)`` residuals, then c and d; ``index (3, Q)``; ``slot (4n,)`` the q of a place or
-1; ``first, zeroth (2n,)``: E1 and E0 of all classes, of the order last computed; ``tests (Q, 2, 7)``, ``who`` and
``side``: see `search`; ``halves``: see `roots`.
"""
WORK = types.NamedTuple(
    (BLOCKS, MATRIX, INTEGER_MATRIX, INTEGERS, VECTOR, VECTOR, BLOCKS, MATRIX, INTEGERS, INTEGERS), Work
)


@helper
def new_work(n, m, order):
    places = min(m, 4 * n)
    return Work(
        np.empty((order + 1, ROWS, places)),
        np.zeros((order + 1, n + 2)),
        np.empty((3, places), np.int64),
        np.empty(4 * n, np.int64),
        np.empty(2 * n),
        np.empty(2 * n),
        np.empty((places, 2, 7)),
        np.empty((HALVINGS + 2, order + 3)),
        np.empty(2 * m + 12 * n, np.int64),
        np.empty(2 * m + 12 * n, np.int64),
    )
