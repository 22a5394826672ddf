r"""Hanin, Ridgeless interpolation with shallow ReLU networks in 1D is nearest neighbor curvature extrapolation and
provably generalizes on Lipschitz functions (arXiv:2109.12960): all interpolants of least ``int |f''|``.

Let c_i be the bend of the data at x_i. An interpolant is one of least curvature exactly if it has no knot outside
``[x_2, x_(n-1)]``, is straight on every gap unless the data bend one way at both of its ends, and bends there only that
way, and at x_i only as the data do. Candidates of all kinds are made here by hand; their curvature is summed up.
"""

from __future__ import annotations

import itertools

import numpy as np

from solvable import PiecewiseLinear, claim
from solvable.theory import minimizes_curvature, representation_cost, sparsest_interpolant

from ._dots import DISTINCT, bending, bends, distinct, in_order

NEIGHBORS = "the labels bend one way at two neighbors"


def candidates(x, y, rng):
    """Interpolants: connecting the dots, sparse, between the two, and each of them moved on one gap or beyond."""
    straight, sparse = PiecewiseLinear.through(x, y), sparsest_interpolant(x, y)
    slope = np.max(np.abs(bends(x, y)))
    bases = [straight, sparse, 0.5 * straight + 0.5 * sparse]
    found = list(bases)
    for base, way in itertools.product(bases, (-0.2, 0.2)):
        at = np.union1d(x, base.knots)
        for left, right in itertools.pairwise(x):
            t = left + rng.uniform(0.2, 0.8) * (right - left)
            points = np.union1d(at, t)
            lifted = way * slope * np.minimum(t - left, right - t) * (points == t)
            found.append(PiecewiseLinear.through(points, base(points) + lifted))
        found.append(PiecewiseLinear.through(at, base(at), left_slope=base.slopes[0] + way * slope))
        found.append(PiecewiseLinear.through(at, base(at), right_slope=base.slopes[-1] + way * slope))
    # Coinciding up to rounding: what is left of a jump there must not count as a knot.
    return [f.simplified(threshold=1e-12 * slope) for f in found]


@claim(
    "hanin2021-least-curvature",
    title="All interpolants of least curvature",
    statement=r"$\int |f''| = \sum_i |c_i|$, the least of all interpolants, exactly if $f$ bends only between $x_2$ and"
    r" $x_{n-1}$, inside a gap only the way in which the data bend at both of its ends, and at $x_i$ only as they do",
    source="arXiv:2109.12960, theorem number unverified; also arXiv:2003.10112",
    hypotheses=(
        "at least three distinct inputs, and labels that are not on a line",
        "the labels bend one way at two neighbors",
    ),
    rivals=(
        "only connecting the dots",
        "only with the fewest knots",
        "whatever changes convexity as often as the data",
    ),
    convention="n = 7; 51 interpolants: connecting the dots, the sparsest, their mean, and these with a knot more on"
    " one gap or beyond the data; truth values",
)
def least(lab):
    x, y = in_order(lab.instance(lambda rng, n=7: bending(rng, [1, 1, -1, 1, 1], n)))
    lab.require(DISTINCT, distinct(x, y))
    c = bends(x, y)
    lab.require(NEIGHBORS, np.any(c[1:] * c[:-1] > 1e-6 * np.max(np.abs(c)) ** 2))
    found = candidates(x, y, np.random.default_rng(lab.seed))
    curvature, fewest, changes = representation_cost(x, y), found[1].knots.size, found[0].convexity_changes()
    measured = np.array([f.total_variation2() for f in found])
    lab.identity(np.min(measured), curvature, reason="exact: rounding only")
    lab.identity(
        measured <= (1 + 1e-9) * curvature,
        [minimizes_curvature(f, x, y).holds for f in found],
        rivals={
            "only connecting the dots": [f.distance(found[0], x[0], x[-1]) < 1e-9 * np.ptp(y) for f in found],
            "only with the fewest knots": [f.knots.size <= fewest for f in found],
            "whatever changes convexity as often as the data": [f.convexity_changes() <= changes for f in found],
        },
        scale=1.0,
        tolerance=0.01,
        reason="truth values",
    )
