"""Two-layer ReLU networks of one variable: ``f(x) = sum_i a_i relu(w_i x + b_i)``, plus ``c x + d`` or ``d`` if wanted.

A neuron bends f at its knot ``t_i = -b_i / w_i``, where the slope jumps by ``a_i |w_i|`` whatever the orientation; so f
is piecewise linear, and `predictor` returns it as such. With the sums over the samples at which the neuron is active,

    E0_i = (1/n) sum_j r_j,   E1_i = (1/n) sum_j r_j x_j,

the gradient of the loss is ``dL/da = w E1 + b E0``, ``dL/dw = a E1``, ``dL/db = a E0``. Here and everywhere
``relu'(0) = 0``; Jacobian and Hessian are those almost everywhere, away from knots at samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.checks import flag, integer, real, real_array
from ..common.once import once
from ..common.piecewise_linear import PiecewiseLinear
from .base import CompiledModel, Model
from .relu_init import deviations_of, draw
from .segments import SegmentStatistics, segment_statistics

BLOCK = 2**20
"""Activations ``(m, n)`` of how many pairs are formed at a time."""


@dataclass(frozen=True, eq=False)
class UnivariateReLUNetwork(Model):
    """``width`` m neurons on the samples ``x (n,)``, distinct and in any order, with targets ``y (n,)``.

    ``theta = [a, w, b]``; with ``skip`` ``[a, w, b, c, d]`` for the added ``c x + d``, where ``output_bias`` then adds
    nothing; with ``output_bias`` alone ``[a, w, b, d]``. Residuals are in the order of `x` as given.

    >>> model = UnivariateReLUNetwork([0.0, 1.0], [0.0, 2.0], width=2)
    >>> model.predictor(model.pack(a=[1.0, 2.0], w=[1.0, -1.0], b=[0.0, 0.5]))
    PiecewiseLinear(2 knots, from slope -2 to slope 1, int |f''| = 3)
    """

    x: np.ndarray
    y: np.ndarray
    width: int
    skip: bool = False
    output_bias: bool = False

    def __post_init__(self) -> None:
        x, y = real_array("x", self.x, ndim=1), real_array("y", self.y, ndim=1)
        if x.size == 0 or x.shape != y.shape:
            raise ValueError(f"x and y must have one entry a sample, got shapes {x.shape} and {y.shape}")
        values, counts = np.unique(x, return_counts=True)
        if values.size < x.size:
            raise ValueError(f"x must have no repeated entry, got {values[counts > 1][0]:g} more than once")
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "y", y)
        object.__setattr__(self, "width", integer("width", self.width, minimum=1))
        object.__setattr__(self, "skip", flag("skip", self.skip))
        object.__setattr__(self, "output_bias", flag("output_bias", self.output_bias) or self.skip)

    @property
    def n_params(self) -> int:
        return 3 * self.width + self.skip + self.output_bias

    @property
    def n_samples(self) -> int:
        return self.x.size

    def shapes(self) -> dict[str, tuple[int, ...]]:
        shapes: dict[str, tuple[int, ...]] = dict.fromkeys(("a", "w", "b"), (self.width,))
        if self.skip:
            shapes["c"] = ()
        if self.output_bias:
            shapes["d"] = ()
        return shapes

    def content(self) -> tuple[Any, ...]:
        return self.x, self.y, self.width, self.skip, self.output_bias

    fingerprint = once(Model.fingerprint)

    def init(
        self,
        scale: float = 1.0,
        seed: int = 0,
        kind: str = "he",
        antisymmetric: bool = False,
        deviations: Any = None,
    ) -> np.ndarray:
        """Independent centered Gaussians times `scale` > 0; c and d start at 0. The standard deviations are, by `kind`:

        * "he": ``sqrt(2/m)`` for a, 1 for w and b: variance two over the number of inputs, where the bias counts as
          the weight of a second input that is always 1;
        * "ntk": ``m^(-1/4)`` for all. With ``theta = m^(-1/4) theta'`` this is ``f = m^(-1/2) sum_i a'_i relu(w'_i x +
          b'_i)`` with standard Gaussians, and its gradient flow is that of theta' at the time ``sqrt(m) t``: a step
          size h there is ``h / sqrt(m)`` here (a and neurons; c and d are not rescaled);
        * "general": the three numbers `deviations` ``(of a, of w, of b)``.

        `antisymmetric` makes neurons 2k and 2k + 1 twins, equal in w and b and opposite in a, so that f starts as 0;
        the width must be even, and the tangent kernel has the same mean as without.
        """
        return draw(
            self, scale, seed, deviations_of(kind, deviations, self.width), flag("antisymmetric", antisymmetric)
        )

    def predictor(self, theta: Any) -> Any:
        """f as a `PiecewiseLinear`; for ``theta (..., p)`` an object array ``(...)`` of them."""
        theta = self.parameters(theta, leading=True)
        found = np.empty(theta.shape[:-1], dtype=object)
        for place in np.ndindex(found.shape):
            parts = self.unpack(theta[place])
            affine = parts.get("c", 0.0), parts.get("d", 0.0)
            found[place] = PiecewiseLinear.from_neurons(parts["a"], parts["w"], parts["b"], *affine)
        return found if found.ndim else found[()]

    def predict(self, theta: Any, x: Any = None) -> np.ndarray:
        """``f(x_j)`` as ``(..., n)``, or at points ``x (k,)`` of the caller's as ``(..., k)``."""
        points = self.x if x is None else real_array("x", x, ndim=1)
        theta = self.parameters(theta, leading=True)
        flat = theta.reshape(-1, self.n_params)
        values = np.empty((flat.shape[0], points.size))
        columns = max(1, min(points.size, BLOCK // self.width))
        rows = max(1, BLOCK // (self.width * columns))
        for i in range(0, flat.shape[0], rows):
            for j in range(0, points.size, columns):
                values[i : i + rows, j : j + columns] = self._values(flat[i : i + rows], points[j : j + columns])
        return values.reshape(*theta.shape[:-1], points.size)

    def residuals(self, theta: Any) -> np.ndarray:
        return self.predict(theta) - self.y

    def jacobian(self, theta: Any) -> np.ndarray:
        a, _, _, z = self._neurons(theta)
        active = np.where(z > 0, a, 0.0)
        blocks = [np.maximum(z, 0.0), active * self.x[:, None], active]
        if self.skip:
            blocks.append(self.x[:, None])
        if self.output_bias:
            blocks.append(np.ones((self.n_samples, 1)))
        return np.hstack(blocks)

    def hessian(self, theta: Any) -> np.ndarray:
        """Hessian of the loss almost everywhere: the terms that live on knots at samples are left out."""
        _, _, _, z = self._neurons(theta)
        J, m = self.jacobian(theta), self.width
        hessian = J.T @ J / self.n_samples
        weights = np.where(z > 0, self.residuals(theta)[:, None], 0.0) / self.n_samples
        i = np.arange(m)
        for inner, slope in ((m + i, self.x @ weights), (2 * m + i, np.sum(weights, axis=0))):
            hessian[i, inner] += slope
            hessian[inner, i] += slope
        return hessian

    def segment_statistics(self, theta: Any, x0: float, x1: float) -> SegmentStatistics:
        """Gradient gaps, deflection and straightness of f between two points: see `segments`.

        >>> model = UnivariateReLUNetwork([0.0, 1.0], [0.0, 2.0], width=1)
        >>> model.segment_statistics(model.pack(a=3.0, w=1.0, b=-0.5), 0.0, 1.0).straightness
        0.75
        """
        parts = self.unpack(self.parameters(theta))
        ends = [real("x0", x0)], [real("x1", x1)]
        return segment_statistics(parts["a"], parts["w"][:, None], parts["b"], *ends)

    def compiled(self) -> CompiledModel:
        from ..integrators.fields import relu

        header = [self.n_samples, self.width, float(self.skip), float(self.output_bias), 0.0, 0.0, 0.0, 0.0]
        return CompiledModel(
            data=np.concatenate([header, self.x, self.y]),
            scratch=2 * self.n_samples + 4,
            residuals=relu.residuals,
            pullback=relu.pullback,
            curvature=relu.curvature,
            example=relu.example,
            loss=relu.loss,
        )

    def _neurons(self, theta: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """(a, w, b) of one network and ``w_i x_j + b_i`` as ``(n, m)``."""
        parts = self.unpack(self.parameters(theta))
        a, w, b = parts["a"], parts["w"], parts["b"]
        return a, w, b, self.x[:, None] * w + b

    def _values(self, theta: np.ndarray, points: np.ndarray) -> np.ndarray:
        parts = self.unpack(theta)
        active = np.maximum(parts["w"][:, :, None] * points + parts["b"][:, :, None], 0.0)
        # One product a network: the same bits in any stack.
        values: np.ndarray = (parts["a"][:, None, :] @ active)[:, 0, :]
        if self.skip:
            values = values + parts["c"][:, None] * points
        return values + parts["d"][:, None] if self.output_bias else values
