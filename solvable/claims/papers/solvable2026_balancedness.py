r"""The balancedness ``Q = a^2 - b^2`` of a product of two numbers: conserved by the flow, lost by every discrete
method.

A step of gradient descent multiplies Q by ``1 - h^2 r^2``, exactly. Over a run to zero loss ``log(Q_inf/Q_0) = -h I (1
+ O(h))`` with a closed form for I, and heavy ball loses ``(1 + beta)/(1 - beta)^2`` times as much
(`solvable.theory.scalar.balancedness`): more than its effective step ``h/(1 - beta)`` explains, by the factor of its
stronger gradient penalty.

Where ``(log|Q|)' = -h r^2 (1 + h (a^2 + b^2))`` along the flow of ``L + (h/4) |grad L|^2``, the term of order ``h^2``
of that sum is known as well.
"""

from __future__ import annotations

import numpy as np

from solvable import GradientDescent, HeavyBall, ScalarFactorization, claim, simulate
from solvable.theory import balancedness_loss, second_order_balancedness_loss

from ._flows import schedule, start_and_target

OFF_BALANCE = "the start is off balance, with a^2 + b^2 < 100 |t|"


def _imbalance(theta):
    return theta[..., 0] ** 2 - theta[..., 1] ** 2


@claim(
    "solvable2026-balancedness",
    title="How much balancedness a run loses, with and without momentum",
    statement=r"$Q_{k+1} = Q_k\,(1 - h^2 r_k^2),\qquad"
    r" \log\frac{Q_\infty}{Q_0} = -hI\,\frac{1+\beta}{(1-\beta)^2}\,(1 + O(h)),\quad I = \int_0^\infty r^2\,dt$",
    source="derived in solvable.theory.scalar.balancedness",
    hypotheses=("the runs reach zero loss",),
    rivals=("balancedness conserved", "drift of first order", "effective step", "effective step squared"),
    convention="L = (t - a b)^2 / 2, Q = a^2 - b^2, r = t - a b; heavy ball from rest, beta = 0.3 and 0.6",
)
def balancedness(lab):
    problem = lab.instance(start_and_target)
    start, target = problem["start"], float(problem["target"])
    model = ScalarFactorization(target)
    step_sizes = schedule(model.hessian(start))[0]
    run = simulate(model, GradientDescent(8 * step_sizes[0]), start, steps=40, save=np.arange(41))
    Q, moved = _imbalance(run.theta), 8 * step_sizes[0] * (target - run.theta[:, 0] * run.theta[:, 1])
    lab.identity(
        Q[1:],
        Q[:-1] * (1 - moved[:-1] ** 2),
        rivals={"balancedness conserved": Q[:-1], "drift of first order": Q[:-1] * (1 - moved[:-1])},
        tolerance=1e-12,
        reason="exact: rounding of a difference of squares",
    )
    for beta in (0.0, 0.3, 0.6):
        method = HeavyBall(step_sizes, beta) if beta else GradientDescent(step_sizes)
        end = simulate(model, method, start, time=60 / (2 * target) + 60 / np.sum(start**2))
        lab.require("the runs reach zero loss", np.all(end.final_loss <= 1e-24 * model.loss(start)))
        lost = np.log(_imbalance(end.final) / _imbalance(start))
        plain = np.array([balancedness_loss(*start, target, h) for h in step_sizes])
        predicted = np.array([balancedness_loss(*start, target, h, beta) for h in step_sizes])
        ratio, rivals = lost / predicted, {"balancedness conserved": 0.0}
        if beta:
            rivals["effective step"] = (plain / predicted)[-1] / (1 - beta)
            rivals["effective step squared"] = (plain / predicted)[-1] / (1 - beta) ** 2
        # Not an order: the coefficient of the next power of h, measured over predicted, passes through zero.
        lab.identity(
            2 * ratio[1:] - ratio[:-1],
            1.0,
            rivals=rivals,
            tolerance=0.01,
            reason="extrapolated once in the step; what is left is of second order",
        )


@claim(
    "solvable2026-balancedness-order",
    title="How much balancedness descent loses, to second order in the step",
    statement=r"$\log\frac{Q_\infty}{Q_0} = \sum_k \log(1 - h^2 r_k^2) ="
    r" -h\int_{p_0}^{t} \frac{(t - p)\,dp}{\sqrt{Q_0^2 + 4p^2}} + O(h^2)$, and to $O(h^3)$ with"
    r" $(\log|Q|)' = -h r^2(1 + h(a^2 + b^2))$ along the modified flow",
    source="derived in solvable.theory.scalar.balancedness",
    hypotheses=("the start is off balance, with a^2 + b^2 < 100 |t|", "the runs reach zero loss"),
    rivals=("h/2 in place of h", "2h in place of h", "leading order is all"),
    convention="L = (t - a b)^2 / 2, Q = a^2 - b^2, r = t - a b, p_0 = a b at the start",
)
def balancedness_order(lab):
    problem = lab.instance(start_and_target)
    start, target = problem["start"], float(problem["target"])
    size, floor = np.sum(start**2), 2 * abs(target)
    lab.require(OFF_BALANCE, abs(_imbalance(start)) > 1e-3 * size and 0 < size < 50 * floor)
    model = ScalarFactorization(target)
    step_sizes = 0.1 / np.linalg.norm(model.hessian(start), 2) / 2.0 ** np.arange(4)
    end = simulate(model, GradientDescent(step_sizes), start, time=60 / floor + 60 / size)
    lab.require("the runs reach zero loss", np.all(end.final_loss <= 1e-24 * model.loss(start)))
    lost = np.log(_imbalance(end.final) / _imbalance(start))
    leading = np.array([balancedness_loss(*start, target, h) for h in step_sizes])
    second = np.array([second_order_balancedness_loss(*start, target, h) for h in step_sizes])
    lab.order(
        step_sizes,
        lost / leading - 1,
        1,
        rivals={"h/2 in place of h": 2 * lost / leading - 1, "2h in place of h": lost / leading / 2 - 1},
        tolerance=0.15,
        reason="relative to the leading term; the next power of h adds a few percent",
    )
    lab.order(
        step_sizes,
        lost / leading - second / leading,
        2,
        rivals={"leading order is all": lost / leading - 1},
        tolerance=0.25,
        reason="relative to the leading term; the next power of h adds a few percent",
    )
