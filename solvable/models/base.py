"""A model: residuals ``r(theta) = f(x_i) - y_i`` and their derivatives.

    L(theta) = 1/(2n) |r|^2,   grad L = J^T r / n,   flatness = (1/n) |J|_F^2 = (1/n) sum_i |grad f_i|^2

n is the number of *samples*. A model with q outputs a sample has n q residuals, sample after sample: number ``i q + o``
belongs to output o of sample i. ``|r|^2`` and ``|J|_F^2`` are sums over all of them, divided by n all the same; what
draws samples (SGD) takes the q residuals of a sample together.

Parameters are one flat float64 vector ``theta (p,)``; ``pack`` and ``unpack`` go between it and named arrays. The loss
and the prediction accept leading axes: ``theta (..., p)`` gives ``loss (...)``.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..common.checks import real_array
from ..common.fingerprint import fingerprint
from ..common.once import once


@dataclass(frozen=True)
class FusedLoop:
    """A loop written for one model, ``kernel(moving, data, control, record, final, steps)``, and its block of lanes.

    ``moving (blocks, rows, lanes)``; see `integrators.blocks`.
    """

    kernel: Any
    lanes: int = 8


@dataclass(frozen=True)
class CompiledModel:
    """The functions of a model that the loops receive, and its data vector (see ``integrators.signatures``).

    ``scratch`` is the number of scratch entries that a trajectory of a tile needs, ``outputs`` the number q of outputs
    of a sample, ``rows`` the number of residuals (0: n q). A function that the model lacks is None. Models of the
    user's own functions hold their first exception in ``failure``, and in ``kept`` the objects whose addresses are in
    ``data``.

    ``fused``: by the name of an optimizer, a loop written for this model alone.
    ``condensed``: the same loss and gradient from fewer residuals than the samples have, for methods that never look
    at a single sample; None if there is no such thing.
    """

    data: np.ndarray
    scratch: int
    residuals: Any = None
    pullback: Any = None
    curvature: Any = None
    example: Any = None
    sample: Any = None
    loss: Any = None
    flow: Any = None
    flow_jacobian: Any = None
    failure: Any = None
    kept: tuple[Any, ...] = ()
    outputs: int = 1
    rows: int = 0
    fused: Mapping[str, FusedLoop] = field(default_factory=dict)
    condensed: CompiledModel | None = None

    @property
    def n_residuals(self) -> int:
        """Number of residuals of a trajectory."""
        return self.rows or int(self.data[0]) * self.outputs

    @property
    def for_full_batch(self) -> CompiledModel:
        """What a method takes that never looks at a single sample."""
        return self.condensed or self


class ParameterSpace(ABC):
    """Abstract: something with parameters ``theta (p,)`` that a dynamics can move."""

    @property
    @abstractmethod
    def n_params(self) -> int:
        """Number of parameters p."""

    @property
    @abstractmethod
    def n_samples(self) -> int:
        """Number of samples n."""

    @abstractmethod
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The named parts of theta, in the order in which they are stored."""

    @abstractmethod
    def loss(self, theta: Any) -> Any:
        """``1/(2n) |r|^2``; a float for ``theta (p,)``, an array ``(...)`` for ``theta (..., p)``."""

    @abstractmethod
    def content(self) -> tuple[Any, ...]:
        """What identifies the model: numbers, strings, arrays."""

    @abstractmethod
    def compiled(self) -> CompiledModel:
        """The functions that the loops receive (compiled at first use); the data are the caller's own."""

    def fingerprint(self) -> str:
        """Content hash: equal models, and only those, have equal fingerprints."""
        return fingerprint(type(self).__name__, self.content())

    def unpack(self, theta: Any) -> dict[str, np.ndarray]:
        """Named arrays of ``theta (..., p)``, each with the same leading axes."""
        theta = self.parameters(theta, leading=True)
        parts, start = {}, 0
        for name, shape in self.shapes().items():
            size = math.prod(shape)
            parts[name] = theta[..., start : start + size].reshape(theta.shape[:-1] + shape)
            start += size
        return parts

    def pack(self, **parts: Any) -> np.ndarray:
        """The flat vector of named arrays: the reverse of ``unpack`` (scalars are broadcast)."""
        shapes = self.shapes()
        if set(parts) != set(shapes):
            raise ValueError(f"pack needs exactly the parts {', '.join(shapes)}, got {', '.join(parts) or 'none'}")
        flat = []
        for name, shape in shapes.items():
            value = real_array(name, parts[name])
            if value.ndim and value.shape != shape:
                raise ValueError(f"{name} must have shape {shape}, got {value.shape}")
            flat.append(np.broadcast_to(value, shape).ravel())
        return np.concatenate(flat)

    def parameters(self, theta: Any, *, leading: bool = False) -> np.ndarray:
        """`theta` checked: real, and ``(p,)``, or ``(..., p)`` where leading axes are allowed."""
        theta = real_array("theta", theta, finite=False)
        fits = theta.ndim >= 1 and theta.shape[-1] == self.n_params and (leading or theta.ndim == 1)
        if not fits:
            wanted = f"(..., {self.n_params})" if leading else f"({self.n_params},)"
            raise ValueError(f"theta must have shape {wanted} for this {type(self).__name__}, got {theta.shape}")
        return theta


@once
def compiled_once(model: ParameterSpace) -> CompiledModel:
    """``model.compiled()``, one for all that only read it."""
    return model.compiled()


class Model(ParameterSpace):
    """Abstract: a parameter space with residuals, hence a loss. Concrete models are final frozen dataclasses."""

    @property
    def n_outputs(self) -> int:
        """Number q of outputs a sample; 1 unless a model says otherwise."""
        return 1

    @abstractmethod
    def residuals(self, theta: Any) -> np.ndarray:
        """``f(x_i) - y_i``: ``theta (..., p)`` gives ``(..., n)``, or ``(..., n q)``."""

    @abstractmethod
    def jacobian(self, theta: Any) -> np.ndarray:
        """``d f(x_i) / d theta_j``: ``theta (p,)`` gives ``(n, p)``, or ``(n q, p)``."""

    @abstractmethod
    def hessian(self, theta: Any) -> np.ndarray:
        """Hessian of the loss: ``theta (p,)`` gives ``(p, p)``."""

    def loss(self, theta: Any) -> Any:
        """``1/(2n) |r|^2``; a float for ``theta (p,)``, an array ``(...)`` for ``theta (..., p)``."""
        r = self.residuals(theta)
        value = np.einsum("...i,...i->...", r, r) / (2 * self.n_samples)
        return float(value) if value.ndim == 0 else value

    def gradient(self, theta: Any) -> np.ndarray:
        """Gradient of the loss, ``(p,)``."""
        theta = self.parameters(theta)
        return self.jacobian(theta).T @ self.residuals(theta) / self.n_samples

    def sharpness(self, theta: Any) -> float:
        """Largest eigenvalue of the Hessian of the loss."""
        return float(np.linalg.eigvalsh(self.hessian(theta))[-1])

    def flatness(self, theta: Any) -> float:
        """``(1/n) sum_i |grad f(x_i)|^2``: the trace of the Hessian at zero loss, what label noise descends."""
        return float(np.sum(self.jacobian(theta) ** 2) / self.n_samples)
