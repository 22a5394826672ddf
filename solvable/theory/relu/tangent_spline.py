r"""What training all weights of a very wide ReLU network gives: the interpolant of least norm of its tangent kernel.

For ``f = m^(-1/2) sum_i a_i relu(w_i x + b_i)`` with standard normal a, w, b and ``f = 0`` at the start, gradient
flow on all weights tends for m -> infinity to

    f = sum_j alpha_j K(., x_j),    (K + n lambda I) alpha = y,    K = E[grad f(s) . grad f(t)],

with ridge ``lambda = 0``. The gradients in w and b add to the kernel of the output weights ``(1 + s t) P(both
active)``, whose slope jumps by ``-1/pi`` at ``s = t``: so this interpolant has kinks ``-alpha_j/pi`` at the data,
where that of trained output weights is smooth. The condition of K grows only like the square of 1/spacing: the
kernel form is solved as it stands, with a relative error of about 1e-16 times that condition.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from ...common.blas import one_blas_thread
from ...common.checks import nonnegative, real_array
from .arc_cosine import tangent_kernel
from .samples import distinct_samples


@dataclass(frozen=True, eq=False, repr=False)
class TangentInterpolant:
    """The function that a trained network of infinite width tends to; called with t of any shape.

    Attributes:
        centers: x of the data, shape ``(n,)``, as given.
        coefficients: alpha, shape ``(n,)``.
        norm: of f in the space of the kernel, ``sqrt(alpha . K alpha)``.
        kernel: ``K(s, t)``, elementwise.
    """

    centers: np.ndarray
    coefficients: np.ndarray
    norm: float
    kernel: Callable[[np.ndarray, np.ndarray], np.ndarray] = tangent_kernel

    def __call__(self, t: Any) -> np.ndarray:
        return self.kernel(real_array("t", t)[..., None], self.centers) @ self.coefficients


@one_blas_thread()
def tangent_kernel_interpolant(x: Any, y: Any, *, ridge: Any = 0.0) -> TangentInterpolant:
    """The interpolant that training all weights of an infinitely wide network selects, or its ridge regression.

    Args:
        x, y: data, shape ``(n,)``; x distinct, in any order.
        ridge: lambda >= 0 of ``1/(2n) sum (f(x_j) - y_j)^2 + (lambda/2) norm^2``.

    Raises:
        ValueError: shapes that do not fit, repeated x or x closer than rounding resolves, ridge < 0.

    Source: Jacot et al., arXiv:1806.07572; Williams et al., arXiv:1906.07842 (one input).

    >>> f = tangent_kernel_interpolant([-1.0, 0.0, 2.0], [1.0, 0.0, 1.0])
    >>> bool(np.allclose(f([-1.0, 0.0, 2.0]), [1.0, 0.0, 1.0])), bool(np.isclose(f.norm**2, f.coefficients @ [1, 0, 1]))
    (True, True)
    """
    order, nodes, targets = distinct_samples(x, y)
    shift, K = nodes.size * nonnegative("ridge", ridge), tangent_kernel(nodes[:, None], nodes)
    scale = np.hypot(1.0, nodes)  # inputs far out make large entries, not an ill-conditioned problem
    try:
        factor = cho_factor((K + shift * np.eye(nodes.size)) / np.outer(scale, scale))
    except LinAlgError:
        closest = float(np.min(np.diff(nodes)))
        raise ValueError(
            f"x must be farther apart than rounding resolves, but two entries differ by {closest:g}"
        ) from None
    alpha = cho_solve(factor, targets / scale) / scale
    centers, coefficients = np.empty_like(nodes), np.empty_like(alpha)
    centers[order], coefficients[order] = nodes, alpha
    for array in (centers, coefficients):
        array.setflags(write=False)
    return TangentInterpolant(centers, coefficients, float(np.sqrt(alpha @ K @ alpha)))
