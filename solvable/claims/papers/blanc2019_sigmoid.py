r"""Blanc et al. (arXiv:1904.09080): networks of one hidden layer of sigmoids that are trained on a single point.

As for tanh (`blanc2019_tanh`) label noise descends ``R = |grad f|^2`` on ``f = y``. A neuron of a sigmoid costs ``P^2 /
(1 + P^2)`` in terms of its share ``P = |x| |c a|``, convex for ``P < 1/sqrt 3``: a wide network spreads the label
evenly, a narrow one has one large neuron and the others share what is left. In between both are minima.
"""

from __future__ import annotations

import numpy as np

from solvable import claim

from ._single_point import network, neurons, parameters, single_point, sizes, slow_rates
from ._single_point_runs import descended, flow_ends, quenched, random_starts

ONLY_MINIMUM = "even shares are the only stationary point"
UNEVEN = "even shares are a saddle"
TWO_MINIMA = "even shares and one large neuron are both minima"
FOREVER = 1e10
"""Time of the limiting flow, to which the softest minima of a sigmoid are deep."""


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
    ends = descended(model, starts, T, 0.5, abs(model.y) / 2, lab.seed)
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
        return single_point(rng, m, m * rng.uniform(0.2, 0.35))

    model, states = network(lab.instance(make), "sigmoid")
    lab.require(ONLY_MINIMUM, len(states) == 1 and states[0].large == 0)
    m, share = model.width, np.ones(model.width) / model.width
    total, alone = np.linalg.norm(model.x) * abs(model.y), np.eye(m)[0]
    _check_ends(
        lab,
        model,
        np.concatenate([random_starts(model, 4, lab.seed), quenched(model, _concentrated(model, 4))]),
        400 * _time_of_shares(model, states[0]),
        _shares(sizes(model, states[0])),
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
        return single_point(rng, m, m * rng.uniform(0.65, 0.9))

    model, states = network(lab.instance(make), "sigmoid")
    m, minima = model.width, [state for state in states if state.unstable == 0]
    even = np.linalg.norm(model.x) * abs(model.y) / m
    lab.require(UNEVEN, even > 1 / np.sqrt(3) and len(minima) == 1)
    alone, activation = np.eye(m)[0], even**2 / (1 + even**2)
    _check_ends(
        lab,
        model,
        random_starts(model, 8, lab.seed),
        60 * _time_of_shares(model, minima[0]),
        _shares(sizes(model, minima[0])),
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
        return single_point(rng, m, m * rng.uniform(0.46, 0.5))

    model, states = network(lab.instance(make), "sigmoid")
    minima = {state.large: state for state in states if state.unstable == 0}
    saddles = [state for state in states if state.unstable == 1 and state.large == 1]
    lab.require(TWO_MINIMA, set(minima) == {0, 1} and len(saddles) == 1)
    sides = [np.prod(sizes(model, state), axis=1) for state in (minima[0], minima[1])]
    saddle = np.prod(sizes(model, saddles[0]), axis=1)
    starts = _cheapest(model, np.repeat([saddle + 0.3 * (side - saddle) for side in sides], 4, axis=0))
    even, large = (_shares(sizes(model, minima[k])) for k in (0, 1))
    _check_ends(
        lab,
        model,
        quenched(model, starts),
        60 * _time_of_shares(model, minima[0]),
        np.repeat([even, large], 4, axis=0),
        {"a wide network spreads evenly": even, "one large neuron always": large},
    )
