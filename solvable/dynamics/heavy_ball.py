r"""Heavy-ball momentum (Polyak):

    theta_{k+1} = theta_k - h grad L(theta_k) + beta (theta_k - theta_{k-1}),   theta_{-1} = theta_0

the usual ``m <- beta m + g, theta <- theta - h m``. To first order it is gradient flow at the effective step ``h / (1
- beta)``; the next term of its modified loss is ``h (1 + beta) / (4 (1 - beta)^2) |grad L|^2`` (arXiv 2302.00849).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..common.checks import hyperparameter
from ..integrators.momentum import roll
from .base import Dynamics
from .memory_descent import MemoryDescent
from .stepper import DiscreteStepper, Tile


@dataclass(frozen=True, eq=False)
class HeavyBall(Dynamics):
    """Heavy ball with ``step_size`` h > 0 and ``momentum`` 0 <= beta < 1 (numbers or ``(R,)``). Clock: ``t = h k``.

    >>> HeavyBall(0.1, 0.9)
    HeavyBall(step_size=0.1, momentum=0.9)
    """

    step_size: Any
    momentum: Any

    clock: ClassVar[str] = "steps"

    def __post_init__(self) -> None:
        object.__setattr__(self, "step_size", hyperparameter("step_size", self.step_size, above=0))
        object.__setattr__(self, "momentum", hyperparameter("momentum", self.momentum, minimum=0, below=1))
        self.members()

    def stepper(self, model: Any, tile: Tile) -> DiscreteStepper:
        return rolling(self, model, tile, lookahead=False)


def rolling(dynamics: Any, model: Any, tile: Tile, *, lookahead: bool) -> DiscreteStepper:
    """The stepper of a momentum method; `lookahead` makes it Nesterov's."""
    dynamics.need_loss(model)
    momentum = dynamics.at("momentum", tile.lanes)
    compiled = model.compiled()
    return MemoryDescent(
        roll,
        (compiled.residuals, compiled.pullback),
        model,
        tile,
        dynamics.at("step_size", tile.lanes),
        [momentum, np.full_like(momentum, float(lookahead))],
        memory=1,
    )
