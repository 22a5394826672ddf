r"""Interpolants of least curvature: their value, all of them, and the one with the fewest knots.

For increasing x let c_i be the curvature of the data at x_i, i = 2 .. n-1 (`solvable.theory.curvature.univariate`).
Interpolants satisfy ``int e_i f'' = c_i`` with hats ``e_i >= 0``, ``sum e_i <= 1``, so that ``int |f''| >= sum |c_i|``,
attained by connecting the dots. Equality holds exactly if

* f has no knot outside ``[x_2, x_(n-1)]``, where the hats add up to less than 1;
* f is straight on each gap ``(x_i, x_(i+1))`` unless c_i and c_(i+1) have one sign, which its knots there then have;
* a knot at x_i has the sign of c_i.

**Fewest knots.** Every i with c_i != 0 needs a knot of that sign inside ``(x_(i-1), x_(i+1))``, and one knot serves at
most two neighbors: along a maximal run of k points with one sign any interpolant needs ``ceil(k / 2)`` knots. That many
suffice: two neighbors share the intersection of the chords around them, at their mean weighted by c, with the jump
``c_i + c_(i+1)``. In a run of even length this is the only way; in an odd run one point stays single, which leaves a
one-parameter family if the run is longer than 1.

**Without a free skip connection** half the sum of squares of the weights is ``max(int |f''|, |f'(-inf) + f'(inf)|)``.
With ``S = s_1 + s_(n-1)`` and ``TV = sum |c_i|``, its minimum over interpolants is TV if ``|S| <= TV`` and
``(TV + |S|) / 2`` if not: a knot beyond the data trades a sum of slopes for curvature, one for one.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ...common.checks import flag, nonnegative
from ...common.piecewise_linear import PiecewiseLinear
from .univariate import bent_through, curvatures, samples


def sparsest_interpolant(x: Any, y: Any) -> PiecewiseLinear:
    """An interpolant with the fewest knots of all; it is also one of least ``int |f''|``.

    Where it is not unique, neighbors are paired from the left.

    Args:
        x: data points, shape ``(n,)``, distinct, in any order.
        y: values, shape ``(n,)``.

    Raises:
        ValueError: shapes that do not fit, non-finite entries, repeated x.

    Source: Debarre, Denoyelle, Unser and Fageot, arXiv:2003.10112; Hanin, arXiv:2109.12960.

    >>> f = sparsest_interpolant([0, 1, 2, 3], [1, 0, 0, 1])
    >>> f.knots.tolist(), f.jumps.tolist()
    ([1.5], [2.0])
    """
    x, y, _ = samples(x, y)
    c = curvatures(x, y)
    knots, jumps = [], []
    i = 0
    while i < c.size:
        j = i + 1
        if j < c.size and c[i] * c[j] > 0:
            jumps.append(c[i] + c[j])
            knots.append(x[i + 1] + (x[j + 1] - x[i + 1]) * (c[j] / jumps[-1]))
            i += 2
        else:
            if c[i] != 0:
                jumps.append(c[i])
                knots.append(x[i + 1])
            i += 1
    if not knots:
        return PiecewiseLinear.through(x[[0, -1]], y[[0, -1]]) if x.size > 1 else PiecewiseLinear.through(x, y)
    return bent_through(x, y, np.array(knots), np.array(jumps))


def fewest_knots(x: Any, y: Any) -> int:
    """The number of knots that an interpolant needs: ``ceil(k / 2)`` for each maximal run of k curvatures of one sign.

    >>> fewest_knots([0, 1, 2, 3], [1, 0, 0, 1]), fewest_knots([0, 1, 2, 3], [0, 1, 0, 1])
    (1, 2)
    """
    return sparsest_interpolant(x, y).knots.size


def representation_cost(x: Any, y: Any, skip: Any = True) -> float:
    """The least half sum of squares of the weights (not the biases) over all two-layer ReLU networks that interpolate.

    Args:
        x: data points, shape ``(n,)``, distinct, in any order.
        y: values, shape ``(n,)``.
        skip: True if the network has an affine part that costs nothing, False if only a constant is free.

    Returns:
        ``sum |c_i|``, the least ``int |f''|``, with `skip`; without, the least
        ``max(int |f''|, |f'(-inf) + f'(inf)|)``. The width is unbounded.

    Raises:
        ValueError: shapes that do not fit, non-finite entries, repeated x.

    Source: Savarese, Evron, Soudry and Srebro, arXiv:1902.05040; the minimum over interpolants is derived here.

    >>> representation_cost([0, 1, 2], [0, 1, 0]), representation_cost([0, 1], [0, 3], skip=False)
    (2.0, 3.0)
    """
    x, y, _ = samples(x, y)
    total = math.fsum(np.abs(curvatures(x, y)))
    if flag("skip", skip) or x.size == 1:
        return total
    chords = np.diff(y) / np.diff(x)
    return max(total, 0.5 * (total + abs(float(chords[0] + chords[-1]))))


class CurvatureVerdict(NamedTuple):
    """Whether a function minimizes ``int |f''|`` over the interpolants; its truth value is `holds`.

    Attributes:
        holds: the answer.
        reason: the first condition that fails, in words; empty if none does.
    """

    holds: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.holds


def minimizes_curvature(f: PiecewiseLinear, x: Any, y: Any, *, tolerance: Any = 1e-9) -> CurvatureVerdict:
    """Whether f interpolates the data with the least ``int |f''|``, by the conditions above.

    Args:
        f: the function.
        x: data points, shape ``(n,)``, distinct, in any order.
        y: values, shape ``(n,)``.
        tolerance: misses up to this fraction of ``max |y|`` do not count, nor do jumps and curvatures up to this
            fraction of the largest slope; knots up to this fraction of a gap from a data point are at it.

    Source: Hanin, arXiv:2109.12960; Debarre et al., arXiv:2003.10112 (theorem numbers unverified).

    >>> dots = PiecewiseLinear.through([0, 1, 2, 3], [1, 0, 0, 1])
    >>> bool(minimizes_curvature(dots, [0, 1, 2, 3], [1, 0, 0, 1]))
    True
    >>> minimizes_curvature(dots, [0, 1, 3], [1, 0, 1]).reason
    'there is a knot at 2, outside all data points but the first and last'
    """
    x, y, _ = samples(x, y)
    share = nonnegative("tolerance", tolerance)
    if not np.max(np.abs(f(x) - y)) <= share * np.max(np.abs(y)):
        return CurvatureVerdict(False, "it does not interpolate")
    c = curvatures(x, y)
    least = share * max(float(np.max(np.abs(c), initial=0.0)), float(np.max(np.abs(f.slopes))))
    signs = np.concatenate([[0.0], np.where(np.abs(c) > least, np.sign(c), 0.0), [0.0]])
    for t, jump in zip(f.knots, f.jumps, strict=True):
        if abs(jump) <= least:
            continue
        gap = int(np.clip(np.searchsorted(x, t, side="right") - 1, 0, x.size - 2)) if x.size > 1 else 0
        near = share * np.diff(x)[gap] if x.size > 1 else 0.0
        if c.size == 0 or not x[1] - near <= t <= x[-2] + near:
            return CurvatureVerdict(False, f"there is a knot at {t:g}, outside all data points but the first and last")
        at = [i for i in (gap, gap + 1) if abs(t - x[i]) <= near]
        wrong = [i for i in (at or [gap, gap + 1]) if signs[i] != np.sign(jump)]
        if wrong and at:
            return CurvatureVerdict(False, f"the knot at the data point {x[at[0]]:g} has not its sign of curvature")
        if wrong and signs[gap] * signs[gap + 1] > 0:
            return CurvatureVerdict(False, f"the knot at {t:g} has not the sign of the curvatures around it")
        if wrong:
            reason = f"there is a knot at {t:g} between data points whose curvatures do not have one sign"
            return CurvatureVerdict(False, reason)
    return CurvatureVerdict(True)
