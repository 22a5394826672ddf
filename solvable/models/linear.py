"""Linear regression: ``f(x) = <x, theta>``.

Its loss is quadratic, so every optimizer on it is a linear recursion with a closed form: gradient descent gives
``theta_k - theta* = (1 - h A)^k (theta_0 - theta*)`` with ``A = X^T X / n``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.checks import nonnegative, real_array, regression
from ..common.once import once
from .base import CompiledModel, Model


@dataclass(frozen=True, eq=False)
class LinearRegression(Model):
    """Least squares on ``X (n, d)``, ``y (n,)``; ``p = d``.

    >>> LinearRegression([[2.0]], [4.0]).gradient([0.0])
    array([-8.])
    """

    X: np.ndarray
    y: np.ndarray

    def __post_init__(self) -> None:
        X, y = regression(self.X, self.y)
        object.__setattr__(self, "X", X)
        object.__setattr__(self, "y", y)

    @property
    def n_params(self) -> int:
        return self.X.shape[1]

    @property
    def n_samples(self) -> int:
        return self.X.shape[0]

    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {"beta": (self.n_params,)}

    def content(self) -> tuple[Any, ...]:
        return self.X, self.y

    fingerprint = once(Model.fingerprint)

    def init(self, scale: float = 0.0, seed: int = 0) -> np.ndarray:
        """Gaussian entries of standard deviation `scale` (default 0: the start from which descent finds least l2)."""
        return nonnegative("scale", scale) * np.random.default_rng(seed).standard_normal(self.n_params)

    def predictor(self, theta: Any) -> np.ndarray:
        """theta itself."""
        return self.parameters(theta, leading=True)

    def predict(self, theta: Any, x: Any = None) -> np.ndarray:
        """``X theta (..., n)``, or the prediction at rows ``x (m, d)``."""
        rows = self.X if x is None else real_array("x", x, ndim=2)
        if rows.shape[1] != self.n_params:
            raise ValueError(f"x must have {self.n_params} columns, got shape {rows.shape}")
        return (rows @ self.predictor(theta)[..., None])[..., 0]  # one product a vector: the same bits in any stack

    def residuals(self, theta: Any) -> np.ndarray:
        return self.predict(theta) - self.y

    def jacobian(self, theta: Any) -> np.ndarray:
        self.parameters(theta)
        return self.X.copy()

    def hessian(self, theta: Any) -> np.ndarray:
        self.parameters(theta)
        return self.X.T @ self.X / self.n_samples

    def compiled(self) -> CompiledModel:
        from ..integrators.fields import linear

        header = [self.n_samples, self.n_params, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
        return CompiledModel(
            data=np.concatenate([header, self.X.ravel(), self.y]),
            scratch=self.n_samples,
            residuals=linear.residuals,
            pullback=linear.pullback,
            curvature=linear.curvature,
            example=linear.example,
            loss=linear.loss,
            flow=linear.flow,
            flow_jacobian=linear.flow_jacobian,
        )
