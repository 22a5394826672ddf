r"""Continuous piecewise-linear functions of one variable, exactly.

A univariate two-layer ReLU network is one: the neuron ``a relu(w x + b)`` has its knot at ``t = -b/w``, and there the
slope jumps by ``G = a |w|`` from left to right, whichever side it is active on. With the slope s_0 at minus infinity
and one value,

    f(x) = f(x_0) + s_0 (x - x_0) + sum_k G_k [ (x - t_k)_+ - (x_0 - t_k)_+ ],        f'' = sum_k G_k delta(t_k),

all that is asked of f is a finite sum: ``int |f''| = sum |G_k|`` after knots that coincide are counted once. Nothing is
sampled on a grid. On each piece f is evaluated from the nearer of its ends, so that the error is in proportion to the
distance from there and not to x: a function moved far from the origin loses nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from solvable.common.breakpoints import aggregate, inside, interval, sign_changes
from solvable.common.checks import nonnegative, real, real_array


@final
@dataclass(frozen=True, eq=False, repr=False)
class PiecewiseLinear:
    """A continuous piecewise-linear function; made by `through`, `from_neurons` or `from_knots`.

    Attributes:
        knots: where the slope jumps, shape ``(K,)``, increasing; K may be 0.
        jumps: of the slope at the knots, from left to right, shape ``(K,)``, none zero.
        slopes: left of, between and right of the knots, shape ``(K+1,)``.
        values: of f at the knots, shape ``(K,)``.
        anchor: one ``(x, f(x))``.

    All arrays are read-only. ``f + g``, ``f - g``, ``-f`` and ``2.0 * f`` are exact up to rounding.

    >>> f = PiecewiseLinear.through([0, 1, 2], [0, 1, 0])
    >>> f
    PiecewiseLinear(1 knot, from slope 1 to slope -1, int |f''| = 2)
    >>> f([-1.0, 0.5, 4.0]).tolist(), f.jumps.tolist()
    ([-1.0, 0.5, -2.0], [-2.0])
    """

    knots: np.ndarray
    jumps: np.ndarray
    slopes: np.ndarray
    values: np.ndarray
    anchor: tuple[float, float]

    def __post_init__(self) -> None:
        for name in ("knots", "jumps", "slopes", "values"):
            object.__setattr__(self, name, real_array(name, getattr(self, name), ndim=1))
        object.__setattr__(self, "anchor", _pair(self.anchor))
        count = self.knots.size
        if not np.all(np.diff(self.knots) > 0):
            raise ValueError(f"knots must be increasing, got {self.knots}")
        if (self.jumps.size, self.slopes.size, self.values.size) != (count, count + 1, count):
            raise ValueError(
                f"jumps, slopes and values must have {count}, {count + 1} and {count} entries for {count} knots, "
                f"got {self.jumps.size}, {self.slopes.size} and {self.values.size}"
            )

    @classmethod
    def from_knots(
        cls, knots: Any, jumps: Any, left_slope: Any = 0.0, anchor: Any = (0.0, 0.0), *, tolerance: Any = 0.0
    ) -> PiecewiseLinear:
        """The function with these jumps of the slope, in any order, coinciding knots being added up.

        Args:
            knots: shape ``(K,)``.
            jumps: shape ``(K,)``.
            left_slope: at minus infinity.
            anchor: a point ``(x, f(x))`` of the graph.
            tolerance: knots within it become one; see `simplified`.

        >>> f = PiecewiseLinear.from_knots([1, 0, 1], [1, 2, -1])
        >>> f.knots.tolist(), f(3.0)
        ([0.0], 6.0)
        """
        t, g = real_array("knots", knots, ndim=1), real_array("jumps", jumps, ndim=1)
        if t.shape != g.shape:
            raise ValueError(f"jumps must have one entry per knot, but knots have shape {t.shape}, jumps {g.shape}")
        t, g = aggregate(t, g)
        slopes = real("left_slope", left_slope) + np.append(0.0, np.cumsum(g))
        return _grown(t, g, slopes, *_pair(anchor)).simplified(tolerance)

    @classmethod
    def from_neurons(
        cls, a: Any, w: Any, b: Any, slope: Any = 0.0, offset: Any = 0.0, *, tolerance: Any = 0.0
    ) -> PiecewiseLinear:
        """``sum_i a_i relu(w_i x + b_i) + slope x + offset``.

        A neuron with ``w = 0``, or with a knot beyond the range of floats, is affine. The sums run outward from the
        knot in the middle, where both halves of the neurons are at hand, so that far knots do not blur the center.

        Args:
            a: outer weights, shape ``(m,)``.
            w: inner weights, shape ``(m,)``.
            b: inner biases, shape ``(m,)``.
            slope: of the skip connection.
            offset: output bias.
            tolerance: knots within it become one; see `simplified`.

        >>> f = PiecewiseLinear.from_neurons([1.0, 1.0, 2.0], [1.0, -1.0, 0.0], [0.0, 0.0, 3.0])
        >>> f.jumps.tolist(), f([-2.0, 0.0]).tolist()
        ([2.0], [8.0, 6.0])
        """
        a, w, b = (real_array(name, value, ndim=1) for name, value in (("a", a), ("w", w), ("b", b)))
        if not a.shape == w.shape == b.shape:
            raise ValueError(f"a, w and b must have one shape, got {a.shape}, {w.shape} and {b.shape}")
        c, d = real("slope", slope), real("offset", offset)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            t = np.where(w == 0.0, np.inf, -b / w)
        bent = np.isfinite(t)
        always = ~bent & (b > 0)
        c, d = math.fsum([c, *(a * w)[always]]), math.fsum([d, *(a * b)[always]])
        a, w, b, t = a[bent], w[bent], b[bent], t[bent] + 0.0
        knots, jumps = aggregate(t, a * np.abs(w))
        at = float(knots[knots.size // 2]) if knots.size else 0.0
        active = np.where(w > 0, t <= at, t > at)  # on the piece right of the anchor
        slope_there = math.fsum([c, *(a * w)[active]])
        value = math.fsum([c * at, d, *(a * (w * at + b))[active]])
        return _grown(knots, jumps, _slopes(knots, jumps, at, slope_there), at, value).simplified(tolerance)

    @classmethod
    def through(cls, x: Any, y: Any, left_slope: Any = None, right_slope: Any = None) -> PiecewiseLinear:
        """Connect the dots ``(x_j, y_j)``, x increasing; beyond them the end pieces go on unless a slope is given.

        >>> PiecewiseLinear.through([0, 1], [0, 1], right_slope=0)(5.0)
        1.0
        """
        x, y = real_array("x", x, ndim=1), real_array("y", y, ndim=1)
        if x.shape != y.shape or x.size == 0:
            raise ValueError(f"x and y must have one shape and an entry, got {x.shape} and {y.shape}")
        if not np.all(np.diff(x) > 0):
            raise ValueError(f"x must be increasing, got {x}")
        chords = np.diff(y) / np.diff(x)
        ends = [None if slope is None else real(name, slope) for name, slope in _named(left_slope, right_slope)]
        if chords.size == 0:
            ends = [ends[0] if ends[0] is not None else ends[1], ends[1]]
        left = ends[0] if ends[0] is not None else (chords[0] if chords.size else 0.0)
        right = ends[1] if ends[1] is not None else (chords[-1] if chords.size else left)
        slopes = np.concatenate([[left], chords, [right]])
        bent = np.diff(slopes) != 0.0
        kept = np.append(True, bent)
        return cls(x[bent], np.diff(slopes)[bent], slopes[kept], y[bent], (float(x[0]), float(y[0])))

    def __call__(self, x: Any) -> Any:
        """f at x, in the shape of x; a float for a number."""
        points = real_array("x", x)
        if self.knots.size == 0:
            result = self.anchor[1] + self.slopes[0] * (points - self.anchor[0])
        else:
            piece = np.searchsorted(self.knots, points, side="right")
            left, right = np.maximum(piece - 1, 0), np.minimum(piece, self.knots.size - 1)
            base = np.where(points - self.knots[left] <= self.knots[right] - points, left, right)
            base = np.where(piece == 0, 0, np.where(piece == self.knots.size, left, base))
            result = self.values[base] + self.slopes[piece] * (points - self.knots[base])
        return float(result) if points.ndim == 0 else result

    def total_variation2(self, window: Any = None, *, closed: bool = False) -> float:
        """``int |f''|`` over the line or over a window.

        Args:
            window: ``(left, right)``. The ends do not count: a knot there does not show in f on ``[left, right]``.
            closed: count knots at the ends as well.

        >>> PiecewiseLinear.through([0, 1, 2], [0, 1, 0], left_slope=0).total_variation2((0, 2))
        2.0
        """
        return math.fsum(np.abs(self.jumps[inside(self.knots, window, closed)]))

    def weighted_variation(
        self, weight: Callable[[np.ndarray], Any], window: Any = None, *, closed: bool = False
    ) -> float:
        """``int h |f''| = sum_k h(t_k) |G_k|`` for a callable h of an array, over the line or over a window."""
        kept = inside(self.knots, window, closed)
        h = real_array("weight(knots)", weight(self.knots[kept]))
        return math.fsum(h * np.abs(self.jumps[kept]))

    def convexity_changes(
        self, threshold: Any = 0.0, window: Any = None, *, tolerance: Any = 0.0, closed: bool = False
    ) -> int:
        """How often f'' changes sign.

        Args:
            threshold: jumps up to this fraction of the largest one in the window are noise and are dropped.
            window: as in `total_variation2`.
            tolerance: first, knots within it are merged; a cluster of opposite signs counts with its sum only.
            closed: as in `total_variation2`.

        >>> PiecewiseLinear.through([0, 1, 2, 3], [0, 1, 0, 1]).convexity_changes()
        1
        """
        kept = inside(self.knots, window, closed)
        _, jumps = aggregate(self.knots[kept], self.jumps[kept], nonnegative("tolerance", tolerance))
        return sign_changes(jumps, nonnegative("threshold", threshold))

    def binned_curvature(self, edges: Any) -> np.ndarray:
        """The mass of f'' in the bins ``[e_k, e_(k+1))``, the last one closed; shape ``(len(edges) - 1,)``.

        Its absolute sum is the variation of f' seen at the resolution of the bins, which neurons of opposite sign and
        almost the same knot do not inflate.

        >>> PiecewiseLinear.from_knots([0.1, 0.2, 1.5], [5, -4, 1]).binned_curvature([0, 1, 2]).tolist()
        [1.0, 1.0]
        """
        e = real_array("edges", edges, ndim=1)
        if e.size < 2 or not np.all(np.diff(e) > 0):
            raise ValueError(f"edges must be at least two increasing numbers, got {e}")
        bins = np.searchsorted(e, self.knots, side="right") - 1
        bins[self.knots == e[-1]] = e.size - 2
        seen = (bins >= 0) & (bins < e.size - 1)
        return np.bincount(bins[seen], weights=self.jumps[seen], minlength=e.size - 1)

    def distance(self, other: PiecewiseLinear, left: Any, right: Any) -> float:
        """``max |f - g|`` over ``[left, right]``, attained at a knot of f or g or at an end.

        >>> PiecewiseLinear.through([0], [0]).distance(PiecewiseLinear.through([0, 1, 2], [0, 1, 0]), 0, 2)
        1.0
        """
        ends = interval((left, right))
        both = np.concatenate([self.knots, other.knots])
        points = np.append(both[inside(both, ends, False)], ends)
        return float(np.max(np.abs(self(points) - other(points))))

    def simplified(self, tolerance: Any = 0.0, threshold: Any = 0.0) -> PiecewiseLinear:
        """Fewer knots: those within `tolerance` of one another merged, then jumps up to `threshold` dropped.

        Merging at the mean weighted by ``|G|`` changes f by at most ``tolerance * int |f''|`` anywhere. Dropping jumps
        (``|G| <= threshold``, in the unit of a slope) changes the slope outward from the middle by at most their sum.
        """
        near, small = nonnegative("tolerance", tolerance), nonnegative("threshold", threshold)
        if self.knots.size == 0 or near == small == 0.0:
            return self
        t, g = aggregate(self.knots, self.jumps, near)
        kept = np.abs(g) > small
        # The anchor must be the right end of a group: inside one, its mass would count on both sides.
        middle = self.knots[self.knots.size // 2]
        last = int(np.searchsorted(self.knots, middle + near, side="right")) - 1
        while last + 1 < self.knots.size and self.knots[last + 1] - self.knots[last] <= near:
            last += 1
        at, t, g = float(self.knots[last]), t[kept], g[kept]
        return _grown(t, g, _slopes(t, g, at, float(self.slopes[last + 1])), at, float(self.values[last]))

    def __add__(self, other: PiecewiseLinear) -> PiecewiseLinear:
        if not isinstance(other, PiecewiseLinear):
            return NotImplemented
        knots, jumps = aggregate(np.concatenate([self.knots, other.knots]), np.concatenate([self.jumps, other.jumps]))
        slopes = [np.append(f.slopes[0], f.slopes[np.searchsorted(f.knots, knots, "right")]) for f in (self, other)]
        at = self.anchor[0]
        return PiecewiseLinear(
            knots, jumps, slopes[0] + slopes[1], self(knots) + other(knots), (at, self.anchor[1] + other(at))
        )

    def __mul__(self, factor: Any) -> PiecewiseLinear:
        if isinstance(factor, PiecewiseLinear):
            return NotImplemented
        c = real("factor", factor)
        kept = self.jumps * c != 0.0
        slopes = c * self.slopes[np.append(True, kept)]
        anchor = (self.anchor[0], c * self.anchor[1])
        return PiecewiseLinear(self.knots[kept], c * self.jumps[kept], slopes, c * self.values[kept], anchor)

    __rmul__ = __mul__

    def __neg__(self) -> PiecewiseLinear:
        return self * -1.0

    def __sub__(self, other: PiecewiseLinear) -> PiecewiseLinear:
        return self + (-other) if isinstance(other, PiecewiseLinear) else NotImplemented

    def __repr__(self) -> str:
        count = f"{self.knots.size} knot{'' if self.knots.size == 1 else 's'}"
        ends = f"from slope {self.slopes[0]:.6g} to slope {self.slopes[-1]:.6g}"
        return f"PiecewiseLinear({count}, {ends}, int |f''| = {self.total_variation2():.6g})"


def _grown(knots: np.ndarray, jumps: np.ndarray, slopes: np.ndarray, at: float, value: float) -> PiecewiseLinear:
    """The function with these slopes through one point, integrated outward from it."""
    first = int(np.searchsorted(knots, at, side="right"))
    right = value + np.cumsum(slopes[first:-1] * np.diff(knots[first:], prepend=at))
    left = value - np.cumsum((slopes[1 : first + 1] * np.diff(knots[:first], append=at))[::-1])[::-1]
    return PiecewiseLinear(knots, jumps, slopes, np.concatenate([left, right]), (at, value))


def _slopes(knots: np.ndarray, jumps: np.ndarray, at: float, slope: float) -> np.ndarray:
    """All slopes, given the one just right of the point `at`."""
    first = int(np.searchsorted(knots, at, side="right"))
    left = slope - np.cumsum(jumps[:first][::-1])[::-1]
    return np.concatenate([left, [slope], slope + np.cumsum(jumps[first:])])


def _pair(anchor: Any) -> tuple[float, float]:
    point = real_array("anchor", anchor, ndim=1)
    if point.shape != (2,):
        raise ValueError(f"anchor must be two numbers (x, f(x)), got shape {point.shape}")
    return float(point[0]), float(point[1])


def _named(left: Any, right: Any) -> tuple[tuple[str, Any], tuple[str, Any]]:
    return ("left_slope", left), ("right_slope", right)
