"""Scalar factorization: ``f = w_1 w_2 ... w_D`` fits one number.

    L = (w_1 ... w_D - target)^2 / 2

The smallest model with a manifold of minima. At depth 2 (``theta = [x, y]``) the flow conserves ``x^2 - y^2``, gradient
descent multiplies it by ``1 - h^2 r^2`` at every step, and both have closed forms.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.checks import integer, positive, real
from ..common.once import once
from .base import CompiledModel, FusedLoop, Model


@dataclass(frozen=True, eq=False)
class ScalarFactorization(Model):
    """Product of ``depth`` >= 2 numbers against ``target``; ``p = depth``, ``n = 1``.

    >>> ScalarFactorization(target=2.0).loss([1.0, 1.0])
    0.5
    """

    target: float = 1.0
    depth: int = 2

    def __post_init__(self) -> None:
        object.__setattr__(self, "target", real("target", self.target))
        object.__setattr__(self, "depth", integer("depth", self.depth, minimum=2))

    @property
    def n_params(self) -> int:
        return self.depth

    @property
    def n_samples(self) -> int:
        return 1

    def shapes(self) -> dict[str, tuple[int, ...]]:
        names = ("x", "y") if self.depth == 2 else tuple(f"w_{k + 1}" for k in range(self.depth))
        return dict.fromkeys(names, ())

    def content(self) -> tuple[Any, ...]:
        return self.target, self.depth

    fingerprint = once(Model.fingerprint)

    def init(self, scale: float = 1.0, seed: int = 0) -> np.ndarray:
        """All factors equal to `scale` > 0. Nothing is random; `seed` is accepted for uniformity."""
        return np.full(self.depth, positive("scale", scale))

    def predictor(self, theta: Any) -> np.ndarray:
        """The product, ``(...)``."""
        return np.prod(self.parameters(theta, leading=True), axis=-1)

    def predict(self, theta: Any, x: Any = None) -> np.ndarray:
        """The product as ``(..., 1)``; the model has no input, so `x` must be None."""
        if x is not None:
            raise ValueError("x must be None: a scalar factorization has no input")
        return self.predictor(theta)[..., None]

    def residuals(self, theta: Any) -> np.ndarray:
        return self.predict(theta) - self.target

    def jacobian(self, theta: Any) -> np.ndarray:
        theta = self.parameters(theta)
        return np.array([[np.prod(np.delete(theta, j)) for j in range(self.depth)]])

    def hessian(self, theta: Any) -> np.ndarray:
        theta = self.parameters(theta)
        J = self.jacobian(theta)
        second = np.array(
            [[np.prod(np.delete(theta, [j, k])) * (j != k) for k in range(self.depth)] for j in range(self.depth)]
        )
        return J.T @ J + self.residuals(theta)[0] * second

    def compiled(self) -> CompiledModel:
        from ..integrators.fields import scalar
        from ..integrators.fused.scalar_descent import descend_scalar

        return CompiledModel(
            data=np.array([1.0, self.depth, self.target, 0.0, 0.0, 0.0, 0.0, 0.0]),
            scratch=1,
            residuals=scalar.residuals,
            pullback=scalar.pullback,
            curvature=scalar.curvature,
            example=scalar.example,
            loss=scalar.loss,
            flow=scalar.flow,
            flow_jacobian=scalar.flow_jacobian,
            fused={"GradientDescent": FusedLoop(descend_scalar)},
        )
