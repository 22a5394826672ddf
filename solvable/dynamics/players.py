"""What simultaneous and alternating play share: two step sizes, and a stepper with one trajectory a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..common.checks import real_array
from ..integrators.fields import game
from ..integrators.games import play
from ..integrators.status import HORIZON
from ..models.base import compiled_once
from ..models.game import TwoPlayerGame
from .base import Dynamics
from .stepper import DiscreteStepper, RowStepper, Tile, as_callable


@dataclass(frozen=True, eq=False)
class Players(Dynamics):
    """Abstract: two players with ``step_sizes`` ``(s_1, s_2)``, both > 0."""

    step_sizes: Any

    clock: ClassVar[str] = "steps"
    random: ClassVar[bool] = False
    memory: ClassVar[bool] = False
    smooth: ClassVar[bool] = True
    alternating: ClassVar[bool]

    def __post_init__(self) -> None:
        values = real_array("step_sizes", self.step_sizes, ndim=1)
        if values.shape != (2,) or not (values > 0).all():
            raise ValueError(f"step_sizes must be two numbers > 0, one a player, got {values.tolist()}")
        object.__setattr__(self, "step_sizes", (float(values[0]), float(values[1])))

    @property
    def step_size(self) -> float:
        """The mean of the two step sizes: the length of a step on the clock."""
        return float(sum(self.step_sizes)) / 2

    def stepper(self, model: Any, tile: Tile) -> DiscreteStepper:
        return _GameStepper(model, tile, self)


class _GameStepper(RowStepper):
    """A tile of games."""

    def __init__(self, model: Any, tile: Tile, dynamics: Players) -> None:
        if not isinstance(model, TwoPlayerGame):
            raise ValueError(f"{type(dynamics).__name__} needs a TwoPlayerGame, got {type(model).__name__}")
        super().__init__(model, tile, np.full(tile.lanes.size, dynamics.step_size))
        compiled = compiled_once(model)
        self.data = compiled.data
        self.players = as_callable(game.first), as_callable(game.second)
        self.rates = np.repeat(np.array(dynamics.step_sizes)[:, None], self.width, axis=1)
        self.size, self.alternating = model.sizes[0], int(dynamics.alternating)

    def arrive(self, lanes: np.ndarray, theta: np.ndarray) -> None:
        self.finish(lanes, HORIZON)  # no loss to look at

    def advance(self, steps: int) -> None:
        play(*self.players, self.rows, self.data, self.size, self.rates, self.alternating, self.record, steps)
