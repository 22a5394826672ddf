"""What heavy ball and Nesterov's method share: their two numbers, and one kernel for both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..common.checks import hyperparameter
from ..integrators.momentum import roll
from .base import Dynamics
from .stepper import DiscreteStepper, Tile
from .tile_descent import KernelDescent


@dataclass(frozen=True, eq=False)
class Momentum(Dynamics):
    """Abstract: a method with ``step_size`` h > 0 and ``momentum`` 0 <= beta < 1 (numbers or ``(R,)``)."""

    step_size: Any
    momentum: Any

    clock: ClassVar[str] = "steps"
    random: ClassVar[bool] = False
    memory: ClassVar[bool] = True
    smooth: ClassVar[bool] = True
    lookahead: ClassVar[bool]

    def __post_init__(self) -> None:
        object.__setattr__(self, "step_size", hyperparameter("step_size", self.step_size, above=0))
        object.__setattr__(self, "momentum", hyperparameter("momentum", self.momentum, minimum=0, below=1))
        self.members()

    def stepper(self, model: Any, tile: Tile) -> DiscreteStepper:
        self.need_loss(model)
        step_size, momentum = self.at("step_size", tile.lanes), self.at("momentum", tile.lanes)
        return KernelDescent(
            roll,
            ("residuals", "pullback"),
            model,
            tile,
            step_size,
            [momentum, np.full_like(momentum, float(self.lookahead))],
            weight=step_size / (1 - momentum),
            memory=1,
        )
