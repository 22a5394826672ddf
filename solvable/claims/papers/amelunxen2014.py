"""Amelunxen, Lotz, McCoy and Tropp, Living on the Edge (arXiv:1303.6672): when least l1 recovers a sparse vector.

With Gaussian measurements the chance of recovery passes from 0 to 1 around the statistical dimension of the descent
cone: around ``n = psi(k/d) d``, the weak threshold of Donoho and Tanner (2005), within a width ``sigma sqrt d``.
Gradient flow on a diagonal network of vanishing scale ends at the least l1 interpolant, so it changes over at the same
place.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from solvable import DiagonalLinearNetwork, GradientFlow, claim, simulate
from solvable.theory import donoho_tanner, donoho_tanner_width, least_l1, least_l2, null_space_exponent

from ._problems import zero_loss

INTERPOLATED = "the run reaches a residual of 1e-8"
RECOVERS = "least l1 recovers the vector from the larger number of measurements, and not from the smaller"
STRICT = "both certificates are strict by 0.05"


def _values(rng: np.random.Generator) -> dict:
    """The nonzero entries; their sizes do not matter to the threshold."""
    return {"values": rng.uniform(0.2, 2.0, 6) * rng.choice([-1.0, 1.0], 6)}


def _recovery(lab, values, n, d):
    """A sampler of whether least l1 finds the vector of these nonzero entries from n Gaussian measurements."""

    def recovers(replica):
        rng = np.random.default_rng([lab.seed, n, d, replica])
        truth = np.zeros(d)
        truth[rng.choice(d, size=values.size, replace=False)] = values
        X = rng.standard_normal((n, d))
        return np.max(np.abs(least_l1(X, X @ truth).point - truth)) < 1e-6 * np.max(np.abs(values))

    return lambda first, count: np.array([recovers(first + i) for i in range(count)])


def _probability(n, threshold, width):
    return float(ndtr((n - threshold) / width))


@claim(
    "amelunxen2014-threshold",
    title="How many measurements least l1 needs",
    statement=r"$\mathrm{P}(\mathrm{argmin}_{Xb = X\beta_*} \|b\|_1 = \beta_*) \approx"
    r" \Phi\left(\frac{n - \psi(k/d)\,d}{\sigma \sqrt{d}}\right)$ at $n = \psi d \pm 2 \sigma \sqrt{d}$",
    source="arXiv:1303.6672; normal limit arXiv:1411.6265; theorem numbers unverified",
    rivals=("2 k measurements", "k log(d/k) measurements", "2 k log(d/k) measurements", "width of order d"),
    convention="X Gaussian, k = 6 nonzeros in d = 60; probabilities to 0.12, by a sequential test of level 1e-4",
)
def threshold(lab):
    values, d = lab.instance(_values)["values"], 60
    k = values.size
    place, width = float(donoho_tanner(k / d)) * d, float(donoho_tanner_width(k / d)) * np.sqrt(d)
    few, many = int(np.floor(place - 2 * width)), int(np.ceil(place + 2 * width))
    near = "2 k measurements", 2 * k
    less = "k log(d/k) measurements", k * np.log(d / k)
    more = "2 k log(d/k) measurements", 2 * k * np.log(d / k)
    for n, others in ((few, (near, less)), (many, (more,))):
        rivals = {name: _probability(n, other, width) for name, other in others}
        if n == many:
            rivals["width of order d"] = _probability(n, place, width / np.sqrt(d) * d)
        lab.proportion(
            _recovery(lab, values, n, d),
            _probability(n, place, width),
            0.12,
            rivals=rivals,
            reason="corrections of order 1/sqrt(d) to the normal limit",
        )


@claim(
    "amelunxen2014-width",
    title="How sharp the change is",
    statement=r"$\mathrm{P}(\mathrm{argmin}_{Xb = X\beta_*} \|b\|_1 = \beta_*) \approx"
    r" \Phi\left(\frac{n - \psi(k/d)\,d}{\sigma \sqrt{d}}\right)$ at $n = \psi d \pm \sigma \sqrt{d}$",
    source="arXiv:1303.6672; normal limit arXiv:1411.6265; theorem numbers unverified",
    rivals=("a jump from 0 to 1", "width of order d"),
    convention="X Gaussian, k = 6 nonzeros in d = 60; probabilities to 0.1, by a sequential test of level 1e-4",
    tier="slow",
)
def change(lab):
    values, d = lab.instance(_values)["values"], 60
    share = values.size / d
    place, width = float(donoho_tanner(share)) * d, float(donoho_tanner_width(share)) * np.sqrt(d)
    few, many = int(np.round(place - width)), int(np.round(place + width))
    for n, rivals in (
        (few, {"a jump from 0 to 1": 0.0, "width of order d": _probability(few, place, width * np.sqrt(d))}),
        (many, {}),
    ):
        lab.proportion(
            _recovery(lab, values, n, d),
            _probability(n, place, width),
            0.1,
            rivals=rivals,
            reason="the mean dimension is below psi d by up to 2 sqrt(d/k), here by about 1",
        )


def _both_sides(rng: np.random.Generator) -> dict:
    """A sparse vector with measurements two widths above and below the threshold, one recovering and one not."""
    d, k = 40, 4
    place, width = donoho_tanner(k / d) * d, donoho_tanner_width(k / d) * np.sqrt(d)
    few, many = int(place - 2 * width), int(place + 2 * width) + 1
    for _ in range(50):
        truth = np.zeros(d)
        truth[rng.choice(d, size=k, replace=False)] = rng.uniform(0.5, 1.5, k) * rng.choice([-1.0, 1.0], k)
        problem = {"few": rng.standard_normal((few, d)), "many": rng.standard_normal((many, d)), "truth": truth}
        if _recovers(problem["many"], truth) and not _recovers(problem["few"], truth) and _strict(problem):
            break
    return problem


def _recovers(X, truth):
    return bool(np.max(np.abs(least_l1(X, X @ truth).point - truth)) < 1e-6 * np.max(np.abs(truth)))


def _strict(problem):
    truth = problem["truth"]
    return all(null_space_exponent(problem[X], problem[X] @ truth).rho < 0.95 for X in ("few", "many"))


@claim(
    "amelunxen2014-flow",
    title="The flow recovers where least l1 does",
    statement=r"$\alpha \to 0:\quad \beta_\infty \to \beta_*$ from n above the threshold, and"
    r" $\beta_\infty \to \mathrm{argmin}_{Xb = X\beta_*} \|b\|_1 \neq \beta_*$ below it",
    source="arXiv:1303.6672 with arXiv:2002.09277 (consequence)",
    hypotheses=(
        "least l1 recovers the vector from the larger number of measurements, and not from the smaller",
        "both certificates are strict by 0.05",
        "the run reaches a residual of 1e-8",
    ),
    rivals=("least l2 norm", "recovery below the threshold"),
    convention="beta = u^2 - v^2, u(0) = v(0) = a^(1/2), a = 1e-20, 1e-60, 1e-120; k = 4 nonzeros in d = 40, and"
    " n = psi d -+ 2 sigma sqrt(d)",
)
def flow(lab):
    problem = lab.instance(_both_sides)
    truth = problem["truth"]
    lab.require(RECOVERS, _recovers(problem["many"], truth) and not _recovers(problem["few"], truth))
    lab.require(STRICT, _strict(problem))
    scales = (1e-20, 1e-60, 1e-120)
    for X, rivals in (
        (problem["many"], {"least l2 norm": least_l2(problem["many"], problem["many"] @ truth).point}),
        (problem["few"], {"recovery below the threshold": truth}),
    ):
        y = X @ truth
        model, ends = DiagonalLinearNetwork(X, y), []
        # With fewer nonzeros than measurements the rest of the residual falls only as coordinates fade.
        enough, long = 1e10 * zero_loss(y), 1e10 * y.size / np.max(np.abs(X.T @ y))
        for a in scales:
            run = simulate(model, GradientFlow(), model.init(np.sqrt(a)), time=long, until_loss=enough)
            lab.require(INTERPOLATED, run.final_loss <= enough)
            ends.append(run.predictor(run.final))
        lab.limit(
            scales,
            ends,
            least_l1(X, y).point,
            rivals=rivals,
            tolerance=0.01,
            reason="the error is a power of a whose exponent may be as small as 0.05",
        )
