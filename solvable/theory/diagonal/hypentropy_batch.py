r"""Many minima of the hyperbolic entropy on the same data at once: what a map of limits asks for.

Each is ``beta = 2 a sinh(xi)``, ``xi = xi0 + X^T nu``, with ``X beta = y`` (`solvable.theory.diagonal.hypentropy`).
Damped Newton steps

    X W X^T dnu = y - X beta,     W = diag(2 a cosh xi),     nu <- nu + t dnu,     t = log(1 + l)/l,  l = max |X^T dnu|,

are taken for all of them together; one that has arrived is left out. There are two starts.

*Any scale.* The least-l2 interpolant b has the dual ``asinh(b/2a) - xi0``; its projection on the row space of X, in the
norm of W, is where Newton begins. From there it takes some ten steps.

*One scale for all coordinates, no shift.* Then nu is a smooth function of ``log a``, with the tangent

    d nu / d log a = -(X W X^T)^{-1} X beta .

It is computed as above at the integers around each ``log a``, and cubic Hermite interpolation between two of them
leaves Newton one or two steps. So a sweep of scales costs little more than its integers, whatever their number.

The point is stationary by construction, and its residual is the only error. A member that Newton leaves with a residual
above the tolerance of `Minimum` is handed to `hypentropy_minimum`.

Each member has the bits that it would have alone: matrices are multiplied and factored one by one, and nothing that a
member is computed from depends on the others.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...common.blas import one_blas_thread
from ...common.checks import interpolable, real_array, regression
from ..minimum import RESIDUAL_TOLERANCE
from .hypentropy import hypentropy_minimum
from .hyperbolic import dual_of

ARRIVED = 1e-6
"""Length of the last Newton step: its square bounds what is left."""
MOST_STEPS = 60
LARGEST = 690.0
"""Exponents are cut here; a member that needs more is left to `hypentropy_minimum`."""


class HypentropyMinima(NamedTuple):
    """R minima.

    Attributes:
        point: ``(R, d)``.
        residual: ``max |X b - y| / max |y|`` (of y = 0: without the division), ``(R,)``.
        certified: as of `Minimum`, ``(R,)``.
    """

    point: np.ndarray
    residual: np.ndarray
    certified: np.ndarray


@one_blas_thread()
def hypentropy_minima(X: Any, y: Any, log_a: Any, xi0: Any = None) -> HypentropyMinima:
    """The interpolants of least hyperbolic entropy at R scales, as `hypentropy_minimum` finds them one by one.

    Args:
        X: design, shape ``(n, d)``; where its rows are dependent nothing is gained over `hypentropy_minimum`.
        y: targets, shape ``(n,)``, in the range of X.
        log_a: logarithm of the product scales, shape ``(R,)``, or ``(R, d)`` for one a coordinate.
        xi0: shifts, shape ``(R, d)``; none by default.

    Raises:
        ValueError: shapes that do not fit, non-finite entries, y outside the range of X.

    Source: Woodworth et al., arXiv:2002.09277; the method is derived in this module.

    >>> found = hypentropy_minima([[1.0, 2.0]], [2.0], np.log([1e-12, 1e6]))
    >>> np.round(found.point, 5).tolist(), found.certified.tolist()
    ([[0.0, 1.0], [0.4, 0.8]], [True, True])
    """
    X, y = regression(X, y)
    d = X.shape[1]
    scales = real_array("log_a", log_a, ndim=(1, 2))
    if scales.ndim == 2 and scales.shape[1] != d:
        raise ValueError(f"log_a must have shape (R,) or (R, {d}), one entry per column of X, got {scales.shape}")
    shift = None if xi0 is None else real_array("xi0", xi0, ndim=2)
    if shift is not None and shift.shape != (scales.shape[0], d):
        raise ValueError(f"xi0 must have shape {(scales.shape[0], d)}, got {shift.shape}")
    interpolable(X, y)
    if shift is None and scales.ndim == 1:
        point = _sweep(X, y, scales)
        shift = np.zeros((scales.size, d))
        full = np.broadcast_to(scales[:, None], shift.shape)
    else:
        full = np.broadcast_to(scales.reshape(scales.shape[0], -1), (scales.shape[0], d))
        shift = np.zeros(full.shape) if shift is None else shift
        point = _state(X, full, shift, _cold(X, y, full, shift))[0]
    residual = _residual(X, y, point)
    certified = residual <= RESIDUAL_TOLERANCE
    for k in np.flatnonzero(~certified):
        one = hypentropy_minimum(X, y, log_a=full[k], xi0=shift[k])
        point[k], residual[k], certified[k] = one.point, one.residual, one.certified
    return HypentropyMinima(point, residual, certified)


def _sweep(X: np.ndarray, y: np.ndarray, scales: np.ndarray) -> np.ndarray:
    """Points at scalar `scales`, from the integers around them."""
    below = np.floor(scales)
    corners, place = np.unique(np.concatenate([below, below + 1]), return_inverse=True)
    left, right = np.split(place, 2)
    full = np.broadcast_to(corners[:, None], (corners.size, X.shape[1]))
    nu = _cold(X, y, full, np.zeros(full.shape))
    beta, weight = _state(X, full, 0.0, nu)
    slope = -_solve(X, weight, _times(X, beta))
    t = (scales - below)[:, None]
    start = (
        (1 + 2 * t) * (1 - t) ** 2 * nu[left]
        + t * (1 - t) ** 2 * slope[left]
        + t * t * (3 - 2 * t) * nu[right]
        - t * t * (1 - t) * slope[right]
    )
    full = np.broadcast_to(scales[:, None], (scales.size, X.shape[1]))
    return _state(X, full, 0.0, _newton(X, y, full, np.zeros(full.shape), start))[0]


def _cold(X: np.ndarray, y: np.ndarray, log_a: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """The multipliers ``(R, n)``, from the least-l2 interpolant."""
    guess = np.linalg.lstsq(X, y, rcond=None)[0]
    with np.errstate(over="ignore"):
        weight = np.hypot(guess, 2 * np.exp(log_a))
    wanted = weight * (dual_of(guess, log_a) - shift)
    return _newton(X, y, log_a, shift, _solve(X, weight, _times(X, wanted)))


def _newton(X: np.ndarray, y: np.ndarray, log_a: np.ndarray, shift: np.ndarray, nu: np.ndarray) -> np.ndarray:
    nu, going = nu.copy(), np.flatnonzero(np.all(np.isfinite(nu), axis=1))
    for _ in range(MOST_STEPS):
        if going.size == 0:
            break
        beta, weight = _state(X, log_a[going], shift[going], nu[going])
        dnu = _solve(X, weight, y - _times(X, beta))
        length = np.max(np.abs(_times(X.T, dnu)), axis=1)
        good = np.isfinite(length)
        with np.errstate(invalid="ignore", divide="ignore"):
            step = np.where(length <= 0.3, 1.0, np.log1p(length) / length)
        nu[going[good]] += (step[:, None] * dnu)[good]
        going = going[good & (length > ARRIVED)]
    return nu


def _state(X: np.ndarray, log_a: np.ndarray, shift: Any, nu: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """``2 a sinh xi`` and ``2 a cosh xi``, each ``(R, d)``."""
    xi = shift + _times(X.T, nu)
    up, down = (np.exp(np.clip(log_a + sign * xi, -LARGEST, LARGEST)) for sign in (1.0, -1.0))
    # The difference of the two loses the digits of a small xi.
    small = np.abs(xi) < 1.0
    beta = np.where(small, 2 * np.exp(np.clip(log_a, -LARGEST, LARGEST)) * np.sinh(np.where(small, xi, 0.0)), up - down)
    return beta, up + down


def _solve(X: np.ndarray, weight: np.ndarray, right: np.ndarray) -> np.ndarray:
    """``(X W X^T)^{-1} right``; NaN where it does not exist."""
    matrices = (X * weight[:, None, :]) @ X.T
    try:
        return np.linalg.solve(matrices, right[..., None])[..., 0]
    except np.linalg.LinAlgError:  # one of them is singular: the others must not see it
        return np.array([_solve_one(matrix, side) for matrix, side in zip(matrices, right, strict=True)])


def _solve_one(matrix: np.ndarray, right: np.ndarray) -> np.ndarray:
    try:
        return np.linalg.solve(matrix, right)
    except np.linalg.LinAlgError:
        return np.full(right.shape, np.nan)


def _times(matrix: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """`matrix` times each row, one product a row: the same bits in any batch."""
    return (matrix @ rows[..., None])[..., 0]


def _residual(X: np.ndarray, y: np.ndarray, point: np.ndarray) -> np.ndarray:
    size = np.max(np.abs(y))
    miss = np.max(np.abs(_times(X, point) - y), axis=1)
    return np.where(np.isfinite(miss), miss, np.inf) / (size if size > 0 else 1.0)
