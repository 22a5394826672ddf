"""What simultaneous and alternating play share: a stepper, one trajectory a row."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..integrators.fields import game
from ..integrators.games import play
from ..integrators.status import HORIZON
from ..models.game import TwoPlayerGame
from .stepper import DiscreteStepper, Tile, as_callable


class GameStepper(DiscreteStepper):
    """Two players with step sizes ``dynamics.step_sizes``."""

    def __init__(self, model: Any, tile: Tile, dynamics: Any, *, alternating: bool) -> None:
        if not isinstance(model, TwoPlayerGame):
            raise ValueError(f"{type(dynamics).__name__} needs a TwoPlayerGame, got {type(model).__name__}")
        width = tile.lanes.size
        super().__init__(model, tile, np.full(width, dynamics.step_size), np.zeros(width), width)
        compiled = model.compiled()
        self.data = compiled.data
        self.players = as_callable(game.first), as_callable(game.second)
        self.rows = np.array(tile.theta)
        self.rates = np.repeat(np.array(dynamics.step_sizes)[:, None], width, axis=1)
        self.size, self.alternating = model.sizes[0], int(alternating)

    def take_out(self, b: int) -> None:
        """Rows are independent: the status alone keeps a row where it is."""

    def arrive(self, lanes: np.ndarray) -> None:
        for b in lanes:  # no loss to look at
            self.finish(b, HORIZON)

    def advance(self, steps: int) -> None:
        play(*self.players, self.rows, self.data, self.size, self.rates, self.alternating, self.record, steps)

    def parameters(self) -> np.ndarray:
        return self.rows.copy()
