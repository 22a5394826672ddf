"""The user's own least-squares model: residuals, and their Jacobian if it is at hand.

    L(theta) = 1/(2n) |r(theta)|^2

Every optimizer and flow of the package runs on it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..common.checks import integer, real
from .base import CompiledModel, Model
from .user import identity_of

STEP = 6.055454452393343e-06  # cube root of the rounding unit


@dataclass(frozen=True, eq=False, init=False)
class ResidualModel(Model):
    """``residuals(theta) -> (n,)`` and optionally ``jacobian(theta) -> (n, p)``; plain Python or ``numba.njit``.

    Without a Jacobian central differences are taken (relative error about 1e-10). Plain Python functions work
    everywhere and cost a Python call an evaluation; compiled ones run at full speed after one compilation a process.

    >>> model = ResidualModel(lambda w: w[:1] * w[1:] - 2.0, n_params=2, n_samples=1)
    >>> model.loss([1.0, 1.0])
    0.5
    """

    function: Callable[..., Any]
    derivative: Callable[..., Any] | None
    sizes: tuple[int, int] = field(repr=False)

    def __init__(
        self,
        residuals: Callable[..., Any],
        jacobian: Callable[..., Any] | None = None,
        *,
        n_params: int,
        n_samples: int,
    ) -> None:
        for name, given in (("residuals", residuals), ("jacobian", jacobian)):
            if not callable(given) and not (name == "jacobian" and given is None):
                raise ValueError(f"{name} must be a function of theta, got {given!r}")
        sizes = integer("n_params", n_params, minimum=1), integer("n_samples", n_samples, minimum=1)
        object.__setattr__(self, "function", residuals)
        object.__setattr__(self, "derivative", jacobian)
        object.__setattr__(self, "sizes", sizes)

    @property
    def n_params(self) -> int:
        return self.sizes[0]

    @property
    def n_samples(self) -> int:
        return self.sizes[1]

    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {"theta": (self.n_params,)}

    def content(self) -> tuple[Any, ...]:
        return identity_of(self.function), identity_of(self.derivative), self.sizes

    def init(self, scale: float = 1.0, seed: int = 0) -> np.ndarray:
        """Gaussian entries of standard deviation `scale`."""
        return real("scale", scale) * np.random.default_rng(seed).standard_normal(self.n_params)

    def predictor(self, theta: Any) -> np.ndarray:
        """theta itself: the package does not know what the model predicts with."""
        return self.parameters(theta, leading=True)

    def predict(self, theta: Any, x: Any = None) -> np.ndarray:
        """The residuals: targets are the user's own business. `x` must be None."""
        if x is not None:
            raise ValueError("x must be None: a residual model has no input")
        return self.residuals(theta)

    def residuals(self, theta: Any) -> np.ndarray:
        theta = self.parameters(theta, leading=True)
        flat = theta.reshape(-1, self.n_params)
        values = np.array([self._evaluate(self.function, "residuals", row, (self.n_samples,)) for row in flat])
        return values.reshape(*theta.shape[:-1], self.n_samples)

    def jacobian(self, theta: Any) -> np.ndarray:
        theta = self.parameters(theta)
        if self.derivative is not None:
            return self._evaluate(self.derivative, "jacobian", theta, (self.n_samples, self.n_params))
        return _central(self.residuals, theta)

    def hessian(self, theta: Any) -> np.ndarray:
        """``J^T J / n`` plus the residual term, by central differences of the gradient."""
        hessian = _central(self.gradient, self.parameters(theta))
        return (hessian + hessian.T) / 2

    def compiled(self) -> CompiledModel:
        from ..integrators.callback import Callback, Failure
        from ..integrators.fields import user
        from ..integrators.signatures import HEADER

        failure, data = Failure(), np.zeros(HEADER)
        data[:2] = self.n_samples, self.n_params
        kept = [Callback(self.function, "residuals", (self.n_samples,), failure)]
        data[user.RESIDUALS_AT] = kept[0].address
        if self.derivative is not None:
            kept.append(Callback(self.derivative, "jacobian", (self.n_samples, self.n_params), failure))
            data[user.JACOBIAN_AT] = kept[1].address
        return CompiledModel(
            data=data,
            scratch=1,
            residuals=user.residuals,
            pullback=user.pullback,
            curvature=user.curvature,
            example=user.example,
            loss=user.loss,
            flow=user.flow,
            failure=failure,
            kept=tuple(kept),
        )

    @staticmethod
    def _evaluate(function: Callable[..., Any], name: str, theta: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        value = np.asarray(function(np.array(theta)), dtype=np.float64)
        if value.shape != shape:
            raise ValueError(f"{name} must return shape {shape}, got {value.shape}")
        return value


def _central(function: Callable[[np.ndarray], np.ndarray], theta: np.ndarray) -> np.ndarray:
    """Central differences of a vector function, ``(m, p)``."""
    columns = []
    for j in range(theta.size):
        step = STEP * max(1.0, abs(theta[j]))
        high, low = theta.copy(), theta.copy()
        high[j], low[j] = theta[j] + step, theta[j] - step
        columns.append((function(high) - function(low)) / (high[j] - low[j]))
    return np.stack(columns, axis=1)
