"""The hyperbolic coordinates of a two-layer diagonal network.

With ``beta = u^2 - v^2``, ``a = |u v|`` and ``xi = log|u/v|`` one has

    beta = 2 a sinh xi,        w = u^2 + v^2 = 2 a cosh xi = sqrt(beta^2 + 4 a^2),        d beta / d xi = w,

and gradient flow leaves a alone. The potential whose gradient is xi is

    phi_a(b) = b asinh(b / 2a) - sqrt(b^2 + 4 a^2),        conjugate  phi_a*(xi) = 2 a cosh xi.

Its Fenchel-Young term at a primal point p and a dual point xi, with ``eta = asinh(p/2a) - xi``, is

    phi(p) + phi*(xi) - p xi = p eta - w_p + 2 a cosh(xi) = (w_p - |p|) (cosh eta - 1) + |p| (exp(-s eta) - 1
    + s eta),

s the sign of p: two terms, each >= 0 and free of cancellation (``w_p - |p| = 4 a^2 / (w_p + |p|)``).

Everything is evaluated through ``exp(+-xi + log a)``, so that a may be far below the smallest float as long
as the values that it produces are not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..convex.scaled import ScaledCoordinates

LOG2 = float(np.log(2.0))


def scaled_sinh(log_a: np.ndarray, xi: np.ndarray) -> np.ndarray:
    """``2 a sinh xi`` without overflow of its factors."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        small = 2.0 * np.exp(log_a) * np.sinh(np.clip(xi, -1.0, 1.0))
        large = np.sign(xi) * np.exp(log_a + np.abs(xi)) * -np.expm1(-2.0 * np.abs(xi))
    return np.where(np.abs(xi) < 1.0, small, large)


def scaled_cosh(log_a: np.ndarray, xi: np.ndarray) -> np.ndarray:
    """``2 a cosh xi``."""
    with np.errstate(over="ignore", under="ignore"):
        return np.exp(log_a + np.abs(xi)) + np.exp(log_a - np.abs(xi))


def asinh_ratio(log_b: np.ndarray, log_a: np.ndarray) -> np.ndarray:
    """``asinh(b / 2a) >= 0`` from ``log b`` and ``log a``; ``log b`` may be ``-inf``."""
    ratio = log_b - log_a - LOG2
    with np.errstate(under="ignore"):
        return np.where(ratio < 300.0, np.arcsinh(np.exp(np.minimum(ratio, 300.0))), ratio + LOG2)


def dual_of(point: np.ndarray, log_a: np.ndarray) -> np.ndarray:
    """``asinh(b / 2a)`` with its sign."""
    with np.errstate(divide="ignore"):
        return np.sign(point) * asinh_ratio(np.log(np.abs(point)), log_a)


def potential(point: np.ndarray, log_a: np.ndarray) -> np.ndarray:
    """``b asinh(b/2a) - sqrt(b^2 + 4a^2)``, shape (d,)."""
    with np.errstate(under="ignore", over="ignore"):
        return point * dual_of(point, log_a) - np.hypot(point, 2.0 * np.exp(log_a))


def fenchel_young(point: np.ndarray, log_a: np.ndarray, xi: np.ndarray) -> np.ndarray:
    """``phi(p) + phi*(xi) - p xi``, shape (d,); see the module."""
    size = np.abs(point)
    eta = np.where(point < 0, -1.0, 1.0) * (dual_of(point, log_a) - xi)
    with np.errstate(under="ignore", over="ignore"):
        double = 2.0 * np.exp(log_a)
        # w_p - |p|, divided by 2a: the product with cosh is formed as an exponential so that neither
        # overflows.
        share = double / (np.hypot(size, double) + size + np.finfo(float).tiny)
        log_share = log_a + LOG2 + np.log(np.maximum(share, np.finfo(float).tiny))
        first = np.where(
            np.abs(eta) < 1.0,
            double * share * 2.0 * np.sinh(np.clip(eta, -1.0, 1.0) / 2.0) ** 2,
            np.exp(log_share + np.abs(eta) - LOG2) * np.expm1(-np.abs(eta)) ** 2,
        )
        second = size * exponential_excess(np.where(size > 0, eta, 0.0))
    return first + second


def exponential_excess(eta: np.ndarray) -> np.ndarray:
    """``exp(-eta) - 1 + eta >= 0`` to relative accuracy."""
    near = np.clip(eta, -0.05, 0.05)
    series = near**2 * (1 / 2 - near * (1 / 6 - near * (1 / 24 - near * (1 / 120 - near * (1 / 720 - near / 5040)))))
    with np.errstate(over="ignore"):
        return np.where(np.abs(eta) < 0.05, series, np.expm1(-eta) + eta)


@dataclass(frozen=True)
class HyperbolicCoordinates(ScaledCoordinates):
    """``b = 2 a sinh xi``."""

    def primal(self) -> np.ndarray:
        return scaled_sinh(self.log_a, self.xi)

    def weight(self) -> np.ndarray:
        return scaled_cosh(self.log_a, self.xi)

    def held_at(self, there: ScaledCoordinates) -> np.ndarray:
        size = np.abs(self.xi)
        with np.errstate(divide="ignore", over="ignore"):
            # log(2 sinh x) = x + log(1 - exp(-2x)); b itself may be below the smallest float.
            log_b = self.log_a + size + np.log(-np.expm1(-2.0 * size))
        return np.sign(self.xi) * asinh_ratio(log_b, there.log_a)

    def divergence(self, point: np.ndarray) -> np.ndarray:
        return fenchel_young(point, self.log_a, self.xi)
