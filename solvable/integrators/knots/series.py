r"""Taylor series of the flow between two events.

With ``(E1, E0) = (1/n) sum e_j (x_j, 1)`` over the samples that a class sees, all its neurons obey one linear equation,

    d/dt (a, w, b) = -(M + lambda) (a, w, b),   M = [[0, E1, E0], [E1, 0, 0], [E0, 0, 0]],

so that a 3 x 3 propagator P moves them all, and ``S = sum (a, w, b)(a, w, b)^T`` obeys ``S' = -(M S + S M) - 2 lambda
S``. The residuals e are linear in the S of all classes: a closed system of fewer than 4n small matrices, whatever the
width. It is polynomial, so its Taylor coefficients follow from each other by products of series. P is a Lorentz
transformation: without decay ``a^2 - w^2 - b^2`` is conserved.

Time is in units of `unit`, in which no rate exceeds one.
"""

from __future__ import annotations

import numpy as np

from ..compile import helper, kernel
from ..fields.relu import problem
from ..function_type import FunctionType
from ..signatures import INTEGERS, VECTOR, WEIGHT_DECAY, f8, i8, signature_of, void
from .classes import drives, gather, moments, outputs
from .work import E0, E1, PROPAGATOR, WORK

START = FunctionType(i8(VECTOR, INTEGERS, VECTOR, WORK))
EXPAND = FunctionType(void(VECTOR, WORK, i8, i8, f8))


@kernel(signature_of(START))
def start(theta, place, data, work):
    """Terms of order zero: moments, c and d, residuals, (E1, E0); the number of places."""
    x, y, n, _, c, d = problem(data)
    count = gather(place, n, work)
    moments(theta, place, work, count)
    work.e[0, n] = theta[c] if c >= 0 else 0.0
    work.e[0, n + 1] = theta[d] if d >= 0 else 0.0
    outputs(0, x, work, count)
    for j in range(n):
        work.e[0, j] -= y[j]
    drives(0, x, work, count)
    return count


@kernel(signature_of(EXPAND))
def expand(data, work, count, order, unit):
    """All terms up to `order` from those of order zero."""
    x, _, n, _, c, d = problem(data)
    decay = data[WEIGHT_DECAY]
    for k in range(order):
        h = unit / (k + 1)
        products(k, work, count)
        next_order(k, h, decay, work, count)
        if c >= 0:
            work.e[k + 1, n] = -h * (work.first[0] + decay * work.e[k, n])
        if d >= 0:
            work.e[k + 1, n + 1] = -h * (work.zeroth[0] + decay * work.e[k, n + 1])
        outputs(k + 1, x, work, count)
        drives(k + 1, x, work, count)


@helper
def products(k, work, count):
    """``(M S)[k]`` and ``(M P)[k]``, into the rows of S and P of order k + 1."""
    out = work.terms[k + 1]
    for row in range(2 * PROPAGATOR):
        for q in range(count):
            out[row, q] = 0.0
    for i in range(k + 1):
        E, X = work.terms[i], work.terms[k - i]
        for column in range(6):
            top = column if column < 3 else column - 3 + PROPAGATOR
            for q in range(count):
                one, zero, a = E[E1, q], E[E0, q], X[top, q]
                out[top, q] += one * X[top + 3, q] + zero * X[top + 6, q]
                out[top + 3, q] += one * a
                out[top + 6, q] += zero * a


@helper
def next_order(k, h, decay, work, count):
    """``S[k + 1] = -h (M S + S M + 2 lambda S)[k]`` and ``P[k + 1] = -h (M P + lambda P)[k]`` from the products."""
    now, out = work.terms[k], work.terms[k + 1]
    for row in range(3):
        for column in range(row, 3):
            upper, lower = 3 * row + column, 3 * column + row
            for q in range(count):
                both = -h * (out[upper, q] + out[lower, q] + 2.0 * decay * now[upper, q])
                out[upper, q] = out[lower, q] = both
    for row in range(PROPAGATOR, 2 * PROPAGATOR):
        for q in range(count):
            out[row, q] = -h * (out[row, q] + decay * now[row, q])


@helper
def move(theta, place, data, work, count, order, s, out):
    """The parameters `s` units of time later into `out`, which may be `theta`."""
    x, _, n, m, c, d = problem(data)
    total = np.zeros((9, count))
    for k in range(order, -1, -1):
        for row in range(9):
            for q in range(count):
                total[row, q] = total[row, q] * s + work.terms[k, PROPAGATOR + row, q]
    for i in range(m):
        q = work.slot[place[i]]
        a, w, b = theta[i], theta[m + i], theta[2 * m + i]
        out[i] = total[0, q] * a + total[1, q] * w + total[2, q] * b
        w, b = total[3, q] * a + total[4, q] * w + total[5, q] * b, total[6, q] * a + total[7, q] * w + total[8, q] * b
        if place[i] >= 2 * n:
            b = -w * x[(place[i] - 2 * n) % n]
        out[m + i], out[2 * m + i] = w, b
    for affine in range(2):
        at = c if affine == 0 else d
        if at >= 0:
            value = 0.0
            for k in range(order, -1, -1):
                value = value * s + work.e[k, n + affine]
            out[at] = value
