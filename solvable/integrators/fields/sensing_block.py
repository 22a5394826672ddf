"""Matrix sensing of eight trajectories side by side: entry m of such a block lies at ``block + 8 m``.

The measurements are a matrix product of the packed rows, which all trajectories share, with the block. Four sums at a
time stay in registers, of 256 bits also. The order of every sum is that of ``sensing_row``, so that a trajectory has
the same bits here and there.
"""

from __future__ import annotations

from ..compile import helper, inlined
from ..eight import load, number, plus, spread, store, times_plus
from ..signatures import HEADER
from .sensing_layout import across, along, place_of, values_at


@helper
def second_factor(factors, l):
    """Place of V, given that of U."""
    return factors if l.symmetric else factors + 8 * l.d1 * l.r


@helper
def load_block(theta, at, stride, scratch, block, count):
    """Lanes ``at .. at + 8`` of `count` rows of a flat tile, `stride` numbers apart."""
    for m in range(count):
        store(scratch, block + 8 * m, load(theta, at + stride * m))


@inlined
def zeros():
    return spread(0.0), spread(0.0), spread(0.0), spread(0.0)


@helper
def multiply(scratch, U, V, x, l):
    """Packed ``U V^T`` at `x`, two rows by two columns at a time."""
    row = 8 * l.r
    for j in range(0, l.d1, 2):
        j1 = min(j + 1, l.d1 - 1)
        for k in range(j if l.symmetric else 0, l.d2, 2):
            k1 = min(k + 1, l.d2 - 1)
            a, a1, b, b1 = U + j * row, U + j1 * row, V + k * row, V + k1 * row
            s0, s1, s2, s3 = zeros()
            for c in range(0, row, 8):
                u, w = load(scratch, a + c), load(scratch, a1 + c)
                v, z = load(scratch, b + c), load(scratch, b1 + c)
                s0, s1 = times_plus(u, v, s0), times_plus(u, z, s1)
                s2, s3 = times_plus(w, v, s2), times_plus(w, z, s3)
            if not l.symmetric or k > j:
                store(scratch, x + 8 * place_of(j1, k, l), s2)
            store(scratch, x + 8 * place_of(j, k, l), s0)
            store(scratch, x + 8 * place_of(j, k1, l), s1)
            store(scratch, x + 8 * place_of(j1, k1, l), s3)


@inlined
def strand(data, i, scratch, x, q, l):
    """The q-th of the eight partial sums, for the four packed rows from the i-th on."""
    s0, s1, s2, s3 = zeros()
    a = HEADER + i * l.width
    b, c, d = a + l.width, a + 2 * l.width, a + 3 * l.width
    for k in range(q, l.size, 8):
        v = load(scratch, x + 8 * k)
        s0 = times_plus(spread(number(data, a + k)), v, s0)
        s1 = times_plus(spread(number(data, b + k)), v, s1)
        s2 = times_plus(spread(number(data, c + k)), v, s2)
        s3 = times_plus(spread(number(data, d + k)), v, s3)
    return s0, s1, s2, s3


@inlined
def join(s, t):
    return plus(s[0], t[0]), plus(s[1], t[1]), plus(s[2], t[2]), plus(s[3], t[3])


@helper
def measure(data, scratch, x, out, at, stride, l):
    """``<A_i, X>`` at ``at + stride i`` of `out`."""
    s, four = zeros(), zeros()
    for i in range(0, l.n, 4):
        for odd in range(2):
            for half in range(2):
                q = odd + 2 * half
                pair = join(strand(data, i, scratch, x, q, l), strand(data, i, scratch, x, q + 4, l))
                four = join(four, pair) if half == 1 else pair
            s = join(s, four) if odd == 1 else four
        place = at + stride * i
        store(out, place, s[0])
        if i + 1 < l.n:
            store(out, place + stride, s[1])
        if i + 2 < l.n:
            store(out, place + 2 * stride, s[2])
        if i + 3 < l.n:
            store(out, place + 3 * stride, s[3])


@helper
def subtract_values(data, out, at, stride, l):
    """``y_i`` from sample i."""
    for i in range(l.n):
        place = at + stride * i
        store(out, place, plus(load(out, place), spread(-number(data, values_at(l) + i))))


@helper
def gather(data, weights, at, stride, scratch, g, l):
    """``sum_i w_i A_i``, packed, at `g`; weight i at ``at + stride i`` of `weights`."""
    for k in range(0, l.size, 4):
        s0, s1, s2, s3 = zeros()
        a = HEADER + k
        for i in range(l.n):
            v = load(weights, at + stride * i)
            s0 = times_plus(spread(number(data, a)), v, s0)
            s1 = times_plus(spread(number(data, a + 1)), v, s1)
            s2 = times_plus(spread(number(data, a + 2)), v, s2)
            s3 = times_plus(spread(number(data, a + 3)), v, s3)
            a += l.width
        store(scratch, g + 8 * k, s0)
        store(scratch, g + 8 * k + 8, s1)
        store(scratch, g + 8 * k + 16, s2)
        store(scratch, g + 8 * k + 24, s3)


