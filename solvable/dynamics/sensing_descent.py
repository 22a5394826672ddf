"""Gradient descent on matrix sensing for a few trajectories, each on its own: cheaper than a tile of eight or more."""

from __future__ import annotations

from typing import Any

import numpy as np

from .stepper import DiscreteStepper, Tile, aligned, as_callable

FEW = 4


def goes_alone(model: Any, tile: Tile) -> bool:
    """Whether `model` is matrix sensing, and the tile so narrow that its trajectories are faster one by one."""
    from ..models.sensing import MatrixSensing

    return isinstance(model, MatrixSensing) and tile.lanes.size <= FEW


class SensingDescent(DiscreteStepper):
    """Rows ``(B, p)``; the bits of a tile of the generic loop."""

    def __init__(self, model: Any, tile: Tile, step_size: np.ndarray, decay: np.ndarray) -> None:
        super().__init__(model, tile, step_size, decay, tile.lanes.size)
        from ..integrators.fused.sensing_descent import descend_sensing

        self.kernel = as_callable(descend_sensing)
        data = model.compiled().data
        self.data = aligned(data.shape)
        self.data[:] = data
        self.rows = np.array(tile.theta)

    def advance(self, steps: int) -> None:
        self.kernel(self.rows, self.data, self.control, self.record, steps)

    def take_out(self, b: int) -> None:
        """Rows are independent: the status alone keeps a row where it is."""

    def parameters(self) -> np.ndarray:
        return self.rows.copy()
