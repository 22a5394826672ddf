"""Matrix sensing of one trajectory: eight entries of a row side by side.

Factors, strips (a factor transposed), packed matrices and weights lie in one flat array of work space; a place in it
says which is meant. The order of every sum is part of the bargain, and that of ``sensing_block``: ``<A_i, X>`` is eight
sums, over the places ``q, q + 8, ...`` of a packed row, folded as ``total`` does; all others run from the first term to
the last.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..compile import helper, inlined
from ..eight import load, number, put, spread, store, times_plus, total
from ..signatures import HEADER
from .sensing_layout import across, along, place_of, values_at, work_start


class Places(NamedTuple):
    """Where, in work space, the parts of one trajectory lie; ``size`` numbers are its factors."""

    factors: int
    slope: int
    strips: int
    x: int
    g: int
    w: int
    end: int
    size: int


@helper
def places_from(start, l):
    size = l.height * l.columns
    slope = start + size
    strips = slope + size
    x = strips + l.r * l.strip
    g = x + l.width + 8  # room for what the last full store leaves behind a packed matrix
    w = g + l.width + 8
    return Places(start, slope, strips, x, g, w, w + l.rows, size)


@helper
def make_work(theta, l):
    """Work space with the factors of ``theta (p,)`` in it, and its places."""
    work = np.empty(8 + places_from(0, l).end)
    at = places_from(work_start(work), l)
    load_factors(theta, 0, 1, work, at.factors, l)
    return work, at


@helper
def load_factors(theta, start, stride, work, at, l):
    """Entries ``theta[start + m stride]`` as padded rows at `at`."""
    m = start
    for j in range(l.height):
        row = at + j * l.columns
        for c in range(l.r):
            put(work, row + c, number(theta, m))
            m += stride
        for c in range(l.r, l.columns):
            put(work, row + c, 0.0)


@helper
def store_factors(work, at, theta, start, stride, l):
    """The reverse of `load_factors`."""
    m = start
    for j in range(l.height):
        for c in range(l.r):
            put(theta, m, number(work, at + j * l.columns + c))
            m += stride


@helper
def load_weights(weights, start, stride, work, at, l):
    """Entries ``weights[start + i stride]``, with zeros for the rows that only fill up."""
    for i in range(l.rows):
        work[at + i] = weights[start + i * stride] if i < l.n else 0.0


@helper
def second_factor(at, l):
    """Place of V, given that of U."""
    return at if l.symmetric else at + l.d1 * l.columns


@helper
def transpose(work, factors, strips, l):
    """The strips of V."""
    V = second_factor(factors, l)
    for c in range(l.r):
        row = strips + c * l.strip
        for k in range(l.d2):
            put(work, row + k, number(work, V + k * l.columns + c))
        for k in range(l.d2, l.strip):
            put(work, row + k, 0.0)


@helper
def multiply(work, U, V, x, l):
    """Packed ``U V^T`` at `x`, from U and the strips of V."""
    at = x
    for j in range(l.d1):
        first = j if l.symmetric else 0
        for k in range(first, l.d2, 8):
            s = spread(0.0)
            for c in range(l.r):
                s = times_plus(spread(number(work, U + j * l.columns + c)), load(work, V + c * l.strip + k), s)
            store(work, at + k - first, s)  # what it leaves behind the row's end, the next row overwrites
        at += l.d2 - first
    for k in range(l.size, l.width):
        work[x + k] = 0.0


@helper
def form(work, at, l):
    """Packed X from the factors."""
    transpose(work, at.factors, at.strips, l)
    multiply(work, at.factors, at.strips, at.x, l)


@inlined
def products_of_four(data, a, work, x, width):
    """Products of the packed rows at ``a, a + width, ...`` with the matrix at `x`."""
    s0 = s1 = s2 = s3 = spread(0.0)
    for k in range(0, width, 8):
        v = load(work, x + k)
        s0 = times_plus(load(data, a + k), v, s0)
        s1 = times_plus(load(data, a + width + k), v, s1)
        s2 = times_plus(load(data, a + 2 * width + k), v, s2)
        s3 = times_plus(load(data, a + 3 * width + k), v, s3)
    return total(s0), total(s1), total(s2), total(s3)


@inlined
def add_four(data, a, work, w, g, width):
    """Add the packed rows at ``a, a + width, ...``, with the four weights at `w`, to the matrix at `g`."""
    w0, w1 = spread(number(work, w)), spread(number(work, w + 1))
    w2, w3 = spread(number(work, w + 2)), spread(number(work, w + 3))
    for k in range(0, width, 8):
        s = times_plus(load(data, a + k), w0, load(work, g + k))
        s = times_plus(load(data, a + width + k), w1, s)
        s = times_plus(load(data, a + 2 * width + k), w2, s)
        s = times_plus(load(data, a + 3 * width + k), w3, s)
        store(work, g + k, s)


@helper
def clear(work, g, width):
    for k in range(0, width, 8):
        store(work, g + k, spread(0.0))


@helper
def measure(data, work, x, w, l):
    """``<A_i, X>`` at `w`, with zeros for the rows that only fill up."""
    for i in range(0, l.rows, 4):
        r = products_of_four(data, HEADER + i * l.width, work, x, l.width)
        work[w + i], work[w + i + 1], work[w + i + 2], work[w + i + 3] = r


@helper
def gather(data, work, w, g, l):
    """``sum_i w_i A_i``, packed, at `g`."""
    clear(work, g, l.width)
    for i in range(0, l.rows, 4):
        add_four(data, HEADER + i * l.width, work, w + i, g, l.width)


@helper
def sweep(data, work, x, w, g, l):
    """Both at once, while four rows are at hand: ``sum_i r_i^2``, and at `g` ``sum_i (r_i / n) A_i``."""
    clear(work, g, l.width)
    y, square = values_at(l), 0.0
    for i in range(0, l.rows, 4):
        a = HEADER + i * l.width
        products = products_of_four(data, a, work, x, l.width)
        for m in range(4):
            r = products[m] - number(data, y + i + m) if i + m < l.n else 0.0
            square += r * r
            put(work, w + i + m, r / l.n)
        add_four(data, a, work, w + i, g, l.width)
    return square


@helper
def apply(work, g, walk, V, out, rows, count, columns):
    """Add ``sum_k G_jk V_k`` to row j of `out`, for `rows` of j and `count` of k; two rows at a time.

    G is packed at `g`, and `walk` says how to go through it (``sensing_layout.Walk``).
    """
    for j in range(0, rows, 2):
        j1 = min(j + 1, rows - 1)
        for c in range(0, columns, 8):
            o, o1 = out + j * columns + c, out + j1 * columns + c
            s, s1 = load(work, o), load(work, o1)
            a, a1, b = g + j * walk.row, g + j1 * walk.row, V + c
            for k in range(count):
                v = load(work, b)
                s, s1 = times_plus(spread(number(work, a)), v, s), times_plus(spread(number(work, a1)), v, s1)
                a += walk.before - walk.fall * k if k < j else walk.after
                a1 += walk.before - walk.fall * k if k < j1 else walk.after
                b += columns
            store(work, o, s)
            store(work, o1, s1)


@helper
def pull(work, g, factors, out, l):
    """Add the gradient of ``<G, U V^T>`` in the factors to what is at `out`. Spoils the packed G."""
    if l.symmetric:
        for j in range(l.d1):
            work[g + place_of(j, j, l)] *= 2.0  # off the diagonal a packed G holds 2 G already
    else:
        apply(work, g, across(l), factors, second_factor(out, l), l.d2, l.d1, l.columns)
    apply(work, g, along(l), second_factor(factors, l), out, l.d1, l.d2, l.columns)
