r"""Boursier and Flammarion (arXiv:2303.01353): four data points that bend one way, where biases are penalized.

The fewest knots are two, at the means t_1 of the first and t_2 of the last pair, weighted by their bends. In the terms
of `boursier2023_sparsest` the dual bound asks of the gap between the pairs, of angle d, that ``d <= a + b`` with the
angles a from t_1 to x_2 and b from x_3 to t_2:

    arctan t_2 - arctan t_1 >= 2 (arctan x_3 - arctan x_2).

Where this fails, a third knot opens in that gap.
"""

from __future__ import annotations

import numpy as np

from solvable import claim
from solvable.theory import fewest_knots, least_curvature

from ._dots import DISTINCT, bending, distinct, in_order
from .boursier2023 import CERTIFIED
from .boursier2023_sparsest import OUTER, angle, distance, outer, pair, runs

FOUR = "at most four neighbors in a row bend one way"
CURVE = np.array([-2.0, -1.2, -0.5, 0.4, 1.1, 1.9])
COUNT = 24


def fours(rng, n=6):
    """Four neighbors that bend one way."""
    return bending(rng, [1, 1, 1, 1], n)


def like_the_curve(rng):
    """Sets (x, y) of the shape of `CURVE`: six near it, nine at other scales, and nine with the middle gap smaller."""
    found = []
    for k in range(COUNT):
        base = CURVE * np.where(np.abs(CURVE) < 1, 0.6 if k >= 15 else 1.0, 1.0)
        scale, shift = (1.0, 0.0) if k < 6 else (np.exp(rng.uniform(-1, 1)), rng.uniform(-0.5, 0.5))
        x = scale * (base + shift + rng.uniform(-1, 1, CURVE.size) * (0.01 if k < 6 else 0.1))
        if outer(x):
            found.append((x, np.cosh(1.5 * x / scale)))
    return found


def extra(x, y, seen, factor=2):
    """How many runs of four need a knot more than the fewest."""
    count = 0
    for at, c in runs(x, y):
        if at.size == 4:
            ends = pair(at[:2], c[:2])[0], pair(at[2:], c[2:])[0]
            count += seen(*ends) < factor * seen(at[1], at[2])
    return count


@claim(
    "boursier2023-four-in-a-row",
    title="Of four neighbors that bend one way penalized biases need two knots or three: the angles tell",
    statement=r"on four points in a row that bend one way the minimizer of $\int \sqrt{1 + x^2}\, |f''|$ has the fewest"
    r" knots, the means $t_1, t_2$ of the pairs, exactly if $\arctan t_2 - \arctan t_1 \geq 2 (\arctan x_3 -"
    r" \arctan x_2)$; if not one more, as for $y = \cosh \frac{3x}{2}$ at six points",
    source="arXiv:2303.01353 ('sparsest' under its hypothesis on the data, which we have not seen); the criterion is"
    " derived here",
    hypotheses=(
        "at least three distinct inputs, and labels that are not on a line",
        "at most four neighbors in a row bend one way",
        "the products of the two first and of the two last inputs are at least -1",
        "the minimum is certified",
    ),
    rivals=("always a sparsest interpolant", "never with four in a row", "distances instead of angles"),
    convention="six draws within 0.01 of x = -2, -1.2, -0.5, 0.4, 1.1, 1.9, y = cosh 1.5 x, eighteen of the same shape"
    " at other scales and places, half of them with 0.6 of the middle gap, and one of random bends; numbers of knots of"
    " the certified minima",
    errata="The abstract's 'sparsest' needs a hypothesis on the data: on x = -2, -1.2, -0.5, 0.4, 1.1, 1.9 and y = cosh"
    " 1.5 x the certified minimum 22.191879 has 3 knots, the sparsest interpolant 2.",
)
def four_in_a_row(lab):
    x, y = in_order(lab.instance(fours))
    lab.require(DISTINCT, distinct(x, y))
    found = runs(x, y)
    lab.require(FOUR, found and max(at.size for at, _ in found) <= 4)
    lab.require(OUTER, outer(x))
    sets = [(x, y), *like_the_curve(np.random.default_rng(lab.seed))]
    least = [least_curvature(*data, "bias") for data in sets]
    lab.require(CERTIFIED, all(minimum.certified for minimum in least))
    fewest = np.array([fewest_knots(*data) for data in sets])
    quadruples = np.array([sum(at.size == 4 for at, _ in runs(*data)) for data in sets])
    lab.identity(
        [minimum.point.knots.size for minimum in least],
        fewest + [extra(*data, angle) for data in sets],
        rivals={
            "always a sparsest interpolant": fewest,
            "never with four in a row": fewest + quadruples,
            "distances instead of angles": fewest + [extra(*data, distance) for data in sets],
        },
        tolerance=1e-3,
        reason="numbers",
    )
