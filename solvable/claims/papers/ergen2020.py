r"""Ergen and Pilanci, Convex geometry and duality of over-parameterized neural networks (arXiv:2002.11219): weight
decay on a two-layer ReLU network of one variable is a lasso over its knots, and knots at data points suffice.

With a free affine part, ``L + lambda/2 sum (a_i^2 + w_i^2)`` has the minimum of ``L + lambda int |f''|``. The residuals
r there are the same for all minimizers: the projection of y onto

    { r : sum r_j = sum r_j x_j = 0,  |sum_j r_j (x_j - t)_+| <= n lambda for all t },

computed here over many more knots than data points, as the dual of a problem of least squares with signs.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from solvable import claim
from solvable.theory import penalized_curvature

from ._dots import DISTINCT, balanced_network, distinct, dots, in_order

SOLVED = 1e-7


def projection(y, x, columns, bound):
    """The point nearest to y that is orthogonal to 1 and x and meets ``|columns . r| <= bound``.

    Least distance programming (Lawson and Hanson 1974, chapter 23).
    """
    affine = np.linalg.qr(np.stack([np.ones(x.size), x], axis=1))[0]
    target = y - affine @ (affine.T @ y)
    columns = columns - affine @ (affine.T @ columns)
    G = np.hstack([columns, -columns]).T
    size = np.linalg.norm(target)
    rows = np.linalg.norm(G, axis=1)
    G, h = G / rows[:, None], (G @ target - bound) / rows / size  # G u >= h for u = (target - r) / size
    E = np.vstack([G.T, h])
    z, _ = nnls(E, np.append(np.zeros(y.size), 1.0))
    miss = E @ z - np.append(np.zeros(y.size), 1.0)
    return target + size * miss[:-1] / miss[-1]


@claim(
    "ergen2020-lasso-of-knots",
    title="Weight decay on ReLU networks is a lasso, and knots at data points suffice",
    statement=r"$\min\ L + \frac{\lambda}{2} \sum_i (a_i^2 + w_i^2) = \min_f\ L(f) + \lambda \int |f''|$, attained by"
    r" a function with knots at data points",
    source="arXiv:2002.11219, theorem number unverified",
    hypotheses=("at least three distinct inputs, and labels that are not on a line",),
    rivals=("twice the strength", "half the strength", "the squares of the jumps"),
    convention="L = 1/(2n) |f - y|^2, c x + d free; lambda = 0.3, 0.03 and 0.003 of the least one that leaves"
    " a line; residuals over 240 knots and the data, by projection",
)
def lasso_of_knots(lab):
    x, y = in_order(lab.instance(dots))
    lab.require(DISTINCT, distinct(x, y))
    n, inner = x.size, x[1:-1]
    knots = np.unique(np.concatenate([inner, np.linspace(x[0], x[-1], 242)[1:-1]]))
    columns, at_data = (np.maximum(x[:, None] - t, 0.0) for t in (knots, inner))
    line = y - np.polyval(np.polyfit(x, y, 1), x)
    most = np.max(np.abs(at_data.T @ line)) / n  # from here on a line is best
    rng = np.random.default_rng(lab.seed)
    for strength in most * np.array([0.3, 0.03, 0.003]):
        found = penalized_curvature(x, y, "uniform", strength)
        f = found.point
        left = projection(y, x, columns, n * strength)
        affine = np.linalg.qr(np.stack([np.ones(n), x], axis=1))[0]
        target = y - affine @ (affine.T @ y)
        free = at_data - affine @ (affine.T @ at_data)
        ridge = free @ np.linalg.solve(free.T @ free + 2 * n * strength * np.eye(n - 2), free.T @ target)
        lab.identity(
            left,
            y - f(x),
            rivals={
                "twice the strength": y - penalized_curvature(x, y, "uniform", 2 * strength).point(x),
                "half the strength": y - penalized_curvature(x, y, "uniform", strength / 2).point(x),
                "the squares of the jumps": target - ridge,
            },
            tolerance=SOLVED,
            reason="projections by active sets, knots of 240 candidates",
        )
        off = np.min(np.abs(f.knots[:, None] - inner), axis=1) / (x[-1] - x[0])
        lab.identity(np.max(off, initial=0.0), 0.0, scale=1.0, tolerance=1e-12, reason="knots at data points")
        # The network: balanced neurons cost the objective, and none of its neighbors costs less.
        model, theta = balanced_network(f, x, y)

        def objective(points, model=model, strength=strength):
            return model.loss(points) + strength / 2 * np.sum(points[..., : 2 * model.width] ** 2, axis=-1)

        lab.identity(objective(theta), found.objective, reason="exact: rounding only")
        sizes = 10.0 ** rng.uniform(-6, -1, (200, 1))
        near = theta + sizes * rng.standard_normal((200, theta.size)) * np.max(np.abs(theta))
        lab.bound(np.full(200, found.objective), objective(near), reason="the minimum over all networks")
