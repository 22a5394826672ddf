r"""How many terms a series gets, and how far it carries.

The last two terms of all propagators and of all residuals are below the tolerance. Every instability of the flow is one
of a propagator, which starts as the identity, so that no growth can hide below the tolerance. The order grows with the
digits wanted, about one for every factor 1/7 (A. Jorba and M. Zou, Experimental Mathematics 14, 2005).

Nor is a step longer than where the series still damp the fastest residual, whose rate is at most the trace ``(1/n)
sum_j |grad f(x_j)|^2`` of the tangent kernel: at the limit of stability it would flicker at the size of the tolerance,
and with it the forces that hold a knot. Where all forces are rounding errors nothing moves.
"""

from __future__ import annotations

import math

from ..compile import helper
from ..fields.relu import problem
from ..signatures import WEIGHT_DECAY
from .classes import is_active
from .work import AA, BB, E0, E1, PROPAGATOR, SEES, WB, WW

SHARE = 1e-2
"""The terms that end a series are at most this share of the tolerance: they stand for all that is left out."""
REST = 2.0**-52
"""Forces below this share of the sums that they come from are rounding errors."""
FARTHEST = 1e12
"""Longest step, in units of time."""
DAMPED = 0.35
"""A series of order K damps ``exp(-z)`` up to z = 0.35 K."""


@helper
def order_of(rtol):
    """Number of terms that a relative tolerance asks for."""
    return math.ceil(1.0 - 0.5 * math.log(SHARE * rtol))


@helper
def stride(data, work, count, order, unit, rtol, atol):
    """How far the series carry, in units of time; NaN where they overflow."""
    x, y, n, _, c, d = problem(data)
    step = min(FARTHEST, DAMPED * order / (unit * tangent_trace(x, work, count, c, d)))
    scale = total = 0.0
    for j in range(n):
        scale = max(scale, abs(y[j]), abs(work.e[0, j]))
    for k in (order - 1, order):
        top = 0.0
        for row in range(PROPAGATOR, 2 * PROPAGATOR):
            for q in range(count):
                top = max(top, abs(work.terms[k, row, q]))
                total += abs(work.terms[k, row, q])
        step = reach(step, SHARE * rtol, top, k)
        top = 0.0
        for j in range(n):
            top = max(top, abs(work.e[k, j]))
            total += abs(work.e[k, j])
        step = reach(step, SHARE * (rtol * scale + atol), top, k)
    return step if total < math.inf else math.nan


@helper
def reach(step, tolerance, size, k):
    """The step, cut to where a term of order k is as large as the tolerance."""
    return min(step, (tolerance / size) ** (1.0 / k)) if size > 0.0 else step


@helper
def rate(data, work, count):
    """A bound on how fast anything moves."""
    x, _, _, _, c, d = problem(data)
    farthest, trace, drive = 0.0, (1.0 if c >= 0 or d >= 0 else 0.0), 0.0
    for j in range(x.size):
        farthest = max(farthest, abs(x[j]))
    for q in range(count):
        trace += work.terms[0, AA, q] + work.terms[0, WW, q] + work.terms[0, BB, q]
        drive = max(drive, abs(work.terms[0, E1, q]), abs(work.terms[0, E0, q]))
    return data[WEIGHT_DECAY] + drive + trace * (1.0 + farthest * farthest)


@helper
def tangent_trace(x, work, count, c, d):
    """``(1/n) sum_j |grad f(x_j)|^2``."""
    n, S = x.size, work.terms[0]
    total = 0.0
    for j in range(n):
        square = x[j] * x[j]
        total += (square if c >= 0 else 0.0) + (1.0 if d >= 0 else 0.0)
        for q in range(count):
            if is_active(work.index[SEES, q], j, n):
                total += S[AA, q] * (1.0 + square) + S[WW, q] * square + 2.0 * S[WB, q] * x[j] + S[BB, q]
    return total / n


@helper
def largest_sum(data, work, count):
    """A bound on ``|y_j| + sum_i |a_i| (|w_i x_j| + |b_i|)``, whose rounding errors are in the residuals."""
    x, y, n, _, _, _ = problem(data)
    farthest, total = 0.0, 0.0
    for j in range(n):
        farthest, total = max(farthest, abs(x[j])), max(total, abs(y[j]))
    total += abs(work.e[0, n]) * farthest + abs(work.e[0, n + 1])
    for q in range(count):
        S = work.terms[0]
        total += math.sqrt(S[AA, q]) * (math.sqrt(S[WW, q]) * farthest + math.sqrt(S[BB, q]))
    return total


@helper
def at_rest(data, work, count, size):
    """Whether all forces are rounding errors of sums of this `size`."""
    x, _, _, _, c, d = problem(data)
    noise, farthest = REST * size, 1.0
    for j in range(x.size):
        farthest = max(farthest, abs(x[j]))
    moves = data[WEIGHT_DECAY] != 0.0 or not size < math.inf
    moves = moves or (c >= 0 and abs(work.first[0]) > noise * farthest) or (d >= 0 and abs(work.zeroth[0]) > noise)
    for q in range(count):
        one, zero = abs(work.terms[0, E1, q]), abs(work.terms[0, E0, q])
        moves = moves or one > noise * farthest or zero > noise
    return not moves
