"""Products of contiguous pieces of vectors, and of matrices stored by rows, eight numbers side by side (see ``eight``
for why).

A load that crosses the end of a cache line takes twice as long: in a step of a flow in 100 unknowns `aligned` was found
to be worth a factor of 1.3.

Entries of a matrix and of a vector are reached through an array and the place of the first one. Every sum has its own
order, which depends on the sizes alone.
"""

from __future__ import annotations

import math

import numpy as np

from .compile import helper, inlined
from .eight import WIDTH, load, number, opposite, plus, put, spread, store, times, times_plus, total

CACHE_LINE = 64


def aligned(*shape: int) -> np.ndarray:
    """Uninitialized float64 work space that begins where a cache line does."""
    size = math.prod(shape)
    room = np.empty(size + CACHE_LINE // 8)
    start = -room.__array_interface__["data"][0] % CACHE_LINE // 8
    return room[start : start + size].reshape(shape)


@inlined
def difference_of_squares(x, y):
    """``x^2 - y^2``, 0 where x = y, and odd under their exchange: a fused step would leave the rounding of a square."""
    return times(plus(x, y), plus(x, opposite(y)))


@inlined
def product_of(x, i, y, j, length):
    """``sum_k x[i + k] y[j + k]`` over `length` entries: two chains of eights, then the rest one by one."""
    first, second = spread(0.0), spread(0.0)
    k = 0
    while k + 16 <= length:
        first = times_plus(load(x, i + k), load(y, j + k), first)
        second = times_plus(load(x, i + k + 8), load(y, j + k + 8), second)
        k += 16
    if k + 8 <= length:
        first = times_plus(load(x, i + k), load(y, j + k), first)
        k += 8
    rest = 0.0
    while k < length:
        rest = times_plus(number(x, i + k), number(y, j + k), rest)
        k += 1
    return total(plus(first, second)) + rest


@inlined
def matrix_times(A, a, rows, columns, x, i, out, j):
    """``out[j + r] = sum_k A[r, k] x[i + k]``, A at `a`: four rows a pass, so that x is loaded once for four sums."""
    r = 0
    while r + 4 <= rows:
        first = a + r * columns
        second, third, fourth = first + columns, first + 2 * columns, first + 3 * columns
        s0 = s1 = s2 = s3 = spread(0.0)
        k = 0
        while k + WIDTH <= columns:
            y = load(x, i + k)
            s0 = times_plus(load(A, first + k), y, s0)
            s1 = times_plus(load(A, second + k), y, s1)
            s2 = times_plus(load(A, third + k), y, s2)
            s3 = times_plus(load(A, fourth + k), y, s3)
            k += WIDTH
        t0 = t1 = t2 = t3 = 0.0
        while k < columns:
            y = number(x, i + k)
            t0 = times_plus(number(A, first + k), y, t0)
            t1 = times_plus(number(A, second + k), y, t1)
            t2 = times_plus(number(A, third + k), y, t2)
            t3 = times_plus(number(A, fourth + k), y, t3)
            k += 1
        put(out, j + r, total(s0) + t0)
        put(out, j + r + 1, total(s1) + t1)
        put(out, j + r + 2, total(s2) + t2)
        put(out, j + r + 3, total(s3) + t3)
        r += 4
    while r < rows:
        t0 = 0.0
        for k in range(columns):
            t0 = times_plus(number(A, a + r * columns + k), number(x, i + k), t0)
        put(out, j + r, t0)
        r += 1


@inlined
def transpose_times(A, a, rows, columns, x, i, out, j):
    """``out[j + k] = sum_r A[r, k] x[i + r]``, A at `a`: sums of 32 columns at a time stay in registers.

    The last eight begins where it ends with the row, over places that are written already; none is read again.
    """
    k = 0
    while k + 4 * WIDTH <= columns:
        s0 = s1 = s2 = s3 = spread(0.0)
        here = a + k
        for r in range(rows):
            y = spread(number(x, i + r))
            s0 = times_plus(load(A, here), y, s0)
            s1 = times_plus(load(A, here + WIDTH), y, s1)
            s2 = times_plus(load(A, here + 2 * WIDTH), y, s2)
            s3 = times_plus(load(A, here + 3 * WIDTH), y, s3)
            here += columns
        store(out, j + k, s0)
        store(out, j + k + WIDTH, s1)
        store(out, j + k + 2 * WIDTH, s2)
        store(out, j + k + 3 * WIDTH, s3)
        k += 4 * WIDTH
    while k < columns and columns >= WIDTH:
        k = min(k, columns - WIDTH)
        s0 = spread(0.0)
        here = a + k
        for r in range(rows):
            s0 = times_plus(load(A, here), spread(number(x, i + r)), s0)
            here += columns
        store(out, j + k, s0)
        k += WIDTH
    while k < columns:
        s = 0.0
        here = a + k
        for r in range(rows):
            s = times_plus(number(A, here), number(x, i + r), s)
            here += columns
        put(out, j + k, s)
        k += 1


@helper
def product_of_columns(A, a, B, b, count, row, m, triangular, out):
    """``out[i, k] = sum_{j < count} A[j, i] B[j, k]`` where that is symmetric; rows of A and B are `row` apart.

    With `triangular` ``A[j, i] = 0`` for j < i. Four rows by eight columns at a time stay in registers, the last four
    and the last eight end with the row; the upper triangle is copied from the lower one.
    """
    for start in range(0, m if m >= WIDTH else 0, 4):
        i = min(start, m - 4)
        first = i * row if triangular else 0
        for k in range(0, i + 4, WIDTH):
            k = min(k, m - WIDTH)
            s0 = s1 = s2 = s3 = spread(0.0)
            for here in range(first, count * row, row):
                y = load(B, b + here + k)
                s0 = times_plus(spread(number(A, a + here + i)), y, s0)
                s1 = times_plus(spread(number(A, a + here + i + 1)), y, s1)
                s2 = times_plus(spread(number(A, a + here + i + 2)), y, s2)
                s3 = times_plus(spread(number(A, a + here + i + 3)), y, s3)
            store(out, i * m + k, s0)
            store(out, (i + 1) * m + k, s1)
            store(out, (i + 2) * m + k, s2)
            store(out, (i + 3) * m + k, s3)
    for i in range(m if m < WIDTH else 0):
        for k in range(i + 1):
            s = 0.0
            for here in range(0, count * row, row):
                s = times_plus(number(A, a + here + i), number(B, b + here + k), s)
            put(out, i * m + k, s)
    for i in range(m):
        for k in range(i):
            put(out, k * m + i, number(out, i * m + k))
