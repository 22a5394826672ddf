r"""What training the output weights of a wide ReLU network gives: an adapted spline.

Let ``f(x) = E[c(w, b) relu(w x + b)]`` with the least ``E c^2`` that the data allow: gradient descent from 0 on the
output weights of infinitely many random features. With ``K(s, t) = E[relu(w s + b) relu(w t + b)]``

    f = sum_j alpha_j K(., x_j),        (K + n lambda I) alpha = y,

and ridge ``lambda = 0`` for interpolation. In terms of the knots, with their weight zeta
(`solvable.theory.relu.feature_laws`),

    f'' = zeta beta,    beta(t) = (1/2) sum_j alpha_j |x_j - t|,    gamma(t) = (1/2) sum_j alpha_j (x_j - t).

beta is piecewise linear with nodes at the data. It is the part of ``c/|w|`` that is even in the orientation of a
feature; gamma is the odd part, which makes f affine where no knots are. So with ``f(x) = (1/2) int f''(t) |x - t| dt
+ A x + B``, where ``A x + B`` is the mean of the two asymptotes,

    E c^2 = int f''^2/zeta dt + (2A)^2 + (2B)^2 / int t^2 zeta dt,        2A = (1/2) sum alpha_j x_j,

and ``2B = (1/2) sum alpha_j`` for normal w and b, so that the affine part is ``((sum alpha_j x_j)^2 + (sum
alpha_j)^2)/4``. It belongs to the norm: ``int f''^2/zeta`` alone vanishes for every line.

The condition of K grows at least like the third power of 1/spacing. So f is found as a spline, from beta at the data
(`solvable.theory.relu.spline_system`): to 1e-12 of f for data of any spacing with ``|x| <= 10``, to 1e-9 at ``|x| =
1000``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...common.blas import one_blas_thread
from ...common.checks import nonnegative, positive, real_array
from .feature_laws import FeatureLaw, NormalFeatures, UniformFeatures
from .samples import distinct_samples
from .spline_system import left_of_data, mass_matrix, solve_spline

FARTHEST = 1e3


@dataclass(frozen=True, eq=False, repr=False)
class FeatureInterpolant:
    """The function that trained output weights of infinitely many random ReLU features tend to.

    Attributes:
        coefficients: alpha of the kernel form, shape ``(n,)``, in the order of the data given.
        bending: ``int f''^2 / zeta``.
        affine: what the asymptotes cost, ``(2A)^2 + (2B)^2 / int t^2 zeta``.
        nodes, values: the data abscissas in increasing order, and f there, shape ``(n,)``.
        load: ``f''/zeta`` at the nodes, shape ``(n,)``.
        sums: ``(sum alpha_j, sum alpha_j x_j)``.
        law: of the features.

    The instance is called with t of any shape and returns f(t).
    """

    coefficients: np.ndarray
    bending: float
    affine: float
    nodes: np.ndarray
    values: np.ndarray
    load: np.ndarray
    sums: tuple[float, float]
    law: FeatureLaw

    def __post_init__(self) -> None:
        for array in (self.coefficients, self.nodes, self.values, self.load):
            array.setflags(write=False)

    @property
    def norm(self) -> float:
        """The norm of f in the space of K, ``sqrt(E c^2) = sqrt(bending + affine)``."""
        return float(np.sqrt(self.bending + self.affine))

    @property
    def asymptote(self) -> tuple[float, float]:
        """Slope A and intercept B of the mean of the two asymptotes of f."""
        total, moment = self.sums
        return 0.25 * moment, 0.25 * total * self.law.second_moment

    @property
    def kernel(self) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
        """``K(s, t)``, elementwise."""
        return self.law.kernel

    def __call__(self, t: Any) -> np.ndarray:
        t = real_array("t", t)
        x, f, p, (total, moment) = self.nodes, self.values, self.load, self.sums
        left = left_of_data(self.law, x, p, (total, moment), f[0], np.minimum(t, x[0]))
        right = left_of_data(self.law, -x[::-1], p[::-1], (total, -moment), f[-1], -np.maximum(t, x[-1]))
        result = np.where(t < x[0], left, right)
        inside = (t >= x[0]) & (t <= x[-1])
        if x.size > 1 and np.any(inside):
            s = t[inside]
            k = np.clip(np.searchsorted(x, s, side="right") - 1, 0, x.size - 2)
            share = (s - x[k]) / (x[k + 1] - x[k])
            zero, one = self.law.deflection(x[k], x[k + 1], s)
            result[inside] = (1 - share) * f[k] + share * f[k + 1] + zero * p[k] + one * p[k + 1]
        return result[()]

    def curvature(self, t: Any) -> np.ndarray:
        """``f''(t) = zeta(t) beta(t)``, for t of any shape."""
        t = real_array("t", t)
        gamma = 0.5 * (self.sums[1] - self.sums[0] * t)
        inside = np.interp(t, self.nodes, self.load)
        beta = np.where(t < self.nodes[0], gamma, np.where(t > self.nodes[-1], -gamma, inside))
        return self.law.weight(t) * beta


@one_blas_thread()
def random_feature_interpolant(x: Any, y: Any, *, ridge: Any = 0.0, bias_range: Any = None) -> FeatureInterpolant:
    """The interpolant that training the output weights alone selects, or its ridge regression.

    Args:
        x, y: data, shape ``(n,)``; x distinct, in any order, ``|x| <= 1000`` with normal features.
        ridge: lambda >= 0 of ``1/(2n) sum (f(x_j) - y_j)^2 + (lambda/2) E c^2``.
        bias_range: None for standard normal w and b; a number B >= max |x| for ``w = +-1`` and b uniform on [-B, B]. As
            B grows, the interpolant tends to the natural cubic spline.

    Raises:
        ValueError: shapes that do not fit, repeated x, or arguments outside these ranges.

    Source: Williams et al., arXiv:1906.07842 (kernel regime and splines); Heiss et al., arXiv:1911.02903 (ridge); the
        functional with its affine part and the system are derived in this module.

    >>> f = random_feature_interpolant([-1.0, 0.0, 2.0], [1.0, 0.0, 1.0])
    >>> bool(np.allclose(f([-1.0, 0.0, 2.0]), [1.0, 0.0, 1.0])), bool(np.isclose(f.norm**2, f.coefficients @ [1, 0, 1]))
    (True, True)
    """
    order, nodes, targets = distinct_samples(x, y)
    shift, law = nodes.size * nonnegative("ridge", ridge), feature_law(bias_range, nodes)
    if nodes.size == 1:
        jumps, load = targets / (law.kernel(nodes, nodes) + shift), np.zeros(1)
        values, (total, moment) = targets - shift * jumps, (float(jumps[0]), float(jumps[0] * nodes[0]))
    else:
        load, jumps, values, (total, moment) = solve_spline(law, nodes, targets, shift)
    bending = float(load @ mass_matrix(law, nodes) @ load)
    for end, value in ((nodes[0], load[0]), (-nodes[-1], load[-1])):
        tail = law.tail(end)
        bending += float(value**2 * tail.mass + value * total * tail.lever + 0.25 * total**2 * tail.square)
    affine = 0.25 * (moment**2 + law.second_moment * total**2)
    alpha = np.empty_like(jumps)
    alpha[order] = jumps
    return FeatureInterpolant(alpha, bending, affine, nodes, values, load, (total, moment), law)


def feature_law(bias_range: Any, nodes: np.ndarray, name: str = "x") -> FeatureLaw:
    """The law that `bias_range` names, if its knots cover the nodes, which the caller calls `name`."""
    reach = float(np.max(np.abs(nodes)))
    if bias_range is None:
        if reach > FARTHEST:
            raise ValueError(
                f"{name} must lie in [-1000, 1000], as knots are of order one, got max |{name}| = {reach:g}"
            )
        return NormalFeatures()
    largest = positive("bias_range", bias_range)
    if largest < reach:
        raise ValueError(
            f"bias_range must be at least max |{name}| = {reach:g}, to cover it with knots, got {largest:g}"
        )
    return UniformFeatures(largest)
