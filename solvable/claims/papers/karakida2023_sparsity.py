r"""Karakida et al. (arXiv:2210.02720): does gradient regularization find sparser interpolants?

It makes the effective initialization smaller, hence "richer" (see ``karakida2023_diagonal``). But the gain ``8 mu int g
g+ dt`` is not the same for all coordinates, and the l1 norm of the interpolant answers to it by ``sum_j S_j q_j``, with
the sensitivity S that ``solvable.theory.diagonal.sensitivity`` derives. On centered data the gain concentrates on the
support, where S is negative as a rule, and the norm *rises*; where the columns share a mean, all residuals push alike,
the gain is nearly the same everywhere, and the norm falls. So "a smaller norm" needs a hypothesis on the data, and it
can be checked on the flow of the loss alone.
"""

from __future__ import annotations

import numpy as np

from solvable import GradientFlow, claim, simulate
from solvable.theory import gain_regularized_flow, hypentropy_minimum, l1_sensitivity

from ._gains import ascended, network, slopes
from ._problems import (
    COLUMNS,
    CONVERGES,
    INTERPOLATES,
    many_interpolants,
    no_zero_column,
    reached_zero,
    zero_loss,
)

SHARE = 0.1
WEIGHS = "along the flow of the loss alone, the weighted gain of the regularizer is positive and grows with the ascent"
SAME_SIGNS = "no coefficient changes sign"


def end_of_flow(model, start, edge, strength, ascent_step=0.0):
    """(run, gain q) of the flow of gradient regularization, followed to zero loss."""
    flow = GradientFlow(rtol=1e-10, strength=strength, ascent_step=ascent_step)
    run = simulate(model, flow, start, time=1e8 * edge, until_loss=zero_loss(model.y))
    return run, model.potential_coordinates(run.final)[0] - model.potential_coordinates(start)[0]


def norm(run):
    """l1 norm of the final beta."""
    return float(np.sum(np.abs(run.predictor(run.final))))


def centered(rng, n=10, d=24, others=5):
    """A Gaussian design, targets of three unit coefficients, and more such coefficients."""
    X = rng.standard_normal((n, d))
    coefficients = np.zeros((1 + others, d))
    for row in coefficients:
        row[rng.choice(d, size=min(3, d), replace=False)] = 1.0
    return {"X": X, "y": X @ coefficients[0], "coefficients": coefficients[1:]}


@claim(
    "karakida2023-sparsity",
    title="Whether the l1 norm falls depends on where the effective scale does",
    statement=r"$s \cdot (\beta_\infty^\mu - \beta_\infty^0) = \sum_j S_j\, \log\frac{a_j^\mu}{a_0} + O(\mu^2),\quad"
    r" S = \beta \circ \left[s - X^T (X W X^T)^{-1} X W s\right],\ \ s = \mathrm{sign}\ \beta_\infty^0$",
    source="arXiv:2210.02720 (a smaller scale is better there); the formula is our own",
    hypotheses=(
        "the data can be interpolated, in more than one way",
        "the run reaches zero loss",
        "no column of X is zero",
    ),
    rivals=("the same shrink of every scale", "gradient regularization always lowers the norm"),
    convention="columns and targets centered; exact differences; beta = u^2 - v^2; mu to 1/128 of 2 / sharpness;"
    " the worst of the given and five drawn targets; s . beta is the l1 norm unless a coefficient changes sign",
    errata="'richer' is exact for the scale, but does not mean a smaller norm: on centered Gaussian data 10 x 24 with"
    " three unit coefficients, mu = 1/4 of 2 / sharpness raised it in 8 of 8 draws, by 0.3 to 1.7 percent",
)
def sparsity(lab):
    problem = lab.instance(centered)
    X = problem["X"] - np.mean(problem["X"], axis=0)
    lab.require(COLUMNS, no_zero_column(X))
    targets = [problem["y"] - np.mean(problem["y"]), *(problem["coefficients"] @ X.T)]
    strengths = 1 / 16 / 2.0 ** np.arange(4)
    changes, predicted, uniform = (np.zeros((4, len(targets))) for _ in range(3))
    for t, y in enumerate(targets):
        lab.require(INTERPOLATES, many_interpolants(X, y))
        model, start, edge = network(X, y, SHARE)
        plain, _ = end_of_flow(model, start, edge, 0.0)
        a = np.exp(model.potential_coordinates(start)[0])
        S = l1_sensitivity(X, hypentropy_minimum(X, y, a=a).point, a)
        for k, mu in enumerate(strengths * edge):
            run, q = end_of_flow(model, start, edge, mu)
            lab.require(CONVERGES, reached_zero(run) and reached_zero(plain))
            changes[k, t] = np.sum(np.sign(plain.predictor(plain.final)) * run.predictor(run.final)) - norm(plain)
            predicted[k, t], uniform[k, t] = S @ q, np.sum(S) * np.mean(q)

    def errors(prediction):
        return np.max(np.abs(changes - prediction), axis=1)

    lab.order(
        strengths,
        errors(predicted),
        2,
        rivals={"the same shrink of every scale": errors(uniform)},
        tolerance=0.25,
        reason="leading order in mu",
    )
    lab.bound(
        np.max(changes[0]),
        2 * np.max(np.abs(predicted[0])),
        rivals={"gradient regularization always lowers the norm": 0.0},
        reason="a rise of the norm, no larger than twice its first-order size",
    )


