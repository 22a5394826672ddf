"""Gradient descent with Gaussian noise in the gradient, on a tile, for every model:

    theta <- theta - h (J^T r / n + s z)    or    theta <- theta - h (J^T r / n + s P z),    z ~ N(0, I_p)

with P the orthogonal projection on the range of J^T, the span of the gradients of the samples. Each lane projects by an
orthonormal basis of its own. ``P = J^T (J J^T)^+ J`` would square the condition number of J, and the gradients of a
sparse network are nearly dependent: its samples see few coordinates that are not small.
"""

from __future__ import annotations

import math

import numpy as np

from .compile import helper, kernel
from .noise import draw_tile
from .philox import GRADIENT_NOISE
from .signatures import EXAMPLE, INTEGER_MATRIX, INTEGERS, MATRIX, PULLBACK, RESIDUALS, VECTOR, i8, u8, void
from .status import RUNNING
from .tile import COUNT, STATUS, STEP_SIZE, count_steps, inspect, scale_rows, sum_of_squares

STD, NORMAL, CUT = range(3)


@helper
def products(columns, start, stop, column, out):
    """``out[i] = <columns[:, i], columns[:, column]>`` for i from `start` to `stop`."""
    out[start:stop] = 0.0
    for j in range(columns.shape[0]):
        for i in range(start, stop):
            out[i] += columns[j, i] * columns[j, column]


@helper
def orthonormalize(columns, cut, work):
    """Make the first r columns of ``(p, n)`` an orthonormal basis of the span of all, and return the rank r.

    Gram-Schmidt, always with the longest column that is left: what is at most `cut` times as long as the first one
    counts as dependent. A chosen column is made orthogonal once more, against what cancellation left; with the second
    time the basis is orthonormal to rounding however close to dependent the columns are. ``work (n,)``.
    """
    p, n = columns.shape
    longest = 0.0
    for k in range(min(n, p)):
        work[k:] = 0.0
        for j in range(p):
            for i in range(k, n):
                work[i] += columns[j, i] * columns[j, i]
        chosen = k + np.argmax(work[k:])
        if k == 0:
            longest = math.sqrt(work[chosen])
        for j in range(p):
            columns[j, k], columns[j, chosen] = columns[j, chosen], columns[j, k]
        products(columns, 0, k, k, work)
        square = 0.0
        for j in range(p):
            for i in range(k):
                columns[j, k] -= work[i] * columns[j, i]
            square += columns[j, k] * columns[j, k]
        length = math.sqrt(square)
        if not (length > cut * longest):
            return k
        for j in range(p):
            columns[j, k] /= length
        products(columns, k + 1, n, k, work)
        for j in range(p):
            for i in range(k + 1, n):
                columns[j, i] -= work[i] * columns[j, k]
    return min(n, p)


@helper
def sample_gradients(example, theta, b, data, point, slope, columns):
    """``columns (p, n)``: the gradients of f at the samples in lane `b`, divided by their largest entry, whose square
    may be out of range; zeros if it is zero or not finite.
    """
    p, n = columns.shape
    for j in range(p):
        point[j] = theta[j, b]
    largest = 0.0
    for i in range(n):
        example(point, i, data, slope)
        for j in range(p):
            columns[j, i] = slope[j]
            largest = max(largest, abs(slope[j]))
    for j in range(p):
        for i in range(n):
            columns[j, i] = columns[j, i] / largest if 0.0 < largest < np.inf else 0.0


@helper
def project(basis, rank, z, b, work):
    """Project column `b` of ``z (p, B)`` on the span of the first `rank` columns of ``basis (p, n)``."""
    p = basis.shape[0]
    work[:rank] = 0.0
    for j in range(p):
        for i in range(rank):
            work[i] += basis[j, i] * z[j, b]
    for j in range(p):
        z[j, b] = 0.0
        for i in range(rank):
            z[j, b] += basis[j, i] * work[i]


@kernel(
    void(
        RESIDUALS,
        PULLBACK,
        EXAMPLE,
        MATRIX,
        VECTOR,
        VECTOR,
        MATRIX,
        MATRIX,
        MATRIX,
        MATRIX,
        MATRIX,
        INTEGER_MATRIX,
        INTEGERS,
        u8,
        MATRIX,
        i8,
    )
)
def disturb(
    residuals,
    pullback,
    example,
    theta,
    data,
    scratch,
    residual,
    slope,
    noise,
    hyper,
    control,
    record,
    replicas,
    seed,
    final,
    steps,
):
    """Advance the tile ``theta (p, B)`` by up to `steps` steps.

    ``hyper``: the standard deviation s, 1 for noise that is projected, the cut of `orthonormalize`. ``noise (p, B)``.
    """
    p, width = slope.shape
    n = residual.shape[0]
    total, work, columns, point, along = np.empty(width), np.empty(n), np.empty((p, n)), np.empty(p), np.empty(p)
    normal = hyper[NORMAL, 0] != 0.0
    start = record[COUNT].copy()
    for step in range(steps):
        residuals(theta, data, scratch, residual)
        sum_of_squares(residual, total)
        if inspect(theta, residual, total, control, record, final, step) == -width:
            return
        scale_rows(residual, n)
        pullback(theta, residual, data, scratch, slope)
        draw_tile(seed, replicas, start, step, GRADIENT_NOISE, record, noise)
        if normal:
            for b in range(width):
                if record[STATUS, b] == RUNNING:
                    sample_gradients(example, theta, b, data, point, along, columns)
                    rank = orthonormalize(columns, hyper[CUT, b], work)
                    project(columns, rank, noise, b, work)
        for j in range(p):
            for b in range(width):
                theta[j, b] -= control[STEP_SIZE, b] * (slope[j, b] + hyper[STD, b] * noise[j, b])
    count_steps(record, steps)
