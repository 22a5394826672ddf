"""Matrix sensing of blocks of eight trajectories, side by side: entry m of a block lies at ``block + 8 m``.

The measurements are products of the packed rows, which all trajectories share, with two blocks at a time, four rows by
sixteen lanes in registers. The order of every sum is that of ``sensing_row``, so a trajectory has the same bits here.
"""

from __future__ import annotations

from ..compile import helper, inlined
from ..eight import load, number, plus, spread, store, times_plus
from ..signatures import HEADER
from .sensing_layout import place_of, values_at


@helper
def load_block(theta, at, stride, scratch, block, count):
    """Lanes ``at .. at + 8`` of `count` rows of a flat tile, `stride` numbers apart."""
    for m in range(count):
        store(scratch, block + 8 * m, load(theta, at + stride * m))


@inlined
def two_by_four(scratch, a0, a1, j0, j1, step, b0, b1, b2, b3, stride, count, s):
    """Add ``sum_k a_k b_k`` to each of the eight sums `s`, of two a with four b.

    Entries of b are `stride` apart, and those of a `step`; a step of 0 stands for rows j0 and j1 of a packed triangle.
    """
    s0, s1, s2, s3, s4, s5, s6, s7 = s
    for k in range(count):
        u, w = load(scratch, a0), load(scratch, a1)
        v = load(scratch, b0)
        s0, s4 = times_plus(u, v, s0), times_plus(w, v, s4)
        v = load(scratch, b1)
        s1, s5 = times_plus(u, v, s1), times_plus(w, v, s5)
        v = load(scratch, b2)
        s2, s6 = times_plus(u, v, s2), times_plus(w, v, s6)
        v = load(scratch, b3)
        s3, s7 = times_plus(u, v, s3), times_plus(w, v, s7)
        b0, b1, b2, b3 = b0 + stride, b1 + stride, b2 + stride, b3 + stride
        a0 += step if step > 0 else 8 * (count - k - 1 if k < j0 else 1)
        a1 += step if step > 0 else 8 * (count - k - 1 if k < j1 else 1)
    return s0, s1, s2, s3, s4, s5, s6, s7


@inlined
def zeros():
    z = spread(0.0)
    return z, z, z, z, z, z, z, z


@helper
def multiply_both(scratch, U, V, Q, P, x, l, count):
    """Packed ``U V^T`` at `x`, plus ``Q P^T`` if `count` is 2."""
    last_j, last_k, row = l.d1 - 1, l.d2 - 1, 8 * l.r
    for j in range(0, l.d1, 2):
        j1 = min(j + 1, last_j)
        for k in range(j if l.symmetric else 0, l.d2, 4):
            k1, k2, k3 = min(k + 1, last_k), min(k + 2, last_k), min(k + 3, last_k)
            at, bt = U + j * row, U + j1 * row
            c0, c1, c2, c3 = V + k * row, V + k1 * row, V + k2 * row, V + k3 * row
            s = two_by_four(scratch, at, bt, 0, 0, 8, c0, c1, c2, c3, 8, l.r, zeros())
            if count == 2:
                at, bt = Q + j * row, Q + j1 * row
                c0, c1, c2, c3 = P + k * row, P + k1 * row, P + k2 * row, P + k3 * row
                s = two_by_four(scratch, at, bt, 0, 0, 8, c0, c1, c2, c3, 8, l.r, s)
            store_four(s[0], s[1], s[2], s[3], scratch, j, k, k1, k2, k3, x, l)
            store_four(s[4], s[5], s[6], s[7], scratch, j1, k, k1, k2, k3, x, l)


@inlined
def store_four(s0, s1, s2, s3, scratch, j, k0, k1, k2, k3, x, l):
    """Entries (j, k) of a packed matrix; of a triangle, those that belong to it."""
    if not l.symmetric or j <= k0:
        store(scratch, x + 8 * place_of(j, k0, l), s0)
    if not l.symmetric or j <= k1:
        store(scratch, x + 8 * place_of(j, k1, l), s1)
    if not l.symmetric or j <= k2:
        store(scratch, x + 8 * place_of(j, k2, l), s2)
    if not l.symmetric or j <= k3:
        store(scratch, x + 8 * place_of(j, k3, l), s3)


