"""The exponential coordinates of positive numbers, and of the eigenvalues of commuting factorizations.

    x = a exp(xi),      d x / d xi = x,      potential  x log(x / a) - x,      conjugate  a exp(xi).

The potential has the gradient xi. Its Fenchel-Young term at a point p and a dual point xi, with
``eta = log(p / a) - xi``, is

    p log(p / a) - p + a exp(xi) - p xi  =  p (exp(-eta) - 1 + eta),

and ``a exp(xi)`` at p = 0. As in `solvable.theory.diagonal.hyperbolic` only ``xi + log a`` is ever exponentiated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..convex.scaled import ScaledCoordinates
from ..diagonal.hyperbolic import exponential_excess


def entropy(point: np.ndarray, log_a: np.ndarray) -> np.ndarray:
    """``x log(x / a) - x``, 0 at 0, shape (d,)."""
    return point * (_log(point) - log_a) - point


def _log(point: np.ndarray) -> np.ndarray:
    return np.log(np.where(point > 0, point, 1.0))


@dataclass(frozen=True)
class ExponentialCoordinates(ScaledCoordinates):
    """``x = a exp(xi)``."""

    signed = False

    def primal(self) -> np.ndarray:
        with np.errstate(over="ignore", under="ignore"):
            return np.exp(self.log_a + self.xi)

    def weight(self) -> np.ndarray:
        return self.primal()

    def held_at(self, there: ScaledCoordinates) -> np.ndarray:
        return self.xi + self.log_a - there.log_a

    def divergence(self, point: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore", under="ignore"):
            eta = np.where(point > 0, _log(point) - self.log_a - self.xi, 0.0)
            return np.where(point > 0, point * exponential_excess(eta), self.primal())
