r"""Balancedness of ``f = u v`` under isotropic noise: a martingale that spreads.

With gradient noise ``s z``, ``Cov z = I``, drift along the minima and their curvature cancel in ``q = u^2 - v^2``
(`solvable.theory.noise.shapes`). On the clock ``tau = h^2 s^2 k``, to leading order,

    dq = 2 sqrt(lambda) dW,        lambda = u^2 + v^2 = sqrt(q^2 + 4 y^2):

the mean stays, ``d Var q = 4 E lambda dtau``, and by Ito's formula the sharpness grows, ``d E lambda = 8 y^2
E lambda^{-2} dtau``. So there is nothing that isotropic noise selects. In z with ``q = 2|y| sinh z`` the generator

    (1/|y|) d/dz ( sech z  d/dz )

is symmetric. It is expanded in Legendre polynomials on an interval that q does not leave in time tau; the expected time
that q spends near each z then gives both expectations.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.polynomial import legendre
from scipy.linalg import eigh

from ...common.blas import one_blas_thread
from ...common.checks import nonnegative, real

_DEGREE = 160


class BalanceSpread(NamedTuple):
    """Mean and standard deviation of q, and the mean of ``lambda = u^2 + v^2``."""

    mean: float
    std: float
    sharpness: float


@one_blas_thread()
def balance_under_isotropic_noise(balance: Any, target: Any, T: Any) -> BalanceSpread:
    """The law of ``q = u^2 - v^2`` under isotropic gradient noise (or noise injected for good), to leading order.

    Args:
        balance: q at the start.
        target: y of ``(u v - y)^2 / 2``, nonzero.
        T: the slow time ``tau = h^2 std^2 k`` >= 0, std of the gradient noise in each direction.

    Returns:
        `BalanceSpread`, accurate to about 1e-9 relative.

    Raises:
        ValueError: target = 0, or T < 0.

    Source: derived in this module; that spherical noise has no bias is a statement of arXiv:2006.08680.

    >>> spread = balance_under_isotropic_noise(1.5, 1.0, 1e-4)
    >>> spread.mean, round(spread.std**2 / 1e-4, 3)  # 4 lambda
    (1.5, 10.0)
    """
    q0, y, tau = real("balance", balance), abs(real("target", target)), nonnegative("T", T)
    if y == 0:
        raise ValueError("target must be nonzero, got 0")
    size = float(np.hypot(q0, 2.0 * y))
    # The tail of q is exponential, of scale 2 tau.
    far = abs(q0) + 80.0 * tau + 16.0 * np.sqrt(size * tau) + 2.0 * y
    edge = float(np.arcsinh(far / (2.0 * y)))
    nodes, weights = legendre.leggauss(2 * _DEGREE)
    basis = np.diag(np.sqrt(np.arange(_DEGREE + 1) + 0.5))  # orthonormal on [-1, 1]
    values, slopes = legendre.legval(nodes, basis), legendre.legval(nodes, legendre.legder(basis))
    rates, modes = eigh((slopes * (weights / np.cosh(edge * nodes) / (y * edge**2))) @ slopes.T)
    start = modes.T @ legendre.legval(np.arcsinh(q0 / (2.0 * y)) / edge, basis)
    # Time spent at each node: int_0^tau exp(-rate t) dt for each mode.
    x = np.maximum(rates * tau, 1e-12)
    spent = (start * (-np.expm1(-x) / x * tau)) @ (modes.T @ values) * weights
    sizes = 2.0 * y * np.cosh(edge * nodes)
    return BalanceSpread(q0, float(np.sqrt(spent @ (4.0 * sizes))), size + float(spent @ (8.0 * y * y / sizes**2)))
