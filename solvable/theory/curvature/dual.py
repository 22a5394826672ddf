r"""The dual of least weighted curvature, solved exactly by a recursion over the data points.

    min  int h |f''|   over f with f(x_i) = y_i      =      max  sum_i p_i c_i   over |p(t)| <= h(t),

p piecewise linear with nodes at the data and p_1 = p_n = 0, c_i the curvatures of the data: for every such p,
``sum p_i c_i = int p f'' <= int h |f''|``. A constraint ties neighbors only. So let V_i(q) be the maximum of
``c_2 p_2 + .. + c_i p_i`` over feasible p_2 .. p_(i-1) and p_i = q; then

    V_(i+1)(q) = c_(i+1) q + max V_i(p)    over p in [l(q), u(q)],

the left values whose line to q stays between -h and h. V_i is concave: the best p is its maximizer p*_i, moved to the
nearest end of the interval. At an end with contact theta, ``u' = -theta / (1 - theta)``, hence

    V_(i+1)'(q) = c_(i+1) + V_i'(p) u'(q)  if p*_i had to move,   c_(i+1)  if not,

and the sign of V' is known at any q from a chain of reaches that ends where a p*_i did not have to move. Bisection
finds p*_2, p*_3, .. to the last bit, without a linear program and without a guess which contacts there are; then
p_n = 0 gives p_(n-1), .., p_2. This is the taut string of total-variation denoising in a curved tube.
"""

from __future__ import annotations

import math

import numpy as np

from .weights import Weight

_HUGE = 1e200  # a contact at the right end has u' = -infinity; any large number has its sign without making a NaN
_NOTHING = 1e-18  # of the height of the tube


def dual_nodes(weight: Weight, c: np.ndarray) -> np.ndarray:
    """The optimal nodes p, shape ``(n,)``, for curvatures c, shape ``(n - 2,)``; feasible up to rounding."""
    n = weight.x.size
    unit = float(np.max(np.abs(c), initial=0.0))
    p, best = np.zeros(n), [0.0] * n
    if unit == 0.0:
        return p
    scaled = [0.0, *(c / unit).tolist(), 0.0]
    top = weight(weight.x).tolist()
    for i in range(1, n - 1):
        best[i] = _maximizer(weight, scaled, best, i, top[i])
    for i in range(n - 2, 0, -1):
        low, high = _interval(weight, i, p[i + 1])
        p[i] = min(max(best[i], low), high)
    return p


def _interval(weight: Weight, gap: int, right: float) -> tuple[float, float]:
    return -weight.reach(gap, -right)[0], weight.reach(gap, right)[0]


def _maximizer(weight: Weight, c: list[float], best: list[float], i: int, top: float) -> float:
    """p*_i, in ``[-top, top]``; at a maximum at the edge of what is feasible, the feasible side of it."""
    sign = 1.0 if _slope(weight, c, best, i, 0.0) > 0 else -1.0
    low, high = 0.0, top
    if sign * _slope(weight, c, best, i, sign * high) >= 0:
        return sign * high
    while low < (middle := 0.5 * (low + high)) < high and high - low > _NOTHING * top:
        if sign * _slope(weight, c, best, i, sign * middle) > 0:
            low = middle
        else:
            high = middle
    return sign * low


def _slope(weight: Weight, c: list[float], best: list[float], i: int, q: float) -> float:
    """``V_i'(q)``; outside of what is feasible, infinite toward it."""
    total, factor = 0.0, 1.0
    while True:
        total += factor * c[i]
        i -= 1
        high, above = weight.reach(i, q)
        low, below = weight.reach(i, -q)
        low = -low
        if low > high or (i == 0 and not low <= 0.0 <= high):
            return -math.copysign(math.inf, q) * math.copysign(1.0, factor)
        if i == 0 or low <= best[i] <= high:
            return total
        q, theta = (high, above) if high < best[i] else (low, below)
        factor *= -theta / max(1.0 - theta, 1.0 / _HUGE)
        factor = max(-_HUGE, min(factor, _HUGE))
        if factor == 0.0:
            return total
