"""Steppers of univariate ReLU networks, one trajectory a row, on the loops written out for them.

Full batches go through cells and prefix sums, O(m + n) a step, or densely, O(m n) with less to do beside; the sizes
alone decide. A batch of one sample costs O(m) either way. Other batches, and momentum, take the generic loop.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..integrators.status import RUNNING
from ..integrators.stochastic import MOMENTUM
from ..integrators.tile import STATUS
from .row_descent import RowDescent, Rows
from .stepper import RowStepper, Tile, as_callable

DENSE = 400
"""Up to this many neurons (in whole eights) times samples full batches go densely: where both were measured equal."""

HELD = -1
"""Status of a row that a loop is to leave alone."""


class _FullBatch:
    """The full-batch loop for one model and one tile, and the samples in increasing order."""

    def __init__(self, model: Any, tile: Tile, densely: bool = False) -> None:
        self.order = np.argsort(model.x).astype(np.int64)
        self.samples = model.x[self.order], model.y[self.order], self.order
        self.line = line_of(model)
        pairs = model.n_samples * (-(-model.width // 8) * 8)
        self.by_cells = model.n_samples > 1 and pairs > DENSE and not densely
        if self.by_cells:
            from ..integrators.fused.relu_blocks import descend_blocks

            self.kernel = as_callable(descend_blocks)
            unknown = np.full((tile.lanes.size, model.width), -1, dtype=np.int64)
            self.neurons: Any = np.array(tile.state.get("cells", unknown))
        else:
            from ..integrators.fused.relu_dense import descend_dense

            self.kernel = as_callable(descend_dense)
            self.neurons = model.width

    def advance(self, rows: np.ndarray, *arguments: Any) -> None:
        self.kernel(rows, self.neurons, *self.line, *self.samples, *arguments)

    def state(self) -> dict[str, np.ndarray]:
        return {"cells": self.neurons.copy()} if self.by_cells else {}


def line_of(model: Any) -> tuple[int, int]:
    """Places in theta of the slope c and the offset d of the added line, -1 where there is none."""
    first = 3 * model.width
    return first if model.skip else -1, first + model.skip if model.output_bias else -1


class ReluDescent(RowStepper):
    """Gradient descent; `densely` whatever the sizes, if wanted."""

    def __init__(self, model: Any, tile: Tile, step_size: np.ndarray, decay: np.ndarray, densely: bool = False) -> None:
        super().__init__(model, tile, step_size, decay)
        self.loop = _FullBatch(model, tile, densely)
        self.no_noise = np.zeros((2, tile.lanes.size))
        self.streams = np.zeros(tile.lanes.size, dtype=np.int64), np.uint64(0), 0

    def advance(self, steps: int) -> None:
        self.loop.advance(self.rows, self.no_noise, self.control, self.record, *self.streams, steps)

    def state(self) -> dict[str, np.ndarray]:
        return super().state() | self.loop.state()


class ReluRows(Rows):
    """SGD and label noise on batches of one sample or of all, for the rows without momentum."""

    def __init__(self, model: Any, tile: Tile, dynamics: RowDescent) -> None:
        super().__init__(model, tile, dynamics)
        self.loop = None if self.batch[0] == 1 else _FullBatch(model, tile)
        if self.loop is None:
            from ..integrators.fused.relu_single import wander_singly

            self.kernel = as_callable(wander_singly)
            self.data = line_of(model), model.x.copy(), model.y.copy()

    def advance(self, steps: int) -> None:
        rolling = self.hyper[MOMENTUM] > 0
        status = self.record[STATUS]
        for generic in (False, True):
            held = (status == RUNNING) & (rolling != generic)
            status[held] = HELD
            if generic:
                super().advance(steps)
            else:
                self._advance(steps)
            status[held] = RUNNING

    def _advance(self, steps: int) -> None:
        _, mode, gaussian = self.batch
        common = self.hyper, self.control, self.record, *self.streams
        if self.loop is not None:
            self.loop.advance(self.rows, *common, gaussian, steps)
            return
        line, x, y = self.data
        self.kernel(self.rows, self.model.width, *line, x, y, *common, mode, gaussian, steps)

    def state(self) -> dict[str, np.ndarray]:
        return super().state() | (self.loop.state() if self.loop is not None else {})
