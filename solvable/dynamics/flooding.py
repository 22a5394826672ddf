r"""Flooding (Ishida et al., arXiv:2002.08709): gradient descent on ``|L - b| + b``.

    theta_{k+1} = theta_k - h sign(L(theta_k) - b) grad L(theta_k)

Descent above the level b, ascent below it, no step where the loss equals it. While the loss hovers at b, a step down
and a step up in turn move theta by ``-(h^2/2) grad |grad L|^2`` a pair to leading order: flooding regularizes the
gradient (Karakida et al., arXiv:2210.02720).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ..common.checks import hyperparameter
from ..integrators.flooding import flood
from .base import Dynamics
from .stepper import DiscreteStepper, Tile
from .tile_descent import KernelDescent


@dataclass(frozen=True, eq=False)
class Flooding(Dynamics):
    """Flooding with ``step_size`` h > 0 and ``level`` b >= 0 (numbers or ``(R,)``). Clock: ``t = h k``.

    >>> Flooding(0.1, level=0.05)
    Flooding(step_size=0.1, level=0.05)
    """

    step_size: Any
    level: Any

    clock: ClassVar[str] = "steps"
    random: ClassVar[bool] = False
    memory: ClassVar[bool] = False
    smooth: ClassVar[bool] = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "step_size", hyperparameter("step_size", self.step_size, above=0))
        object.__setattr__(self, "level", hyperparameter("level", self.level, minimum=0))
        self.members()

    def stepper(self, model: Any, tile: Tile) -> DiscreteStepper:
        self.need_loss(model)
        step_size, level = self.at("step_size", tile.lanes), self.at("level", tile.lanes)
        return KernelDescent(flood, ("residuals", "pullback"), model, tile, step_size, [level], weight=step_size)
