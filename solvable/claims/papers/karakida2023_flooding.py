r"""Karakida et al. (arXiv:2210.02720): flooding performs gradient regularization by finite differences.

Flooding takes a gradient step down where ``L > b`` and the same step up where ``L < b``. A step down and then one up,

    theta_2 - theta_0 = -h (g(theta) - g(theta - h g)) = -h mu (g(theta - h g) - g(theta)) / eps,   mu = h, eps = -h,

is the regularizer's part of a step of B-GR, and a step up and then down that of F-GR, ``eps = h``: exactly, on any
model. On diagonal networks u is multiplied by ``1 -+ 2 h g``, v by ``1 +- 2 h g``, so that ``a_k = a_0 prod |1 - 4 h^2
g_k^2|`` whatever the signs: the effective scale goes on shrinking while the loss hovers at b.
"""

from __future__ import annotations

import numpy as np

from solvable import Flooding, claim, simulate
from solvable.theory import gain_flooding, gain_gradient_descent

from ._gains import check_gain, gradients, network, slopes
from ._problems import INTERPOLATES, many_interpolants, sparse_problem

CROSSES = "the loss crosses the level in both directions"
STEPS = 3000


def hovering(lab):
    """(X, y, step size, level, run) of flooding at a tenth of the first loss."""
    problem = lab.instance(sparse_problem)
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    model, start, edge = network(X, y)
    h, level = 0.2 * edge, 0.1 * model.loss(start)
    run = simulate(model, Flooding(h, level), start, steps=STEPS, save=np.arange(STEPS + 1))
    above = run.loss[:-1] > level
    lab.require(CROSSES, np.any(above[:-1] & ~above[1:]) and np.any(~above[:-1] & above[1:]))
    return X, y, h, level, run


@claim(
    "karakida2023-flooding",
    title="Two steps of flooding are a step of finite-difference gradient regularization",
    statement=r"$\theta_{k+2} - \theta_k = -h\, \frac{\mu}{\epsilon} \left[\nabla L(\theta_k + \epsilon \nabla L) - "
    r"\nabla L(\theta_k)\right],\ \ \mu = h$: down and up $\epsilon = -h$ (B-GR), up and down $\epsilon = h$ (F-GR)",
    source="arXiv:2210.02720",
    hypotheses=(
        "the data can be interpolated, in more than one way",
        "the loss crosses the level in both directions",
    ),
    rivals=("a centered difference", "the other direction", "strength h/2"),
    convention="|L - b| + b, b a tenth of the first loss; L = 1/(2n) |X beta - y|^2, beta = u^2 - v^2; h a fifth of the"
    " largest stable step; every pair of opposite steps among 3000",
)
def flooding(lab):
    X, y, h, level, run = hovering(lab)
    above = run.loss[:-1] > level
    for first, eps in ((above[:-1] & ~above[1:], -h), (~above[:-1] & above[1:], h)):
        at = np.flatnonzero(first)
        theta = run.theta[at]

        def quotient(reach, theta=theta):
            g = gradients(X, y, theta)
            return (gradients(X, y, theta + reach * g) - g) / reach

        lab.identity(
            run.theta[at + 2] - theta,
            -h * h * quotient(eps),
            rivals={
                "a centered difference": -h * h * (quotient(eps) + quotient(-eps)) / 2,
                "the other direction": -h * h * quotient(-eps),
                "strength h/2": -h * h * quotient(eps) / 2,
            },
            reason="exact: rounding in a difference of nearly equal numbers",
        )


@claim(
    "karakida2023-flooding-scale",
    title="Flooding shrinks the effective scale for as long as it hovers",
    statement=r"$a_k = a_0 \prod_{j<k} |1 - 4 h^2 g_j^2|$ whatever the signs of the steps, and "
    r"$\xi_k = \xi_0 + \sum_j s_j\, r(2 h g_j)$ with $s_j = \mathrm{sign}(L - b)$",
    source="arXiv:2210.02720 (the method); the formula is our own",
    hypotheses=(
        "the data can be interpolated, in more than one way",
        "the loss crosses the level in both directions",
    ),
    rivals=("only the steps down count", "half the gain", "shift without signs"),
    convention="|L - b| + b, b a tenth of the first loss; L = 1/(2n) |X beta - y|^2, beta = u^2 - v^2;"
    " r(x) = log|1 - x| - log|1 + x| + 2 x; 3000 steps, most of them at the level",
)
def flooding_scale(lab):
    X, y, h, level, run = hovering(lab)
    g, losses = slopes(X, y, run.theta[:-1]), run.loss[:-1]
    gain = gain_flooding(g, losses, h, level)
    check_gain(
        lab,
        run,
        gain,
        {
            "only the steps down count": gain_gradient_descent(g[losses > level], h),
            "half the gain": gain._replace(q=gain.q / 2),
            "shift without signs": gain_gradient_descent(g, h),
        },
    )
    # It goes on: the second half of the run, all of it at the level, takes its share.
    half = STEPS // 2
    late = gain_gradient_descent(g[half:], h).q
    middle = run.model.potential_coordinates(run.theta[half])[0]
    end = run.model.potential_coordinates(run.final)[0]
    lab.identity(end - middle, late, rivals={"half the gain": late / 2}, reason="exact: rounding only")
