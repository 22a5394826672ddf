r"""The stationary law of SGD with label noise on linear regression, at a finite step.

Near the least-squares solution theta*, with ``A = X^T X / n`` and residuals ``r_i = y_i - x_i . theta*``, a step on
labels ``y_i + noise_std xi_i`` with a batch B of b distinct samples is

    e+ = e - (h/b) sum_{i in B} x_i ( x_i . e - r_i - noise_std xi_i ),        e = theta - theta*.

``X^T r = 0``, so that ``E e = 0``, and S = E e e^T solves (`solvable.theory.noise.second_moments` derives it)

    A S + S A - h A S A - h p ( C(S) - A S A ) = h ( (noise_std^2 / b) A + (p/n) sum_i r_i^2 x_i x_i^T ),

``C(S) = (1/n) sum_i x_i x_i^T (x_i^T S x_i)`` and ``p = (n-b) / (b (n-1))``. Only the variance of xi matters. For the
full batch p = 0 and ``S = (h noise_std^2 / n) (2 - h A)^{-1}`` on the range of A; with one example the residuals of the
fit make noise of their own, and fluctuation feeds itself through C: a step that is stable on average need not be stable
in mean square. On the null space of A nothing moves, and S is 0 there.

The Ornstein-Uhlenbeck process has ``S = (h noise_std^2 / 2 b) I`` instead, by ``h lambda / 2`` too little on an
eigenvalue lambda, and correlations ``exp(-lambda t)`` in ``t = h k`` where those of SGD are ``(1 - h lambda)^k``: since
B and xi are fresh at every step, ``E e_k e_0^T = (I - h A)^k S`` for any batch. Heavy ball with the full batch has
``S = (1+beta)/(1-beta) (h noise_std^2 / n) (2 (1+beta) - h A)^{-1}``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...common.blas import one_blas_thread
from ...common.checks import integer, positive, real_array, regression
from .modes import Modes, batch, modes, momentum_below_one
from .second_moments import label_noise_moments, radius, residuals_of_fit


@one_blas_thread()
def second_moment_radius(X: Any, step_size: Any, batch_size: Any = 1, momentum: Any = 0.0) -> float:
    """The factor by which a step multiplies second moments in the long run: stable in mean square if < 1.

    Args:
        X: design, shape ``(n, d)``; directions outside its row space are left aside.
        step_size: h > 0.
        batch_size: number of distinct samples, from 1 to n, or None for all.
        momentum: of heavy ball, in [0, 1).

    Raises:
        ValueError: arguments outside these ranges, or X = 0.

    Source: derived in `solvable.theory.noise.second_moments`.

    >>> X = [[2.0, 0.0], [0.0, 1.0]]
    >>> round(second_moment_radius(X, 0.75, None), 12)  # (1 - h lambda)^2 with lambda = 2, 1/2
    0.390625
    >>> round(second_moment_radius(X, 0.75), 12)  # the mean of 1 and (1 - 4 h)^2: stable on average only
    2.5
    """
    X = real_array("X", X, ndim=2)
    if 0 in X.shape:
        raise ValueError(f"X must have at least one row and one column, got shape {X.shape}")
    h, beta = positive("step_size", step_size), momentum_below_one(momentum)
    return radius(modes("X", X), h, batch(batch_size, X.shape[0])[1], beta)


@one_blas_thread()
def stationary_covariance(
    X: Any, y: Any, step_size: Any, noise_std: Any, batch_size: Any = 1, momentum: Any = 0.0
) -> np.ndarray:
    """The covariance of theta under SGD with label noise on linear regression, exact at any stable step.

    Args:
        X: design, shape ``(n, d)``, of any rank.
        y: labels without the noise, shape ``(n,)``; they need not be interpolable.
        step_size: h > 0.
        noise_std: standard deviation >= 0 of each label, drawn afresh whenever it is used.
        batch_size: number of distinct samples a step, from 1 to n, or None for all.
        momentum: of heavy ball, in [0, 1).

    Returns:
        shape ``(d, d)``; zero on the null space of X, where theta does not move.

    Raises:
        ValueError: arguments outside these ranges, X = 0, or a step that is not stable in mean square.

    Source: derived in `solvable.theory.noise.second_moments`; the continuous limit is that of arXiv:1704.04289,
        discrete formulas of this kind are the subject of arXiv:2102.05375.

    >>> X, y = [[1.0, 0.0], [0.0, 1.0]], [1.0, 2.0]
    >>> stationary_covariance(X, y, 1.0, 3.0, None).round(12).tolist()  # (h noise_std^2 / n) / (2 - h/2)
    [[3.0, 0.0], [0.0, 3.0]]
    >>> stationary_covariance(X, y, 1.0, 3.0).round(12).tolist()  # h noise_std^2 / (2 - h)
    [[9.0, 0.0], [0.0, 9.0]]
    """
    parts, S = _stationary(X, y, step_size, noise_std, batch_size, momentum)
    return parts.matrix(S)


@one_blas_thread()
def autocovariance(
    X: Any, y: Any, step_size: Any, noise_std: Any, lag: Any, batch_size: Any = 1, momentum: Any = 0.0
) -> np.ndarray:
    """``E e_k e_0^T`` in the stationary state of `stationary_covariance`, k the lag: ``(I - h A)^k S``.

    With momentum ``C(1) = P`` and ``C(k+1) = (1 + beta - h A) C(k) - beta C(k-1)``.

    Args:
        lag: k >= 0, a number of steps.
        X, y, step_size, noise_std, batch_size, momentum: as of `stationary_covariance`.

    Returns:
        shape ``(d, d)``.

    Source: derived in this module.

    >>> X, y = [[1.0, 0.0], [0.0, 1.0]], [1.0, 2.0]
    >>> autocovariance(X, y, 1.0, 3.0, 2).round(12).tolist()
    [[2.25, 0.0], [0.0, 2.25]]
    """
    k = integer("lag", lag, minimum=0)
    parts, vector = _stationary(X, y, step_size, noise_std, batch_size, momentum)
    beta = float(momentum)
    S = parts.basis.T @ parts.matrix(vector) @ parts.basis
    a = 1.0 + beta - float(step_size) * parts.values
    before = (a[None, :] - beta * a[:, None]) * S / (1.0 - beta**2)  # E e_{-1} e_0^T
    step = np.zeros((a.size, 2, 2))
    step[:, 0, 0], step[:, 0, 1], step[:, 1, 0] = a, -beta, 1.0
    power = np.linalg.matrix_power(step, k)
    return parts.basis @ (power[:, 0, :1] * S + power[:, 0, 1:] * before) @ parts.basis.T


def _stationary(X: Any, y: Any, *rest: Any) -> tuple[Modes, np.ndarray]:
    X, y = regression(X, y)
    parts = modes("X", X)
    return parts, label_noise_moments(parts, residuals_of_fit(X, y), *rest)