@helper
def apply(scratch, g, walk, V, out, at, stride, rows, count, columns):
    """Add ``sum_k G_jk V_k`` to row j of `out`, for `rows` of j and `count` of k, two rows and columns at a time.

    G is packed at `g`, and `walk` says how to go through it (``sensing_layout.Walk``). Entry m of the result lies at
    ``at + stride m``.
    """
    for j in range(0, rows, 2):
        j1 = min(j + 1, rows - 1)
        for c in range(0, columns, 2):
            c1 = min(c + 1, columns - 1)
            o, p = at + stride * (j * columns + c), at + stride * (j * columns + c1)
            o1, p1 = at + stride * (j1 * columns + c), at + stride * (j1 * columns + c1)
            s0, s1, s2, s3 = load(out, o), load(out, p), load(out, o1), load(out, p1)
            a, a1, b, b1 = g + 8 * j * walk.row, g + 8 * j1 * walk.row, V + 8 * c, V + 8 * c1
            for k in range(count):
                u, w = load(scratch, a), load(scratch, a1)
                v, z = load(scratch, b), load(scratch, b1)
                s0, s1 = times_plus(u, v, s0), times_plus(u, z, s1)
                s2, s3 = times_plus(w, v, s2), times_plus(w, z, s3)
                a += 8 * (walk.before - walk.fall * k if k < j else walk.after)
                a1 += 8 * (walk.before - walk.fall * k if k < j1 else walk.after)
                b, b1 = b + 8 * columns, b1 + 8 * columns
            store(out, o, s0)
            store(out, p, s1)
            store(out, o1, s2)
            store(out, p1, s3)


@helper
def pull(scratch, g, factors, out, at, stride, l):
    """Add to `out` the gradient of ``<G, U V^T>`` in the factors, entry m at ``at + stride m``. Spoils the packed G."""
    if l.symmetric:
        for j in range(l.d1):
            place = g + 8 * place_of(j, j, l)
            store(scratch, place, plus(load(scratch, place), load(scratch, place)))
    else:
        half = l.d1 * l.r
        apply(scratch, g, across(l), factors, out, at + stride * half, stride, l.d2, l.d1, l.r)
    apply(scratch, g, along(l), second_factor(factors, l), out, at, stride, l.d1, l.d2, l.r)


@helper
def clear(out, at, stride, count):
    for m in range(count):
        store(out, at + stride * m, spread(0.0))


@helper
def residuals(theta, data, scratch, start, out, width, l):
    """Residuals of a flat tile ``theta (p, width)``, `width` a multiple of 8."""
    p, x = l.height * l.r, start + 8 * l.height * l.r
    for b in range(0, width, 8):
        load_block(theta, b, width, scratch, start, p)
        multiply(scratch, start, second_factor(start, l), x, l)
        measure(data, scratch, x, out, b, width, l)
        subtract_values(data, out, b, width, l)


@helper
def pullback(theta, weights, data, scratch, start, out, width, l):
    """``J^T weights`` of a flat tile."""
    p, g = l.height * l.r, start + 8 * l.height * l.r
    for b in range(0, width, 8):
        gather(data, weights, b, width, scratch, g, l)
        load_block(theta, b, width, scratch, start, p)
        clear(out, b, width, p)
        pull(scratch, g, start, out, b, width, l)


@helper
def curvature(theta, vector, data, scratch, start, out, width, l):
    """Hessian of the loss times `vector`, of a flat tile."""
    p = l.height * l.r
    change = start + 8 * p
    x = change + 8 * p
    z = x + 8 * l.width
    r = z + 8 * l.width
    s = r + 8 * l.n
    V, W = second_factor(start, l), second_factor(change, l)
    for b in range(0, width, 8):
        load_block(theta, b, width, scratch, start, p)
        load_block(vector, b, width, scratch, change, p)
        multiply(scratch, start, V, x, l)
        measure(data, scratch, x, scratch, r, 8, l)
        subtract_values(data, scratch, r, 8, l)
        multiply(scratch, start, W, x, l)
        multiply(scratch, change, V, z, l)
        for m in range(0, 8 * l.size, 8):
            store(scratch, x + m, plus(load(scratch, x + m), load(scratch, z + m)))
        measure(data, scratch, x, scratch, s, 8, l)
        for m in range(r, r + 16 * l.n):
            scratch[m] /= l.n
        clear(out, b, width, p)
        for source, weights in ((start, s), (change, r)):
            gather(data, scratch, weights, 8, scratch, x, l)
            pull(scratch, x, source, out, b, width, l)
