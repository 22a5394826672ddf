r"""A weight that is known by its values only.

Each gap is cut into cells until the weight is convex or concave on every cell, as far as the second differences of
five equidistant values tell, to rounding. On a concave cell a line stays below h if it does so at the ends; on a convex
cell ``h(t) - s t`` and ``(h(t) - q theta) / (1 - theta)`` have a single valley, which bracketed minimization finds to
rounding. Jumps and kinks inside a gap are narrowed down to the spacing of floats and then have both their values among
the samples. A weight for which the samples do not suffice is not *resolved*, and nothing about it is certified. What
hides between the samples (at least 65 a gap) is not seen; a certificate says so.

Limits at data points are values two floats inside the gap, so that a weight may jump there.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any, final

import numpy as np
from scipy.optimize import minimize_scalar

from .weights import Weight

CELLS = 16  # a gap
SAMPLES = 2000  # a gap
NARROW = 1e-15  # cells that are not cut further, relative to their gap
ROUNDING = 32 * float(np.finfo(np.float64).eps)  # of second differences, relative to the weight: values a few ulps off


@final
class Sampled(Weight):
    """The weight h(t), t a float, on the gaps between the increasing points x."""

    def __init__(self, x: np.ndarray, weight: Callable[[float], Any]):
        self.x, self._weight = x, weight
        self._t: list[np.ndarray] = []
        self._h: list[np.ndarray] = []
        self._bent: list[np.ndarray] = []  # whether the interval right of a sample lies in a convex cell
        for left, right in pairwise(x.tolist()):
            self._sample(*_inside(left, right))
        self._at_data = np.array([self._value(float(t)) for t in x])
        limits = [np.append(np.inf, [h[-1] for h in self._h]), np.append([h[0] for h in self._h], np.inf)]
        self._at_data = np.minimum(self._at_data, np.minimum(*limits))
        self.note = f"the weight is known from {sum(t.size for t in self._t)} samples"

    def _value(self, t: float) -> float:
        h = float(self._weight(t))
        if not 0.0 <= h < math.inf:
            raise ValueError(f"weight must return finite numbers >= 0, but weight({t:g}) is {h:g}")
        return h

    def _sample(self, left: float, right: float) -> None:
        k = np.arange(CELLS + 1)
        uneven = (k + np.where(k % CELLS, 0.3 * np.sin(k**2), 0.0)) / CELLS  # no period can hide between the samples
        ends = np.clip(left + (right - left) * uneven, left, right)
        ends[-1] = right
        cells = [(a, b) for a, b in pairwise(ends.tolist())][::-1]
        points, values, bent = [left], [self._value(left)], []
        while cells:
            a, b = cells.pop()
            t = np.linspace(a, b, 5)
            step = (b - a) / 4.0
            # One point beyond each end: a jump in an outer quarter, or a kink at an end, must not look like convexity.
            around = np.concatenate([[max(a - step, left)], t, [min(b + step, right)]])
            h = np.array([self._value(float(s)) for s in around])
            slope = np.diff(h)
            bend = np.diff(slope)[1 if around[0] == a else 0 : -1 if around[-1] == b else None]
            noise = ROUNDING * np.max(h)
            convex, concave = bool(np.all(bend >= -noise)), bool(np.all(bend <= noise))
            if not (convex or concave) and b - a > NARROW * (right - left) and np.all(np.diff(t) > 0):
                if len(points) < SAMPLES:
                    cells += [(t[2], b), (a, t[2])]
                    continue
                self.resolved = False
            points += t[1:].tolist()
            values += h[2:-1].tolist()
            bent += [convex and not concave] * 4
        self._t.append(np.array(points))
        self._h.append(np.array(values))
        self._bent.append(np.array(bent))

    def __call__(self, t: Any) -> np.ndarray:
        points = np.asarray(t, dtype=np.float64)
        flat = points.ravel()
        h = np.array([self._value(float(s)) for s in flat])
        at = np.minimum(np.searchsorted(self.x, flat), self.x.size - 1)
        return np.where(self.x[at] == flat, self._at_data[at], h).reshape(points.shape)

    def _lowest(self, gap: int, slope: float, projective: bool) -> tuple[np.ndarray, np.ndarray]:
        """Points, with their h, among which ``h - slope t`` is least; or ``(h - slope (t - x_i)) / (x_(i+1) - t)``."""
        t, h = self._t[gap], self._h[gap]
        start, end = float(self.x[gap]), float(self.x[gap + 1])

        def measure(s: Any, h: Any) -> Any:
            return (h - slope * (s - start)) / (end - s if projective else 1.0)

        v = measure(t, h)
        low = np.flatnonzero((v <= np.append(np.inf, v[:-1])) & (v <= np.append(v[1:], np.inf)))
        bent = np.concatenate([[False], self._bent[gap], [False]])
        points, values = [t], [h]
        for k in low:
            if bent[k] or bent[k + 1]:
                a, b = t[k - 1] if bent[k] else t[k], t[k + 1] if bent[k + 1] else t[k]
                best = minimize_scalar(
                    lambda s: measure(s, self._value(s)),
                    bounds=(float(a), float(b)),
                    method="bounded",
                    options={"xatol": 1e-9 * float(b - a)},
                )
                points.append(np.array([best.x]))
                values.append(np.array([self._value(float(best.x))]))
        return np.concatenate(points), np.concatenate(values)

    def reach(self, gap: int, right: float) -> tuple[float, float]:
        if right > self._h[gap][-1]:
            return -math.inf, 1.0
        start, end = float(self.x[gap]), float(self.x[gap + 1])
        width = end - start
        t, h = self._lowest(gap, right / width, projective=True)
        p = (h - right * ((t - start) / width)) / ((end - t) / width)
        k = int(np.argmin(p))
        return float(p[k]), float((t[k] - start) / width)

    def contacts(self, slopes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        lines = [(gap, s) for gap, slope in enumerate(slopes.tolist()) for s in (slope, -slope)]
        found = [(gap, *self._lowest(gap, s, projective=False)) for gap, s in lines]
        gaps = np.repeat([gap for gap, _, _ in found], [t.size for _, t, _ in found])
        return gaps, np.concatenate([t for _, t, _ in found]), np.concatenate([h for _, _, h in found])


def _inside(left: float, right: float) -> tuple[float, float]:
    """The ends of a gap, two floats inside."""
    for _ in range(2):
        left, right = math.nextafter(left, right), math.nextafter(right, left)
    return left, right
