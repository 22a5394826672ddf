r"""Stochastic modified equations on linear regression: means and covariances at any time.

SGD with step h has, in the weak sense on a fixed interval of ``t = h k``, the modified equations

    order 1:    dTheta = -grad L dt + sqrt(h) Sigma(Theta)^{1/2} dW,
    order 2:    dTheta = -grad( L + (h/4) |grad L|^2 ) dt + sqrt(h) Sigma(Theta)^{1/2} dW,

in Ito's sense, Sigma the covariance of the gradient of a batch about its mean. On linear regression with label noise,
with ``e = theta - theta*``, ``A = X^T X/n``, residuals ``r = y - X theta*`` and ``p = (n-b) / (b (n-1))`` (the variance
of the mean of b distinct samples over that of one),

    Sigma = (noise_std^2/b) A + p ( (1/n) sum_i (x_i.e - r_i)^2 x_i x_i^T - A e e^T A )

is quadratic, so that ``m = E e`` and ``M = E e e^T`` obey linear equations, those of SGD included:

    SGD:         (M+ - M)/h = -A M - M A + h ( A M A + E Sigma ),
    modified:            M' = -B M - M B + h E Sigma,           B = A, or A + (h/2) A^2 at order 2.

With ``(1, m, M)`` as one vector they are a power, or an exponential, of a matrix of size ``1 + d + d^2``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.linalg import expm

from ...common.blas import one_blas_thread
from ...common.checks import choice, integer, nonnegative, positive, real_array, regression
from ..noise.modes import batch


class Moments(NamedTuple):
    """Mean ``(d,)`` and covariance ``(d, d)`` of theta."""

    mean: np.ndarray
    covariance: np.ndarray


@one_blas_thread()
def descent_moments(
    X: Any, y: Any, theta0: Any, step_size: Any, noise_std: Any, steps: Any, batch_size: Any = 1
) -> Moments:
    """Mean and covariance of SGD with label noise on linear regression after some steps, exactly.

    Args:
        X, y: design ``(n, d)`` and labels ``(n,)``.
        theta0: start, shape ``(d,)``.
        step_size: h > 0, of any size.
        noise_std: standard deviation >= 0 of each label, drawn afresh whenever it is used.
        steps: k >= 0.
        batch_size: number of distinct samples, from 1 to n, or None for all.

    Raises:
        ValueError: shapes that do not fit, or arguments outside these ranges.

    Source: derived in this module.

    >>> moments = descent_moments([[1.0]], [0.0], [1.0], 0.5, 1.0, 2)
    >>> moments.mean.tolist(), moments.covariance.tolist()
    ([0.25], [[0.3125]])
    """
    k, h = integer("steps", steps, minimum=0), positive("step_size", step_size)
    start, fit, rates = _equation(X, y, theta0, h, noise_std, batch_size, 0)
    return _moments(fit, np.linalg.matrix_power(np.eye(start.size) + h * rates, k) @ start)


@one_blas_thread()
def modified_equation_moments(
    X: Any, y: Any, theta0: Any, step_size: Any, noise_std: Any, t: Any, batch_size: Any = 1, order: int = 2
) -> Moments:
    """Mean and covariance at a time t of the stochastic modified equation of order 1 or 2.

    Args:
        t: a time >= 0; ``h k`` after k steps.
        order: 1 or 2.
        X, y, theta0, step_size, noise_std, batch_size: as of `descent_moments`.

    Raises:
        ValueError: as of `descent_moments`.

    Source: Li, Tai and E, arXiv:1511.06251 and arXiv:1811.01558; the moments are derived in this module.

    >>> moments = modified_equation_moments([[1.0]], [0.0], [1.0], 0.5, 1.0, 50.0)
    >>> [round(float(v), 12) for v in (*moments.mean, *moments.covariance.ravel())]  # in the end, h / (2 + h)
    [0.0, 0.2]
    """
    t, h = nonnegative("t", t), positive("step_size", step_size)
    choice("order", order, (1, 2))
    start, fit, rates = _equation(X, y, theta0, h, noise_std, batch_size, order)
    return _moments(fit, expm(t * rates) @ start)


def _equation(
    X: Any, y: Any, theta0: Any, h: float, noise_std: Any, batch_size: Any, order: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``(1, m, M)`` at the start, theta*, and the matrix of its rates; those of SGD, per h, at order 0."""
    X, y = regression(X, y)
    n, d = X.shape
    theta, noise = real_array("theta0", theta0, ndim=1), nonnegative("noise_std", noise_std)
    b, p = batch(batch_size, n)
    if theta.shape != (d,):
        raise ValueError(f"theta0 must have shape ({d},), one entry per column of X, got {theta.shape}")
    fit = np.linalg.lstsq(X, y, rcond=None)[0]
    A, residuals, e = X.T @ X / n, y - X @ fit, theta - fit
    B = A + h / 2.0 * A @ A if order == 2 else A
    unit = np.eye(1 + d + d * d)
    one, m, M = unit[:, 0], unit[:, 1 : 1 + d], unit[:, 1 + d :].reshape(-1, d, d)
    squares = np.einsum("ij,kjl,il->ki", X, M, X) - 2.0 * residuals * (m @ X.T) + np.outer(one, residuals**2)
    sigma = noise**2 / b * np.multiply.outer(one, A)
    sigma += p * (np.einsum("ki,ij,il->kjl", squares / n, X, X) - A @ M @ A)
    change = -B @ M - M @ B + h * sigma + (h * A @ M @ A if order == 0 else 0.0)
    rates = np.concatenate([np.zeros((1, one.size)), -B @ m.T, change.reshape(one.size, -1).T])
    return np.concatenate([[1.0], e, np.outer(e, e).ravel()]), fit, rates


def _moments(fit: np.ndarray, vector: np.ndarray) -> Moments:
    d = fit.size
    m, M = vector[1 : 1 + d], vector[1 + d :].reshape(d, d)
    return Moments(fit + m, M - np.outer(m, m))
