r"""The stationary law of stochastic modified equations, which is not what they are good at.

The equations of `solvable.theory.modified.stochastic` are right up to an *absolute* error h^2 at fixed time, and a
stationary variance is itself of order h. In one dimension with ``A = Sigma = 1`` it is ``h/(2-h)`` for SGD, ``h/2`` at
order 1 and ``h/(2+h)`` at order 2: there order 2 is twice as far off as order 1. In general S solves

    B S + S B + h p ( A S A - C(S) ) = h ( (noise_std^2/b) A + (p/n) sum_i r_i^2 x_i x_i^T ),

``B = A`` or ``A + (h/2) A^2``, in the notation of `solvable.theory.noise.second_moments`.

**What matches.** The linear equation ``dTheta = -A' (Theta - theta*) dt + Q^{1/2} dW`` with

    A' = -log(I - h A)/h,        Q = A' S + S A',

S the stationary covariance of SGD, has the means and, in the stationary state, all covariances ``(I - h A)^k S`` of SGD
at the times ``h k``. With the full batch, whose noise does not depend on theta, it has the covariances from any start.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...common.blas import one_blas_thread
from ...common.checks import choice, nonnegative, positive, regression
from ..noise.modes import batch, modes
from ..noise.second_moments import balance, label_noise, residuals_of_fit
from ..noise.stationary import stationary_covariance


class LinearEquation(NamedTuple):
    """``dTheta = -drift (Theta - theta*) dt + diffusion^{1/2} dW``, both of shape ``(d, d)``."""

    drift: np.ndarray
    diffusion: np.ndarray


@one_blas_thread()
def modified_stationary_covariance(
    X: Any, y: Any, step_size: Any, noise_std: Any, batch_size: Any = 1, order: int = 2
) -> np.ndarray:
    """The stationary covariance of the stochastic modified equation of order 1 or 2.

    Args, returns: as of `solvable.theory.stationary_covariance`, and the order.

    Raises:
        ValueError: arguments outside their ranges, X = 0, or noise that feeds itself: no stationary law.

    Source: derived in this module.

    >>> [modified_stationary_covariance([[1.0]], [0.0], 0.5, 1.0, order=k).item() for k in (1, 2)]
    [0.25, 0.2]
    """
    X, y = regression(X, y)
    h, noise, parts = positive("step_size", step_size), nonnegative("noise_std", noise_std), modes("X", X)
    b, p = batch(batch_size, y.size)
    rate = parts.values * (1.0 + h / 2.0 * parts.values * (choice("order", order, (1, 2)) - 1))
    D = np.add.outer(rate, rate) + h * p * np.multiply.outer(parts.values, parts.values)
    S = balance(parts, D, h * p / y.size, h * label_noise(parts, residuals_of_fit(X, y), noise, b, p))
    if S is None:
        raise ValueError(f"step_size must be so small that the equation has a stationary law, got {h:g}")
    return parts.matrix(S)


def matching_equation(X: Any, y: Any, step_size: Any, noise_std: Any, batch_size: Any = 1) -> LinearEquation:
    """The linear stochastic equation with the means and the stationary covariances of SGD with label noise.

    Args: as of `solvable.theory.stationary_covariance`; ``h lambda_max < 1``, where the logarithm is real.

    Raises:
        ValueError: as there, or ``h lambda_max >= 1``.

    Source: derived in this module.

    >>> equation = matching_equation([[1.0]], [0.0], 0.5, 1.0)
    >>> bool(np.isclose(equation.diffusion / (2 * equation.drift), 1 / 3))  # h / (2 - h)
    True
    """
    S, h = stationary_covariance(X, y, step_size, noise_std, batch_size), float(step_size)
    parts = modes("X", regression(X, y)[0])
    if not h * parts.values[0] < 1:
        raise ValueError(f"step_size must be below 1 / lambda_max = {1.0 / parts.values[0]:.6g}, got {h:g}")
    drift = (parts.basis * (-np.log1p(-h * parts.values) / h)) @ parts.basis.T
    return LinearEquation(drift, drift @ S + S @ drift)
