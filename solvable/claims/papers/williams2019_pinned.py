r"""Williams et al., Gradient Dynamics of Shallow Univariate ReLU Networks (arXiv 1906.07842): knots at
samples, where some stay.

At sample j a neuron is driven by ``q = E1 x_j + E0`` without the sample and by q + r with it, ``r = r_j (1 + x_j^2) /
n``; so its pre-activation there moves at the speed ``-a q`` where it is negative and ``-a (q + r)`` where it is
positive. If ``-a q > 0 > -a (q + r)`` the knot is pinned: the solution in the sense of Filippov stays, and sees the
sample at the fraction ``-q/r``. Descent steps to and fro over the sample and sees it in that fraction of its steps.

The forces on a neuron are those of its active samples times (w, b) for a and times a for (w, b), whatever the weight of
each sample: so ``a^2 - w^2 - b^2`` is conserved at a sample as well.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from solvable import GradientDescent, GradientFlow, claim, simulate

from .williams2019_motion import _delta, _knots, _network

HORIZON = 100.0
PIECES, NODES = 4, 200
LEAST, COARSEST = 250, 0.02
"""The fewest steps of a piece; the longest step, in units of 1 / rate."""
STAYS = "a knot stays at a sample for 5 / rate or more, up to where the flow is unique"
APART = "somewhere on the way the fraction is a twentieth away from 0, 1/2 and 1"


def _flow(model, start, time, **options):
    return simulate(model, GradientFlow(rtol=1e-12), start, time=time, **options)


def _longest_stay(events, horizon):
    """(neuron, sample, first, last time) of the knot that stays longest at a sample before the flow is not unique."""
    end = min([horizon, *events.time[~events.unique]])
    found = (0, 0, 0.0, 0.0)
    for i in np.unique(events.neuron):
        own = np.flatnonzero((events.neuron == i) & (events.time < end))
        for k, after in pairwise([*own, None]):
            last = end if after is None else events.time[after]
            if events.state[k] == "pinned" and last - events.time[k] > found[3] - found[2]:
                found = (int(i), int(events.sample[k]), float(events.time[k]), float(last))
    return found


def _fraction(model, theta, neuron, sample):
    """``-q/r`` of a neuron whose knot is at a sample."""
    x = model.x
    forces = model.residuals(theta) * (1 + x * x[sample])
    seen = model.unpack(theta)["w"][neuron] * (x - x[sample]) > 0
    return -np.sum(forces[seen]) / forces[sample]


def _free_speed(model, theta, neuron, sample):
    """How fast the knot would leave the sample if it did not see it."""
    parts = model.unpack(theta)
    a, w = parts["a"][neuron], parts["w"][neuron]
    r = model.residuals(theta) * (1 + model.x * model.x[sample]) / model.n_samples
    return a / w * np.sum(r[w * (model.x - model.x[sample]) > 0])


@claim(
    "williams2019-pinned-knots",
    title="Knots stay at samples, which small steps see now and then",
    statement=r"$-a q > 0 > -a (q + r),\ \ q = \frac{1}{n} \sum_{w (x_k - x_j) > 0} r_k (1 + x_k x_j),\ \ r ="
    r" \frac{1}{n} r_j (1 + x_j^2):\quad t_i = x_j + O(h)$, and the share of steps that see the sample tends to"
    r" $-\frac{q}{r}$",
    source="arXiv:1906.07842 (knots that gather at samples; the fraction is derived here)",
    hypotheses=(
        "the inputs are distinct, at least three, in [-10, 10], and the targets are not all zero",
        "a knot stays at a sample for 5 / rate or more, up to where the flow is unique",
        "somewhere on the way the fraction is a twentieth away from 0, 1/2 and 1",
    ),
    rivals=("the knot passes the sample", "half of the steps", "all steps"),
    convention="20 neurons, a, w, b ~ N(0, 1/4), gradient flow to the time 100 / rate; the middle half of the longest"
    " stay, in four pieces; gradient descent of a step h of at most 0.02 / rate, h/4 and h/16",
)
def pinned_knots(lab):
    model, start, rate = _network(lab)
    events = _flow(model, start, HORIZON / rate).events
    neuron, sample, first, last = _longest_stay(events, HORIZON / rate)
    lab.require(STAYS, last - first >= 5 / rate)
    begin, end = first + (last - first) / 4, last - (last - first) / 4
    nodes = begin + (end - begin) * (np.arange(PIECES * NODES) + 0.5) / (PIECES * NODES)
    path = _flow(model, start, end, save=nodes).theta
    fractions = np.array([_fraction(model, theta, neuron, sample) for theta in path[: nodes.size]])
    predicted = np.mean(fractions.reshape(PIECES, NODES), axis=1)
    lab.require(APART, np.any(np.min(np.abs(predicted[:, None] - [0, 0.5, 1]), axis=1) >= 0.05))
    counts = PIECES * max(LEAST, int((end - begin) / PIECES * rate / COARSEST)) * np.array([1, 4, 16])
    speed, sizes = _free_speed(model, path[0], neuron, sample), (end - begin) / counts
    seen, away, passed = [], [], []
    for count, h in zip(counts, sizes, strict=True):
        steps = round(begin / h) + np.arange(count)
        theta = simulate(model, GradientDescent(h), start, steps=int(steps[-1]), save=steps).theta
        moved = _knots(model, theta)[:, neuron] - model.x[sample]
        seen.append(np.mean((moved * model.unpack(theta)["w"][:, neuron] < 0).reshape(PIECES, -1), axis=1))
        away.append(np.max(np.abs(moved)))
        passed.append(np.max(np.abs(moved - speed * h * np.arange(count))))
    lab.order(
        sizes,
        away,
        1,
        rivals={"the knot passes the sample": passed},
        tolerance=0.2,
        reason="steps over a sample are longer or shorter",
    )
    lab.limit(
        sizes,
        seen,
        predicted,
        rivals={"half of the steps": 0.5 + 0 * predicted, "all steps": 1 + 0 * predicted},
        tolerance=4e-3,
        scale=1,
        reason="at least 4000 steps, and descent follows its flow to the order of its step",
    )


@claim(
    "williams2019-flow-balance",
    title="The balance of a neuron outlasts every event of its knot",
    statement=r"$\delta_i = a_i^2 - w_i^2 - b_i^2:\quad \delta_i(t) = \delta_i(0)$ exactly, also where the knot crosses"
    r" a sample or stays there",
    source="arXiv:1906.07842 (conservation under gradient flow)",
    hypotheses=(
        "the inputs are distinct, at least three, in [-10, 10], and the targets are not all zero",
        "knots cross samples and stay at samples",
    ),
    rivals=("without the bias", "a sum of squares"),
    convention="20 neurons, a, w, b ~ N(0, 1/4), gradient flow from event to event to the time 100 / rate, relative"
    " tolerance 1e-12",
)
def flow_balance(lab):
    model, start, rate = _network(lab)
    run = _flow(model, start, HORIZON / rate, save=20)
    lab.require("knots cross samples and stay at samples", {"passes", "pins"} <= set(run.events.kind))
    lab.identity(
        _delta(model, run.theta),
        _kept(model, start, run.theta),
        rivals={
            "without the bias": _square(model, start, "a", "-w") - _square(model, run.theta, "b"),
            "a sum of squares": 2 * _square(model, run.theta, "a") - _square(model, start, "a", "w", "b"),
        },
        scale=np.max(run.theta**2),
        tolerance=1e-12,
        reason="rounding errors of a few hundred steps",
    )


def _kept(model, start, path):
    """The balance of the start, all along the path."""
    return np.broadcast_to(_delta(model, start), (path.shape[0], model.width))


def _square(model, theta, *names):
    """Sum of the squares of some parameters of each neuron, with signs."""
    parts = model.unpack(theta)
    return sum((-1 if name[0] == "-" else 1) * parts[name[-1]] ** 2 for name in names)
