"""Gradient descent on deep linear networks, eight trajectories side by side.

A step is one pass forward and one back (``fields.deep_linear_tile``), where the generic loop needs two forward, and its
numbers stay in the first-level cache from step to step.
"""

from __future__ import annotations

import numpy as np

from ..blocks import end_some, numbers, remember, runs
from ..compile import helper, inlined, kernel
from ..eight import WIDTH, between, load, opposite, spread, store, times, times_plus
from ..fields.deep_linear import COLUMNS, REST, places_of, widths_of
from ..fields.deep_linear_tile import backward, forward, load_inputs, subtract_targets
from ..signatures import BLOCKS, INTEGER_MATRIX, MATRIX, VECTOR, i8, void
from ..tile import count_steps


def _evaluate(moving, base, data, widths, at, P, D):
    """Activations P, ``D_L = (P_L - Y) / n``, and the losses."""
    n, k, last = data[0], int(data[COLUMNS]), at[-2]
    forward(moving, base, widths, k, at, P)
    subtract_targets(data, widths, P, last)
    share, square = spread(1.0 / n), spread(data[REST] * data[REST])
    for j in range(WIDTH * last, WIDTH * at[-1], WIDTH):
        r = load(P, j)
        square = times_plus(r, r, square)
        store(D, j, times(share, r))
    return times(spread(0.5 / n), square)


evaluate, evaluate_here = helper(_evaluate), inlined(_evaluate)


@kernel(void(BLOCKS, VECTOR, MATRIX, INTEGER_MATRIX, BLOCKS, i8))
def descend_deep(moving, data, control, record, final, steps):
    """Advance the blocks ``moving (blocks, p, 8)`` by up to `steps` steps."""
    widths, k, p = widths_of(data), int(data[COLUMNS]), moving.shape[1]
    at = places_of(widths, k)
    P, D, slope = np.empty(WIDTH * at[-1]), np.empty(WIDTH * at[-1]), np.empty(WIDTH * p)
    load_inputs(data, widths, P)
    for block in range(moving.shape[0]):
        if not runs(record, block):
            continue
        base = block * p
        rate, decay, stop, limit, seen = numbers(control, block)
        for step in range(steps):
            loss = evaluate_here(moving, base, data, widths, at, P, D)
            if not between(loss, stop, limit):
                remember(control, block, seen)
                if not end_some(moving, block, loss, control, record, final, step):
                    break
                rate, decay, stop, limit, _ = numbers(control, block)
                loss = evaluate(moving, base, data, widths, at, P, D)  # with zeros in the place of those that ended
            seen = loss
            backward(moving, base, widths, k, at, P, D, slope)
            for j in range(0, WIDTH * p, WIDTH):
                here = load(moving, WIDTH * base + j)
                change = times_plus(decay, here, load(slope, j))
                store(moving, WIDTH * base + j, times_plus(opposite(rate), change, here))
        else:
            remember(control, block, seen)
    count_steps(record, steps)
