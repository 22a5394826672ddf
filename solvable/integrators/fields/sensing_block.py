"""Matrix sensing of eight trajectories side by side: entry m of such a block lies at ``block + 8 m``.

The measurements are a matrix product of the packed rows, which all trajectories share, with the block. Four sums at a
time stay in registers, of 256 bits also. The order of every sum is that of ``sensing_row``, so that a trajectory has
the same bits here and there.
"""

from __future__ import annotations

from ..compile import helper, inlined
from ..eight import load, number, plus, spread, store, times_plus
from ..signatures import HEADER
from .sensing_layout import place_of, values_at


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
def two_by_two(scratch, a0, a1, j0, j1, step, b0, b1, stride, count, s):
    """Add ``sum_k a_k b_k`` to each of the four sums `s`, of two a with two b.

    Entries of b are `stride` apart, and those of a `step`; a step of 0 stands for rows j0 and j1 of a packed triangle.
    """
    s0, s1, s2, s3 = s
    for k in range(count):
        u, w = load(scratch, a0), load(scratch, a1)
        v, z = load(scratch, b0), load(scratch, b1)
        s0, s1 = times_plus(u, v, s0), times_plus(u, z, s1)
        s2, s3 = times_plus(w, v, s2), times_plus(w, z, s3)
        b0, b1 = b0 + stride, b1 + stride
        a0 += step if step > 0 else 8 * (count - k - 1 if k < j0 else 1)
        a1 += step if step > 0 else 8 * (count - k - 1 if k < j1 else 1)
    return s0, s1, s2, s3


@inlined
def zeros():
    return spread(0.0), spread(0.0), spread(0.0), spread(0.0)


@helper
def multiply_both(scratch, U, V, Q, P, x, l, count):
    """Packed ``U V^T`` at `x`, plus ``Q P^T`` if `count` is 2."""
    row = 8 * l.r
    for j in range(0, l.d1, 2):
        j1 = min(j + 1, l.d1 - 1)
        for k in range(j if l.symmetric else 0, l.d2, 2):
            k1 = min(k + 1, l.d2 - 1)
            s = two_by_two(scratch, U + j * row, U + j1 * row, 0, 0, 8, V + k * row, V + k1 * row, 8, l.r, zeros())
            if count == 2:
                s = two_by_two(scratch, Q + j * row, Q + j1 * row, 0, 0, 8, P + k * row, P + k1 * row, 8, l.r, s)
            store(scratch, x + 8 * place_of(j, k, l), s[0])
            store(scratch, x + 8 * place_of(j, k1, l), s[1])
            if not l.symmetric or k > j or j1 == j:
                store(scratch, x + 8 * place_of(j1, k, l), s[2])
            store(scratch, x + 8 * place_of(j1, k1, l), s[3])


@inlined
def strand(data, a, scratch, x, q, l):
    """The q-th of the eight partial sums, for the four packed rows from `a` on."""
    s0, s1, s2, s3 = zeros()
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
def measure(data, scratch, x, out, at, stride, l, against):
    """``<A_i, X>``, minus ``y_i`` if `against`, at ``at + stride i`` of `out`."""
    y = values_at(l)
    for i in range(0, l.n, 4):
        a = HEADER + i * l.width
        even = join(
            join(strand(data, a, scratch, x, 0, l), strand(data, a, scratch, x, 4, l)),
            join(strand(data, a, scratch, x, 2, l), strand(data, a, scratch, x, 6, l)),
        )
        odd = join(
            join(strand(data, a, scratch, x, 1, l), strand(data, a, scratch, x, 5, l)),
            join(strand(data, a, scratch, x, 3, l), strand(data, a, scratch, x, 7, l)),
        )
        s = join(even, odd)
        store_row(s[0], i, out, at, stride, data, y, l.n, against)
        store_row(s[1], i + 1, out, at, stride, data, y, l.n, against)
        store_row(s[2], i + 2, out, at, stride, data, y, l.n, against)
        store_row(s[3], i + 3, out, at, stride, data, y, l.n, against)


@inlined
def store_row(s, i, out, at, stride, data, y, n, against):
    if i < n:
        store(out, at + stride * i, plus(s, spread(-number(data, y + i))) if against else s)


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
def apply(scratch, g, rows, row_step, count, step, V, out, at, stride, l, more):
    """``out_j = sum_k G_jk V_k`` for the first `rows` of j and `count` of k; added to `out` if `more`.

    G is at `g`, its entries ``8 row_step`` and ``8 step`` apart; a step of 0 stands for a packed triangle. Entry m of
    the result is at ``at + stride m`` of `out`.
    """
    for j in range(0, rows, 2):
        j1 = min(j + 1, rows - 1)
        for c in range(0, l.r, 2):
            c1 = min(c + 1, l.r - 1)
            o, p = at + stride * (j * l.r + c), at + stride * (j * l.r + c1)
            o1, p1 = at + stride * (j1 * l.r + c), at + stride * (j1 * l.r + c1)
            s = load(out, o), load(out, p), load(out, o1), load(out, p1)
            s = two_by_two(
                scratch, g + 8 * j * row_step, g + 8 * j1 * row_step, j, j1, 8 * step, V + 8 * c, V + 8 * c1, 8 * l.r,
                count, s if more else zeros(),
            )  # fmt: skip
            store(out, o, s[0])
            store(out, p, s[1])
            store(out, o1, s[2])
            store(out, p1, s[3])


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
    """Residuals of a flat tile ``theta (p, width)``, `width` a multiple of 8."""
    p, x = l.height * l.r, start + 8 * l.height * l.r
    V = second_factor(start, l)
    for b in range(0, width, 8):
        load_block(theta, b, width, scratch, start, p)
        multiply_both(scratch, start, V, start, V, x, l, 1)
        measure(data, scratch, x, out, b, width, l, True)


@helper
def pullback(theta, weights, data, scratch, start, out, width, l):
    """``J^T weights`` of a flat tile."""
    p, g = l.height * l.r, start + 8 * l.height * l.r
    for b in range(0, width, 8):
        gather(data, weights, b, width, scratch, g, l)
        load_block(theta, b, width, scratch, start, p)
        pull(scratch, g, start, out, b, width, l, False)


@helper
def curvature(theta, vector, data, scratch, start, out, width, l):
    """Hessian of the loss times `vector`, of a flat tile."""
    p = l.height * l.r
    change, x = start + 8 * p, start + 16 * p
    r = x + 8 * l.width
    s = r + 8 * l.n
    V, W = second_factor(start, l), second_factor(change, l)
    for b in range(0, width, 8):
        load_block(theta, b, width, scratch, start, p)
        load_block(vector, b, width, scratch, change, p)
        multiply_both(scratch, start, V, start, V, x, l, 1)
        measure(data, scratch, x, scratch, r, 8, l, True)
        multiply_both(scratch, start, W, change, V, x, l, 2)
        measure(data, scratch, x, scratch, s, 8, l, False)
        for m in range(r, r + 16 * l.n):
            scratch[m] /= l.n
        gather(data, scratch, s, 8, scratch, x, l)
        pull(scratch, x, start, out, b, width, l, False)
        gather(data, scratch, r, 8, scratch, x, l)
        pull(scratch, x, change, out, b, width, l, True)
