r"""Logarithms of multiplicative steps, without cancellation.

A step of a two-layer diagonal network multiplies ``u`` by ``A = 1 - (p + m)`` and ``v`` by ``B = 1 + (p - m)``; p and m
are small and their logarithms nearly cancel. With

    A B = 1 - 2 m + m^2 - p^2,        A / B = (1 - c) / (1 + c),    c = p / (1 - m),

the change of ``log|u v|`` is ``log1p(m^2 - 2 m - p^2)``, and that of ``log|u / v|``, plus its first-order term 2 p, is

    log|A / B| + 2 p = -2 (atanh c - c) - 2 p m / (1 - m),

of third order in p. ``atanh c - c`` is summed as a series where c is small.
"""

from __future__ import annotations

import numpy as np

SMALL = 0.1


def log_products(p: np.ndarray, m: np.ndarray | float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """``log|A B|`` and ``log|A / B| + 2 p`` for ``A = 1 - (p + m)``, ``B = 1 + (p - m)``; ``-inf`` or nan at a zero.

    >>> q, r = log_products(np.array([1e-5]))
    >>> bool(abs(q[0] / -1e-10 - 1) < 1e-9 and abs(r[0] / (-2e-15 / 3) - 1) < 1e-9)
    True
    """
    p, m = np.broadcast_arrays(np.asarray(p, dtype=np.float64), m)
    excess = m * m - 2.0 * m - p * p
    with np.errstate(divide="ignore", invalid="ignore"):
        first, second = np.log(np.abs(1.0 - (p + m))), np.log(np.abs(1.0 + (p - m)))
        c = p / (1.0 - m)
        near = (np.abs(excess) < 0.5) & (np.abs(c) < 0.5)
        product = np.where(near, np.log1p(np.where(near, excess, 0.0)), first + second)
        bend = -2.0 * atanh_excess(np.where(near, c, 0.0)) - 2.0 * p * m / (1.0 - m)
        return product, np.where(near, bend, first - second + 2.0 * p)


def atanh_excess(c: np.ndarray) -> np.ndarray:
    """``atanh c - c`` to relative accuracy, ``|c| < 1``.

    >>> bool(abs(atanh_excess(np.array(1e-4)) / (1e-12 / 3) - 1) < 1e-7)
    True
    """
    near = np.clip(c, -SMALL, SMALL)
    square = near * near
    series = np.zeros_like(near)
    for k in range(17, 1, -2):  # c^3/3 + c^5/5 + ...; the first term left out is below 1e-16 of the sum
        series = square * (1.0 / k + series)
    return np.where(np.abs(c) < SMALL, near * series, np.arctanh(c) - c)


def log_excess(x: np.ndarray) -> np.ndarray:
    """``x - log|1 + x|`` to relative accuracy; ``>= 0`` for ``x > -1``.

    >>> bool(abs(log_excess(np.array(1e-6)) / 5e-13 - 1) < 1e-6)
    True
    """
    near = np.abs(x) < SMALL
    with np.errstate(divide="ignore"):
        ratio = x / (2.0 + x)  # log(1 + x) = 2 atanh(ratio), and x - 2 ratio = x ratio
        far = x - np.log(np.abs(1.0 + x))
    return np.where(near, x * ratio - 2.0 * atanh_excess(np.where(near, ratio, 0.0)), far)