@inlined
def strand(data, a, scratch, x0, x1, q, l):
    """The q-th of the eight partial sums, for four rows and two blocks."""
    s0, s1, s2, s3, s4, s5, s6, s7 = zeros()
    width = l.width
    for k in range(q, l.size, 8):
        v, w = load(scratch, x0 + 8 * k), load(scratch, x1 + 8 * k)
        c = spread(number(data, a + k))
        s0, s1 = times_plus(c, v, s0), times_plus(c, w, s1)
        c = spread(number(data, a + width + k))
        s2, s3 = times_plus(c, v, s2), times_plus(c, w, s3)
        c = spread(number(data, a + 2 * width + k))
        s4, s5 = times_plus(c, v, s4), times_plus(c, w, s5)
        c = spread(number(data, a + 3 * width + k))
        s6, s7 = times_plus(c, v, s6), times_plus(c, w, s7)
    return s0, s1, s2, s3, s4, s5, s6, s7


@inlined
def join(s, t):
    return (
        plus(s[0], t[0]), plus(s[1], t[1]), plus(s[2], t[2]), plus(s[3], t[3]),
        plus(s[4], t[4]), plus(s[5], t[5]), plus(s[6], t[6]), plus(s[7], t[7]),
    )  # fmt: skip


@helper
def measure_pair(data, scratch, x0, x1, out, at0, at1, stride, l, against):
    """``<A_i, X>``, minus ``y_i`` if `against`, for two blocks: sample i at ``at + stride i`` of `out`."""
    y = values_at(l)
    for i in range(0, l.n, 4):
        a = HEADER + i * l.width
        even = join(
            join(strand(data, a, scratch, x0, x1, 0, l), strand(data, a, scratch, x0, x1, 4, l)),
            join(strand(data, a, scratch, x0, x1, 2, l), strand(data, a, scratch, x0, x1, 6, l)),
        )
        odd = join(
            join(strand(data, a, scratch, x0, x1, 1, l), strand(data, a, scratch, x0, x1, 5, l)),
            join(strand(data, a, scratch, x0, x1, 3, l), strand(data, a, scratch, x0, x1, 7, l)),
        )
        s0, s1, s2, s3, s4, s5, s6, s7 = join(even, odd)
        store_two(s0, s1, i, out, at0, at1, stride, data, y, l.n, against)
        store_two(s2, s3, i + 1, out, at0, at1, stride, data, y, l.n, against)
        store_two(s4, s5, i + 2, out, at0, at1, stride, data, y, l.n, against)
        store_two(s6, s7, i + 3, out, at0, at1, stride, data, y, l.n, against)


@inlined
def store_two(s, t, i, out, at0, at1, stride, data, y, n, against):
    if i < n:
        shift = spread(-data[y + i] if against else 0.0)
        store(out, at0 + stride * i, plus(s, shift))
        store(out, at1 + stride * i, plus(t, shift))


@helper
def gather_pair(data, weights, at0, at1, stride, scratch, g0, g1, l):
    """``sum_i w_i A_i``, packed, at `g0` and `g1`; weight i of the two blocks at ``at + stride i`` of `weights`."""
    for k in range(0, l.size, 4):
        s0, s1, s2, s3, s4, s5, s6, s7 = zeros()
        a = HEADER + k
        for i in range(l.n):
            v, w = load(weights, at0 + stride * i), load(weights, at1 + stride * i)
            c = spread(number(data, a))
            s0, s1 = times_plus(c, v, s0), times_plus(c, w, s1)
            c = spread(number(data, a + 1))
            s2, s3 = times_plus(c, v, s2), times_plus(c, w, s3)
            c = spread(number(data, a + 2))
            s4, s5 = times_plus(c, v, s4), times_plus(c, w, s5)
            c = spread(number(data, a + 3))
            s6, s7 = times_plus(c, v, s6), times_plus(c, w, s7)
            a += l.width
        g, h = g0 + 8 * k, g1 + 8 * k
        store(scratch, g, s0)
        store(scratch, g + 8, s2)
        store(scratch, g + 16, s4)
        store(scratch, g + 24, s6)
        store(scratch, h, s1)
        store(scratch, h + 8, s3)
        store(scratch, h + 16, s5)
        store(scratch, h + 24, s7)


