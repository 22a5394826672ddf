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
from .base import Dynamics
from .factors import Factors, has_ledger, multiplicative_data
from .noisy_descent import NoisyDescent
from .stepper import Tile


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
        if self.covariance == "loss" and model.compiled().outputs > 1:
            what = f"{type(model).__name__} with {model.n_outputs} outputs a sample"
            raise ValueError(f"covariance must be 'sample' for a {what}: 'loss' is defined for one output")
        hyper = [self.at("step_size", tile.lanes), np.full(tile.lanes.size, float(self.covariance == "sample"))]
        if has_ledger(model):
            return _Factors(model, tile, self.step_length(tile.lanes), hyper)
        data, rows = model.compiled().data, tile.state.get("rows", tile.theta)
        dt = self.step_length(tile.lanes)
        return NoisyDescent(diffuse, model, tile, dt, hyper, rows=rows, data=data, noise=model.n_samples)


class _Factors(NoisyDescent):
    """A depth-2 diagonal network: multiplicative, with the ledger."""

    def __init__(self, model: Any, tile: Tile, dt: np.ndarray, hyper: list[np.ndarray]) -> None:
        self.factors = Factors(model, tile)
        data = multiplicative_data(model)
        super().__init__(diffuse, model, tile, dt, hyper, rows=self.factors.rows, data=data, noise=model.n_samples)

    def parameters(self) -> np.ndarray:
        return self.factors.parameters(self.columns())

    def ledger(self) -> dict[str, np.ndarray]:
        return self.factors.ledger(self.columns(), np.ones(self.lanes_used))
