r"""What a function costs in random ReLU features: the functional that adapted splines minimize.

A function with the second derivative f'' is ``f(x) = (1/2) int f''(t) |x - t| dt + A x + B``, where ``A x + B`` is
the mean of its two asymptotes. Its least ``E c^2`` over ``f = E[c(w, b) relu(w x + b)]`` is

    int f''^2/zeta dt  +  (2A)^2  +  (2B)^2 / int t^2 zeta dt,

zeta the weight of `solvable.theory.relu.feature_laws`. For a knot at t the part of ``c/|w|`` even in the orientation is
``f''/zeta``, at the cost of the first term. The odd part gamma adds ``(1/2) int zeta gamma (x - t) dt``, and the least
``int zeta gamma^2`` with ``int zeta gamma = 2A`` and ``int t zeta gamma = -2B`` is the rest.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from scipy.integrate import quad

from ...common.checks import real, real_array
from .feature_spline import feature_law

ACCURACY = 1e-10


class FeatureNorm(NamedTuple):
    """``bending = int f''^2/zeta`` and ``affine``, the cost of the asymptotes; the squared norm is their sum."""

    bending: float
    affine: float

    @property
    def norm(self) -> float:
        """``sqrt(bending + affine)``."""
        return math.sqrt(self.bending + self.affine)


def random_feature_norm(
    curvature: Callable[[float], float], slope: Any, intercept: Any, breaks: Any, *, bias_range: Any = None
) -> FeatureNorm:
    """The norm of a function of the line in the space of random ReLU features, by quadrature.

    Args:
        curvature: ``t -> f''(t)``, smooth between the breaks; it may be nonzero outside them.
        slope, intercept: A and B of the mean of the two asymptotes.
        breaks: where f'' or its slope may jump, shape ``(k,)``, increasing, k >= 1.
        bias_range: as of `random_feature_interpolant`; f'' is taken on [-B, B] only.

    Raises:
        ValueError: breaks out of order, outside [-B, B] or [-1000, 1000], or an integral that does not converge to
            1e-10 of itself.

    Source: Heiss et al., arXiv:1911.02903 (the weight); the affine part is derived in this module.

    >>> bump = random_feature_norm(lambda t: 1.0 if -1 < t < 1 else 0.0, 0.5, 0.0, [-1.0, 1.0])
    >>> bool(abs(bump.bending - math.pi * (1 + 2 / 3 + 1 / 5)) < 1e-9), bump.affine
    (True, 1.0)
    """
    breaks = real_array("breaks", breaks, ndim=1)
    A, B = real("slope", slope), real("intercept", intercept)
    if breaks.size == 0 or not np.all(np.diff(breaks) > 0):
        raise ValueError(f"breaks must be strictly increasing and at least one, got {breaks.tolist()}")
    law = feature_law(bias_range, breaks, "breaks")
    edge = math.inf if bias_range is None else float(bias_range)
    ends = [-edge, *breaks, edge]
    bending = sum(_piece(curvature, law.weight, low, high) for low, high in pairwise(ends))
    return FeatureNorm(bending, (2.0 * A) ** 2 + (2.0 * B) ** 2 / law.second_moment)


def _piece(curvature: Callable[[float], float], weight: Callable[..., Any], low: float, high: float) -> float:
    if low == high:
        return 0.0

    def density(t: float) -> float:
        return float(curvature(t)) ** 2 / float(weight(t))

    value, error = quad(density, low, high, epsabs=0.0, epsrel=1e-12, limit=200, full_output=1)[:2]
    if not (math.isfinite(value) and error <= ACCURACY * abs(value)):
        message = (
            f"curvature must be smooth between breaks and f''^2/zeta integrable, but on ({low:g}, {high:g}) it is not"
        )
        raise ValueError(message)
    return float(value)