def common_mean(rng, n=10, d=24):
    """Columns of mean 3 and spread 1, targets of three unit coefficients."""
    X = 3.0 + rng.standard_normal((n, d))
    beta = np.zeros(d)
    beta[rng.choice(d, size=min(3, d), replace=False)] = 1.0
    return {"X": X, "y": X @ beta}


@claim(
    "karakida2023-smaller-norm",
    title="Under a hypothesis on the data, gradient regularization lowers the l1 norm, and F-GR lowers it more",
    statement=r"$\|\beta_\infty^{\mu, \epsilon}\|_1 - \|\beta_\infty^{0}\|_1 ="
    r" -8 \mu\, c(\epsilon) + O(\mu^2),\quad c(\epsilon) = \sum_j S_j \int_0^\infty g_j\, g_j^+(\epsilon)\, dt$ along"
    r" the flow of the loss: where $0 < c(0) < c(\epsilon)$, the norm falls, and the ascent lowers it more",
    source="arXiv:2210.02720 (the statement, for its setting); the rate and the hypothesis are our own",
    hypotheses=(
        "the data can be interpolated, in more than one way",
        "along the flow of the loss alone, the weighted gain of the regularizer is positive and grows with the ascent",
        "no coefficient changes sign",
        "the run reaches zero loss",
        "no column of X is zero",
    ),
    rivals=("the norm does not change", "the ascent step does not matter"),
    convention="columns of a common mean; beta = u^2 - v^2; eps = 0, 1/4, 1/2, mu to 1/128 of 2 / sharpness",
    errata="Without the hypothesis it fails on centered data (see karakida2023-sparsity). At finite mu the first order"
    " decides nothing: with mu = 1/4 of 2 / sharpness the norm rose where c(0) > 0, or did not fall with the ascent, on"
    " 7 of 39 problems 6 x 12 with dense targets.",
)
def smaller_norm(lab):
    problem = lab.instance(common_mean)
    X, y = problem["X"], problem["y"]
    lab.require(COLUMNS, no_zero_column(X))
    lab.require(INTERPOLATES, many_interpolants(X, y))
    model, start, edge = network(X, y, SHARE)
    a = np.exp(model.potential_coordinates(start)[0])
    plain, _ = end_of_flow(model, start, edge, 0.0)
    # The path of the loss alone, until what is left of its integrals is below the other errors.
    times = 1e5 * edge * np.linspace(0, 1, 1501) ** 5
    path = simulate(model, GradientFlow(rtol=1e-10), start, time=times[-1], save=times).theta
    g = slopes(X, y, path)
    S = l1_sensitivity(X, hypentropy_minimum(X, y, a=a).point, a)
    reaches, strengths = np.array([0.0, 0.25, 0.5]) * edge, edge / 16 / 2.0 ** np.arange(4)
    rates = np.array([S @ gain_regularized_flow(times, g, ascended(X, y, path, eps), 1.0).q for eps in reaches])
    steps = np.diff(np.append(0.0, rates))
    lab.require(WEIGHS, np.all(steps < 0) and np.min(-steps[1:]) > 0.02 * -rates[0])
    changes = np.zeros((strengths.size, reaches.size))
    for k, mu in enumerate(strengths):
        runs = [end_of_flow(model, start, edge, mu, eps)[0] for eps in reaches]
        lab.require(CONVERGES, all(reached_zero(run) for run in [plain, *runs]))
        signs = [np.sign(run.predictor(run.final)) for run in [plain, *runs]]
        lab.require(SAME_SIGNS, np.all(np.array(signs) == signs[0]))
        changes[k] = [norm(run) - norm(plain) for run in runs]

    def errors(slopes_of):
        return np.max(np.abs(changes - strengths[:, None] * slopes_of), axis=1)

    lab.order(
        strengths,
        errors(rates),
        2,
        rivals={"the norm does not change": errors(0 * rates), "the ascent step does not matter": errors(rates[:1])},
        tolerance=0.25,
        reason="leading order in mu",
    )
    lab.bound(changes[-1], np.append(0.0, changes[-1, :-1]), reason="each is below the one before, at the least mu")
