"""Gradient descent on a depth-2 diagonal network, multiplicatively and with its ledger.

    x = 2 kappa h g,   g = X^T (X beta - y) / n,   u <- u (1 - h lambda - x),   v <- v (1 - h lambda + x)

with beta = kappa (u^2 - v^2); kappa = 1 is the squares form, kappa = 1/2 the product form in the rotated coordinates
``(u +- v)/sqrt 2``. Each factor is a stored number with a power of two (``scaled``), so log|u| and log|v| survive any
underflow, and ``sigma`` accumulates the residuals: the first-order terms of the steps sum to
``(2 kappa h / n) X^T sigma``.

Neither loss nor gradient changes where the samples are rotated: with ``[X, y] = Q [R, z]``, R upper trapezoidal,

    |X beta - y| = |R beta - z|,   X^T (X beta - y) = R^T (R beta - z),   X^T sigma = R^T (Q^T sigma),

and n (n - 1)/2 entries of R need not be looked at. Sums are taken in their own order, one fused step an entry: a
trajectory has the same bits alone and in any company.
"""

from __future__ import annotations

import numpy as np

from ..blocks import end_some, numbers, remember, runs
from ..compile import helper, inlined, kernel
from ..eight import WIDTH, between, load, number, opposite, over, plus, spread, store, times, times_plus
from ..scaled import EVERY, settle_row
from ..signatures import BLOCKS, HEADER, INTEGER_MATRIX, MATRIX, VECTOR, i8, void
from ..status import RUNNING
from ..tile import STATUS, count_steps

TOGETHER = 4
"""Rows of a product that are summed together: enough to hide the latency of a fused step."""


@inlined
def predict(moving, u, beta, columns):
    """``beta / kappa`` of the block whose factors begin at `u`."""
    v = u + WIDTH * columns
    for j in range(0, WIDTH * columns, WIDTH):
        p, q = load(moving, u + j), load(moving, v + j)
        store(beta, j, times_plus(opposite(q), q, times(p, p)))


@inlined
def note(r, residual, moving, i, sigma, square):
    """Put down residual `r` and gather the one of the step before, which no loss has ended; the square is added."""
    store(moving, sigma + i, plus(load(moving, sigma + i), load(residual, i)))
    store(residual, i, r)
    return times_plus(r, r, square)


@inlined
def look(data, beta, residual, moving, sigma, rows, columns):
    """Residuals ``R beta - z``, and the sum of their squares."""
    z, square = HEADER + rows * columns, spread(0.0)
    for i in range(0, rows, TOGETHER):
        r0, r1 = opposite(spread(number(data, z + i))), opposite(spread(number(data, z + i + 1)))
        r2, r3 = opposite(spread(number(data, z + i + 2))), opposite(spread(number(data, z + i + 3)))
        x0 = HEADER + i * columns
        x1, x2, x3 = x0 + columns, x0 + 2 * columns, x0 + 3 * columns
        for j in range(i, columns):
            b = load(beta, WIDTH * j)
            r0, r1 = times_plus(spread(number(data, x0 + j)), b, r0), times_plus(spread(number(data, x1 + j)), b, r1)
            r2, r3 = times_plus(spread(number(data, x2 + j)), b, r2), times_plus(spread(number(data, x3 + j)), b, r3)
        at = WIDTH * i
        square = note(r0, residual, moving, at, sigma, square)
        square = note(r1, residual, moving, at + WIDTH, sigma, square)
        square = note(r2, residual, moving, at + 2 * WIDTH, sigma, square)
        square = note(r3, residual, moving, at + 3 * WIDTH, sigma, square)
    return square


@inlined
def multiply(x, moving, u, v, beta, j, keep):
    """``u *= keep - x``, ``v *= keep + x``, and their new beta."""
    p, q = times(load(moving, u + j), plus(keep, opposite(x))), times(load(moving, v + j), plus(keep, x))
    store(moving, u + j, p)
    store(moving, v + j, q)
    store(beta, j, times_plus(opposite(q), q, times(p, p)))


@inlined
def move(data, residual, beta, moving, u, rows, columns, rate, keep):
    """One step along ``g = R^T residual``."""
    v = u + WIDTH * columns
    for j in range(0, columns, TOGETHER):
        g0, g1, g2, g3 = spread(0.0), spread(0.0), spread(0.0), spread(0.0)
        x = HEADER + j
        for i in range(min(rows, j + TOGETHER)):
            r = load(residual, WIDTH * i)
            g0, g1 = times_plus(spread(number(data, x)), r, g0), times_plus(spread(number(data, x + 1)), r, g1)
            g2, g3 = times_plus(spread(number(data, x + 2)), r, g2), times_plus(spread(number(data, x + 3)), r, g3)
            x += columns
        at = WIDTH * j
        multiply(times(rate, g0), moving, u, v, beta, at, keep)
        multiply(times(rate, g1), moving, u, v, beta, at + WIDTH, keep)
        multiply(times(rate, g2), moving, u, v, beta, at + 2 * WIDTH, keep)
        multiply(times(rate, g3), moving, u, v, beta, at + 3 * WIDTH, keep)


@helper
def silence(residual, record, block):
    """Residuals of those that have ended must not reach this step."""
    for v in range(WIDTH):
        if record[STATUS, WIDTH * block + v] != RUNNING:
            residual[v::WIDTH] = 0.0


@kernel(void(BLOCKS, VECTOR, MATRIX, INTEGER_MATRIX, BLOCKS, i8))
def descend_diagonal(moving, data, control, record, final, steps):
    """Advance the blocks ``moving (blocks, 4 D + N, 8)`` by up to `steps` steps.

    Rows u, v, sigma, and the powers of two of u and v. ``data``: header ``[n, N, D]``, then ``kappa R (N, D)`` row by
    row, then z, padded with zeros to whole fours.
    """
    n, rows, columns = data[0], int(data[1]), int(data[2])
    beta, residual = np.empty(WIDTH * columns), np.empty(WIDTH * rows)
    flat, size, factors = moving.reshape(-1), WIDTH * moving.shape[1], 2 * WIDTH * columns
    for block in range(moving.shape[0]):
        if not runs(record, block):
            continue
        u, sigma, debts = size * block, size * block + factors, size * (block + 1) - factors
        step_size, decay, stop, limit, seen = numbers(control, block)
        predict(moving, u, beta, columns)
        residual[:] = 0.0
        for step in range(steps):
            loss = over(look(data, beta, residual, moving, sigma, rows, columns), spread(2.0 * n))
            if not between(loss, stop, limit):
                remember(control, block, seen)
                if not end_some(moving, block, loss, control, record, final, step):
                    break
                silence(residual, record, block)
                step_size, decay, stop, limit, loss = numbers(control, block)
            seen = loss
            keep = times_plus(opposite(step_size), decay, spread(1.0))
            move(data, residual, beta, moving, u, rows, columns, times(spread(2.0 / n), step_size), keep)
            if step % EVERY == EVERY - 1:
                settle_row(flat[u:sigma], flat[debts : debts + factors], flat[:0])
        else:
            remember(control, block, seen)
        for i in range(0, WIDTH * rows, WIDTH):
            store(moving, sigma + i, plus(load(moving, sigma + i), load(residual, i)))
        settle_row(flat[u:sigma], flat[debts : debts + factors], flat[:0])
    count_steps(record, steps)
