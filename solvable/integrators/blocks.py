"""Trajectories in blocks of eight: what loops written for one model share.

``moving (blocks, p, 8)`` holds entry j of trajectories ``8 k .. 8 k + 7`` side by side, which is what ``eight`` works
on; ``control`` and ``record`` are those of ``tile``, with one column a trajectory.

A trajectory that ends moves to ``final`` and leaves zeros behind, at which every loss is finite. Its step size is 0, no
loss ends it, and the seven others go on as if nothing had happened. A block without running trajectories is skipped.
"""

from __future__ import annotations

import numpy as np

from .compile import helper
from .eight import WIDTH, load, store
from .status import RUNNING
from .tile import COUNT, DECAY, LIMIT, LOSS, STATUS, STEP_SIZE, STOP, verdict


@helper
def runs(record, block):
    """Whether any trajectory of the block is running."""
    running = 0
    for b in range(WIDTH * block, WIDTH * (block + 1)):
        running += record[STATUS, b] == RUNNING
    return running > 0


@helper
def numbers(control, block):
    """Step sizes, weight decays, losses to stop at and to give up at, and last losses of the eight."""
    at, row = WIDTH * block, control.shape[1]
    rate, decay = load(control, STEP_SIZE * row + at), load(control, DECAY * row + at)
    stop, limit = load(control, STOP * row + at), load(control, LIMIT * row + at)
    return rate, decay, stop, limit, load(control, LOSS * row + at)


@helper
def remember(control, block, loss):
    """Note the last loss of a block whose trajectories all go on."""
    store(control, LOSS * control.shape[1] + WIDTH * block, loss)


@helper
def end_some(moving, block, loss, control, record, final, step):
    """Retire the trajectories of a block whose loss ends them, `step` steps into this call; whether any is left."""
    losses, left = np.empty(WIDTH), False
    store(losses, 0, loss)
    for v in range(WIDTH):
        b = WIDTH * block + v
        if record[STATUS, b] != RUNNING:
            continue
        code = verdict(losses[v], control, b)
        if code == RUNNING:
            control[LOSS, b] = losses[v]
            left = True
            continue
        record[STATUS, b] = code
        record[COUNT, b] += step
        control[STEP_SIZE, b] = 0.0
        control[DECAY, b] = 0.0
        control[STOP, b] = -1.0
        control[LIMIT, b] = np.inf
        for j in range(moving.shape[1]):
            final[block, j, v] = moving[block, j, v]
            moving[block, j, v] = 0.0
    return left
