"""Signed masses on a line: where a slope jumps, by how much, and how to count it.

A measure ``sum_i G_i delta(t_i)`` is held as two arrays. Points that coincide count once, with the sum of their masses,
and a sum that is exactly zero leaves no point: twins of opposite sign vanish. Sums of more than two masses are
correctly rounded (`math.fsum`), so neither the order of the points nor a permutation of neurons is felt.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from solvable.common.checks import real


def aggregate(points: np.ndarray, masses: np.ndarray, tolerance: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Increasing points and their total masses, zeros dropped.

    Points within `tolerance` of the first of their group, from the left, become one at their mean weighted by the
    absolute masses; with ``tolerance = 0`` only equal points do.

    >>> aggregate(np.array([2.0, 1.0, 2.0]), np.array([1.0, 4.0, 2.0]))
    (array([1., 2.]), array([4., 3.]))
    """
    order = np.argsort(points, kind="stable")
    t, g = points[order], masses[order]
    starts = _group_starts(t, tolerance)
    sizes = np.diff(np.append(starts, t.size))
    place, total = t[starts], g[starts]
    twins = starts[sizes == 2]
    total[sizes == 2] = g[twins] + g[twins + 1]
    for k in np.flatnonzero(sizes > 2):
        total[k] = math.fsum(g[starts[k] : starts[k] + sizes[k]])
    for k in np.flatnonzero(sizes > 1) if tolerance > 0 else ():
        group = slice(starts[k], starts[k] + sizes[k])
        place[k] = _center(t[group], np.abs(g[group]))
    kept = total != 0.0
    return place[kept], total[kept]


def _group_starts(t: np.ndarray, tolerance: float) -> np.ndarray:
    if tolerance == 0.0:
        return np.flatnonzero(np.diff(t, prepend=-np.inf) > 0) if t.size else np.zeros(0, dtype=np.intp)
    starts, k = [], 0
    while k < t.size:
        starts.append(k)
        k = int(np.searchsorted(t, t[k] + tolerance, side="right"))
    return np.array(starts, dtype=np.intp)


def _center(t: np.ndarray, weights: np.ndarray) -> float:
    total = float(np.sum(weights))
    mean = t[0] + float(np.sum(weights * (t - t[0]))) / total if total > 0 else t[0]
    return float(min(max(mean, t[0]), t[-1]))


def inside(points: np.ndarray, window: Any, closed: bool) -> np.ndarray:
    """Which points lie in the window ``(left, right)``, with its ends if `closed`; all of them if it is None."""
    if window is None:
        return np.ones(points.shape, dtype=bool)
    left, right = interval(window)
    return (points >= left) & (points <= right) if closed else (points > left) & (points < right)


def interval(window: Any) -> tuple[float, float]:
    """`window` as two finite numbers, left < right.

    >>> interval((1, 0))
    Traceback (most recent call last):
        ...
    ValueError: window must be two numbers left < right, got (1, 0)
    """
    try:
        left, right = window
        pair = real("window", left), real("window", right)
    except (TypeError, ValueError):
        pair = (0.0, 0.0)
    if not pair[0] < pair[1]:
        raise ValueError(f"window must be two numbers left < right, got {window!r}")
    return pair


def sign_changes(masses: np.ndarray, threshold: float) -> int:
    """Changes of sign along the masses larger than `threshold` times the largest, in absolute value.

    >>> sign_changes(np.array([1.0, -1e-3, 1.0, -2.0]), 0.02)
    1
    """
    if masses.size == 0:
        return 0
    size = np.abs(masses)
    signs = np.sign(masses[(size > threshold * size.max()) & (size > 0)])
    return int(np.count_nonzero(np.diff(signs)))
