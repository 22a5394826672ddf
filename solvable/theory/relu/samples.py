"""Data of one input: what a function on the line can pass through.

A function through ``(x_j, y_j)`` needs distinct x; and then everything about it is said in order of x: gaps, slopes,
jumps. Its theory divides by gaps and by products of gaps, so that abscissas and gaps must be such that these neither
overflow nor vanish: between 1e-50 and 1e50, with y up to 1e100.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...common.checks import real_array

LARGEST = 1e50  # squares and reciprocals of abscissas and gaps, times one another and y, stay floats


def distinct_samples(x: Any, y: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The order that sorts x, then x and y in this order; no x may appear twice.

    >>> distinct_samples([1.0, 0.0], [3.0, 4.0])
    (array([1, 0]), array([0., 1.]), array([4., 3.]))
    >>> distinct_samples([1.0, 1.0], [3.0, 4.0])
    Traceback (most recent call last):
        ...
    ValueError: x must have distinct entries, but 1 appears twice
    """
    x, y = real_array("x", x, ndim=1), real_array("y", y, ndim=1)
    if x.shape != y.shape:
        raise ValueError(f"y must have one entry per entry of x: x has shape {x.shape}, y has shape {y.shape}")
    if x.size == 0:
        raise ValueError("x must have at least one entry, got shape (0,)")
    order = np.argsort(x, kind="stable")
    x, y = x[order], y[order]
    twice = np.flatnonzero(x[1:] == x[:-1])
    if twice.size:
        raise ValueError(f"x must have distinct entries, but {x[twice[0]]:.17g} appears twice")
    if np.max(np.abs(x)) > LARGEST or np.min(np.diff(x), initial=1.0) < 1.0 / LARGEST:
        raise ValueError(f"x must lie in [-1e50, 1e50] and be 1e-50 apart, got {x[0]:g} to {x[-1]:g}")
    if np.max(np.abs(y)) > LARGEST**2:
        raise ValueError(f"y must lie in [-1e100, 1e100], got max |y| = {np.max(np.abs(y)):g}")
    return order, x, y
