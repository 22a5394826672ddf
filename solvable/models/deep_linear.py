"""Deep linear network: ``f(x) = W_L ... W_1 x``.

    L = 1/(2n) |W_L ... W_1 X - Y|_F^2,   X (d_0, n),   Y (d_L, n),   one sample a column

The function is linear, the dynamics are not. With ``P_l = W_l ... W_1 X``, ``A_l = W_L ... W_{l+1}`` and the residuals
``R = P_L - Y``, the gradient in ``W_l`` is ``A_l^T R P_{l-1}^T / n``. Gradient flow conserves every ``D_j = W_{j+1}^T
W_{j+1} - W_j W_j^T``, and a step h of gradient descent, with gradients g, changes it by exactly

    h^2 (g_{j+1}^T g_{j+1} - g_j g_j^T).

A sample has q = d_L outputs, hence n q residuals (see `models.base`): number ``i q + o`` is ``R[o, i]``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, reduce
from itertools import pairwise
from typing import Any

import numpy as np

from ..common.checks import flag, integer, positive, real_array
from ..common.once import once
from .base import CompiledModel, FusedLoop, Model
from .layers import Passes

WIDE = 24 * 24
"""Mean number of entries of a layer from which on one trajectory at a time is faster than eight side by side."""


@dataclass(frozen=True, eq=False)
class DeepLinearNetwork(Model):
    """Layers ``W_l (d_l, d_{l-1})``, l = 1 .. L; ``theta = [W_1 .. W_L]``, each row by row.

    `widths` are the *hidden* ones, ``(d_1 .. d_{L-1})``, or one number for one hidden layer; d_0 and d_L come from the
    data. ``()`` is the network of one layer, linear regression with several outputs. Arora et al., arXiv:1905.13655.

    >>> model = DeepLinearNetwork([[1.0, 2.0]], [[2.0, 4.0]], widths=1)
    >>> model.loss(model.pack(W_1=1.0, W_2=1.0))
    1.25
    """

    X: np.ndarray
    Y: np.ndarray
    widths: Any

    def __post_init__(self) -> None:
        X, Y = real_array("X", self.X, ndim=2), real_array("Y", self.Y, ndim=2)
        if X.shape[1] != Y.shape[1]:
            shapes = f"X has shape {X.shape}, Y has shape {Y.shape}"
            raise ValueError(f"Y must have one column per column of X, a sample each: {shapes}")
        for name, value in (("X", X), ("Y", Y)):
            if value.size == 0:
                raise ValueError(f"{name} must have at least one row and one column, got shape {value.shape}")
        given = self.widths.tolist() if isinstance(self.widths, np.ndarray) else self.widths
        hidden = given if isinstance(given, (list, tuple)) else [given]
        object.__setattr__(self, "X", X)
        object.__setattr__(self, "Y", Y)
        object.__setattr__(self, "widths", tuple(integer("widths", width, minimum=1) for width in hidden))

    @property
    def depth(self) -> int:
        """Number of layers L."""
        return len(self.widths) + 1

    @property
    def layer_widths(self) -> tuple[int, ...]:
        """``(d_0, .., d_L)``."""
        return self.X.shape[0], *self.widths, self.Y.shape[0]

    @property
    def n_params(self) -> int:
        return sum(rows * inner for inner, rows in pairwise(self.layer_widths))

    @property
    def n_samples(self) -> int:
        return self.X.shape[1]

    @property
    def n_outputs(self) -> int:
        return self.Y.shape[0]

    def shapes(self) -> dict[str, tuple[int, ...]]:
        pairs = pairwise(self.layer_widths)
        return {f"W_{layer}": (rows, inner) for layer, (inner, rows) in enumerate(pairs, 1)}

    def content(self) -> tuple[Any, ...]:
        return self.X, self.Y, self.widths

    fingerprint = once(Model.fingerprint)

    def init(self, scale: float = 1.0, seed: int = 0, balanced: bool = False) -> np.ndarray:
        """Independent Gaussian entries of standard deviation `scale` > 0 in every layer, whatever its width.

        `balanced`: all ``D_j`` are zero instead. ``W_l = scale Q_l S^(1/L) Q_{l-1}^T``, where S are the r largest
        singular values of a standard Gaussian ``(d_L, d_0)`` matrix, r the smallest of all widths, and the Q random
        orthonormal columns.
        """
        scale, rng = positive("scale", scale), np.random.default_rng(seed)
        if not flag("balanced", balanced):
            return scale * rng.standard_normal(self.n_params)
        widths = self.layer_widths
        r = min(widths)
        S = np.linalg.svd(rng.standard_normal((widths[-1], widths[0])), compute_uv=False)[:r] ** (1 / self.depth)
        Q = [np.linalg.qr(rng.standard_normal((width, r)))[0] for width in widths]
        return scale * np.concatenate([((left * S) @ right.T).ravel() for right, left in pairwise(Q)])

    def layers(self, theta: Any) -> list[np.ndarray]:
        """``[W_1, .., W_L]``, each ``(..., d_l, d_{l-1})`` for ``theta (..., p)``."""
        return list(self.unpack(theta).values())

    def predictor(self, theta: Any) -> np.ndarray:
        """The end-to-end matrix ``W_L ... W_1 (..., d_L, d_0)``."""
        first, *others = self.layers(theta)
        return reduce(lambda product, layer: layer @ product, others, first)

    def predict(self, theta: Any, x: Any = None) -> np.ndarray:
        """``W_L ... W_1 X (..., d_L, n)``, or the prediction at columns ``x (d_0, m)`` of the caller's."""
        columns = self.X if x is None else real_array("x", x, ndim=2)
        if columns.shape[0] != self.X.shape[0]:
            raise ValueError(f"x must have {self.X.shape[0]} rows, got shape {columns.shape}")
        return self.predictor(theta) @ columns

    def residuals(self, theta: Any) -> np.ndarray:
        R = np.swapaxes(self._misses(theta), -1, -2)
        return R.reshape(*R.shape[:-2], self.n_samples * self.n_outputs)

    def imbalance(self, theta: Any) -> list[np.ndarray]:
        """``D_j = W_{j+1}^T W_{j+1} - W_j W_j^T (..., d_j, d_j)`` for j = 1 .. L-1: conserved by gradient flow.

        >>> DeepLinearNetwork([[1.0]], [[1.0]], widths=1).imbalance([1.0, 2.0])
        [array([[3.]])]
        """
        pairs = pairwise(self.layers(theta))
        return [np.swapaxes(after, -1, -2) @ after - before @ np.swapaxes(before, -1, -2) for before, after in pairs]

    def gradient(self, theta: Any) -> np.ndarray:
        return self._passes(theta).pull(self._misses(theta)) / self.n_samples

    def jacobian(self, theta: Any) -> np.ndarray:
        return self._passes(theta).jacobian()

    def hessian(self, theta: Any) -> np.ndarray:
        return self._passes(theta).hessian(self._misses(theta)) / self.n_samples

    def flatness(self, theta: Any) -> float:
        return self._passes(theta).square() / self.n_samples

    def _passes(self, theta: Any) -> Passes:
        return Passes.through(self.layers(self.parameters(theta)), self.X)

    def _misses(self, theta: Any) -> np.ndarray:
        """``W_L ... W_1 X - Y (..., d_L, n)``."""
        return self.predict(theta) - self.Y

    @cached_property
    def _condensed(self) -> tuple[np.ndarray, np.ndarray, float]:
        """(X', Y', c): d_0 columns with ``|M X - Y|^2 = |M X' - Y'|^2 + c^2`` for every M."""
        Q, R = np.linalg.qr(self.X.T)
        Y = self.Y @ Q
        return R.T, Y, float(np.linalg.norm(self.Y - Y @ Q.T))

    def compiled(self) -> CompiledModel:
        if self.n_samples <= self.X.shape[0]:
            return self._compiled(self.X, self.Y)
        X, Y, rest = self._condensed
        condensed = self._compiled(X, Y, rest, rows=X.shape[1] * self.n_outputs + 1)
        return replace(self._compiled(self.X, self.Y), condensed=condensed)

    def _compiled(self, X: np.ndarray, Y: np.ndarray, rest: float = 0.0, rows: int = 0) -> CompiledModel:
        from ..integrators.fields import deep_linear, deep_linear_curvature, deep_linear_sample, deep_linear_tile
        from ..integrators.fused.deep_descent import descend_deep
        from ..integrators.fused.wide_descent import descend_wide

        columns, wide = X.shape[1], self.n_params >= WIDE * self.depth
        padding = ((0, 0), (0, -columns % 8))
        header = [self.n_samples, self.n_params, self.depth, columns, rest, wide, 0.0, 0.0]
        matrices = [np.pad(matrix, padding).ravel() for matrix in (X, Y)]
        return CompiledModel(
            data=np.concatenate([header, self.layer_widths, *matrices]),
            scratch=2 * (self.n_params + columns * sum(self.layer_widths)),
            residuals=deep_linear_tile.residuals,
            pullback=deep_linear_tile.pullback,
            curvature=deep_linear_curvature.curvature,
            example=deep_linear_sample.example,
            sample=deep_linear_sample.sample,
            loss=deep_linear.loss,
            flow=deep_linear.flow,
            flow_jacobian=deep_linear_curvature.flow_jacobian,
            outputs=self.n_outputs,
            rows=rows,
            fused={"GradientDescent": FusedLoop(descend_wide, lanes=1) if wide else FusedLoop(descend_deep)},
        )
