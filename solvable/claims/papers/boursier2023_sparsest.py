r"""Boursier and Flammarion (arXiv:2303.01353): when the interpolant of least ``int sqrt(1 + x^2) |f''|`` is sparsest.

Let ``X_t = (1, t)``, and let the angle of s and t be that between X_s and X_t, ``|arctan s - arctan t|``. A function is
the minimum if a p, linear between the data and 0 at the first and the last, obeys ``|p(t)| <= |X_t|``, with equality
and the sign of f'' at the knots. On a gap ``p(t) = v . X_t``, so that ``p / |X_t|`` is a multiple of the cosine of the
angle from v; at a knot inside, v is the unit vector of X_t. If p is ``|X| cos a`` and ``|X| cos b`` at the ends of a
gap of angle d, it obeys the bound between them exactly if ``d <= a + b <= 2 pi - d``.

Take runs of inner data that bend one way. One point has its knot there; two have it at their mean, weighted by their
bends. Of three, either outer point shares a knot with a part of the middle one, the parts such that both knots are
seen from the middle point under the same angle (or, if no parts are, one knot is at its outer point). Between runs of
opposite signs the bound holds, since all angles add up to less than pi; and in the first gap, where p starts at 0, ``d
<= pi/2`` is enough: ``x_1 x_2 >= -1``. So this is the minimum, and ``ceil(k / 2)`` knots on a run of k are the fewest.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from solvable import PiecewiseLinear, claim
from solvable.theory import fewest_knots, least_curvature

from ._dots import DISTINCT, bending, bends, distinct, in_order
from .boursier2023 import CERTIFIED, by_linear_program, weight

THREE = "at most three neighbors in a row bend one way, and two do"
OUTER = "the products of the two first and of the two last inputs are at least -1"


def angle(s, t):
    return np.abs(np.arctan(s) - np.arctan(t))


def distance(s, t):
    return np.abs(s - t)


def runs(x, y):
    """The places and the bends ``(x, c)`` of every run of inner data that bend one way; empty if some do not bend."""
    c = bends(x, y)
    if np.any(np.abs(c) <= 1e-6 * np.max(np.abs(c))):
        return []
    ends = np.flatnonzero(np.diff(np.sign(c))) + 1
    return list(zip(np.split(x[1:-1], ends), np.split(c, ends), strict=True))


def outer(x):
    return x[0] * x[1] >= -1 and x[-2] * x[-1] >= -1


def pair(x, c):
    """The knot and the jump that two neighbors share."""
    return c @ x / np.sum(c), np.sum(c)


def few(x, y, seen):
    """The interpolant of the rule above for runs of at most three, angles measured by `seen`."""
    found = []
    for at, c in runs(x, y):
        if at.size < 3:
            found.append(pair(at, c))
            continue

        def split(share, at=at, c=c):
            part = share * c[1]
            return pair(at[:2], np.array([c[0], part])), pair(at[1:], np.array([c[1] - part, c[2]]))

        def tilt(share, split=split, middle=at[1]):
            (left, _), (right, _) = split(share)
            return seen(left, middle) - seen(middle, right)

        share = 0.0 if tilt(0.0) <= 0 else 1.0 if tilt(1.0) >= 0 else brentq(tilt, 0.0, 1.0, xtol=1e-15)
        found.extend(split(share))
    knots, jumps = np.transpose(found)
    shape = PiecewiseLinear.from_knots(knots, jumps, anchor=(x[0], 0.0))
    slope = (y[-1] - y[0] - shape(x[-1])) / (x[-1] - x[0])
    return PiecewiseLinear.from_knots(knots, jumps, left_slope=slope, anchor=(x[0], y[0]))


def threes(rng, n=7):
    """Runs of three and of two in which angles and distances tell different knots."""
    for _ in range(50):
        drawn = bending(rng, [1, 1, 1, -1, -1], n)
        x, y = in_order(drawn)
        if n < 5 or few(x, y, angle).distance(few(x, y, distance), x[0], x[-1]) > 1e-3 * np.ptp(y):
            break
    return drawn


@claim(
    "boursier2023-sparsest",
    title="Penalized biases select one of the sparsest interpolants where at most three neighbors bend one way",
    statement=r"if at most three neighbors in a row bend one way, the minimizer of $\int \sqrt{1 + x^2}\, |f''|$ over"
    r" interpolants has the fewest knots: at a single point, at the mean of two, and for three at $t_1, t_2$ with"
    r" $\arctan x_2 - \arctan t_1 = \arctan t_2 - \arctan x_2$",
    source="arXiv:2303.01353 ('sparsest' under its hypothesis on the data, which we have not seen); the hypothesis and"
    " the angles are derived here",
    hypotheses=(
        "at least three distinct inputs, and labels that are not on a line",
        "at most three neighbors in a row bend one way, and two do",
        "the products of the two first and of the two last inputs are at least -1",
        "the minimum is certified",
    ),
    rivals=("connecting the dots", "equal distances"),
    convention="n = 7, bends + + + - - or their opposite; the certified minimum as a function and its knots; a linear"
    " program over 400 knots and the data",
    errata="Without a hypothesis 'sparsest' fails, see boursier2023-four-in-a-row. Of 1500 draws of 3 to 8 points 1257"
    " meet these conditions, or on longer even runs that of the angles: all have the fewest knots. Of 95 draws in which"
    " two outer inputs have a product below -1, 13 have more.",
)
def sparsest(lab):
    x, y = in_order(lab.instance(threes))
    lab.require(DISTINCT, distinct(x, y))
    found = runs(x, y)
    lab.require(THREE, found and 2 <= max(at.size for at, _ in found) <= 3)
    lab.require(OUTER, outer(x))
    least, own = least_curvature(x, y, "bias"), few(x, y, angle)
    lab.require(CERTIFIED, least.certified)
    lab.identity(own(x), y, reason="exact: rounding only")
    lab.identity(
        [least.point.knots.size, own.knots.size],
        [fewest_knots(x, y)] * 2,
        rivals={"connecting the dots": [x.size - 2] * 2},
        tolerance=1e-3,
        reason="numbers",
    )
    dots = PiecewiseLinear.through(x, y)
    t = np.linspace(x[0], x[-1], 401)
    level = np.linspace(y[0], y[-1], t.size)
    lab.identity(
        least.point(t) - level,
        own(t) - level,
        rivals={"connecting the dots": dots(t) - level, "equal distances": few(x, y, distance)(t) - level},
        tolerance=1e-6,
        reason="the certificate leaves knots free to the root of rounding",
    )
    lab.identity(
        by_linear_program(x, y),
        own.weighted_variation(weight),
        tolerance=3e-5,
        reason="knots on a grid of 400: a fraction of 1/8 of the square of the spacing",
    )
