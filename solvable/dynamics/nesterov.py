r"""Nesterov momentum, stored at the lookahead point:

    m_{k+1} = beta m_k + g(theta_k),   theta_{k+1} = theta_k - h (g(theta_k) + beta m_{k+1})

``theta`` is the lookahead variable, the one whose gradient is taken (and the one that deep learning libraries store).
In it the first term of the modified equation is that of heavy ball; the second differs: ``1 - beta + 2 beta^2`` in
place of ``1 + beta``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ..common.checks import hyperparameter
from .base import Dynamics
from .heavy_ball import rolling
from .stepper import DiscreteStepper, Tile


@dataclass(frozen=True, eq=False)
class Nesterov(Dynamics):
    """Nesterov's method: ``step_size`` h > 0, ``momentum`` 0 <= beta < 1 (numbers or ``(R,)``). Clock: ``t = h k``.

    >>> Nesterov(0.1, 0.9)
    Nesterov(step_size=0.1, momentum=0.9)
    """

    step_size: Any
    momentum: Any

    clock: ClassVar[str] = "steps"

    def __post_init__(self) -> None:
        object.__setattr__(self, "step_size", hyperparameter("step_size", self.step_size, above=0))
        object.__setattr__(self, "momentum", hyperparameter("momentum", self.momentum, minimum=0, below=1))
        self.members()

    def stepper(self, model: Any, tile: Tile) -> DiscreteStepper:
        return rolling(self, model, tile, lookahead=True)
