r"""Sharpness-aware minimization (SAM): the gradient is taken after a step *up*.

    unnormalized          theta_{k+1} = theta_k - h g(theta_k + rho g(theta_k))
    normalized            theta_{k+1} = theta_k - h g(theta_k + rho g(theta_k) / |g(theta_k)|)
    per sample (1-SAM)    theta_{k+1} = theta_k - (h/n) sum_i grad L_i(theta_k + rho grad L_i(theta_k) (/ |grad L_i|))

with ``L_i = |f(x_i) - y_i|^2 / 2``. Where a gradient is zero, so is its ascent. (On a depth-2 diagonal network, whose
factors are kept below 1e-308, one shorter than 1e-100 counts as zero when it is to be normalized.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..common.checks import flag, hyperparameter
from ..integrators.ascent import probe
from ..integrators.sample_ascent import probe_samples
from ..models.base import compiled_once
from .base import Dynamics
from .factors import has_ledger
from .stepper import DiscreteStepper, RowStepper, Tile, sample_functions
from .tile_descent import KernelDescent, coordinates


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
    random: ClassVar[bool] = False
    memory: ClassVar[bool] = False
    smooth: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "step_size", hyperparameter("step_size", self.step_size, above=0))
        object.__setattr__(self, "radius", hyperparameter("radius", self.radius, minimum=0))
        object.__setattr__(self, "normalized", flag("normalized", self.normalized))
        object.__setattr__(self, "per_sample", flag("per_sample", self.per_sample))
        self.members()

    def stepper(self, model: Any, tile: Tile) -> DiscreteStepper:
        self.need_loss(model)
        if self.normalized and has_ledger(model):
            self._check_size(tile)
        if self.per_sample:
            return _SampleAscent(model, tile, self)
        step_size, radius = self.at("step_size", tile.lanes), self.at("radius", tile.lanes)
        hyper = [radius, np.ones_like(radius), np.full_like(radius, float(self.normalized))]
        return KernelDescent(probe, ("residuals", "pullback"), model, tile, step_size, hyper, weight=step_size, work=3)

    def _check_size(self, tile: Tile) -> None:
        from ..integrators.ledger import NO_NORM

        size = np.abs(tile.theta).max(axis=1)
        if np.any((size > 0) & (size < NO_NORM) & (self.at("radius", tile.lanes) > 0)):
            allowed = f"0 or have an entry of size {NO_NORM:g} or more: the length of its gradient would be lost"
            raise ValueError(f"theta0 of normalized SharpnessAware must be {allowed}, got {size[size > 0].min():g}")


class _SampleAscent(RowStepper):
    """Per-sample ascents, one trajectory a row."""

    def __init__(self, model: Any, tile: Tile, dynamics: SharpnessAware) -> None:
        step_size = dynamics.at("step_size", tile.lanes)
        super().__init__(model, tile, step_size)
        compiled = compiled_once(model)
        self.coordinates, self.data = coordinates(model, compiled, tile, factors=True)
        self.rows = self.coordinates.rows.copy()
        self.size, self.step_size = model.n_params, step_size
        self.radius = dynamics.at("radius", tile.lanes)
        self.normalized = int(dynamics.normalized)
        self.functions = *sample_functions(compiled), compiled.outputs

    def advance(self, steps: int) -> None:
        probe_samples(
            *self.functions,
            self.rows,
            self.size,
            self.data,
            self.radius,
            self.normalized,
            self.control,
            self.record,
            steps,
        )

    def parameters(self) -> np.ndarray:
        return self.coordinates.parameters(self.rows)

    def state(self) -> dict[str, np.ndarray]:
        return super().state() | {"rows": self.rows.copy()}

    def ledger(self) -> dict[str, np.ndarray]:
        return self.coordinates.ledger(self.rows, self.step_size)
