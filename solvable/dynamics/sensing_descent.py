"""Gradient descent on matrix sensing for a few trajectories, each on its own: cheaper than a tile of eight or more."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..integrators.eight_rows import aligned
from ..models.base import compiled_once
from .stepper import RowStepper, Tile, as_callable


class SensingDescent(RowStepper):
    """The bits of a tile of the generic loop."""

    def __init__(self, model: Any, tile: Tile, step_size: np.ndarray, decay: np.ndarray) -> None:
        super().__init__(model, tile, step_size, decay)
        from ..integrators.fused.sensing_descent import descend_sensing

        self.kernel = as_callable(descend_sensing)
        data = compiled_once(model).data
        self.data = aligned(*data.shape)
        self.data[:] = data

    def advance(self, steps: int) -> None:
        self.kernel(self.rows, self.data, self.control, self.record, steps)
