"""Full-batch loops that a model brings along for an optimizer, with its trajectories in blocks, mostly of eight.

``CompiledModel.fused`` names them; each equals the generic loop to rounding. See `solvable.integrators.blocks`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..integrators.status import HORIZON, RUNNING
from ..integrators.tile import DECAY, LIMIT, STATUS, STEP_SIZE, STOP
from ..models.base import FusedLoop
from .stepper import DiscreteStepper, Tile, aligned, as_callable, pad

BLOCK_TILE = 4096
"""Trajectories in a tile, at most: where a step of one costs a nanosecond, so must the Python around it."""


class BlockDescent(DiscreteStepper):
    """A tile moved by ``loop.kernel(moving, data, control, record, final, steps)``."""

    def __init__(self, loop: FusedLoop, model: Any, tile: Tile, step_size: np.ndarray, decay: np.ndarray) -> None:
        members, size = tile.theta.shape
        blocks = -(-members // loop.lanes)
        super().__init__(model, tile, step_size, decay, blocks * loop.lanes)
        self.kernel, self.data = as_callable(loop.kernel), model.compiled().for_full_batch.data
        self.moving, self.final = aligned((blocks, size, loop.lanes)), aligned((blocks, size, loop.lanes))
        self.moving[:] = pad(tile.theta, self.width).reshape(blocks, loop.lanes, size).transpose(0, 2, 1)
        self.record[STATUS, members:] = HORIZON  # those that only fill the last block
        self.take_out(np.flatnonzero(self.record[STATUS] != RUNNING))  # also those that failed before a pause

    def take_out(self, b: Any) -> None:
        block, place = np.divmod(b, self.moving.shape[2])
        self.final[block, :, place] = self.moving[block, :, place]
        self.moving[block, :, place] = 0.0
        self.control[STEP_SIZE, b] = 0.0
        self.control[DECAY, b] = 0.0
        self.control[STOP, b] = -1.0
        self.control[LIMIT, b] = np.inf

    def advance(self, steps: int) -> None:
        self.kernel(self.moving, self.data, self.control, self.record, self.final, steps)

    def parameters(self) -> np.ndarray:
        ended = (self.record[STATUS] != RUNNING).reshape(-1, 1, self.moving.shape[2])
        rows = np.where(ended, self.final, self.moving).transpose(0, 2, 1)
        return rows.reshape(self.width, -1)[: self.lanes_used].copy()
