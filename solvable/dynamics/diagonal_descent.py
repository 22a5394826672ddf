"""Gradient descent on a depth-2 diagonal network: its factors, in blocks of eight trajectories, with the ledger."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..integrators.signatures import HEADER
from ..models.base import FusedLoop
from .block_descent import Blocks
from .factors import Factors, kappa_of
from .stepper import Tile


class DiagonalDescent(Blocks):
    """The rows of `factors.Factors` for rotated samples, with zeros between them where the loop wants whole fours."""

    def __init__(self, model: Any, tile: Tile, step_size: np.ndarray, decay: np.ndarray) -> None:
        from ..integrators.fused.diagonal_descent import TOGETHER, descend_diagonal

        self.step_size = step_size
        design = np.ascontiguousarray(model.rotated[:, :-1])
        self.factors = Factors(model, tile, design=design)
        m, d = design.shape
        shape = m + -m % TOGETHER, d + -d % TOGETHER
        header, R, z = np.zeros(HEADER), np.zeros(shape), np.zeros(shape[0])
        header[:3] = model.n_samples, *shape
        R[:m, :d], z[:m] = kappa_of(model) * design, model.rotated[:, -1]
        data = np.concatenate([header, R.ravel(), z])
        samples, features = (np.arange(size) < used for size, used in zip(shape, (m, d), strict=True))
        used = np.concatenate([features, features, samples, features, features])
        self.used = np.flatnonzero(used)
        rows = np.zeros((tile.lanes.size, used.size))
        rows[:, self.used] = self.factors.rows
        super().__init__(FusedLoop(descend_diagonal), data, rows, model, tile, step_size, decay)

    def rows(self) -> np.ndarray:
        return super().rows().take(self.used, axis=1)

    def parameters(self) -> np.ndarray:
        return self.factors.parameters(self.rows())

    def state(self) -> dict[str, np.ndarray]:
        return super().state() | {"rows": self.rows()}

    def ledger(self) -> dict[str, np.ndarray]:
        return self.factors.ledger(self.rows(), self.step_size / self.model.n_samples)
