r"""Gradient descent with Gaussian noise in the gradient, whose shape is chosen and not the model's:

    theta_{k+1} = theta_k - h (grad L(theta_k) + std z_k)         "isotropic"     z_k ~ N(0, I_p), independent
    theta_{k+1} = theta_k - h (grad L(theta_k) + std P_N z_k)     "normal"

``P_N`` projects on the normal space of the model at ``theta_k``, the range of ``J^T``: the span of the gradients of f
at the samples. The covariance of the noise is ``std^2 I`` or ``std^2 P_N``, and these are the rivals of label noise,
whose covariance is a multiple of the Hessian ``H = J^T J / n``. On a manifold of zero loss and at small h

    label noise of covariance c H        moves by    -(h^2 c / 4)      P_T grad tr H        a step,
    normal noise                         moves by    -(h^2 std^2 / 4)  P_T grad log det H   a step,

with the determinant on the normal space (arXiv:1910.00195). Isotropic noise also diffuses along the manifold, in the
same number of steps.

The rank. A gradient counts as dependent on the others when what they leave of it is at most ``max(n, p) eps`` times as
long as the longest gradient, eps = 2^-52, the custom of numerical rank; where the model has its Jacobian from finite
differences, 1e-8 times. Where all gradients are zero there is no normal noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..common.checks import choice, hyperparameter
from ..integrators.gradient_noise import disturb
from ..models.residual import ResidualModel
from .base import Dynamics
from .stepper import Tile
from .tile_descent import NoisyDescent

DIFFERENCES = 1e-8
"""Relative length of a gradient that may be nothing but the error of finite differences, about 1e-10."""


@dataclass(frozen=True, eq=False)
class GradientNoise(Dynamics):
    """``step_size`` h > 0, ``std`` >= 0 (numbers or ``(R,)``), ``shape`` "isotropic" or "normal". Clock: ``t = h k``.

    A step with normal noise costs n gradients of single samples and O(n p min(n, p)) more. No ledger is kept.

    >>> GradientNoise(0.1, std=0.01, shape="normal")
    GradientNoise(step_size=0.1, std=0.01, shape='normal')
    """

    step_size: Any
    std: Any
    shape: str = "isotropic"

    clock: ClassVar[str] = "steps"
    random: ClassVar[bool] = True
    memory: ClassVar[bool] = False
    smooth: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "step_size", hyperparameter("step_size", self.step_size, above=0))
        object.__setattr__(self, "std", hyperparameter("std", self.std, minimum=0))
        choice("shape", self.shape, ("isotropic", "normal"))
        self.members()

    def stepper(self, model: Any, tile: Tile) -> NoisyDescent:
        self.need_loss(model)
        std = self.at("std", tile.lanes)
        return NoisyDescent(
            disturb,
            ("residuals", "pullback", "example"),
            model,
            tile,
            self.at("step_size", tile.lanes),
            [std, np.full_like(std, float(self.shape == "normal")), np.full_like(std, rank_cut(model))],
            noise=model.n_params,
        )


def rank_cut(model: Any) -> float:
    """What is left of a gradient counts as zero below so many lengths of the longest one."""
    if isinstance(model, ResidualModel) and model.derivative is None:
        return DIFFERENCES
    return max(model.n_samples * model.n_outputs, model.n_params) * float(np.finfo(float).eps)
