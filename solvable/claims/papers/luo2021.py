r"""Luo, Xu, Ma and Zhang, Phase diagram for two-layer ReLU neural networks at infinite-width limit (arXiv 2007.07497).

``f = (1/alpha) sum_k a_k relu(w_k . X)`` with ``a ~ N(0, beta_1^2)``, ``w ~ N(0, beta_2^2)``, ``beta_1 beta_2/alpha =
m^(-gamma)`` and ``beta_1/beta_2 = m^(-gamma')``: input weights stay where they are, relatively, for gamma < 1 or
gamma' > gamma - 1, and condense for gamma > 1 and gamma' < gamma - 1. The relative change goes like m^S, with S of
`solvable.theory.relative_change_exponent`. Only (gamma, gamma', m) matter: with ``a = p A``, ``w = q W``, ``p q =
m^(-gamma)``, ``p/q = m^(-gamma')`` the plain gradient flow of ``sum a relu(w . X)`` is the one of the paper.
"""

from __future__ import annotations

import numpy as np

from solvable import GradientDescent, UnivariateReLUNetwork, claim, simulate
from solvable.theory import relative_change_exponent

SIDES = "two inputs on both sides of 0, targets of different signs, all of sizes from 0.2 to 3"
FITTED = "the networks fit the data"
FEW = ((0.5, 0.0), (1.0, 0.6), (1.25, -0.6), (1.5, 0.0), (1.5, 0.5))
MAP = (
    *((0.5, 0.0), (0.75, 0.0), (0.75, 0.5), (0.75, -0.5), (1.0, 0.0), (1.0, -0.5), (1.0, 0.6), (1.0, 1.0)),
    *((1.25, -0.6), (1.5, 0.0), (1.5, 0.25), (1.5, 0.5), (1.5, 0.9), (1.5, 1.3)),
    *((1.75, -1.0), (1.75, 0.3), (2.0, 0.0)),
)
TOGETHER = 8
"""Steps of one size: as the weights grow, the step must shrink."""
MOST = 500


def _two_samples(rng):
    """Two inputs on both sides of 0, with targets of different signs: attractors for both signs of a."""
    sign = rng.choice([-1.0, 1.0])
    return {"x": rng.uniform(0.7, 1.3, 2) * [-1.0, 1.0], "y": rng.uniform(0.4, 0.8, 2) * [sign, -sign]}


def _of_order_one(values):
    return np.min(np.abs(values)) >= 0.2 and np.max(np.abs(values)) <= 3


def _largest_step(model, theta):
    """A quarter of the inverse of the largest trace of the tangent kernel plus the growth rates."""
    parts = model.unpack(theta)
    pre = parts["w"][..., None] * model.x + parts["b"][..., None]
    active = np.sum((parts["a"] ** 2)[..., None] * (pre > 0) * (1 + model.x**2), axis=(1, 2))
    trace = np.sum(np.maximum(pre, 0.0) ** 2, axis=(1, 2)) + active
    return 0.25 / (trace / model.n_samples + np.sum(np.abs(model.residuals(theta)), axis=1))


def relative_changes(x, y, gamma, gamma_prime, width, seeds):
    """``sup_t |w(t) - w(0)| / |w(0)|`` of one network a seed, to a residual of 0.02 of y; NaN if it is not reached."""
    kappa, ratio = float(width) ** -gamma, float(width) ** -gamma_prime
    outer, inner = np.sqrt(kappa * ratio), np.sqrt(kappa / ratio)
    model, enough = UnivariateReLUNetwork(x, y, width), 2e-4 * float(np.mean(y**2))
    given = {"kind": "general", "deviations": (outer, inner, inner), "antisymmetric": True}
    theta = np.array([model.init(seed=seed, **given) for seed in seeds])
    start, largest, live = theta[:, width:].copy(), np.zeros(len(seeds)), np.arange(len(seeds))
    for _ in range(MOST):
        method = GradientDescent(_largest_step(model, theta[live]))
        run = simulate(model, method, theta[live], steps=TOGETHER, until_loss=enough)
        theta[live] = run.final
        moved = np.linalg.norm(run.final[:, width:] - start[live], axis=1) / np.linalg.norm(start[live], axis=1)
        largest[live] = np.maximum(largest[live], moved)
        live = live[run.final_loss > enough]
        if not live.size:
            break
    largest[live] = np.nan
    return largest


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
