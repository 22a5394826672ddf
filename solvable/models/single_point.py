"""Two-layer network on a single point: ``f = sum_j c_j phi(w_j . x)`` fits one number.

    L = (sum_j c_j phi(w_j . x) - y)^2 / 2,   phi = tanh   or   phi = sigmoid

With the activations ``a_j = phi(w_j . x)``, zero loss is the hypersurface ``sum_j c_j a_j = y``, and on it the trace of
the Hessian that label noise descends is

    flatness = sum_j a_j^2 + |x|^2 sum_j c_j^2 phi'(w_j . x)^2

Everything is seen through the pairs ``(c_j, a_j)``: ``phi' = 1 - a^2`` (tanh), ``phi' = a (1 - a)`` (sigmoid). All
exponentials are of non-positive numbers, so nothing overflows, and the slopes keep their relative accuracy where the
activation saturates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.checks import choice, integer, positive, real_array
from ..common.once import once
from .base import CompiledModel, Model

ACTIVATIONS = ("tanh", "sigmoid")


@dataclass(frozen=True, eq=False)
class SinglePointNetwork(Model):
    """``width`` hidden neurons without bias on the input ``x (d,)`` (or a number) with the target ``y``.

    ``theta = [c, w]`` with ``c (m,)`` and ``w (m, d)`` row by row: ``p = m (1 + d)``, ``n = 1``. ``activation`` is
    "tanh" or "sigmoid". An input of zeros is refused: no weight would matter. The setting of Blanc et al.,
    arXiv:1904.09080.

    >>> model = SinglePointNetwork([1.0, 2.0], 0.5, width=2, activation="sigmoid")
    >>> float(model.loss(model.pack(c=[1.0, 2.0], w=0.0)))
    0.5
    """

    x: np.ndarray
    y: float
    width: int
    activation: str = "tanh"

    def __post_init__(self) -> None:
        x = np.atleast_1d(real_array("x", self.x, ndim=(0, 1)))
        if not np.any(x):
            raise ValueError(f"x must have an entry that is not zero, got shape {x.shape}")
        x.setflags(write=False)
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "y", float(real_array("y", self.y, ndim=0)))
        object.__setattr__(self, "width", integer("width", self.width, minimum=1))
        choice("activation", self.activation, ACTIVATIONS)

    @property
    def n_params(self) -> int:
        return self.width * (1 + self.n_features)

    @property
    def n_samples(self) -> int:
        return 1

    @property
    def n_features(self) -> int:
        """Dimension d of the input."""
        return self.x.size

    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {"c": (self.width,), "w": (self.width, self.n_features)}

    def content(self) -> tuple[Any, ...]:
        return self.x, self.y, self.width, self.activation

    fingerprint = once(Model.fingerprint)

    def init(self, scale: float = 1.0, seed: int = 0) -> np.ndarray:
        """Gaussian entries of standard deviation `scale` > 0 in both layers."""
        return positive("scale", scale) * np.random.default_rng(seed).standard_normal(self.n_params)

    def predictor(self, theta: Any) -> np.ndarray:
        """The neurons ``(..., m, 2)``: each row is ``(c_j, a_j)``, output weight and activation at x."""
        c, a, _, _ = self._neurons(theta)
        return np.stack([c, a], axis=-1)

    def predict(self, theta: Any, x: Any = None) -> np.ndarray:
        """``f(x)`` as ``(..., 1)``, or the network at inputs ``x (k, d)`` of the caller's as ``(..., k)``."""
        rows = self.x[None] if x is None else real_array("x", x, ndim=2)
        if rows.shape[1] != self.n_features:
            raise ValueError(f"x must have {self.n_features} columns, got shape {rows.shape}")
        parts = self.unpack(theta)
        a = self._derivatives(parts["w"] @ rows.T)[0]  # one product a network: the same bits in any stack
        return (parts["c"][..., None, :] @ a)[..., 0, :]

    def residuals(self, theta: Any) -> np.ndarray:
        return self.predict(theta) - self.y

    def jacobian(self, theta: Any) -> np.ndarray:
        c, a, slope, _ = self._neurons(self.parameters(theta))
        return np.concatenate([a, np.outer(c * slope, self.x).ravel()])[None]

    def hessian(self, theta: Any) -> np.ndarray:
        c, _, slope, bend = self._neurons(self.parameters(theta))
        J, m, d = self.jacobian(theta), self.width, self.n_features
        second = np.zeros((self.n_params, self.n_params))
        for j in range(m):
            own = slice(m + j * d, m + (j + 1) * d)
            second[j, own] = second[own, j] = slope[j] * self.x
            second[own, own] = c[j] * bend[j] * np.outer(self.x, self.x)
        return J.T @ J + self.residuals(theta)[0] * second

    def _neurons(self, theta: Any) -> tuple[np.ndarray, ...]:
        """(c, phi, phi', phi'') of every neuron, each ``(..., m)``."""
        parts = self.unpack(theta)
        return parts["c"], *self._derivatives((parts["w"] @ self.x[:, None])[..., 0])

    def _derivatives(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(phi, phi', phi'') elementwise."""
        if self.activation == "tanh":
            a, t = np.tanh(z), np.exp(-2 * np.abs(z))
            slope = 4 * t / (1 + t) ** 2
            return a, slope, -2 * a * slope
        t = np.exp(-np.abs(z))
        slope = t / (1 + t) ** 2
        return np.where(z >= 0, 1.0, t) / (1 + t), slope, -np.tanh(z / 2) * slope

    def compiled(self) -> CompiledModel:
        from ..integrators.fields import single_point

        header = [1.0, self.n_features, self.width, float(self.activation == "sigmoid"), self.y, 0.0, 0.0, 0.0]
        return CompiledModel(
            data=np.concatenate([header, self.x]),
            scratch=2,
            residuals=single_point.residuals,
            pullback=single_point.pullback,
            curvature=single_point.curvature,
            example=single_point.example,
            loss=single_point.loss,
            flow=single_point.flow,
            flow_jacobian=single_point.flow_jacobian,
        )
