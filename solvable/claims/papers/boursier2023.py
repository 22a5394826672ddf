r"""Boursier and Flammarion, Penalising the biases in norm regularisation enforces sparsity (arXiv:2303.01353).

With the biases in the penalty a jump G at t costs ``sqrt(1 + t^2) |G|``, and the minimum of ``int sqrt(1 + t^2) |f''|``
over interpolants is one function. Its value is a linear program over knots; here over a grid, which exceeds it by the
square of the spacing. When it has the fewest knots of all: `boursier2023_sparsest`, `boursier2023_fours`.

Gradient descent with weight decay on all weights of a network without a free affine part has the same minimum if the
neurons can supply the affine part at no cost. Those active to the left of their knots can: for labels y + c x + d
chosen such that half of every jump is left-facing in the minimum.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

from solvable import GradientDescent, PiecewiseLinear, UnivariateReLUNetwork, claim, simulate
from solvable.theory import least_curvature, penalized_curvature

from ._dots import DISTINCT, bending, bends, distinct, in_order
from .ergen2020 import projection

CERTIFIED = "the minimum is certified"
OFF = "the minimum has no knot at a data point"
RESTS = "descent comes to rest"
STRENGTH = 0.003
STEPS = 500_000
DEARER = "connecting the dots costs more by a thousandth"
GRID = 400


def weight(t):
    return np.sqrt(1 + t**2)


def hats(x, t):
    """Second differences of slopes at the inner points, of a jump at each t."""
    slopes = np.diff(np.maximum(x[:, None] - t, 0.0), axis=0) / np.diff(x)[:, None]
    return np.diff(slopes, axis=0)


def by_linear_program(x, y):
    """The minimum over knots on a grid."""
    t = np.union1d(np.linspace(x[0], x[-1], GRID + 2)[1:-1], x[1:-1])
    columns, c = hats(x, t), bends(x, y)
    size = np.max(np.abs(c))
    found = linprog(np.tile(weight(t), 2), A_eq=np.hstack([columns, -columns]), b_eq=c / size, method="highs")
    return size * found.fun


@claim(
    "boursier2023-bias-penalty",
    title="What data cost a ReLU network whose biases are penalized too",
    statement=r"$\min\ \frac{1}{2} \sum_i (a_i^2 + w_i^2 + b_i^2) = \min_f \int \sqrt{1 + x^2}\, |f''|$ over the"
    r" networks with a free affine part that interpolate",
    source="arXiv:2303.01353, theorem number unverified",
    hypotheses=(
        "at least three distinct inputs, and labels that are not on a line",
        "the minimum is certified",
        "connecting the dots costs more by a thousandth",
    ),
    rivals=("connecting the dots", "the biases left out", "twice the biases"),
    convention="n = 7; a linear program over 400 knots and the data; then the balanced network of the minimum",
)
def bias_penalty(lab):
    x, y = in_order(lab.instance(lambda rng, n=7: bending(rng, [1, 1, 1, -1, -1], n)))
    lab.require(DISTINCT, distinct(x, y))
    found = least_curvature(x, y, "bias")
    lab.require(CERTIFIED, found.certified)
    f, dots = found.point, PiecewiseLinear.through(x, y).weighted_variation(weight)
    lab.require(DEARER, dots > 1.001 * f.weighted_variation(weight))
    lab.identity(
        by_linear_program(x, y),
        found.objective,
        rivals={
            "connecting the dots": dots,
            "the biases left out": f.total_variation2(),
            "twice the biases": least_curvature(x, y, lambda t: np.sqrt(1 + 4 * t**2)).objective,
        },
        tolerance=3e-5,
        reason="knots on a grid of 400: a fraction of 1/8 of the square of the spacing",
    )
    # neurons of both orientations; |a| = |(w, b)|
    knots, jumps = np.tile(f.knots, 2), np.tile(f.jumps / 2, 2)
    side = np.repeat([1.0, -1.0], f.knots.size)
    w = np.sqrt(np.abs(jumps) / weight(knots))
    a, w, b = jumps / w, side * w, -side * w * knots
    model = UnivariateReLUNetwork(x, y, knots.size, skip=True)
    bare = model.predict(model.pack(a=a, w=w, b=b, c=0.0, d=0.0))
    c, d = np.polyfit(x, y - bare, 1)
    theta = model.pack(a=a, w=w, b=b, c=c, d=d)
    lab.identity(model.predict(theta), y, reason="exact: rounding only")
    lab.identity(np.sum(theta[:-2] ** 2) / 2, found.objective, reason="exact: rounding only")


@claim(
    "boursier2023-descent",
    title="Gradient descent with weight decay finds the minimum, whose knots lie between data points",
    statement=r"descent on $L + \frac{\lambda}{2} |\theta|^2$ from a random start ends at"
    r" $\min_f L + \lambda \int \sqrt{1 + x^2}\, |f''|$, and at its minimizer",
    source="arXiv:2303.01353 (consequence); the labels that need no affine part are our own",
    hypotheses=(
        "at least three distinct inputs, and labels that are not on a line",
        "the minimum is certified",
        "the minimum has no knot at a data point",
        "descent comes to rest",
    ),
    rivals=("knots at data points", "connecting the dots", "twice the strength"),
    convention="L = 1/(2n) |f - y|^2, no affine part; 40 neurons, labels less their best line, of mean square 1, plus a"
    " line such that the neurons of the minimum can face both sides equally; lambda = 0.003",
)
def descent(lab):
    x, y = in_order(lab.instance(lambda rng, n=6: bending(rng, [1, 1, -1, -1], n)))
    lab.require(DISTINCT, distinct(x, y))
    y = y - np.polyval(np.polyfit(x, y, 1), x)
    y = y / np.sqrt(np.mean(y**2))
    found = penalized_curvature(x, y, "bias", STRENGTH)
    lab.require(CERTIFIED, found.certified)
    f, inner = found.point, x[1:-1]
    near = np.min(np.abs(f.knots[:, None] - x), axis=None, initial=np.inf)
    lab.require(OFF, near > 0.01 * np.min(np.diff(x)))
    halves = np.abs(x[:, None] - f.knots) @ f.jumps / 2
    model = UnivariateReLUNetwork(x, y + halves - f(x), 40)
    start = model.init(0.5, seed=lab.seed, kind="general", deviations=(1, 1, 1))
    step = 0.3 / np.max(1 + x**2)
    run = simulate(model, GradientDescent(step, weight_decay=STRENGTH), start, steps=STEPS)
    pull = model.gradient(run.final) + STRENGTH * run.final
    lab.require(RESTS, np.max(np.abs(pull)) <= 1e-8)
    left = projection(y, x, np.maximum(x[:, None] - inner, 0.0), x.size * STRENGTH * np.tile(weight(inner), 2))
    line = np.polyval(np.polyfit(x, y, 1), x)
    at_data = (np.sum((y - line) ** 2) - np.sum((y - line - left) ** 2)) / (2 * x.size)
    lab.identity(
        model.loss(run.final) + STRENGTH / 2 * np.sum(run.final**2),
        found.objective,
        rivals={
            "knots at data points": at_data,
            "connecting the dots": STRENGTH * PiecewiseLinear.through(x, y).weighted_variation(weight),
            "twice the strength": penalized_curvature(x, y, "bias", 2 * STRENGTH).objective,
        },
        tolerance=1e-9,
        reason="descent to a gradient of 1e-8",
    )
    t = np.linspace(x[0], x[-1], 101)
    learned = model.predictor(run.final)(t) - np.abs(t[:, None] - f.knots) @ f.jumps / 2 + f(t)
    dots = PiecewiseLinear.through(x, y)
    lab.identity(
        learned, f(t), rivals={"connecting the dots": dots(t)}, tolerance=1e-5, reason="descent to a gradient of 1e-8"
    )
