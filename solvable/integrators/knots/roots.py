r"""The first time at which a polynomial on [0, 1] becomes negative.

In Bernstein form a polynomial lies between its least and its largest coefficient: if none is negative there is no root,
and nothing that happens between two looks can be missed. Otherwise the interval is halved (de Casteljau) and the left
half is searched first; where the coefficients fall, there is one root, and a safeguarded Newton iteration finds it.
"""

from __future__ import annotations

import math

from ..compile import helper

HALVINGS = 44
"""An interval of length 2^-44 is no longer halved; a dip inside it and back is none."""
EFFORT = 2000
"""So many intervals are looked at; then the rest of them are no longer halved either (rounding errors look like that).
"""
ITERATIONS = 100


@helper
def to_bernstein(g, out):
    """Bernstein coefficients of the polynomial ``sum g_k s^k``."""
    degree = g.size - 1
    choose = 1.0
    for k in range(degree + 1):
        out[k] = g[k] / choose
        choose *= (degree - k) / (k + 1.0)
    for k in range(degree):
        for j in range(degree, k, -1):
            out[j] += out[j - 1]


@helper
def halve(left, right, degree):
    """Coefficients on both halves; `right` holds those of the whole interval at first."""
    for k in range(degree + 1):
        left[k] = right[0]
        for j in range(degree - k):
            right[j] = 0.5 * (right[j] + right[j + 1])


@helper
def value_and_slope(g, s):
    value = slope = 0.0
    for k in range(g.size - 1, -1, -1):
        slope = slope * s + value
        value = value * s + g[k]
    return value, slope


@helper
def falling_root(g, low, high):
    """The root between `low` and `high`, where g falls through zero."""
    s = 0.5 * (low + high)
    for _ in range(ITERATIONS):
        value, slope = value_and_slope(g, s)
        if value >= 0.0:
            low = s
        else:
            high = s
        newton = s - value / slope if slope < 0.0 else low
        following = newton if low < newton < high else 0.5 * (low + high)
        if following == s or not low < high:
            return s
        s = following
    return s


@helper
def first_negative(g, halves):
    """Least s in [0, 1] beyond which ``sum g_k s^k`` is negative; infinity if there is none.

    ``halves (HALVINGS + 2, g.size + 2)`` is scratch: coefficients on an interval, where it starts, and its width.
    """
    degree = g.size - 1
    start, width = degree + 1, degree + 2
    to_bernstein(g, halves[0])
    halves[0, start], halves[0, width], top, looks = 0.0, 1.0, 0, 0
    while top >= 0:
        b = halves[top]
        looks += 1
        if b[0] < 0.0:
            return b[start]
        lowest, falls = b[0], True
        for j in range(1, degree + 1):
            lowest = min(lowest, b[j])
            falls = falls and b[j] <= b[j - 1]
        if lowest >= 0.0:
            top -= 1
        elif falls:
            return falling_root(g, b[start], b[start] + b[width])
        elif b[width] <= 0.5**HALVINGS or looks > EFFORT:
            if b[degree] < 0.0:
                return b[start]
            top -= 1
        else:
            left, half = halves[top + 1], 0.5 * b[width]
            halve(left, b, degree)
            left[start], left[width] = b[start], half
            b[start], b[width] = b[start] + half, half
            top += 1
    return math.inf
