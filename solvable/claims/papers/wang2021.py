r"""Wang, Chen, Zhao and Tao, Large Learning Rate Tames Homogeneity: Convergence and Balancing Effect (arXiv
2110.03677), for numbers.

A minimum ``u v = T`` of ``(u v - T)^2 / 2`` can attract gradient descent of step h only if its sharpness ``u^2 + v^2``
is at most ``2/h``. That alone balances the factors,

    (|u| - |v|)^2 = u^2 + v^2 - 2 |T| <= 2/h - 2 |T|,

however unbalanced the start. Where a run ends is the product of all its steps, ``q_end = q_0 prod (1 - h^2 r^2)``; it
is not the edge ``2/h`` in general.
"""

from __future__ import annotations

import numpy as np

from solvable import GradientDescent, ScalarFactorization, claim, simulate
from solvable.theory import end_sharpness

from ._ellipse import INSIDE, bounded, imbalance, inside

CONVERGES = "step_size |target| < 0.9, so that most of the bounded runs reach zero loss within 20000 steps"
SHARP = "some of the starts are too sharp: the flow from them would end above 2/h"


def unbalanced(rng):
    """256 bounded starts; most are sharper than 2/h where the flow from them would end."""
    target = rng.uniform(0.5, 2.0) * rng.choice([-1.0, 1.0])
    h = rng.uniform(0.05, 0.8) / abs(target)
    return {"target": np.array(target), "step_size": np.array(h), "starts": inside(rng, h, target, 256)}


@claim(
    "wang2021-balancing",
    title="Large steps balance the factors: the sharpness at the end is at most 2/h, and need not be near it",
    statement=r"$(|u_\infty| - |v_\infty|)^2 \leq \frac{2}{h} - 2|T|,\quad"
    r" q_\infty = q_0 \prod_k (1 - h^2 r_k^2),\ q = u^2 - v^2$",
    source="arXiv:2110.03677 (the bound, for matrices), theorem number unverified",
    hypotheses=(
        "the starts lie inside the ellipse of bounded ones, and no step leads onto a fixed point or toward zero",
        "step_size |target| < 0.9, so that most of the bounded runs reach zero loss within 20000 steps",
        "some of the starts are too sharp: the flow from them would end above 2/h",
    ),
    rivals=("it ends at 2/h", "it ends where the flow does", "it ends balanced", "the sharpness is at most 1/h"),
    convention="L = (u v - T)^2 / 2, r = u v - T; 256 starts inside the ellipse of bounded ones",
    errata="Runs that start too sharp are said to end at the edge of stability, u^2 + v^2 = 2/h. From (3, 0.3) with T ="
    " 1 and h = 1/4, where the flow would end at 9.13, descent ends at 6.66, not 8.",
)
def balancing(lab):
    problem = lab.instance(unbalanced)
    T, h, starts = float(problem["target"]), float(problem["step_size"]), problem["starts"]
    lab.require(CONVERGES, 0 < h * abs(T) < 0.9)
    lab.require(INSIDE, bounded(starts, h, T))
    model = ScalarFactorization(T)
    run = simulate(model, GradientDescent(h), starts, steps=20000, until_loss=1e-26 * T**2)
    ends = run.final[run.final_loss <= 1e-26 * T**2]
    lab.require(CONVERGES, len(ends) > 0.9 * len(starts))
    gap = (np.abs(ends[:, 0]) - np.abs(ends[:, 1])) ** 2
    lab.bound(
        gap,
        balancing_bound(h, T) * np.ones(gap.size),
        scale=1 / h,
        rivals={
            "it ends balanced": np.zeros(gap.size),
            "the sharpness is at most 1/h": (1 / h - 2 * abs(T)) * np.ones(gap.size),
        },
        reason="the runs end at a residual of 1e-13",
    )
    sharp = starts[h * end_sharpness(*starts.T, T) > 2][:32]
    lab.require(SHARP, len(sharp) > 0)
    path = simulate(model, GradientDescent(h), sharp, steps=1000, save=np.arange(1001)).theta
    multiplied = imbalance(sharp) * np.prod(1 - (h * (path[:-1].prod(axis=-1) - T)) ** 2, axis=0)
    flow = end_sharpness(*sharp.T, T)
    lab.identity(
        end_sharpness(*path[-1].T, T),
        np.hypot(multiplied, 2 * T),
        scale=flow,
        rivals={"it ends where the flow does": flow, "it ends at 2/h": np.full(len(sharp), 2 / h)},
        tolerance=1e-10,
        reason="exact: rounding of a product of 1000 factors",
    )
    lab.note(f"{len(sharp)} runs too sharp at the start end at {np.median(h * end_sharpness(*path[-1].T, T)):.2f} / h")


def balancing_bound(step_size, target):
    """What the squared difference of ``|u|`` and ``|v|`` is at most."""
    return 2 / step_size - 2 * abs(target)
