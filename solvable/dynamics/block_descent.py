"""Full-batch loops that a model brings along for an optimizer, with its trajectories in blocks, mostly of eight.

``CompiledModel.fused`` names them; each equals the generic loop to rounding. See `solvable.integrators.blocks`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..integrators.eight_rows import aligned
from ..integrators.status import HORIZON, RUNNING
from ..integrators.tile import STATUS
from ..models.base import FusedLoop, compiled_once
from .stepper import DiscreteStepper, Tile, as_callable, pad

BLOCK_TILE = 4096
"""Trajectories in a tile, at most: where a step of one costs a nanosecond, so must the Python around it."""


class Blocks(DiscreteStepper):
    """Abstract: ``rows (B, size)``, moved by ``loop.kernel(moving, data, control, record, final, steps)``."""

    def __init__(
        self,
        loop: FusedLoop,
        data: np.ndarray,
        rows: np.ndarray,
        model: Any,
        tile: Tile,
        step_size: np.ndarray,
        decay: np.ndarray,
    ) -> None:
        members, size = rows.shape
        blocks = -(-members // loop.lanes)
        super().__init__(model, tile, step_size, decay, blocks * loop.lanes)
        self.kernel, self.data = as_callable(loop.kernel), data
        self.moving, self.final = aligned(blocks, size, loop.lanes), aligned(blocks, size, loop.lanes)
        self.moving[:] = pad(rows, self.width).reshape(blocks, loop.lanes, size).transpose(0, 2, 1)
        self.record[STATUS, members:] = HORIZON  # those that only fill the last block
        self.take_out(np.flatnonzero(self.record[STATUS] != RUNNING))  # also those that failed before a pause

    def take_out(self, b: Any) -> None:
        block, place = np.divmod(b, self.moving.shape[2])
        self.final[block, :, place] = self.moving[block, :, place]
        self.moving[block, :, place] = 0.0
        self.stand_still(b)

    def advance(self, steps: int) -> None:
        self.kernel(self.moving, self.data, self.control, self.record, self.final, steps)

    def rows(self) -> np.ndarray:
        """Where each trajectory is or ended, ``(B, size)``."""
        ended = self.record[STATUS] != RUNNING
        blocks, size, lanes = self.moving.shape
        if ended.all() or not ended.any():
            found = self.final if ended.all() else self.moving
        else:
            found = np.where(ended.reshape(blocks, 1, lanes), self.final, self.moving)
        rows = np.empty((blocks, lanes, size))
        rows[:] = found.transpose(0, 2, 1)
        return rows.reshape(self.width, size)[: self.lanes_used]


class BlockDescent(Blocks):
    """Plain parameters."""

    def __init__(self, model: Any, tile: Tile, step_size: np.ndarray, decay: np.ndarray) -> None:
        compiled = compiled_once(model)
        loop, data = compiled.fused["GradientDescent"], compiled.for_full_batch.data
        super().__init__(loop, data, tile.theta, model, tile, step_size, decay)

    def parameters(self) -> np.ndarray:
        return self.rows()