@helper
def apply(scratch, g, rows, row_step, count, step, V, out, at, stride, l, more):
    """``out_j = sum_k G_jk V_k`` for the first `rows` of j and `count` of k; added to `out` if `more`.

    G is at `g`, its entries ``8 row_step`` and ``8 step`` apart; a step of 0 stands for a packed triangle. Entry m of
    the result is at ``at + stride m`` of `out`.
    """
    last_c, row = l.r - 1, 8 * l.r
    for j in range(0, rows, 2):
        j1 = min(j + 1, rows - 1)
        a0, a1, o0, o1 = g + 8 * j * row_step, g + 8 * j1 * row_step, at + stride * j * l.r, at + stride * j1 * l.r
        for c in range(0, l.r, 4):
            c1, c2, c3 = min(c + 1, last_c), min(c + 2, last_c), min(c + 3, last_c)
            s = zeros()
            if more:
                s = (
                    load(out, o0 + stride * c), load(out, o0 + stride * c1),
                    load(out, o0 + stride * c2), load(out, o0 + stride * c3),
                    load(out, o1 + stride * c), load(out, o1 + stride * c1),
                    load(out, o1 + stride * c2), load(out, o1 + stride * c3),
                )  # fmt: skip
            b0, b1, b2, b3 = V + 8 * c, V + 8 * c1, V + 8 * c2, V + 8 * c3
            s = two_by_four(scratch, a0, a1, j, j1, 8 * step, b0, b1, b2, b3, row, count, s)
            store(out, o0 + stride * c, s[0])
            store(out, o0 + stride * c1, s[1])
            store(out, o0 + stride * c2, s[2])
            store(out, o0 + stride * c3, s[3])
            store(out, o1 + stride * c, s[4])
            store(out, o1 + stride * c1, s[5])
            store(out, o1 + stride * c2, s[6])
            store(out, o1 + stride * c3, s[7])


@helper
def pull(scratch, g, factors, out, at, stride, l, more):
    """Gradient of ``<G, U V^T>`` in the factors, at ``at + stride m`` of `out`; added to what is there if `more`.

    Spoils G, packed at `g`.
    """
    if l.symmetric:
        for j in range(l.d1):
            place = g + 8 * place_of(j, j, l)
            store(scratch, place, plus(load(scratch, place), load(scratch, place)))
        apply(scratch, g, l.d1, 1, l.d1, 0, factors, out, at, stride, l, more)
        return
    half = l.d1 * l.r
    apply(scratch, g, l.d1, l.d2, l.d2, 1, factors + 8 * half, out, at, stride, l, more)
    apply(scratch, g, l.d2, 1, l.d1, l.d2, factors, out, at + stride * half, stride, l, more)


@helper
def residuals(theta, data, scratch, start, out, width, l):
    """Residuals of a flat tile ``theta (p, width)``, `width` a multiple of 16."""
    p, block = l.height * l.r, 8 * l.width
    factors = start + 2 * block
    V = factors if l.symmetric else factors + 8 * l.d1 * l.r
    for b in range(0, width, 16):
        for half in range(2):
            load_block(theta, b + 8 * half, width, scratch, factors, p)
            multiply_both(scratch, factors, V, factors, V, start + half * block, l, 1)
        measure_pair(data, scratch, start, start + block, out, b, b + 8, width, l, True)


@helper
def pullback(theta, weights, data, scratch, start, out, width, l):
    """``J^T weights`` of a flat tile."""
    p, block = l.height * l.r, 8 * l.width
    factors = start + 2 * block
    for b in range(0, width, 16):
        gather_pair(data, weights, b, b + 8, width, scratch, start, start + block, l)
        for half in range(2):
            load_block(theta, b + 8 * half, width, scratch, factors, p)
            pull(scratch, start + half * block, factors, out, b + 8 * half, width, l, False)


@helper
def curvature(theta, vector, data, scratch, start, out, width, l):
    """Hessian of the loss times `vector`, of a flat tile."""
    p, block = l.height * l.r, 8 * l.width
    r, factors = start + 2 * block, start + 2 * block + 32 * l.rows
    s, moved = r + 16 * l.rows, factors + 8 * p
    half_factor = 0 if l.symmetric else 8 * l.d1 * l.r
    V, W = factors + half_factor, moved + half_factor
    for b in range(0, width, 16):
        for half in range(2):
            load_block(theta, b + 8 * half, width, scratch, factors, p)
            multiply_both(scratch, factors, V, factors, V, start + half * block, l, 1)
        measure_pair(data, scratch, start, start + block, scratch, r, r + 8, 16, l, True)
        for half in range(2):
            load_block(theta, b + 8 * half, width, scratch, factors, p)
            load_block(vector, b + 8 * half, width, scratch, moved, p)
            multiply_both(scratch, factors, W, moved, V, start + half * block, l, 2)
        measure_pair(data, scratch, start, start + block, scratch, s, s + 8, 16, l, False)
        for m in range(r, r + 16 * l.n):
            scratch[m] /= l.n
        for m in range(s, s + 16 * l.n):
            scratch[m] /= l.n
        for source, place, more in ((theta, s, False), (vector, r, True)):
            gather_pair(data, scratch, place, place + 8, 16, scratch, start, start + block, l)
            for half in range(2):
                load_block(source, b + 8 * half, width, scratch, factors, p)
                pull(scratch, start + half * block, factors, out, b + 8 * half, width, l, more)
