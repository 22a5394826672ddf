"""Factors that never underflow: a stored number and a power of two.

A multiplicative update (diagonal networks) takes its factors to e^-500 and below, where float64 ends. Each factor is
therefore kept as ``stored * 2^exponent`` with ``exponent <= 0``: a stored number that falls below ``FLOOR`` is raised
by a power of two, and the debt is paid back when it grows again. Powers of two are exact, so a run that never meets
the floor has the bits of the plain one, and ``log|factor| = log|stored| + exponent log 2`` stays finite and exact.

While a debt is open the loop sees about ``FLOOR`` in place of a smaller number: the square that enters beta is then
wrong by less than 1e-250, far below the rounding of any residual.
"""

from __future__ import annotations

import math

from .compile import helper

FLOOR = 2.0**-500
CEILING = 2.0**-440
EVERY = 32  # steps between two visits; a factor may change by 2^60 between them without harm


@helper
def settle(stored, exponent):
    """(stored, exponent) after raising a number below FLOOR, or paying back on one above CEILING."""
    size = abs(stored)
    if size == 0.0 or (size >= FLOOR and (exponent == 0 or size <= CEILING)):
        return stored, exponent
    _, place = math.frexp(size)
    shift = max(-499 - place, exponent)  # to [FLOOR, 2 FLOOR), but never pay back more than the debt
    return math.ldexp(stored, shift), exponent - shift


@helper
def settle_tile(state, count, memory=0):
    """`settle` the first `count` rows of a tile, whose powers of two are its last `count` rows (as floats).

    The next ``memory * count`` rows are what a method remembers of the factors: they are in the same units.
    """
    debts, width = state.shape[0] - count, state.shape[1]
    for j in range(count):
        unusual = 0  # counted without a branch, so that the usual row costs a few vector instructions
        for b in range(width):
            unusual += int(abs(state[j, b]) < FLOOR) + int(state[debts + j, b] != 0.0)
        if unusual == 0:
            continue
        for b in range(width):
            if abs(state[j, b]) < FLOOR or state[debts + j, b] != 0.0:
                before = int(state[debts + j, b])
                state[j, b], debt = settle(state[j, b], before)
                state[debts + j, b] = debt
                for row in range(count + j, (1 + memory) * count, count):
                    state[row, b] = math.ldexp(state[row, b], before - debt)


@helper
def settle_row(stored, debts, followers):
    """`settle` every entry of `stored`, whose powers of two are `debts`.

    `followers`, numbers of the same scales, are raised and lowered with them, unless there are none.
    """
    unusual = 0  # as in `settle_tile`; zeros have nothing to settle
    for j in range(stored.size):
        unusual += (int(abs(stored[j]) < FLOOR) & int(stored[j] != 0.0)) | int(debts[j] != 0.0)
    if unusual == 0:
        return
    for j in range(stored.size):
        if abs(stored[j]) < FLOOR or debts[j] != 0.0:
            before = int(debts[j])
            stored[j], after = settle(stored[j], before)
            debts[j] = after
            if followers.size > 0:
                followers[j] = math.ldexp(followers[j], before - after)
