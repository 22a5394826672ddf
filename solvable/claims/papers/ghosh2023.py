r"""Ghosh et al., Implicit regularization in Heavy-ball momentum accelerated stochastic gradient descent (arXiv
2302.00849).

Heavy ball of step h and momentum beta, ``m <- beta m + g, theta <- theta - h m``, is gradient flow at the effective
step ``eta = h / (1 - beta)``, and its modified loss is, in the time of single steps,

    (1 / (1 - beta)) ( L + (h / 4) (1 + beta) / (1 - beta)^2 |grad L|^2 )
        = (1 / (1 - beta)) ( L + (eta / 4) kappa |grad L|^2 )

with ``kappa = (1 + beta) / (1 - beta)`` times the penalty of gradient descent at the same effective step. The third
term of the field is

    h^2 ( (1 + 10 beta + beta^2) f''(f,f) / 12 + (1 + 4 beta + beta^2) f'f'f / 3 ) / (1 - beta)^5.

All of it follows from the linear recursion of the iterates (`derivations.multistep`).
"""

from __future__ import annotations

from derivations import bseries, modified_field
from solvable import HeavyBall, claim

from ._modified import PRODUCT_LOSS, H, X, Y, decimal, quartic
from ._momentum import BETA, check_defects, check_flow, momentum_problem


@claim(
    "ghosh2023-heavy-ball",
    title="Momentum penalizes the gradient more than its effective step says",
    statement=r"$\tilde{L} = \frac{1}{1-\beta}\left(L + \frac{\eta}{4}\,\frac{1+\beta}{1-\beta}\,|\nabla L|^2\right),"
    r"\quad \eta = \frac{h}{1-\beta}:\quad \theta_k - \varphi^{(p)}_{hk} = O(h^p)$",
    source="arXiv:2302.00849 (the factor, abstract); the further terms are our own",
    rivals=(
        "without the factor 1 + beta",
        "descent's penalty at the effective step",
        "flow from the optimizer's own start",
    ),
    convention="m <- beta m + g, theta <- theta - h m; p = 1 to 4 terms; beta from 0.3 to 0.7; defects of a random "
    "quartic loss on the slow manifold, iterates of L = (x y - t)^2 / 2 after the memory's transient, or with the "
    "start shifted by h beta / (1 - beta)^2 grad L",
)
def heavy_ball(lab):
    f, tall, taller, bushy = bseries("heavy_ball", 3).values()
    lab.symbolic(
        -2 * tall / f**2 - (1 + BETA) / (1 - BETA),
        rivals={
            "without the factor 1 + beta": -2 * tall / f**2 - 1 / (1 - BETA),
            "descent's penalty at the effective step": -2 * tall / f**2 - 1,
        },
    )
    lab.symbolic(
        [
            bushy / 2 - (1 + 10 * BETA + BETA**2) / (12 * (1 - BETA) ** 5),
            taller - (1 + 4 * BETA + BETA**2) / (3 * (1 - BETA) ** 5),
        ]
    )
    problem = lab.instance(momentum_problem)
    beta = decimal(problem["momentum"])
    loss = quartic(problem["coefficients"])
    check_defects(
        lab,
        modified_field("heavy_ball", loss, (X, Y), 4, H, momentum=beta, route="lie"),
        problem["point"],
        {
            "without the factor 1 + beta": 1 / (1 + beta),
            "descent's penalty at the effective step": (1 - beta) / (1 + beta),
        },
    )
    field = modified_field("heavy_ball", PRODUCT_LOSS, (X, Y), 4, H, momentum=BETA)
    check_flow(lab, field, HeavyBall, float(problem["momentum"]))
