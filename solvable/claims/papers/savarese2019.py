r"""Savarese, Evron, Soudry and Srebro, How do infinite width bounded norm networks look in function space? (arXiv
1902.05040): what a function of one variable costs a two-layer ReLU network.

Half the sum of squares of the weights, the biases free, is at least ``sum |G_i|`` over the neurons, G the jumps of the
slope, with equality for balanced neurons. At a knot the jumps of neurons that are active to its right and to its left
add up to that of f; the former less the latter are ``f'(-inf) + f'(inf)`` in all. So the cost of f is a linear program
over the split, and that of data one over the neurons: the measurements here.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

from solvable import UnivariateReLUNetwork, claim
from solvable.theory import representation_cost

from ._dots import DISTINCT, bends, distinct, dots, in_order

EXACT = "linear programs, to the accuracy of their solver"
SOLVED = 1e-8


def least_sum(columns, target):
    """``min sum |z|`` over ``columns @ z = target`` after scaling rows and columns; the value and z."""
    k = columns.shape[1]
    unit = np.max(np.abs(columns), axis=0)
    rows = columns / unit
    size = float(np.max(np.abs(target)))
    cost = np.concatenate([1 / unit, 1 / unit]) * np.max(unit)
    found = linprog(cost, A_eq=np.hstack([rows, -rows]), b_eq=target / size, method="highs")
    z = (found.x[:k] - found.x[k:]) / unit * size
    return float(np.sum(np.abs(z))), z


def bent(rng):
    """A piecewise-linear function: knots and jumps of the slope."""
    return {"knots": np.sort(rng.uniform(-2, 2, 5)), "jumps": rng.uniform(0.3, 1.5, 5) * rng.choice([-1.0, 1.0], 5)}


def cost_of(curvature, ends):
    """The cost of a function with this ``int |f''|`` and this ``f'(-inf) + f'(inf)``."""
    return np.maximum(curvature, np.abs(ends))


@claim(
    "savarese2019-function-cost",
    title="What a function costs a ReLU network without a free linear unit",
    statement=r"$\min\ \frac{1}{2} \sum_i (a_i^2 + w_i^2)"
    r" = \max\left(\int |f''|,\ |f'(-\infty) + f'(\infty)|\right)$ over all networks of the function $f$",
    source="arXiv:1902.05040, theorem number unverified",
    rivals=("the curvature alone", "the slopes alone", "the sum of both"),
    convention="f = sum_i a_i relu(w_i x + b_i) + const; 5 knots, f'(-inf) + f'(inf) from -3 to 3 times int |f''|;"
    " minimum over the neurons at the knots by a linear program",
)
def function_cost(lab):
    jumps = lab.instance(bent)["jumps"]
    total, k = np.sum(np.abs(jumps)), jumps.size
    ends = np.array([-3.0, -1.5, -0.5, 0.25, 0.75, 2.0]) * total
    # jumps of neurons active to the right, then to the left
    split = np.vstack([np.hstack([np.eye(k), np.eye(k)]), np.append(np.ones(k), -np.ones(k))])
    measured = [least_sum(split, np.append(jumps, S))[0] for S in ends]
    lab.identity(
        measured,
        cost_of(total, ends),
        rivals={
            "the curvature alone": np.full(ends.size, total),
            "the slopes alone": np.abs(ends),
            "the sum of both": total + np.abs(ends),
        },
        tolerance=SOLVED,
        reason=EXACT,
    )


@claim(
    "savarese2019-representation-cost",
    title="What data cost a ReLU network, with and without a free linear unit",
    statement=r"$\min\ \frac{1}{2} \sum_i (a_i^2 + w_i^2) = \max\left(C, \frac{C + |S|}{2}\right)$ over the networks"
    r" that interpolate, $C = \sum_i |s_i - s_{i-1}|$, $S = s_1 + s_{n-1}$ for the slopes $s_i$ between"
    r" neighbors; $C$ with a free linear unit",
    source="arXiv:1902.05040 (the cost of a function); the minimum over interpolants is our own",
    hypotheses=("at least three distinct inputs, and labels that are not on a line",),
    rivals=("the curvature alone", "the function that connects the dots"),
    convention="f = sum_i a_i relu(w_i x + b_i) + d (+ c x); labels y + c x of S = -4 C, 0, 3 C; linear program over"
    " neurons of both orientations with knots at, between and beyond the data; the network it finds is run",
)
def interpolants_cost(lab):
    x, y = in_order(lab.instance(dots))
    lab.require(DISTINCT, distinct(x, y))
    width = x[-1] - x[0]
    knots = np.unique(np.concatenate([x, np.linspace(x[0] - width, x[-1] + width, 40)]))
    knots = np.concatenate([knots, knots])
    side = np.repeat([1.0, -1.0], knots.size // 2)
    neurons = np.maximum(side * (x[:, None] - knots), 0.0)
    chords = np.diff(y) / np.diff(x)
    C, S = np.sum(np.abs(bends(x, y))), chords[0] + chords[-1]
    costs, halves = [], []
    for wanted in (-4 * C, 0.0, 3 * C):
        target = y + (wanted - S) / 2 * x
        unbiased, centered = neurons - neurons[0], target - target[0]
        kept = np.any(unbiased[1:], axis=0)
        G = np.zeros(knots.size)
        _, G[kept] = least_sum(unbiased[1:, kept], centered[1:])
        w = side * np.sqrt(np.abs(G))
        model = UnivariateReLUNetwork(x, target, knots.size, output_bias=True)
        theta = model.pack(a=G / np.where(G == 0, 1, np.abs(w)), w=w, b=-w * knots, d=target[0] - neurons[0] @ G)
        weights = model.unpack(theta)
        halves.append(0.5 * np.sum(weights["a"] ** 2 + weights["w"] ** 2))
        costs.append(representation_cost(x, target, skip=False))
        misfit = np.max(np.abs(model.residuals(theta))) / np.max(np.abs(target))
        lab.identity(misfit, 0.0, scale=1.0, tolerance=SOLVED, reason=EXACT)
    lab.identity(
        halves,
        costs,
        rivals={"the curvature alone": [C, C, C], "the function that connects the dots": [4 * C, C, 3 * C]},
        tolerance=SOLVED,
        reason=EXACT,
    )
    # With a free linear unit only the curvature is left: hats of the data at the knots, whatever the orientation.
    inner = np.unique(knots)
    slopes = np.diff(np.maximum(x[:, None] - inner, 0.0), axis=0) / np.diff(x)[:, None]
    used = np.any(np.diff(slopes, axis=0), axis=0)
    lab.identity(
        least_sum(np.diff(slopes, axis=0)[:, used], bends(x, y))[0],
        representation_cost(x, y),
        tolerance=SOLVED,
        reason=EXACT,
    )
