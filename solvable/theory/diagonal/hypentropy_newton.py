r"""Newton's method for many minima of the hyperbolic entropy on the same data (for `hypentropy_batch`).

Sought are ``beta`` and ``xi = xi0 + X^T nu`` with ``X beta = y`` and ``eta = xi``, where ``eta = asinh(beta / 2a)``. A
step linearizes the second condition in beta,

    X W X^T dnu = y - X beta + X W (eta - xi),      W = diag(sqrt(beta^2 + 4 a^2)),      nu <- nu + dnu .

For the new beta there is a choice. ``2a sinh xi`` meets the second condition; where xi grew, it overshoots by an
exponential. The tangent ``beta + W (xi - eta)`` meets the first; where xi shrank, it crosses zero. So the tangent is
taken where ``|xi|`` is larger than ``|eta|`` by 1/2 or more and the tangent is the smaller of the two, and sinh
elsewhere. No step is damped. Near the solution this is Newton's method on the dual; where the scale is small, it takes
about half the steps of that one with its steps damped.
"""

from __future__ import annotations

import numpy as np

from .hyperbolic import LOG2, dual_of

ARRIVED = 1e-6
"""Length of the last step, in xi: its square bounds what is left."""
MOST_STEPS = 60
GROWTH = 0.5


def from_interpolant(
    X: np.ndarray, y: np.ndarray, log_a: np.ndarray, shift: np.ndarray, interpolant: np.ndarray
) -> np.ndarray:
    """The multipliers ``(R, n)`` of R members, `log_a` and `shift` ``(R, d)``, from one point ``(d,)`` to begin at."""
    points = np.broadcast_to(interpolant, log_a.shape)
    return _newton(X, y, log_a, np.zeros((log_a.shape[0], y.size)), points, dual_of(points, log_a), shift)


def from_multipliers(X: np.ndarray, y: np.ndarray, log_a: np.ndarray, nu: np.ndarray) -> np.ndarray:
    """The same without shifts, beginning at multipliers `nu` close to them."""
    xi = times(X.T, nu)
    return _newton(X, y, log_a, nu, primal(log_a, xi), xi, xi)


@np.errstate(all="ignore")
def _newton(
    X: np.ndarray, y: np.ndarray, log_a: np.ndarray, nu: np.ndarray, beta: np.ndarray, eta: np.ndarray, xi: np.ndarray
) -> np.ndarray:
    found, going, log_width = nu.copy(), np.arange(nu.shape[0]), log_a + LOG2
    for _ in range(MOST_STEPS):
        width = np.exp(log_width)
        weight = np.hypot(beta, width)
        step = solve(X, weight, y - times(X, beta + weight * (xi - eta)))
        nu, xi = nu + step, xi + times(X.T, step)
        found[going] = nu
        move = xi - eta
        on = np.abs(move).max(axis=1) > ARRIVED  # not if it is NaN
        if not on.all():
            if not on.any():
                break
            going, nu, beta, eta, xi, log_width = going[on], nu[on], beta[on], eta[on], xi[on], log_width[on]
            width, weight, move = width[on], weight[on], move[on]
        rising = np.abs(xi) > np.abs(eta) + GROWTH
        tangent, beta, eta = beta + weight * move, primal(log_width - LOG2, xi), xi
        if rising.any():
            rising &= np.abs(tangent) < np.abs(beta)
            beta = np.where(rising, tangent, beta)
            log_size = np.log(np.abs(beta) + np.hypot(beta, width))
            eta = np.where(rising, np.copysign(log_size - log_width, beta), xi)
    return found


@np.errstate(all="ignore")
def primal(log_a: np.ndarray, xi: np.ndarray) -> np.ndarray:
    """``2 a sinh xi``: infinite where it is too large for a float."""
    size = np.abs(xi)
    return np.copysign(np.exp(log_a + size) * np.expm1(-2 * size), xi)


def solve(X: np.ndarray, weight: np.ndarray, right: np.ndarray) -> np.ndarray:
    """``(X W X^T)^{-1} right`` for R weights ``(R, d)`` and `right` ``(R, n)``; NaN where it does not exist."""
    return _columns(gram(X, weight), right[..., None])[..., 0]


def gram(X: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """``X W X^T``, one product a row of `weight`."""
    return (X * weight[:, None, :]) @ X.T


def inverses(matrices: np.ndarray) -> np.ndarray:
    """``(R, n, n)``; NaN where there is none."""
    return _columns(matrices, np.broadcast_to(np.eye(matrices.shape[-1]), matrices.shape))


def _columns(matrices: np.ndarray, right: np.ndarray) -> np.ndarray:
    try:
        return np.linalg.solve(matrices, right)
    except np.linalg.LinAlgError:  # one of them is singular: the others must not see it
        return np.array([_solve_one(matrix, side) for matrix, side in zip(matrices, right, strict=True)])


def _solve_one(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    try:
        return np.linalg.solve(matrix, right)
    except np.linalg.LinAlgError:
        return np.full(right.shape, np.nan)


def times(matrix: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """`matrix` times each row, one product a row: the same bits in any batch."""
    return (matrix @ rows[..., None])[..., 0]
