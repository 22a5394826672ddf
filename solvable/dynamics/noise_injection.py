r"""Noise injection (arXiv:2202.02831): Gaussian noise is added to the parameters after every step,

    theta_{k+1} = theta_k - h grad L(theta_k) + xi_{k+1}               xi_k ~ N(0, std^2 I), independent
    theta_{k+1} = theta_k - h grad L(theta_k) + xi_{k+1} - xi_k        anticorrelated, xi_0 = 0

The start is not perturbed. With anticorrelated noise ``phi_k = theta_k - xi_k`` does gradient descent with the gradient
taken at ``phi_k + xi_k`` (arXiv:2206.04613): on average, descent on the smoothed loss ``E L(phi + xi)``. On a depth-2
diagonal network that is ``L + 2 std^2 sum_j H_jj (u_j^2 + v_j^2)`` up to a constant ("product": ``std^2/2`` for ``2
std^2``), ``H_jj = (1/n) sum_i x_ij^2``: weight decay coordinate by coordinate, whose limit is a weighted lasso.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ..common.checks import flag, hyperparameter
from ..integrators.noise import inject
from .base import Dynamics
from .stepper import Tile
from .tile_descent import NoisyDescent


@dataclass(frozen=True, eq=False)
class NoiseInjection(Dynamics):
    """``step_size`` h > 0 and ``std`` >= 0 (numbers or ``(R,)``). Clock: ``t = h k``.

    ``anticorrelated``: take back the noise of the step before. Added noise does not multiply the factors of a diagonal
    network, so there is no ledger.

    >>> NoiseInjection(0.1, std=0.01, anticorrelated=True)
    NoiseInjection(step_size=0.1, std=0.01, anticorrelated=True)
    """

    step_size: Any
    std: Any
    anticorrelated: bool = False

    clock: ClassVar[str] = "steps"
    random: ClassVar[bool] = True
    memory: ClassVar[bool] = True
    smooth: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "step_size", hyperparameter("step_size", self.step_size, above=0))
        object.__setattr__(self, "std", hyperparameter("std", self.std, minimum=0))
        object.__setattr__(self, "anticorrelated", flag("anticorrelated", self.anticorrelated))
        self.members()

    def stepper(self, model: Any, tile: Tile) -> NoisyDescent:
        self.need_loss(model)
        return NoisyDescent(
            inject,
            ("residuals", "pullback"),
            model,
            tile,
            self.at("step_size", tile.lanes),
            [self.at("std", tile.lanes)],
            noise=model.n_params,
            memory=int(self.anticorrelated),
        )
