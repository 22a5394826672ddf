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
def inner(x, y):
    """``<x, y>`` in four sums, which do not wait for each other."""
    a = b = c = d = 0.0
    whole = x.size - x.size % 4
    for j in range(0, whole, 4):
        a += x[j] * y[j]
        b += x[j + 1] * y[j + 1]
        c += x[j + 2] * y[j + 2]
        d += x[j + 3] * y[j + 3]
    for j in range(whole, x.size):
        a += x[j] * y[j]
    return (a + b) + (c + d)


@helper
def subtract_part(direction, row):
    """Take the part along the unit vector `direction` out of `row`."""
    part = inner(direction, row)
    for j in range(row.size):
        row[j] -= part * direction[j]


@helper
def orthonormalize(rows, cut):
    """Make the first r of ``rows (n, p)`` an orthonormal basis of the span of all, and return the rank r.

    Gram-Schmidt, always with the longest row that is left: what is at most `cut` times as long as the first one counts
    as dependent. A chosen row is made orthogonal once more, to what cancellation left in it; with this second time the
    basis is orthonormal to rounding however close to dependent the rows are.
    """
    n, p = rows.shape
    longest = 0.0
    for k in range(min(n, p)):
        chosen, square = k, -1.0
        for i in range(k, n):
            left = inner(rows[i], rows[i])
            if left > square:
                chosen, square = i, left
        if k == 0:
            longest = math.sqrt(square)
        row = rows[k]
        for j in range(p):
            row[j], rows[chosen, j] = rows[chosen, j], row[j]
        for i in range(k):
            subtract_part(rows[i], row)
        length = math.sqrt(inner(row, row))
        if not (length > cut * longest):
            return k
        for j in range(p):
            row[j] /= length
        for i in range(k + 1, n):
            subtract_part(row, rows[i])
    return min(n, p)


@helper
def normal_basis(example, theta, data, cut, rows):
    """`orthonormalize` of the gradients of f at the samples, at ``theta (p,)``; none if they are not finite.

    They are divided by their largest entry, whose square may be out of range.
    """
    largest = 0.0
    for i in range(rows.shape[0]):
        example(theta, i, data, rows[i])
        for j in range(theta.size):
            largest = max(largest, abs(rows[i, j]))
    if not (0.0 < largest < np.inf):
        return 0
    rows /= largest
    return orthonormalize(rows, cut)


@helper
def project(basis, rank, z, out):
    """``out (p,)``: the projection of ``z (p,)`` on the span of the first `rank` rows of `basis`."""
    out[:] = 0.0
    for i in range(rank):
        part = inner(basis[i], z)
        for j in range(z.size):
            out[j] += part * basis[i, j]


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
    n = int(data[0])
    total, column, image = np.empty(width), np.empty(p), np.empty(p)
    rows = np.empty((residual.shape[0], p))
    normal = hyper[NORMAL, 0] != 0.0
    start = record[COUNT].copy()
    for step in range(steps):
        residuals(theta, data, scratch, residual)
        sum_of_squares(residual, total)
        if inspect(theta, residual, total, n, control, record, final, step) == -width:
            return
        scale_rows(residual, n)
        pullback(theta, residual, data, scratch, slope)
        draw_tile(seed, replicas, start, step, GRADIENT_NOISE, record, noise)
        if normal:
            for b in range(width):
                if record[STATUS, b] == RUNNING:
                    column[:] = theta[:, b]
                    rank = normal_basis(example, column, data, hyper[CUT, b], rows)
                    column[:] = noise[:, b]
                    project(rows, rank, column, image)
                    noise[:, b] = image
        for j in range(p):
            for b in range(width):
                theta[j, b] -= control[STEP_SIZE, b] * (slope[j, b] + hyper[STD, b] * noise[j, b])
    count_steps(record, steps)
