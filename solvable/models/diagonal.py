"""Diagonal linear networks: ``f(x) = <x, beta>`` with an overparameterized coefficient vector.

    "squares"   beta = u^D - v^D   (elementwise, D >= 2),      theta = [u, v]
    "product"   beta = u * v       (D = 2),                    theta = [u, v]

At depth 2 the two are one model: with ``w+- = (u +- v)/sqrt 2`` the product form is ``beta = (w+^2 - w-^2)/2``. The
flow multiplies each factor by a number of its own, which makes the *potential scale* ``a = |u v|`` (product:
``|u^2 - v^2|/4``) and the *shift* ``xi = log|u/v|`` (product: ``log|w+/w-|``) the natural coordinates:
``beta = 2 a sinh xi``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.checks import choice, integer, real_array, regression
from ..common.once import once
from .base import CompiledModel, Model


@dataclass(frozen=True, eq=False)
class DiagonalLinearNetwork(Model):
    """Diagonal linear network on the data ``X (n, d)``, ``y (n,)``; ``p = 2 d``.

    Parameters: ``depth`` D >= 2, ``parametrization`` "squares" or "product" (depth 2 only).

    >>> model = DiagonalLinearNetwork([[1.0, 2.0]], [3.0])
    >>> model.predictor(model.init(scale=0.5))
    array([0., 0.])
    """

    X: np.ndarray
    y: np.ndarray
    depth: int = 2
    parametrization: str = "squares"

    def __post_init__(self) -> None:
        X, y = regression(self.X, self.y)
        object.__setattr__(self, "X", X)
        object.__setattr__(self, "y", y)
        object.__setattr__(self, "depth", integer("depth", self.depth, minimum=2))
        choice("parametrization", self.parametrization, ("squares", "product"))
        if self.parametrization == "product" and self.depth != 2:
            raise ValueError(f"depth must be 2 for parametrization 'product', got {self.depth}")

    @property
    def n_params(self) -> int:
        return 2 * self.n_features

    @property
    def n_samples(self) -> int:
        return self.X.shape[0]

    @property
    def n_features(self) -> int:
        """Number of columns d of X."""
        return self.X.shape[1]

    @property
    @once
    def rotated(self) -> np.ndarray:
        """``[R, z]``, upper trapezoidal, ``min(n, d + 1)`` rows: ``|X b - y| = |R b - z|`` for every b."""
        rotated = np.asarray(np.linalg.qr(np.column_stack([self.X, self.y]), mode="r"))
        rotated.setflags(write=False)
        return rotated

    @property
    def is_product(self) -> bool:
        """Whether beta = u * v."""
        return self.parametrization == "product"

    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {"u": (self.n_features,), "v": (self.n_features,)}

    def content(self) -> tuple[Any, ...]:
        return self.X, self.y, self.depth, self.parametrization

    fingerprint = once(Model.fingerprint)

    def init(self, scale: Any = 1.0, seed: int = 0, shape: Any = None) -> np.ndarray:
        """Balanced start, beta = 0: ``u = v = scale`` ("product": ``u = sqrt(2) scale, v = 0``).

        `scale` is a positive number or one a coordinate ``(d,)``. At depth 2 the potential scale is ``a = scale^2``
        ("product": ``scale^2 / 2``), and `shape` ``(d,)`` unbalances the start at fixed a: ``u = scale e^(shape/2)``,
        ``v = scale e^(-shape/2)`` ("product": the same for ``w+-``), so that the shift is ``xi = shape``. `seed` is
        accepted for uniformity; nothing here is random.
        """
        scales = real_array("scale", scale, ndim=(0, 1))
        if not np.all(scales > 0):
            raise ValueError(f"scale must be > 0 (zero is a saddle that nothing leaves), got {scales.min():g}")
        tilt = real_array("shape", 0.0 if shape is None else shape, ndim=(0, 1))
        for name, value in (("scale", scales), ("shape", tilt)):
            if value.ndim and value.shape != (self.n_features,):
                raise ValueError(f"{name} must be a number or have shape ({self.n_features},), got {value.shape}")
        if tilt.any() and self.depth != 2:
            raise ValueError(f"shape is defined at depth 2 only, this network has depth {self.depth}")
        plus = np.broadcast_to(scales * np.exp(tilt / 2), (self.n_features,))
        minus = np.broadcast_to(scales * np.exp(-tilt / 2), (self.n_features,))
        return np.concatenate(self.to_network(plus, minus))

    def to_network(self, plus: np.ndarray, minus: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(u, v) from the multiplicative coordinates: the identity for "squares", a rotation for "product"."""
        if not self.is_product:
            return plus, minus
        return (plus + minus) / math.sqrt(2), (plus - minus) / math.sqrt(2)

    def to_multiplicative(self, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The coordinates that every gradient step multiplies: (u, v), or ``(u +- v)/sqrt 2`` for "product"."""
        return self.to_network(u, v)

    def predictor(self, theta: Any) -> np.ndarray:
        """beta ``(..., d)``."""
        u, v = self._halves(self.parameters(theta, leading=True))
        return u * v if self.is_product else u**self.depth - v**self.depth

    def predict(self, theta: Any, x: Any = None) -> np.ndarray:
        """``X beta (..., n)``, or the prediction at rows ``x (m, d)`` of the caller's."""
        rows = self.X if x is None else real_array("x", x, ndim=2)
        if rows.shape[1] != self.n_features:
            raise ValueError(f"x must have {self.n_features} columns, got shape {rows.shape}")
        return (rows @ self.predictor(theta)[..., None])[..., 0]  # one product a vector: the same bits in any stack

    def residuals(self, theta: Any) -> np.ndarray:
        return self.predict(theta) - self.y

    def jacobian(self, theta: Any) -> np.ndarray:
        u, v = self._one(theta)
        D = self.depth
        du, dv = (v, u) if self.is_product else (D * u ** (D - 1), -D * v ** (D - 1))
        return np.hstack([self.X * du, self.X * dv])

    def hessian(self, theta: Any) -> np.ndarray:
        u, v = self._one(theta)
        J = self.jacobian(theta)
        hessian = J.T @ J / self.n_samples
        g = self.X.T @ self.residuals(theta) / self.n_samples
        d = self.n_features
        j = np.arange(d)
        if self.is_product:
            hessian[j, d + j] += g
            hessian[d + j, j] += g
        else:
            bend = self.depth * (self.depth - 1)
            hessian[j, j] += g * bend * u ** (self.depth - 2)
            hessian[d + j, d + j] -= g * bend * v ** (self.depth - 2)
        return hessian

    def potential_coordinates(self, theta: Any) -> tuple[np.ndarray, np.ndarray]:
        """(log a, xi) of a depth-2 network, from the parameters: ``theta (..., p)`` gives two arrays ``(..., d)``."""
        if self.depth != 2:
            raise ValueError(f"potential coordinates exist at depth 2 only, this network has depth {self.depth}")
        plus, minus = self.to_multiplicative(*self._halves(self.parameters(theta, leading=True)))
        with np.errstate(divide="ignore"):
            log_plus, log_minus = np.log(np.abs(plus)), np.log(np.abs(minus))
        return log_plus + log_minus - (math.log(2) if self.is_product else 0.0), log_plus - log_minus

    def compiled(self) -> CompiledModel:
        from ..integrators.fields import diagonal

        header = [self.n_samples, self.n_features, self.depth, float(self.is_product), 1.0, 0.0, 0.0, 0.0]
        return CompiledModel(
            data=np.concatenate([header, self.X.ravel(), self.y]),
            scratch=self.n_features + self.n_samples,
            residuals=diagonal.residuals,
            pullback=diagonal.pullback,
            curvature=diagonal.curvature,
            example=diagonal.example,
            loss=diagonal.loss,
            flow=diagonal.flow,
            flow_jacobian=diagonal.flow_jacobian,
        )

    def _one(self, theta: Any) -> tuple[np.ndarray, np.ndarray]:
        return self._halves(self.parameters(theta))

    def _halves(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return theta[..., : self.n_features], theta[..., self.n_features :]
