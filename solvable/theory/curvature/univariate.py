r"""Data on a line: chord slopes, curvatures, hat functions.

For increasing ``x_1 < .. < x_n`` let ``s_i = (y_(i+1) - y_i) / (x_(i+1) - x_i)`` be the slope over gap i and
``c_i = s_i - s_(i-1)``, i = 2 .. n-1, the curvature that the data show at x_i. A continuous piecewise-linear f with
jumps G_k of the slope at t_k interpolates, for one choice of its affine part, exactly if

    sum_k G_k e_i(t_k) = c_i    for i = 2 .. n-1,

with e_i the hat function that is 1 at x_i, 0 at its neighbors and linear between: the second divided difference of f is
the average of f'' against a hat.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...common.checks import real_array
from ...common.piecewise_linear import PiecewiseLinear


def inputs(x: Any) -> tuple[np.ndarray, np.ndarray]:
    """The distinct numbers x in increasing order, and the order."""
    x = real_array("x", x, ndim=1)
    if x.size == 0:
        raise ValueError("x must have at least one entry, got shape (0,)")
    order = np.argsort(x, kind="stable")
    twice = np.flatnonzero(np.diff(x[order]) == 0)
    if twice.size:
        raise ValueError(f"x must have distinct entries, but {x[order][twice[0]]:g} occurs twice")
    return x[order], order


def samples(x: Any, y: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """``(x, y, order)`` with x increasing; refuses repeated x and shapes that do not fit."""
    x, order = inputs(x)
    y = real_array("y", y, ndim=1)
    if x.shape != y.shape:
        raise ValueError(f"y must have one entry per entry of x: x has shape {x.shape}, y has shape {y.shape}")
    return x, y[order], order


def curvatures(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """``c_i`` at the inner points, shape ``(n - 2,)``; empty for n <= 2. What rounding the data explains is 0."""
    d, chords = np.diff(x), np.diff(y) / np.diff(x)
    blur = (np.abs(y[1:]) + np.abs(y[:-1]) + np.abs(chords) * (np.abs(x[1:]) + np.abs(x[:-1]))) / d
    c = np.diff(chords)
    return np.where(np.abs(c) > np.finfo(np.float64).eps * (blur[1:] + blur[:-1]), c, 0.0)


def second_differences(x: np.ndarray) -> np.ndarray:
    """The matrix D with ``c = D y``, shape ``(n - 2, n)``."""
    inverse, k = 1.0 / np.diff(x), np.arange(x.size - 2)
    D = np.zeros((x.size - 2, x.size))
    D[k, k], D[k, k + 1], D[k, k + 2] = inverse[:-1], -inverse[:-1] - inverse[1:], inverse[1:]
    return D


def hats(x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """``e_i(t_k)``, i the inner points, shape ``(n - 2, K)``."""
    rise = (t - x[:-2, None]) / np.diff(x)[:-1, None]
    fall = (x[2:, None] - t) / np.diff(x)[1:, None]
    return np.maximum(0.0, np.minimum(rise, fall))


def on_nodes(x: np.ndarray, p: np.ndarray, t: np.ndarray) -> np.ndarray:
    """The function with nodal values p at points t in ``[x_1, x_n]``; where it vanishes at a node, relatively exact."""
    i = np.clip(np.searchsorted(x, t, side="right") - 1, 0, x.size - 2)
    return (p[i] * (x[i + 1] - t) + p[i + 1] * (t - x[i])) / (x[i + 1] - x[i])


def bent_through(x: np.ndarray, y: np.ndarray, knots: np.ndarray, jumps: np.ndarray) -> PiecewiseLinear:
    """The interpolant with these jumps at increasing knots in ``(x_1, x_n)``, n >= 2, if they fit the curvatures.

    Slopes and values come from the two data points around each knot, so that f meets the data to rounding however many
    knots there are; that the jumps are the differences of the slopes is left to the caller.
    """
    d, chords = np.diff(x), np.diff(y) / np.diff(x)
    gap = np.minimum(np.searchsorted(x, knots, side="right") - 1, x.size - 2)
    inner = knots > x[gap]
    start = chords - np.bincount(
        gap, weights=np.where(inner, jumps * (x[gap + 1] - knots) / d[gap], 0.0), minlength=d.size
    )
    slopes = [start[0]]
    values: list[float] = []
    for k, (t, i) in enumerate(zip(knots, gap, strict=True)):
        fresh = k == 0 or gap[k - 1] != i  # the first knot of its gap, or at its left end
        base, height, slope = (x[i], y[i], start[i]) if fresh else (knots[k - 1], values[-1], slopes[-1])
        values.append(height + slope * (t - base))
        slopes.append(slope + jumps[k] if inner[k] else start[i])
    return PiecewiseLinear(knots, jumps, np.array(slopes), np.array(values), (float(x[0]), float(y[0])))
