"""Gradient descent on the scalar factorization, for grids of starts: many blocks of eight trajectories in turn.

    r = w_1 ... w_D - target,   w_j <- w_j - h (r prod_{k != j} w_k + lambda w_j)

A step is a short chain of dependent operations, so the loop takes the same step of many blocks in turn and never waits
for one of them. A block leaves the turn when all its trajectories have ended, or when a step has changed none of them
in any bit: they would stay where they are forever, and only their count goes on.
"""

from __future__ import annotations

import numpy as np

from ..blocks import end_some, numbers, remember, runs
from ..compile import helper, kernel
from ..eight import WIDTH, between, load, opposite, plus, same, spread, store, times, times_plus
from ..signatures import BLOCKS, INTEGER_MATRIX, MATRIX, VECTOR, i8, void
from ..tile import count_steps

TARGET = 2  # in the header of the data
GROUP = 16  # blocks that take turns


@helper
def residual(moving, at, depth, minus_target):
    """r of the eight at `at`."""
    product = load(moving, at)
    for j in range(1, depth):
        product = times(product, load(moving, at + WIDTH * j))
    return plus(product, minus_target)


@helper
def move(moving, at, depth, r, rate, decay, later):
    """One step of the eight at `at`; whether it changed nothing. ``later (8 D)`` is work space."""
    product = spread(1.0)
    for j in range(depth - 1, 0, -1):  # of the factors behind each one
        store(later, WIDTH * j, product)
        product = times(product, load(moving, at + WIDTH * j))
    store(later, 0, product)
    before, rest, minus = r, True, opposite(rate)
    for j in range(depth):
        w = load(moving, at + WIDTH * j)
        slope = times(before, load(later, WIDTH * j))
        new = times_plus(minus, times_plus(decay, w, slope), w)
        store(moving, at + WIDTH * j, new)
        before = times(before, w)
        rest = rest and same(new, w)
    return rest


@kernel(void(BLOCKS, VECTOR, MATRIX, INTEGER_MATRIX, BLOCKS, i8))
def descend_scalar(moving, data, control, record, final, steps):
    """Advance the blocks ``moving (blocks, D, 8)`` by up to `steps` steps."""
    depth, minus_target, half = moving.shape[1], spread(-data[TARGET]), spread(0.5)
    turn, later = np.empty(GROUP, np.int64), np.empty(WIDTH * depth)
    for start in range(0, moving.shape[0], GROUP):
        size = 0
        for block in range(start, min(start + GROUP, moving.shape[0])):
            if runs(record, block):
                turn[size] = block
                size += 1
        for step in range(steps):
            left = 0
            for place in range(size):
                block = turn[place]
                at = WIDTH * depth * block
                rate, decay, stop, limit, _ = numbers(control, block)
                r = residual(moving, at, depth, minus_target)
                loss = times(half, times(r, r))
                if not between(loss, stop, limit):
                    if not end_some(moving, block, loss, control, record, final, step):
                        continue
                    rate, decay, _, _, _ = numbers(control, block)
                    r = residual(moving, at, depth, minus_target)
                    loss = times(half, times(r, r))
                remember(control, block, loss)
                rests = move(moving, at, depth, r, rate, decay, later)
                turn[left] = block
                left += not rests
            size = left
    count_steps(record, steps)
