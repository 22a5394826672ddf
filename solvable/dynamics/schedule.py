"""Which moments of a run are saved.

``None`` keeps start and end; an integer asks for that many moments, the start and the others spaced evenly in
logarithm up to the end; an array asks for exactly those.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..common.checks import integer, real_array

DECADES = 6
"""A logarithmic schedule in time begins this many decades before the end."""


def save_steps(save: Any, start: int, end: int) -> np.ndarray:
    """Save points in steps, increasing int64, for a run from step `start` to step `end`."""
    if save is None:
        return np.array([start, end])
    if np.ndim(save) == 0:
        return start + _spread(integer("save", save, minimum=1), end - start)
    points = real_array("save", save, ndim=1)
    if not np.array_equal(points, np.round(points)):
        raise ValueError(f"save must hold whole steps, got {points[points != np.round(points)][0]:g}")
    return _checked(points, start, end, "steps").astype(np.int64)


def save_times(save: Any, start: float, end: float) -> np.ndarray:
    """Save points in time, increasing float64, for a run from time `start` to `end`."""
    if save is None:
        return np.array([start, end])
    if np.ndim(save) == 0:
        count, length = integer("save", save, minimum=1), end - start
        if count == 1 or length == 0:
            return np.full(count, end)
        later = np.geomspace(length * 10.0**-DECADES, length, count - 1) if count > 2 else np.array([length])
        later[-1] = length
        return start + np.concatenate([[0.0], later])
    return _checked(real_array("save", save, ndim=1), start, end, "time")


def _spread(count: int, length: int) -> np.ndarray:
    """`count` whole numbers from 0 to `length` (all of them where there are fewer), evenly spaced in logarithm."""
    if count == 1:
        return np.array([length])
    if length + 1 <= count:
        return np.arange(length + 1)
    later = np.geomspace(1, length, count - 1) if count > 2 else np.array([float(length)])
    points = np.round(later).astype(np.int64)
    for k in range(1, points.size):  # rounding makes early points collide: push them on, then back from the end
        points[k] = max(points[k], points[k - 1] + 1)
    points[-1] = length
    for k in range(points.size - 2, -1, -1):
        points[k] = min(points[k], points[k + 1] - 1)
    return np.concatenate([[0], points])


def _checked(points: np.ndarray, start: float, end: float, unit: str) -> np.ndarray:
    if points.size == 0 or np.any(np.diff(points) <= 0):
        raise ValueError("save must hold increasing numbers, at least one")
    if points[0] < start or points[-1] > end * (1 + 1e-12):
        raise ValueError(f"save must lie between {start:g} and {end:g} ({unit}), got {points[0]:g} to {points[-1]:g}")
    return np.minimum(points, end)
