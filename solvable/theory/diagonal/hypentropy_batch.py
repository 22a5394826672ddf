r"""Many minima of the hyperbolic entropy on the same data at once: what a map of limits asks for.

Each is ``beta = 2 a sinh(xi)``, ``xi = xi0 + X^T nu``, with ``X beta = y`` (see `hypentropy` in this room). They are
found by Newton's method, all together (`hypentropy_newton`). Where there is one scale for all coordinates and no shift,
only a few corners of the sweep are found so, and the scales between them by a polynomial (`hypentropy_path`).

The point is stationary by construction, and its residual is the only error. A member that is left with a residual
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
from .hypentropy_newton import from_interpolant, primal, times
from .hypentropy_path import swept


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
    least_l2 = interpolable(X, y)
    if shift is None and scales.ndim == 1:
        point = swept(X, y, scales, least_l2)
        shift = np.zeros((scales.size, d))
        full = np.broadcast_to(scales[:, None], shift.shape)
    else:
        full = np.broadcast_to(scales if scales.ndim == 2 else scales[:, None], (scales.shape[0], d))
        shift = np.zeros(full.shape) if shift is None else shift
        nu = from_interpolant(X, y, full, shift, least_l2)
        point = primal(full, shift + times(X.T, nu))
    residual = _residual(X, y, point)
    certified = residual <= RESIDUAL_TOLERANCE
    for k in np.flatnonzero(~certified):
        one = hypentropy_minimum(X, y, log_a=full[k], xi0=shift[k])
        point[k], residual[k], certified[k] = one.point, one.residual, one.certified
    return HypentropyMinima(point, residual, certified)


def _residual(X: np.ndarray, y: np.ndarray, point: np.ndarray) -> np.ndarray:
    size = np.max(np.abs(y))
    miss = np.max(np.abs(times(X, point) - y), axis=1)
    return np.where(np.isfinite(miss), miss, np.inf) / (size if size > 0 else 1.0)
