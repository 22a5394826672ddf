r"""Gradient descent with optional weight decay:

    theta_{k+1} = theta_k - h (grad L(theta_k) + lambda theta_k)

Its flow is ``theta' = -grad L - lambda theta`` at time ``t = h k``; the first correction of backward error analysis is
``-(h/4) grad |grad L|^2`` (Barrett and Dherin, arXiv:2009.11162).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..common.checks import hyperparameter
from ..integrators.descent import descend
from .base import Dynamics
from .loops import own_loop, own_stepper
from .stepper import DiscreteStepper, Tile
from .tile_descent import KernelDescent


@dataclass(frozen=True, eq=False)
class GradientDescent(Dynamics):
    """Full-batch gradient descent with ``step_size`` h > 0 and ``weight_decay`` lambda >= 0 (numbers or ``(R,)``).

    >>> GradientDescent(step_size=0.1)
    GradientDescent(step_size=0.1, weight_decay=0.0)
    """

    step_size: Any
    weight_decay: Any = 0.0

    clock: ClassVar[str] = "steps"
    random: ClassVar[bool] = False
    memory: ClassVar[bool] = False
    smooth: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "step_size", hyperparameter("step_size", self.step_size, above=0))
        object.__setattr__(self, "weight_decay", hyperparameter("weight_decay", self.weight_decay, minimum=0))
        self.members()

    def tile_sizes(self, model: Any) -> tuple[int, int]:
        least, most = super().tile_sizes(model)
        loop = own_loop("GradientDescent", self, model, least)
        return least, loop.most if loop else most

    def stepper(self, model: Any, tile: Tile) -> DiscreteStepper:
        self.need_loss(model)
        kind = own_stepper("GradientDescent", self, model, tile.lanes.size) or _Descent
        return kind(model, tile, self.at("step_size", tile.lanes), self.at("weight_decay", tile.lanes))


class _Descent(KernelDescent):
    """Any model, through its residuals and their pullback."""

    def __init__(self, model: Any, tile: Tile, step_size: np.ndarray, decay: np.ndarray) -> None:
        super().__init__(descend, ("residuals", "pullback"), model, tile, step_size, decay=decay)
