r"""Blanc et al., Implicit regularization for deep neural networks driven by an Ornstein-Uhlenbeck like process (arXiv
1904.09080): networks of one hidden layer that are trained on a single point.

``f = sum_j c_j phi(w_j . x)``, ``X = |x|^2``, ``a_j = phi(w_j . x)``. On ``f = y`` label noise descends ``R = |grad
f|^2 = sum_j ( a_j^2 + X c_j^2 phi'^2 )``. In terms of the shares ``P_j = sqrt(X) |c_j a_j|``, whose sum is given, a
neuron of tanh costs ``2 P (sqrt(1 + P^2) - P)``, which is concave: one neuron takes it all. One of a sigmoid costs
``P^2 / (1 + P^2)``, convex for ``P < 1/sqrt 3``: a wide network spreads the label evenly, a narrow one has one large
neuron and the others share what is left.

With one point every step moves along ``grad f``, up to the second order of the step. So SGD stays on the path of the
limiting flow, where the noise only makes the clock irregular: once the residual is taken off by a noiseless flow, its
end is that of the limiting flow up to O(h), although theta fluctuates by sqrt(h).
"""

from __future__ import annotations

import numpy as np

from solvable import LabelNoiseSGD, SinglePointNetwork, claim, simulate
from solvable.theory import single_point_stationary

from ._single_point import at_state, flow_ends, neurons, ordered, parameters, quenched, slow_rates

DECIDES = "the slow flow decides within the horizon"
ONLY_MINIMUM = "even shares are the only stationary point"
UNEVEN = "even shares are a saddle"
TWO_MINIMA = "even shares and one large neuron are both minima"
FOREVER = 1e10
"""Time of the limiting flow, to which the softest minima of a sigmoid are deep."""

RATE = 0.02
"""Slowest rate of the limiting flow that a run waits for."""


def _problem(rng, width, total):
    """A point, and a label of the given ``|x| |y|``."""
    x = rng.standard_normal(3)
    x *= rng.uniform(0.7, 1.4) / np.linalg.norm(x)
    return {"point": x, "label": np.array(rng.choice([-1.0, 1.0]) * total / np.linalg.norm(x)), "width": width}


def few_tanh(rng):
    """|x| |y| between 0.8 and 1.6, 3 to 5 neurons."""
    return _problem(rng, int(rng.integers(3, 6)), rng.uniform(0.8, 1.6))


def _network(problem, activation):
    """(model, its stationary states from the least R up)."""
    x, y, m = problem["point"], float(problem["label"]), int(problem["width"])
    model = SinglePointNetwork(x, y, m, activation)
    return model, single_point_stationary(x @ x, y, m, activation)


def _random_starts(model, count, seed):
    """Ends of the noiseless flow from small random parameters."""
    draws = np.random.default_rng(seed).standard_normal((count, model.n_params))
    return quenched(model, 0.5 / np.linalg.norm(model.x) * draws)


def _descended(model, starts, T, h, s, seed):
    """SGD with label noise from ``starts (R, p)`` to the slow time T, and then the noiseless flow."""
    runs = simulate(model, LabelNoiseSGD(h, s), starts, steps=round(T / (h * s) ** 2), seed=seed)
    return quenched(model, runs.final)


