r"""Debarre, Denoyelle, Unser and Fageot, Sparsest piecewise-linear regression of one-dimensional data (arXiv
2003.10112): how many knots an interpolant needs.

Along a run of k data points that bend one way ``ceil(k / 2)`` knots are needed and enough: one for two neighbors. With
given knots, the interpolant is a problem of least squares; so fewer knots are tried here at all places of a grid, and
moved from the best ones.
"""

from __future__ import annotations

import itertools

import numpy as np
from scipy.optimize import least_squares

from solvable import claim
from solvable.theory import fewest_knots, sparsest_interpolant

from ._dots import DISTINCT, bending, bends, distinct, in_order

SMALL = "few data points, so that knots can be searched for"
DIFFER = "some data points that bend one way are more than two in a row, and not all are"
GRID = 30


def misfit(x, y, knots):
    """The least norm of ``f(x) - y`` over functions with these knots ``(..., K)``, over that for K = 0."""
    scale = x[-1] - x[0]
    columns = np.maximum(x[:, None] - knots[..., None, :], 0.0) / scale
    affine = np.broadcast_to(np.stack([np.ones(x.size), (x - x[0]) / scale], axis=1), (*columns.shape[:-1], 2))
    rest = _rest(np.concatenate([affine, columns], axis=-1), y)
    return np.linalg.norm(rest, axis=-1) / np.linalg.norm(_rest(affine[..., :, :], y), axis=-1)


def _rest(columns, y):
    q = np.linalg.svd(columns, full_matrices=False)
    kept = q.U * (q.S / q.S[..., :1] > 1e-11)[..., None, :]
    return y - np.squeeze(kept @ (np.swapaxes(kept, -1, -2) @ y[:, None]), -1)


def searched(x, y, count):
    """The least misfit found with `count` knots."""
    inner = np.union1d(np.linspace(x[0], x[-1], GRID + 2)[1:-1], x[1:-1])
    knots = np.array(list(itertools.combinations(inner, count))).reshape(-1, count)
    tried = misfit(x, y, knots)
    best = knots[np.argsort(tried)[:4]]
    ends = [least_squares(lambda t: [misfit(x, y, t)] * count, t, bounds=(x[0], x[-1]), xtol=1e-14) for t in best]
    return min(float(np.min(tried)), *(float(end.fun[0]) for end in ends))


@claim(
    "debarre2020-fewest-knots",
    title="How many knots an interpolant needs",
    statement=r"$\sum_{runs} \lceil k / 2 \rceil$ knots are enough for an interpolant, and fewer are not; runs of $k$"
    r" inner data points that bend one way",
    source="arXiv:2003.10112, theorem number unverified; also arXiv:2109.12960",
    hypotheses=(
        "at least three distinct inputs, and labels that are not on a line",
        "few data points, so that knots can be searched for",
        "some data points that bend one way are more than two in a row, and not all are",
    ),
    rivals=("the number of changes of sign", "one knot a run", "one knot a data point"),
    convention="n = 7, runs of 4 and 1 bends; misfit relative to that of the best line; fewer knots over all places of"
    " a grid of 30 and the data, moved from the best four; every run counted in inner data points",
)
def fewest(lab):
    x, y = in_order(lab.instance(lambda rng, n=7: bending(rng, [1, 1, 1, 1, -1], n)))
    lab.require(DISTINCT, distinct(x, y))
    c = bends(x, y)
    flat = np.abs(c) <= 1e-6 * np.max(np.abs(c))
    runs = [len(list(group)) for _, group in itertools.groupby(np.sign(c))]
    lab.require(DIFFER, not np.any(flat) and len(runs) > 1 and max(runs) > 2)
    count, f = fewest_knots(x, y), sparsest_interpolant(x, y)
    lab.require(SMALL, f.knots.size <= 3 and x.size <= 12)
    lab.identity(misfit(x, y, f.knots), 0.0, scale=1.0, reason="exact: rounding only")
    needed = next((k for k in range(1, f.knots.size) if searched(x, y, k) <= 1e-6), f.knots.size)
    lab.identity(
        needed,
        count,
        rivals={
            "the number of changes of sign": len(runs) - 1,
            "one knot a run": len(runs),
            "one knot a data point": c.size,
        },
        tolerance=1e-3,
        reason="a number",
    )
