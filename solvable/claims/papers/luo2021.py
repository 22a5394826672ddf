r"""Luo, Xu, Ma and Zhang, Phase diagram for two-layer ReLU neural networks at infinite-width limit (arXiv:2007.07497).

``f = (1/alpha) sum_k a_k relu(w_k . X)`` with ``a ~ N(0, beta_1^2)``, ``w ~ N(0, beta_2^2)``, ``beta_1 beta_2/alpha =
m^(-gamma)`` and ``beta_1/beta_2 = m^(-gamma')``: input weights stay where they are, relatively, for gamma < 1 or
gamma' > gamma - 1, and condense for gamma > 1 and gamma' < gamma - 1. The relative change goes like m^S, with S of
`solvable.theory.relative_change_exponent`. Only (gamma, gamma', m) matter: with ``a = p A``, ``w = q W``, ``p q =
m^(-gamma)``, ``p/q = m^(-gamma')`` the plain gradient flow of ``sum a relu(w . X)`` is the one of the paper.
"""

from __future__ import annotations

import numpy as np

from solvable import claim
from solvable.theory import relative_change_exponent

from ._weight_motion import relative_changes

SIDES = "two inputs on both sides of 0, targets of different signs, all of sizes from 0.2 to 3"
FITTED = "the networks fit the data"
FEW = ((0.5, 0.0), (1.0, 0.6), (1.25, -0.6), (1.5, 0.0), (1.5, 0.5))
MAP = (
    *((0.5, 0.0), (0.75, 0.0), (0.75, 0.5), (0.75, -0.5), (1.0, 0.0), (1.0, -0.5), (1.0, 0.6), (1.0, 1.0)),
    *((1.25, -0.6), (1.5, 0.0), (1.5, 0.25), (1.5, 0.5), (1.5, 0.9), (1.5, 1.3)),
    *((1.75, -1.0), (1.75, 0.3), (2.0, 0.0)),
)


def _two_samples(rng):
    """Two inputs on both sides of 0, with targets of different signs: attractors for both signs of a."""
    sign = rng.choice([-1.0, 1.0])
    return {"x": rng.uniform(0.7, 1.3, 2) * [-1.0, 1.0], "y": rng.uniform(0.4, 0.8, 2) * [sign, -sign]}


def _of_order_one(values):
    return np.min(np.abs(values)) >= 0.2 and np.max(np.abs(values)) <= 3


def _check(lab, points, widths, seeds):
    problem = lab.instance(_two_samples)
    x, y = np.asarray(problem["x"]), np.asarray(problem["y"])
    lab.require(SIDES, x.size == y.size == 2 and np.prod(x) < 0 and np.prod(y) < 0 and _of_order_one(np.append(x, y)))
    for gamma, prime in points:
        starts = [lab.seed * seeds + k for k in range(seeds)]
        found = np.array([relative_changes(x, y, gamma, prime, m, starts) for m in widths])
        lab.require(FITTED, np.all(np.isfinite(found)))
        lab.order(
            widths,
            np.exp(np.mean(np.log(found), axis=1)),
            float(relative_change_exponent(gamma, prime)),
            rivals={"gamma - 1": gamma - 1, "gamma - 1 - 2 gamma'": gamma - 1 - 2 * prime},
            reason="draws of the start, and logarithms in the condensed regime",
        )


@claim(
    "luo2021-exponents",
    title="How far input weights move, in the linear, the critical and the condensed regime",
    statement=r"$\sup_t \frac{|w(t) - w(0)|}{|w(0)|} \sim m^S:\quad S = \gamma - 1 - 2 \max(\gamma', 0)$ for $\gamma"
    r" \leq 1$; for $\gamma > 1$ $S = \gamma - 1,\ (\gamma - 1 - \gamma') / 2,\ 2 (\gamma - 1 - \gamma')$ where"
    r" $\gamma' \leq 1 - \gamma$, between, and $\gamma' \geq \gamma - 1$",
    source="arXiv:2007.07497 (the phase diagram; theorem numbers unverified); the exponents are derived here",
    hypotheses=(
        "two inputs on both sides of 0, targets of different signs, all of sizes from 0.2 to 3",
        "the networks fit the data",
    ),
    rivals=("gamma - 1", "gamma - 1 - 2 gamma'"),
    convention="antisymmetric twins; gradient descent in units of the start; five points of the diagram, m = 1000,"
    " 4000, 16000, two starts each",
)
def exponents(lab):
    _check(lab, FEW, (1000, 4000, 16000), 2)


@claim(
    "luo2021-map",
    title="The phase diagram of two-layer ReLU networks at seventeen points",
    statement=r"$\sup_t \frac{|w(t) - w(0)|}{|w(0)|} \sim m^S:\quad S = \gamma - 1 - 2 \max(\gamma', 0)$ for $\gamma"
    r" \leq 1$; for $\gamma > 1$ $S = \gamma - 1,\ (\gamma - 1 - \gamma') / 2,\ 2 (\gamma - 1 - \gamma')$ where"
    r" $\gamma' \leq 1 - \gamma$, between, and $\gamma' \geq \gamma - 1$",
    source="arXiv:2007.07497 (the phase diagram; theorem numbers unverified); the exponents are derived here",
    hypotheses=(
        "two inputs on both sides of 0, targets of different signs, all of sizes from 0.2 to 3",
        "the networks fit the data",
    ),
    rivals=("gamma - 1", "gamma - 1 - 2 gamma'"),
    convention="antisymmetric twins; gradient descent in units of the start; m = 2000, 8000, 32000, four starts each",
    tier="slow",
)
def whole_map(lab):
    _check(lab, MAP, (2000, 8000, 32000), 4)