def _sizes(model, state):
    """A state in the form of `neurons`."""
    return ordered(np.linalg.norm(model.x) * state.outer, state.hidden)


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
    model, states = _network(lab.instance(few_tanh), "tanh")
    slowest = min(np.min(np.abs(slow_rates(model, state))) for state in states)
    lab.require(DECIDES, slowest > RATE)
    starts = _random_starts(model, 16, lab.seed)
    ends = _descended(model, starts, 40 / slowest, 0.2, abs(model.y) / 4, lab.seed)
    active = {state.large: state for state in states}
    lab.identity(
        neurons(model, ends),
        _sizes(model, active[1]),
        rivals={
            "equal split": _sizes(model, active[model.width]),
            "two active neurons": _sizes(model, active[2]),
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
    model, states = _network(lab.instance(few_tanh), "tanh")
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
    ends = _descended(model, quenched(model, np.array(displaced)), 40 / slowest, 0.2, abs(model.y) / 4, lab.seed)
    lab.identity(
        neurons(model, ends),
        _sizes(model, states[0]),
        rivals={"equal shares persist": np.array([_sizes(model, state) for state in states[1:]])},
        scale=1.0,
        tolerance=5e-3,
        reason="|x| |c| and |a| of every neuron, up to O(h)",
    )


@claim(
    "blanc2019-one-point-fluctuation",
    title="One point: the parameters fluctuate by sqrt(h), the end of their noiseless flow by h",
    statement=r"$E\, r^2 = h R s^2 / (2 - h R),\quad E |\theta - \theta_*|^2 = O(h),\quad"
    r" E |\Phi(\theta) - \theta_*|^2 = O(h^2)$, with $\Phi$ the limit of the noiseless flow",
    source="arXiv:1904.09080 (the Ornstein-Uhlenbeck process); discrete variance and second order are our own",
    hypotheses=("the slow flow decides within the horizon",),
    rivals=("the variance of the Ornstein-Uhlenbeck process", "a mean square of order h along the minima"),
    convention="tanh, L = (f - y)^2 / 2, R = |grad f|^2; the variance at h = 0.4 with noise |y|/100, margin 4 percent;"
    " orders for h = 0.4, 0.2, 0.1 with noise |y|/4, 64 runs at 4 times",
)
def fluctuation(lab):
    model, states = _network(lab.instance(few_tanh), "tanh")
    end, R = at_state(model, states[0]), states[0].regularizer
    rate = np.min(slow_rates(model, states[0]))
    lab.require(DECIDES, rate > RATE)
    small, last = abs(model.y) / 100, 400

    def squares(first, count):
        times = 100 + np.arange(last)
        runs = simulate(
            model,
            LabelNoiseSGD(0.4, small),
            np.tile(end, (count, 1)),
            steps=times[-1],
            save=times,
            replica=first,
            seed=lab.seed,
        )
        return np.mean(model.residuals(runs.theta)[..., 0] ** 2, axis=0) / small**2

    lab.statistic(
        squares,
        0.4 * R / (2 - 0.4 * R),
        0.04 * 0.4 * R / (2 - 0.4 * R),
        rivals={"the variance of the Ornstein-Uhlenbeck process": 0.2 * R},
        reason="a quarter of the gap of 0.2 R to the continuous process, and less",
    )
    step_sizes, size = np.array([0.4, 0.2, 0.1]), abs(model.y) / 4
    around, along = [], []
    for h in step_sizes:
        steps = round(3 / rate / (h * size) ** 2)
        times = np.linspace(0.4, 1, 4) * steps // 1
        runs = simulate(model, LabelNoiseSGD(h, size), np.tile(end, (64, 1)), steps=steps, save=times, seed=lab.seed)
        points = runs.theta.reshape(-1, model.n_params)
        around.append(np.mean(np.sum((points - end) ** 2, axis=1)))
        along.append(np.mean(np.sum((quenched(model, points) - end) ** 2, axis=1)))
    lab.order(step_sizes, around, 1, tolerance=0.3, reason="leading order; 256 points a step size")
    lab.order(
        step_sizes,
        along,
        2,
        rivals={"a mean square of order h along the minima": 1.0},
        tolerance=0.45,
        reason="leading order; 256 points a step size",
    )


def _shares(pairs):
    """(share of the label, activation) of every neuron, from its sizes."""
    products = np.prod(pairs, axis=-1)
    return np.stack([products / np.sum(products, axis=-1, keepdims=True), pairs[..., 1]], axis=-1)


def _cheapest(model, P):
    """theta ``(R, p)`` of a sigmoid network with the shares ``P (R, m)``, each at the (c, a) of least R."""
    a = P**2 / (1 + P**2)
    c = np.sign(model.y) * P / (np.linalg.norm(model.x) * a)
    return np.array([parameters(model, *pair) for pair in zip(c, a, strict=True)])


def _concentrated(model, count):
    """Points of ``f = y`` with 50 to 70 percent of the label on one neuron."""
    m, large = model.width, np.linspace(0.5, 0.7, count)[:, None]
    shares = np.hstack([large, np.repeat((1 - large) / (m - 1), m - 1, axis=1)])
    return _cheapest(model, np.linalg.norm(model.x) * abs(model.y) * shares)


def _time_of_shares(model, state):
    """The relaxation time of shares at a minimum; m motions, which trade c for a at equal shares, are slower."""
    return 1 / slow_rates(model, state)[model.width]


def _check_ends(lab, model, starts, T, predicted, rivals):
    """Shares after SGD from ``starts (R, p)``, and all of the neurons where the limiting flow takes them from there.

    `predicted` and the rivals are shares and activations, ``(m, 2)`` or ``(R, m, 2)``.
    """
    ends = _descended(model, starts, T, 0.5, abs(model.y) / 2, lab.seed)
    predicted = np.broadcast_to(predicted, (len(ends), model.width, 2))
    rivals = {name: np.broadcast_to(pairs, predicted.shape) for name, pairs in rivals.items()}
    lab.identity(
        _shares(neurons(model, ends))[..., 0],
        predicted[..., 0],
        rivals={name: pairs[..., 0] for name, pairs in rivals.items() if np.any(pairs[..., 0] != predicted[..., 0])},
        scale=1.0,
        tolerance=0.05,
        reason="shares after SGD, whose slowest motions are not at their end",
    )
    lab.identity(
        _shares(flow_ends(model, ends[[0, -1]], FOREVER)),
        predicted[[0, -1]],
        rivals={name: pairs[[0, -1]] for name, pairs in rivals.items()},
        scale=1.0,
        tolerance=5e-4,
        reason="shares and activations where the limiting flow takes the first and the last run from there",
    )


@claim(
    "blanc2019-one-point-sigmoid-spreads",
    title="One point, sigmoid: label noise spreads a wide network evenly, even from one large neuron",
    statement=r"$P = |x|\, |y| / m$ small, all j:$\quad a_j = P^2 / (1 + P^2),\ \ c_j^2 = 1 / (|x|^2 a_j (1 - a_j))$",
    source="arXiv:1904.09080 (few types of neurons); the condition and the values are our own",
    hypotheses=("even shares are the only stationary point",),
    rivals=("one large neuron", "gradients of the hidden layer alone", "gradients of the output layer alone"),
    convention="L = (f - y)^2 / 2; P from 0.2 to 0.35; 4 random starts and 4 with 50 to 70 percent of the label on one"
    " neuron; SGD with h = 1/2 and signs of size |y|/2 for 400 times the relaxation of shares, then the limiting flow",
)
def sigmoid_spreads(lab):
    def make(rng):
        m = int(rng.integers(3, 6))
        return _problem(rng, m, m * rng.uniform(0.2, 0.35))

    model, states = _network(lab.instance(make), "sigmoid")
    lab.require(ONLY_MINIMUM, len(states) == 1 and states[0].large == 0)
    m, share = model.width, np.ones(model.width) / model.width
    total, alone = np.linalg.norm(model.x) * abs(model.y), np.eye(m)[0]
    _check_ends(
        lab,
        model,
        np.concatenate([_random_starts(model, 4, lab.seed), quenched(model, _concentrated(model, 4))]),
        400 * _time_of_shares(model, states[0]),
        _shares(_sizes(model, states[0])),
        {
            "one large neuron": np.stack([alone, alone * total**2 / (1 + total**2)], axis=1),
            "gradients of the hidden layer alone": np.stack([share, np.ones(m)], axis=1),
            "gradients of the output layer alone": np.stack([share, np.zeros(m)], axis=1),
        },
    )


@claim(
    "blanc2019-one-point-sigmoid-concentrates",
    title="One point, sigmoid: label noise leaves a narrow network one large neuron, and the others alike",
    statement=r"$|x|\, |y| / m > 1 / \sqrt{3}:\quad a_j = P_j^2 / (1 + P_j^2)$, one neuron with $P_1 > 1 / \sqrt{3}$, "
    r"the others equal, $P_1 / (1 + P_1^2)^2 = P_j / (1 + P_j^2)^2$",
    source="arXiv:1904.09080 (few types of neurons); which of them are minima is our own",
    hypotheses=("even shares are a saddle",),
    rivals=("equal split", "one neuron alone", "gradients of the hidden layer alone"),
    convention="L = (f - y)^2 / 2; |x| |y| / m from 0.65 to 0.9, m = 3, 4; 8 random starts; SGD with h = 1/2 and signs"
    " of size |y|/2 for 60 times the relaxation of shares, then the limiting flow",
)
def sigmoid_concentrates(lab):
    def make(rng):
        m = int(rng.integers(3, 5))
        return _problem(rng, m, m * rng.uniform(0.65, 0.9))

    model, states = _network(lab.instance(make), "sigmoid")
    m, minima = model.width, [state for state in states if state.unstable == 0]
    even = np.linalg.norm(model.x) * abs(model.y) / m
    lab.require(UNEVEN, even > 1 / np.sqrt(3) and len(minima) == 1)
    alone, activation = np.eye(m)[0], even**2 / (1 + even**2)
    _check_ends(
        lab,
        model,
        _random_starts(model, 8, lab.seed),
        60 * _time_of_shares(model, minima[0]),
        _shares(_sizes(model, minima[0])),
        {
            "equal split": np.stack([np.ones(m) / m, np.full(m, activation)], axis=1),
            "one neuron alone": np.stack([alone, alone * (m * even) ** 2 / (1 + (m * even) ** 2)], axis=1),
            "gradients of the hidden layer alone": np.stack([np.ones(m) / m, np.ones(m)], axis=1),
        },
    )


@claim(
    "blanc2019-one-point-sigmoid-two-minima",
    title="One point, sigmoid: even shares and one large neuron can both be minima, and the start decides",
    statement=r"$|x|\, |y| / m < 1 / \sqrt{3}$, and a pair $P_1 > 1/\sqrt{3} > P_2$ of equal $P / (1 + P^2)^2$ with"
    r" $P_1 + (m - 1) P_2 = |x|\, |y|:\quad$ from either side of the saddle, label noise goes down that side",
    source="arXiv:1904.09080 (few types of neurons); the two minima are our own",
    hypotheses=("even shares and one large neuron are both minima",),
    rivals=("a wide network spreads evenly", "one large neuron always"),
    convention="L = (f - y)^2 / 2; |x| |y| / m from 0.46 to 0.5, m = 5, 6; 4 runs each from shares moved by 30 percent"
    " of the way from the saddle to either minimum; SGD with h = 1/2 and signs of size |y|/2, then the limiting flow",
    errata="'Spreads evenly if wide' needs more than |x| |y| / m < 1 / sqrt 3. With |x| |y| = 2.5 and m = 5 even shares"
    " (R = 1) and one large neuron (R = 0.851) are both minima; for m = 3, 5, 8, 11 that is so down to |x| |y| / m ="
    " 0.53, 0.42, 0.32, 0.26, and over most of this range the even minimum is the higher one.",
)
def sigmoid_two_minima(lab):
    def make(rng):
        m = int(rng.integers(5, 7))
        return _problem(rng, m, m * rng.uniform(0.46, 0.5))

    model, states = _network(lab.instance(make), "sigmoid")
    minima = {state.large: state for state in states if state.unstable == 0}
    saddles = [state for state in states if state.unstable == 1 and state.large == 1]
    lab.require(TWO_MINIMA, set(minima) == {0, 1} and len(saddles) == 1)
    sides = [np.prod(_sizes(model, state), axis=1) for state in (minima[0], minima[1])]
    saddle = np.prod(_sizes(model, saddles[0]), axis=1)
    starts = _cheapest(model, np.repeat([saddle + 0.3 * (side - saddle) for side in sides], 4, axis=0))
    even, large = (_shares(_sizes(model, minima[k])) for k in (0, 1))
    _check_ends(
        lab,
        model,
        quenched(model, starts),
        60 * _time_of_shares(model, minima[0]),
        np.repeat([even, large], 4, axis=0),
        {"a wide network spreads evenly": even, "one large neuron always": large},
    )
