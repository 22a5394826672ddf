r"""Adam, with epsilon inside the root:

    m <- b1 m + (1 - b1) g,   s <- b2 s + (1 - b2) g^2,   theta <- theta - h m^ / sqrt(s^ + epsilon)

Inside the root the step is a smooth function of the gradient, so a modified equation exists (Cattaneo et al., arXiv
2309.00079); outside it, or with epsilon = 0, there is none across a zero of a gradient entry. ``beta1 = 0`` is
RMSprop.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..common.checks import flag, hyperparameter
from ..integrators.adaptive import adapt
from .base import Dynamics
from .stepper import DiscreteStepper, Tile
from .tile_descent import KernelDescent


@dataclass(frozen=True, eq=False)
class Adam(Dynamics):
    """Adam: ``step_size`` > 0, ``beta1``, ``beta2`` in [0, 1), ``epsilon`` >= 0 (numbers or ``(R,)``). Time ``t = hk``.

    ``bias_correction`` divides the averages by ``1 - beta^k``. With epsilon = 0 an entry whose gradients have all
    been zero does not move.

    >>> Adam(0.01, 0.9, 0.999, 1e-8)
    Adam(step_size=0.01, beta1=0.9, beta2=0.999, epsilon=1e-08, bias_correction=True)
    """

    step_size: Any
    beta1: Any
    beta2: Any
    epsilon: Any
    bias_correction: bool = True

    clock: ClassVar[str] = "steps"
    random: ClassVar[bool] = False
    memory: ClassVar[bool] = True
    smooth: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "step_size", hyperparameter("step_size", self.step_size, above=0))
        for name in ("beta1", "beta2"):
            object.__setattr__(self, name, hyperparameter(name, getattr(self, name), minimum=0, below=1))
        object.__setattr__(self, "epsilon", hyperparameter("epsilon", self.epsilon, minimum=0))
        object.__setattr__(self, "bias_correction", flag("bias_correction", self.bias_correction))
        self.members()

    def stepper(self, model: Any, tile: Tile) -> DiscreteStepper:
        self.need_loss(model)
        rows = [self.at(name, tile.lanes) for name in ("beta1", "beta2", "epsilon")]
        return KernelDescent(
            adapt,
            ("residuals", "pullback"),
            model,
            tile,
            self.at("step_size", tile.lanes),
            [*rows, np.full(tile.lanes.size, float(self.bias_correction))],
            memory=2,
        )
