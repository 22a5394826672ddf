r"""Weights h of ``int h |f''|``, gap by gap, and the two questions that duality asks of them.

The dual of least weighted curvature is over piecewise-linear p with nodes at the data and ``|p| <= h``. Everything it
needs of h is answered on one gap ``[x_i, x_(i+1)]`` at a time:

* *reach*: the largest left value p of a line that ends in the right value q and stays below h. With
  ``theta = (t - x_i) / (x_(i+1) - x_i)`` it is ``min_t (h(t) - q theta) / (1 - theta)``, attained at a contact t.
* *contacts*: for lines of slope +s and -s, the points where ``h(t) - s t`` and ``h(t) + s t`` are least.

All weights with a name are, on each gap, a minimum of hyperbolas ``sqrt(alpha (t - m)^2 + beta)``, for which both
have closed forms: a line of slope s, of height P at m, is tangent if ``P^2 / beta + s^2 / alpha = 1``, P >= 0, and
touches at ``t = m + s sqrt(beta / (alpha (alpha - s^2)))``.

A weight may jump at data points. It is taken *lower semicontinuous*: its value there is the smallest of the value and
the two limits. A knot can come as close to the point as it likes, so that no infimum changes, and it becomes a minimum.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any, final

import numpy as np


class Weight(ABC):
    """A weight on the gaps between the increasing points x, shape ``(n,)``, n >= 2.

    Attributes:
        x: the data points.
        resolved: whether the answers below hold without reservation.
        note: what a certificate should say about the weight.
    """

    x: np.ndarray
    resolved: bool = True
    note: str = ""

    @abstractmethod
    def __call__(self, t: Any) -> np.ndarray:
        """h at t, in the shape of t; lower semicontinuous."""

    @abstractmethod
    def reach(self, gap: int, right: float) -> tuple[float, float]:
        """``(p, theta)`` of the question above; p = -inf if `right` is above h at its own end."""

    @abstractmethod
    def contacts(self, slopes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """``(gaps, t, h)``: points among which ``h - |p|`` is least on every gap, p of these slopes, with ends."""


@final
class Hyperbolic(Weight):
    """A minimum of B hyperbolas on each gap: `alpha`, `center`, `beta` of shape ``(n - 1, B)``, alpha, beta >= 0.

    With beta = 0 the hyperbola is a pair of half lines, whose vertex must not lie inside its gap. Beyond the data the
    outer hyperbolas go on, or the weight is zero if `zero_outside`.
    """

    def __init__(self, x: np.ndarray, alpha: Any, center: Any, beta: Any, zero_outside: bool = False):
        self.x = x
        self._alpha, self._center, self._beta = (np.asarray(v, dtype=np.float64) for v in (alpha, center, beta))
        self._zero_outside = zero_outside
        gaps = np.arange(x.size - 1)
        columns = [self._alpha, self._center, self._beta, self._heights(gaps, x[:-1]), self._heights(gaps, x[1:])]
        self._branches = [np.stack([c[i] for c in columns], axis=1).tolist() for i in gaps]

    def _heights(self, gap: np.ndarray, t: np.ndarray) -> np.ndarray:
        """Every branch of the gaps (K,) at the points (K,), shape ``(K, B)``."""
        offset = t[:, None] - self._center[gap]
        return np.hypot(np.sqrt(self._alpha[gap]) * offset, np.sqrt(self._beta[gap]))

    def __call__(self, t: Any) -> np.ndarray:
        points = np.asarray(t, dtype=np.float64)
        flat, last = points.ravel(), self.x.size - 2
        sides = [np.clip(np.searchsorted(self.x, flat, side=side) - 1, 0, last) for side in ("left", "right")]
        h = np.minimum(*(np.min(self._heights(gap, flat), axis=1) for gap in sides))
        if self._zero_outside:
            h = np.where((flat > self.x[0]) & (flat < self.x[-1]), h, 0.0)
        return h.reshape(points.shape)

    def reach(self, gap: int, right: float) -> tuple[float, float]:
        x0, x1 = float(self.x[gap]), float(self.x[gap + 1])
        lowest, where = math.inf, 0.0
        for alpha, center, beta, h0, h1 in self._branches[gap]:
            if right > h1:
                return -math.inf, 1.0
            p, theta = h0, 0.0
            if alpha > 0 and beta > 0 and right > -h1:  # no tangent passes through a point below the lower branch
                offset = x1 - center
                root = math.sqrt(alpha * beta) * math.sqrt((h1 - right) * (h1 + right))
                slope = (alpha * right * offset - root) / h1**2
                if slope**2 < alpha and right - slope * offset >= 0:
                    t = center + slope * math.sqrt(beta / (alpha * (alpha - slope**2)))
                    if t > x0:
                        p, theta = right - slope * (x1 - x0), min((t - x0) / (x1 - x0), 1.0)
            if p < lowest:
                lowest, where = p, theta
        return lowest, where

    def contacts(self, slopes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        gaps = np.arange(slopes.size)
        found = [(gaps, end, np.min(self._heights(gaps, end), axis=1)) for end in (self.x[:-1], self.x[1:])]
        s = np.stack([slopes, -slopes], axis=1)[:, :, None]
        alpha, beta, center = (v[:, None, :] for v in (self._alpha, self._beta, self._center))
        room = alpha - s**2
        with np.errstate(divide="ignore", invalid="ignore"):
            t = center + s * np.sqrt(beta / (alpha * room))
        inside = (alpha > 0) & (beta > 0) & (room > 0) & (t > self.x[:-1, None, None]) & (t < self.x[1:, None, None])
        gap = np.broadcast_to(gaps[:, None, None], t.shape)[inside]
        found.append((gap, t[inside], np.min(self._heights(gap, t[inside]), axis=1)))
        gap, t, h = (np.concatenate(column) for column in zip(*found, strict=True))
        return gap, t, h
