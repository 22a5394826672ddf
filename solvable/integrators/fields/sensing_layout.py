"""Where the numbers of a matrix sensing problem lie, in its data vector and in work space.

A measurement is one *packed* row: row by row, of a symmetric matrix the upper triangle only, ``a_jj`` and ``2 a_jk``
for ``j < k``, so that ``<A_i, X>`` is the plain product with the upper triangle of X: half the operations, and half the
memory, of the full matrices. Rows are padded with zeros to whole eights, and rows of zeros make their number a multiple
of 4.

``data``: header ``[n, d1, d2, r, symmetric?]``, the packed rows, y.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..compile import helper
from ..signatures import HEADER


class Layout(NamedTuple):
    """Sizes of a problem.

    ``size`` entries of a packed row, ``width`` with its padding; the measurements and the values with theirs are
    ``rows``. Factors have ``height`` rows together, in work space of ``columns`` numbers each, of which r count; a
    transposed factor has r strips of ``strip`` numbers, so many that eight can be read from any place of a row.
    """

    n: int
    d1: int
    d2: int
    r: int
    symmetric: bool
    size: int
    width: int
    rows: int
    height: int
    columns: int
    strip: int


class Walk(NamedTuple):
    """A walk along row j of a matrix G packed in this way, from column 0 on.

    It begins at place ``row j``; from column k it goes on by ``before - fall k`` places if k < j, else by ``after``.
    """

    row: int
    before: int
    fall: int
    after: int


@helper
def make_layout(n, d1, d2, r, symmetric):
    size = d1 * (d1 + 1) // 2 if symmetric else d1 * d2
    height = d1 if symmetric else d1 + d2
    width, rows, columns, strip = (size + 7) // 8 * 8, (n + 3) // 4 * 4, (r + 7) // 8 * 8, (d2 + 15) // 8 * 8
    return Layout(n, d1, d2, r, symmetric, size, width, rows, height, columns, strip)


@helper
def layout_of(data):
    return make_layout(int(data[0]), int(data[1]), int(data[2]), int(data[3]), data[4] != 0.0)


@helper
def place_of(j, k, l):
    """Place of entry (j, k) in a packed row; ``j <= k`` where it is a triangle."""
    return j * l.d2 - j * (j - 1) // 2 + k - j if l.symmetric else j * l.d2 + k


@helper
def along(l):
    """The rows of G: of a symmetric one, down the columns to the diagonal and then to the right."""
    return Walk(1, l.d1 - 1, 1, 1) if l.symmetric else Walk(l.d2, 1, 0, 1)


@helper
def across(l):
    """The columns of a G that is not symmetric."""
    return Walk(1, l.d2, 0, l.d2)


@helper
def values_at(l):
    """Place of y in the data vector."""
    return HEADER + l.rows * l.width


@helper
def work_start(work):
    """First place of `work` that lies on a cache line."""
    return (-(work.ctypes.data // 8)) % 8


def pack(A: np.ndarray, y: np.ndarray, rank: int, symmetric: bool) -> tuple[np.ndarray, int]:
    """The data vector of measurements ``A (n, d1, d2)`` with values ``y (n,)``, and the scratch entries a trajectory.

    The Hessian of a trajectory alone needs most: three sets of factors, two of strips, of matrices and of weights.
    """
    n, d1, d2 = A.shape
    l = make_layout.py_func(n, d1, d2, rank, symmetric)
    packed, values = np.zeros((l.rows, l.width)), np.zeros(l.rows)
    if symmetric:
        j, k = np.triu_indices(d1)
        packed[:n, : l.size] = np.where(j == k, 1.0, 2.0) * A[:, j, k]
    else:
        packed[:n, : l.size] = A.reshape(n, -1)
    values[:n] = y
    header = np.zeros(HEADER)
    header[:5] = n, d1, d2, rank, symmetric
    scratch = 3 * l.height * l.columns + 2 * (l.r * l.strip + l.width + 8 + l.rows) + 8
    return np.concatenate([header, packed.ravel(), values]), scratch
