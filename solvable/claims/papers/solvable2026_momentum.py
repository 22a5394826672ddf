r"""Nesterov's method: its modified equation in the variable that is stored.

With ``m <- beta m + g(y), y <- y - h (g(y) + beta m)``, y the lookahead variable (the one whose gradient is taken,
and the one that deep learning libraries store), the recursion ``rho(E) y = h sigma(E) f(y)`` has ``rho = (E - 1)(E -
beta)`` and ``sigma = (1 + beta) E - beta``, and hence

    f~ = f/(1 - beta) - h (1 - beta + 2 beta^2) / (2 (1 - beta)^3) f'f
         + h^2 ( (1 - 2 beta + 13 beta^2) f''(f,f) / 12
                 + (1 - 2 beta + 7 beta^2 - 3 beta^3 + 3 beta^4) f'f'f / 3 ) / (1 - beta)^5.

The second term is heavy ball's with ``1 - beta + 2 beta^2`` in place of ``1 + beta``: for all 0 < beta < 1 Nesterov's
method penalizes the gradient less. They agree at beta = 0 only, and in the limit beta = 1.
"""

from __future__ import annotations

from derivations import bseries, modified_field
from solvable import Nesterov, claim

from ._modified import PRODUCT_LOSS, H, X, Y, decimal, quartic
from ._momentum import BETA, check_defects, check_flow, momentum_problem


@claim(
    "solvable2026-nesterov",
    title="The implicit penalty of Nesterov's method",
    statement=r"$\tilde{L} = \frac{1}{1-\beta}\left(L +"
    r" \frac{h}{4}\,\frac{1-\beta+2\beta^2}{(1-\beta)^2}\,|\nabla L|^2\right):"
    r"\quad y_k - \varphi^{(p)}_{hk} = O(h^p)$",
    source="derived in derivations.multistep",
    rivals=(
        "heavy ball's constant",
        "descent's penalty at the effective step",
        "flow from the optimizer's own start",
    ),
    convention="y the lookahead variable; p = 1 to 4 terms; beta from 0.3 to 0.7; defects of a random quartic loss on "
    "the slow manifold, iterates of L = (x y - t)^2 / 2 after the memory's transient, or with the start "
    "shifted as derived",
)
def nesterov(lab):
    f, tall, taller, bushy = bseries("nesterov", 3).values()
    constant = -2 * tall * (1 - BETA) ** 3
    lab.symbolic(
        constant - (1 - BETA + 2 * BETA**2),
        rivals={
            "heavy ball's constant": constant - (1 + BETA),
            "descent's penalty at the effective step": -2 * tall / f**2 - 1,
        },
    )
    lab.symbolic(
        [
            12 * bushy / 2 * (1 - BETA) ** 5 - (1 - 2 * BETA + 13 * BETA**2),
            3 * taller * (1 - BETA) ** 5 - (1 - 2 * BETA + 7 * BETA**2 - 3 * BETA**3 + 3 * BETA**4),
        ]
    )
    problem = lab.instance(momentum_problem)
    beta = decimal(problem["momentum"])
    own = 1 - beta + 2 * beta**2
    check_defects(
        lab,
        modified_field("nesterov", quartic(problem["coefficients"]), (X, Y), 4, H, momentum=beta, route="lie"),
        problem["point"],
        {
            "heavy ball's constant": (1 + beta) / own,
            "descent's penalty at the effective step": (1 - beta) / own,
        },
    )
    field = modified_field("nesterov", PRODUCT_LOSS, (X, Y), 4, H, momentum=BETA)
    check_flow(lab, field, Nesterov, float(problem["momentum"]))
