r"""The first event within a step.

What a neuron must not do within its place is to let a linear function of (a, w, b) change sign: ``w x_j + b`` at the
samples on the two edges of its class; a and w when it is pinned. Along the step each is a polynomial in time. Two
functions of a pinned *place* must not change sign either, and hold for all its neurons at once: with q = E1 x_j + E0
without sample j, and ``r = e_j (1 + x_j^2) / n``, the active fraction -q/r is in (0, 1) while ``-a q > 0`` and
``a (q + r) > 0``.

A function counts as negative when it is below minus its rounding error (`NOISE`), so that what starts on an edge leaves
it in peace; the event is where it is zero.
"""

from __future__ import annotations

import math

import numpy as np
from numba import types

from ..compile import helper, kernel
from ..fields.relu import problem
from ..function_type import FunctionType
from ..signatures import INTEGERS, VECTOR, f8, i8, signature_of
from .classes import beyond, is_active
from .roots import first_negative, value_and_slope
from .work import LEAD, MOVING, NOISE, PROPAGATOR, WORK

FADES, FILLS = 2, 3
"""Sides of a pinned place: its active fraction comes to 0, or to 1. Sides of a neuron are 0 and 1."""


@helper
def prepare(theta, x, n, work, count, order, h):
    """Tests of all places: with which weights a, w, b enter, the sign they must keep (0: no test), and how far each of
    a, w, b can move the test in ``[0, h]`` if it is one.
    """
    for q in range(count):
        p = work.index[MOVING, q]
        for side in range(2):
            test = work.tests[q, side]
            test[0], test[1], test[2], test[3] = 0.0, 0.0, 1.0, 0.0
            if p >= 2 * n:
                positive = p < 3 * n if side == 1 else theta[work.index[LEAD, q]] > 0.0
                test[2], test[side], test[3] = 0.0, 1.0, (1.0 if positive else -1.0)
            elif p != n:
                j = (p - side) % (2 * n) % n
                test[1], test[3] = x[j], (1.0 if is_active(p, j, n) else -1.0)
            for column in range(3):
                total, power = 0.0, h
                for k in range(1, order + 1):
                    total += abs(term(work, test, k, column, q)) * power
                    power *= h
                test[4 + column] = total


@helper
def term(work, test, k, column, q):
    """Coefficient of order k with which a test weighs a, w or b (`column`)."""
    P, row = work.terms[k], PROPAGATOR + column
    return test[0] * P[row, q] + test[1] * P[row + 3, q] + test[2] * P[row + 6, q]


EARLIEST = FunctionType(types.Tuple((f8, i8))(VECTOR, INTEGERS, VECTOR, WORK, i8, i8, f8, f8))


@kernel(signature_of(EARLIEST))
def earliest(theta, place, data, work, count, order, h, residual_size):
    """(time as a share of h, number of events); ``work.who`` holds neurons, or -1 - q for a pinned place.

    The share is infinite if nothing happens.
    """
    x, _, n, m, _, _ = problem(data)
    prepare(theta, x, n, work, count, order, h)
    best, found = math.inf, 0
    g = np.empty(order + 1)
    for q in range(count):
        if work.index[MOVING, q] >= 2 * n:
            for which in (FADES, FILLS):
                noise = force(work, x, q, which, order, h, residual_size, g)
                best, found = record(crossing(g, noise, work.halves), -1 - q, which, best, found, work)
    for i in range(m):
        q = work.slot[place[i]]
        for which in range(2):
            test = work.tests[q, which]
            sign = test[3]
            if sign == 0.0:
                continue
            value = size = path = 0.0
            for column in range(3):
                parameter = theta[column * m + i]
                value += sign * test[column] * parameter
                size += abs(test[column] * parameter)
                path += test[4 + column] * abs(parameter)
            if value > path:
                continue
            g[0] = value
            power = sign * h
            for k in range(1, order + 1):
                total = 0.0
                for column in range(3):
                    total += term(work, test, k, column, q) * theta[column * m + i]
                g[k] = total * power
                power *= h
            s = crossing(g, NOISE * (size + path), work.halves)
            best, found = record(s, i, which, best, found, work)
    return best, found


@helper
def record(s, index, which, best, found, work):
    """Keep the earliest events, all of them if they coincide."""
    if s > best or s == math.inf:
        return best, found
    if s < best:
        found = 0
    work.who[found], work.side[found] = index, which
    return s, found + 1


@helper
def force(work, x, q, which, order, h, residual_size, g):
    """``-a q`` or ``a (q + r)`` of a pinned place, |a| = 1, as a polynomial on [0, 1]; its rounding error."""
    n, sign = x.size, work.tests[q, 0, 3]
    edge = work.index[MOVING, q] - 2 * n
    c, at = beyond(edge, which == FILLS, n), x[edge % n]
    power, noise = (sign if which == FILLS else -sign), 0.0
    for k in range(order + 1):
        total = size = 0.0
        for i in range(n):
            if is_active(c, i, n):
                weight = (1.0 + x[i] * at) / n
                total += work.e[k, i] * weight
                size += abs(weight) * (abs(work.e[k, i]) + (residual_size if k == 0 else 0.0))
        g[k] = total * power
        noise += NOISE * size * abs(power)
        power *= h
    return noise


@helper
def crossing(g, noise, halves):
    """Where on [0, 1] the polynomial g falls through zero, if it then falls below -noise."""
    zero = g[0]
    g[0] += noise
    s = first_negative(g, halves)
    g[0] = zero
    if s == math.inf:
        return s
    end = s
    for _ in range(3):
        value, slope = value_and_slope(g, s)
        if not slope < 0.0:
            break
        s = min(max(s - value / slope, 0.0), end)
    return s
