"""A vector field of the user's own: ``theta' = F(theta)``, with no loss.

Use it with ``GradientFlow()``, whose right-hand side it replaces.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.checks import integer, real
from .base import CompiledModel, ParameterSpace
from .user import identity_of


@dataclass(frozen=True, eq=False, init=False)
class VectorField(ParameterSpace):
    """``function(theta) -> (p,)``, plain Python or ``numba.njit``; ``n_params`` p.

    It has no samples and no loss (the loss of its trajectories is NaN), so only flows can move it.

    >>> VectorField(lambda z: -z, 2).field([1.0, 2.0])
    array([-1., -2.])
    """

    function: Callable[..., Any]
    size: int

    def __init__(self, function: Callable[..., Any], n_params: int) -> None:
        if not callable(function):
            raise ValueError(f"function must be a function of theta, got {function!r}")
        object.__setattr__(self, "function", function)
        object.__setattr__(self, "size", integer("n_params", n_params, minimum=1))

    @property
    def n_params(self) -> int:
        return self.size

    @property
    def n_samples(self) -> int:
        return 0

    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {"theta": (self.size,)}

    def content(self) -> tuple[Any, ...]:
        return identity_of(self.function), self.size

    def init(self, scale: float = 1.0, seed: int = 0) -> np.ndarray:
        """Gaussian entries of standard deviation `scale`."""
        return real("scale", scale) * np.random.default_rng(seed).standard_normal(self.size)

    def field(self, theta: Any) -> np.ndarray:
        """``F(theta)``, ``(p,)``."""
        value = np.asarray(self.function(np.array(self.parameters(theta))), dtype=np.float64)
        if value.shape != (self.size,):
            raise ValueError(f"function must return shape ({self.size},), got {value.shape}")
        return value

    def predictor(self, theta: Any) -> np.ndarray:
        """theta itself."""
        return self.parameters(theta, leading=True)

    def loss(self, theta: Any) -> Any:
        """NaN: a vector field has no loss."""
        shape = self.parameters(theta, leading=True).shape[:-1]
        return np.full(shape, np.nan) if shape else float("nan")

    def compiled(self) -> CompiledModel:
        from ..integrators.callback import Callback, Failure
        from ..integrators.fields import user
        from ..integrators.signatures import HEADER

        failure, data = Failure(), np.zeros(HEADER)
        callback = Callback(self.function, "function", (self.size,), failure)
        data[1], data[user.RESIDUALS_AT] = self.size, callback.address
        return CompiledModel(
            data=data, scratch=1, loss=user.no_loss, flow=user.plain_flow, failure=failure, kept=(callback,)
        )
