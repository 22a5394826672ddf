r"""Stochastic gradient flow: gradient flow with the noise that SGD has at batch size 1,

    d theta = -grad L dt + sqrt(h) Sigma(theta)^(1/2) dB      (Ito)

with h the step size of the SGD that it stands for, in the time ``t = h k`` of that SGD. The covariance is

    "sample"    Sigma = (1/n) sum_i (r_i grad f_i - grad L)(r_i grad f_i - grad L)^T     that of one sample's gradient
    "loss"      Sigma = (2 L / n) sum_i grad f_i grad f_i^T                              Pesme et al., arXiv:2106.09524

and a sample with several outputs has one gradient and one component of B. Both act on the residuals, so that one step
of length dt (Euler-Maruyama) is a pullback of random weights: see `solvable.integrators.noise`. On a depth-2 diagonal
network such a step multiplies the factors; the weights that it gathers make the identity of the ledger exact at every
dt, while the gain ``-4 <Z>`` of the equation itself (`solvable.theory.gain_stochastic_gradient_flow`) is reached as dt
tends to 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..common.checks import choice, hyperparameter
from ..integrators.noise import diffuse
from ..models.base import compiled_once
from .base import Dynamics
from .stepper import Tile
from .tile_descent import NoisyDescent


@dataclass(frozen=True, eq=False)
class StochasticGradientFlow(Dynamics):
    """``step_size`` h > 0 of the SGD, ``dt`` > 0 of the integrator (numbers or ``(R,)``), ``covariance`` of the noise.

    ``steps`` counts steps of length dt, and ``time = dt k``. The error of a path is O(sqrt dt), that of a mean O(dt).

    >>> StochasticGradientFlow(0.01, dt=0.001)
    StochasticGradientFlow(step_size=0.01, dt=0.001, covariance='sample')
    """

    step_size: Any
    dt: Any
    covariance: str = "sample"

    clock: ClassVar[str] = "steps"
    random: ClassVar[bool] = True
    memory: ClassVar[bool] = False
    smooth: ClassVar[bool] = True

    def __post_init__(self) -> None:
        for name in ("step_size", "dt"):
            object.__setattr__(self, name, hyperparameter(name, getattr(self, name), above=0))
        choice("covariance", self.covariance, ("sample", "loss"))
        self.members()

    def step_length(self, lanes: np.ndarray) -> np.ndarray:
        return self.at("dt", lanes)

    def stepper(self, model: Any, tile: Tile) -> NoisyDescent:
        self.need_loss(model)
        if self.covariance == "loss" and compiled_once(model).outputs > 1:
            what = f"{type(model).__name__} with {model.n_outputs} outputs a sample"
            raise ValueError(f"covariance must be 'sample' for a {what}: 'loss' is defined for one output")
        dt, by_sample = self.step_length(tile.lanes), float(self.covariance == "sample")
        return NoisyDescent(
            diffuse,
            ("residuals", "pullback"),
            model,
            tile,
            dt,
            [self.at("step_size", tile.lanes), np.full_like(dt, by_sample)],
            noise=model.n_samples,
            weight=np.ones_like(dt),
        )
