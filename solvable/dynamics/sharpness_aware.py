r"""Sharpness-aware minimization (SAM): the gradient is taken after a step *up*.

    unnormalized          theta_{k+1} = theta_k - h g(theta_k + rho g(theta_k))
    normalized            theta_{k+1} = theta_k - h g(theta_k + rho g(theta_k) / |g(theta_k)|)
    per sample (1-SAM)    theta_{k+1} = theta_k - (h/n) sum_i grad L_i(theta_k + rho grad L_i(theta_k) (/ |grad L_i|))

with ``L_i = (f(x_i) - y_i)^2 / 2``. Where a gradient is zero, so is its ascent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..common.checks import hyperparameter
from ..integrators.ascent import probe
from ..integrators.sample_ascent import probe_samples
from .base import Dynamics
from .memory_descent import MemoryDescent
from .stepper import DiscreteStepper, Tile, as_callable


@dataclass(frozen=True, eq=False)
class SharpnessAware(Dynamics):
    """SAM with ``step_size`` h > 0 and ``radius`` rho >= 0 (numbers or ``(R,)``). Clock: ``t = h k``.

    >>> SharpnessAware(0.1, radius=0.05, normalized=False)
    SharpnessAware(step_size=0.1, radius=0.05, normalized=False, per_sample=False)
    """

    step_size: Any
    radius: Any
    normalized: bool = True
    per_sample: bool = False

    clock: ClassVar[str] = "steps"

    def __post_init__(self) -> None:
        object.__setattr__(self, "step_size", hyperparameter("step_size", self.step_size, above=0))
        object.__setattr__(self, "radius", hyperparameter("radius", self.radius, minimum=0))
        object.__setattr__(self, "normalized", bool(self.normalized))
        object.__setattr__(self, "per_sample", bool(self.per_sample))
        self.members()

    def stepper(self, model: Any, tile: Tile) -> DiscreteStepper:
        self.need_loss(model)
        if self.per_sample:
            return _SampleAscent(model, tile, self)
        compiled = model.compiled()
        radius = self.at("radius", tile.lanes)
        hyper = [radius, np.ones_like(radius), np.full_like(radius, float(self.normalized))]
        functions = (compiled.residuals, compiled.pullback)
        return MemoryDescent(probe, functions, model, tile, self.at("step_size", tile.lanes), hyper, work=3)


class _SampleAscent(DiscreteStepper):
    """Per-sample ascents, one trajectory a row."""

    def __init__(self, model: Any, tile: Tile, dynamics: SharpnessAware) -> None:
        step_size = dynamics.at("step_size", tile.lanes)
        super().__init__(model, tile, step_size, np.zeros_like(step_size), tile.lanes.size)
        self.compiled = model.compiled()
        self.rows = np.array(tile.theta)
        self.radius = dynamics.at("radius", tile.lanes)
        self.normalized = int(dynamics.normalized)
        self.example = as_callable(self.compiled.example)

    def take_out(self, b: int) -> None:
        """Rows are independent: the status alone keeps a row where it is."""

    def advance(self, steps: int) -> None:
        probe_samples(
            self.example, self.rows, self.compiled.data, self.radius, self.normalized, self.control, self.record, steps
        )

    def parameters(self) -> np.ndarray:
        return self.rows.copy()
