r"""Blanc et al., Implicit regularization for deep neural networks driven by an Ornstein-Uhlenbeck like process (arXiv
1904.09080): networks of one hidden layer of tanh that are trained on a single point.

``f = sum_j c_j phi(w_j . x)``, ``X = |x|^2``, ``a_j = phi(w_j . x)``. On ``f = y`` label noise descends ``R = |grad
f|^2 = sum_j ( a_j^2 + X c_j^2 phi'^2 )``. In terms of the shares ``P_j = sqrt(X) |c_j a_j|``, whose sum is given, a
neuron of tanh costs ``2 P (sqrt(1 + P^2) - P)``, which is concave: one neuron takes it all.

With one point every step moves along ``grad f``, up to the second order of the step. So SGD stays on the path of the
limiting flow, where the noise only makes the clock irregular: once the residual is taken off by a noiseless flow, its
end is that of the limiting flow up to O(h), although theta fluctuates by sqrt(h) (`blanc2019_fluctuation`).
"""

from __future__ import annotations

import numpy as np

from solvable import claim

from ._single_point import (
    DECIDES,
    RATE,
    at_state,
    few_tanh,
    network,
    neurons,
    parameters,
    sizes,
    slow_rates,
)
from ._single_point_runs import descended, quenched, random_starts


@claim(
    "blanc2019-one-point-tanh",
    title="One point, tanh: label noise leaves exactly one active neuron",
    statement=r"$k \to \infty:\quad a^2 = P / \sqrt{1 + P^2},\ \ |x|\, |c| = P / |a|,\ \ P = |x|\, |y|$"
    r" for one neuron, $a = c = 0$ for all others",
    source="arXiv:1904.09080 (the setting); which stationary points are minima is our own",
    hypotheses=("the slow flow decides within the horizon",),
    rivals=("equal split", "two active neurons", "gradients of the hidden layer alone"),
    convention="L = (f - y)^2 / 2; 16 random starts, signs of size |y|/4, h = 0.2, up to T = h^2 s^2 k of 40 times the"
    " slowest of the linear rates, then the noiseless flow",
    errata="The paper's condition, as we recall it (wording not checked), is of first order and says that there are few"
    " types of neurons. Any number k of equally active neurons of tanh meets it, with R = 0.802, 1.164, 1.339, 1.440,"
    " 1.505 for k = 1 to 5 and |x| |y| = 0.9. Only k = 1 is a minimum.",
)
def tanh_ends(lab):
    model, states = network(lab.instance(few_tanh), "tanh")
    slowest = min(np.min(np.abs(slow_rates(model, state))) for state in states)
    lab.require(DECIDES, slowest > RATE)
    starts = random_starts(model, 16, lab.seed)
    ends = descended(model, starts, 40 / slowest, 0.2, abs(model.y) / 4, lab.seed)
    active = {state.large: state for state in states}
    lab.identity(
        neurons(model, ends),
        sizes(model, active[1]),
        rivals={
            "equal split": sizes(model, active[model.width]),
            "two active neurons": sizes(model, active[2]),
            "gradients of the hidden layer alone": np.eye(model.width, 1) * [np.linalg.norm(model.x) * model.y, 1.0],
        },
        scale=1.0,
        tolerance=5e-3,
        reason="|x| |c| and |a| of every neuron: O(h), 0.0025 at most in 12 trials",
    )
    lab.identity(
        [model.flatness(end) for end in ends],
        active[1].regularizer,
        rivals={"equal split": active[model.width].regularizer, "two active neurons": active[2].regularizer},
        tolerance=1e-3,
        reason="of second order at a minimum",
    )


@claim(
    "blanc2019-one-point-saddles",
    title="One point, tanh: k active neurons are a saddle with k - 1 ways down",
    statement=r"$P = |x|\, |y| / k:\quad R_k = 2 k P (\sqrt{1 + P^2} - P)$, with k - 1 descending directions on"
    r" $f = y$; from there label noise goes on to one active neuron",
    source="arXiv:1904.09080 (the setting); our own",
    hypotheses=("the slow flow decides within the horizon",),
    rivals=("every stationary point is a minimum", "the regularizer does not depend on k", "equal shares persist"),
    convention="L = (f - y)^2 / 2; R = |grad f|^2; SGD with h = 0.2 and signs of size |y|/4 from activations displaced"
    " by 1 percent",
)
def tanh_saddles(lab):
    model, states = network(lab.instance(few_tanh), "tanh")
    rates = [slow_rates(model, state) for state in states]
    slowest = min(np.min(np.abs(rate)) for rate in rates)
    lab.require(DECIDES, slowest > RATE)
    points = np.array([at_state(model, state) for state in states])
    lab.identity(model.predict(points)[:, 0], np.full(len(states), model.y), reason="all of them fit the label")
    lab.identity(
        [model.flatness(point) for point in points],
        [state.regularizer for state in states],
        rivals={"the regularizer does not depend on k": np.full(len(states), states[0].regularizer)},
    )
    lab.identity(
        [np.sum(rate < 0) for rate in rates],
        [state.unstable for state in states],
        scale=1.0,
        tolerance=0.1,
        rivals={"every stationary point is a minimum": np.zeros(len(states))},
        reason="numbers of descending directions, from the Hessian of R on f = y",
    )
    displaced = []
    for state in states[1:]:
        push = np.where(np.arange(model.width) < state.large, 0.01 * np.linspace(-1, 1, model.width), 0.0)
        displaced.append(parameters(model, state.outer, state.hidden * (1 + push)))
    ends = descended(model, quenched(model, np.array(displaced)), 40 / slowest, 0.2, abs(model.y) / 4, lab.seed)
    lab.identity(
        neurons(model, ends),
        sizes(model, states[0]),
        rivals={"equal shares persist": np.array([sizes(model, state) for state in states[1:]])},
        scale=1.0,
        tolerance=5e-3,
        reason="|x| |c| and |a| of every neuron, up to O(h)",
    )
