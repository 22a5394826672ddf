r"""Gradient regularization (arXiv:2009.11162, 2210.02720): descent on ``L + (mu/2) |grad L|^2``.

    exact (ascent_step = 0)      d = g + mu H g
    F-GR  (ascent_step eps > 0)  d = g + (mu/eps) (g(theta + eps g) - g)
    B-GR  (ascent_step eps < 0)  the same with eps < 0: a step down, the difference backward
    theta_{k+1} = theta_k - h d(theta_k)

Barrett and Dherin's ``mu_BD |grad L|^2`` is ``strength = 2 mu_BD``. Unnormalized SAM of radius rho is F-GR with
``strength = ascent_step = rho``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..common.checks import hyperparameter
from ..integrators.ascent import probe
from ..integrators.curvature import regularize
from .base import Dynamics
from .stepper import DiscreteStepper, Tile
from .tile_descent import KernelDescent


@dataclass(frozen=True, eq=False)
class GradientRegularized(Dynamics):
    """``step_size`` h > 0, ``strength`` mu >= 0, ``ascent_step`` eps (numbers or ``(R,)``). Clock: ``t = h k``.

    `ascent_step` is 0 for every member (exact, by the Hessian) or nonzero for every member (finite differences).

    >>> GradientRegularized(0.1, strength=0.01, ascent_step=0.05)
    GradientRegularized(step_size=0.1, strength=0.01, ascent_step=0.05)
    """

    step_size: Any
    strength: Any
    ascent_step: Any = 0.0

    clock: ClassVar[str] = "steps"
    random: ClassVar[bool] = False
    memory: ClassVar[bool] = False
    smooth: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "step_size", hyperparameter("step_size", self.step_size, above=0))
        object.__setattr__(self, "strength", hyperparameter("strength", self.strength, minimum=0))
        object.__setattr__(self, "ascent_step", hyperparameter("ascent_step", self.ascent_step))
        self.members()
        zero = np.atleast_1d(np.asarray(self.ascent_step)) == 0
        if zero.any() and not zero.all():
            raise ValueError("ascent_step must be zero for all members or for none, got both")

    def stepper(self, model: Any, tile: Tile) -> DiscreteStepper:
        self.need_loss(model)
        step_size, strength = self.at("step_size", tile.lanes), self.at("strength", tile.lanes)
        reach = self.at("ascent_step", tile.lanes)
        if not reach.any():
            exact = "residuals", "pullback", "curvature"
            return KernelDescent(regularize, exact, model, tile, step_size, [strength], weight=step_size, work=2)
        functions, hyper = ("residuals", "pullback"), [reach, strength / reach, np.zeros_like(reach)]
        return KernelDescent(probe, functions, model, tile, step_size, hyper, weight=step_size, work=3)
