r"""Williams et al., Gradient Dynamics of Shallow Univariate ReLU Networks (arXiv:1906.07842): how knots move.

Gradient flow conserves ``delta_i = a_i^2 - w_i^2 - b_i^2`` of each neuron, so descent of the step h keeps it to the
order h up to a given time; and a step changes it by ``h^2 (|dL/da_i|^2 - |dL/dw_i|^2 - |dL/db_i|^2)``, exactly. With
the sums E0 of ``r_j/n`` and E1 of ``r_j x_j/n`` over the samples at which a neuron is active, its knot ``t_i =
-b_i/w_i`` has the velocity ``(a_i/w_i) (E0_i + t_i E1_i)``: fast where delta is large, at rest where w is much larger
than a.
"""

from __future__ import annotations

import numpy as np

from solvable import GradientDescent, UnivariateReLUNetwork, claim, simulate

from ._wide import DISTINCT, samples, usable

WIDTH = 20


def _network(lab):
    """The network, a start, and a rate: the sharpness there, and the largest residual."""
    problem = lab.instance(samples)
    x, y = np.asarray(problem["x"]), np.asarray(problem["y"])
    lab.require(DISTINCT, usable(x, y))
    model = UnivariateReLUNetwork(x, y, WIDTH)
    theta = model.init(seed=lab.seed, kind="general", deviations=(0.5, 0.5, 0.5))
    lift = np.hypot(1, x)
    return model, theta, model.sharpness(theta) + np.mean(np.abs(y) * lift)


def _growth(model, gradients, h):
    """What a step adds to `_delta`."""
    return h**2 * _delta(model, gradients)


def _delta(model, theta):
    """``a^2 - w^2 - b^2``."""
    parts = model.unpack(theta)
    return parts["a"] ** 2 - parts["w"] ** 2 - parts["b"] ** 2


@claim(
    "williams2019-delta",
    title="Each neuron conserves the balance of its weights",
    statement=r"$\delta_i = a_i^2 - w_i^2 - b_i^2:\quad \delta_i(k + 1) - \delta_i(k) = h^2 [ (\partial_a L)^2 -"
    r" (\partial_w L)^2 - (\partial_b L)^2 ]_i$, so that $\delta_i(t) = \delta_i(0) + O(h)$",
    source="arXiv:1906.07842 (conservation under gradient flow)",
    hypotheses=("the inputs are distinct, at least three, in [-10, 10], and the targets are not all zero",),
    rivals=("without the bias", "a sum of squares"),
    convention="20 neurons, a, w, b ~ N(0, 1/4); gradient descent to the time 4 / rate, h = 1/(64 rate) to"
    " 1/(512 rate)",
)
def delta(lab):
    model, start, rate = _network(lab)
    counts, paths = 256 * 2 ** np.arange(4), []
    for steps in counts:
        h = 4 / (rate * steps)
        path = simulate(model, GradientDescent(h), start, steps=int(steps), save=np.arange(steps + 1)).theta
        gradients = np.array([model.gradient(theta) for theta in path[:-1]])
        lab.identity(
            np.diff(_delta(model, path), axis=0),
            _growth(model, gradients, h),
            scale=np.max(path**2),
            tolerance=1e-13,
            reason="exact: rounding only",
        )
        paths.append(path[-1])

    def drift(balance):
        return np.array([np.max(np.abs(balance(end) - balance(start))) for end in paths])

    def square(name):
        return lambda theta: model.unpack(theta)[name] ** 2

    lab.order(
        1.0 / counts,
        drift(lambda theta: _delta(model, theta)),
        1,
        rivals={
            "without the bias": drift(lambda theta: square("a")(theta) - square("w")(theta)),
            "a sum of squares": drift(lambda theta: sum(square(name)(theta) for name in "awb")),
        },
        tolerance=0.15,
        reason="knots cross samples between steps",
    )


def _knots(model, theta):
    parts = model.unpack(theta)
    return -parts["b"] / parts["w"]


def _velocity(model, theta):
    """``(a/w) (E0 + t E1)``."""
    a, w, b, E0, E1 = _sums(model, theta)
    return a / w * (E0 - b / w * E1)


def _sums(model, theta):
    """a, w, b, and the mean of ``r_j`` and ``r_j x_j`` over the samples at which a neuron is active."""
    parts = model.unpack(theta)
    a, w, b = parts["a"], parts["w"], parts["b"]
    active = (np.multiply.outer(w, model.x) + b[:, None] > 0) / model.n_samples
    residuals = model.residuals(theta)
    return a, w, b, active @ residuals, active @ (residuals * model.x)


@claim(
    "williams2019-knot-velocity",
    title="How fast a knot moves",
    statement=r"$t_i = -\frac{b_i}{w_i}:\quad \dot t_i = \frac{a_i}{w_i} (E_{0,i} + t_i E_{1,i}),\quad E_{0,i} ="
    r" \frac{1}{n} \sum_{w_i x_j + b_i > 0} r_j,\ E_{1,i} = \frac{1}{n} \sum_{w_i x_j + b_i > 0} r_j x_j$",
    source="arXiv:1906.07842 (knots; the formula is derived here)",
    hypotheses=("the inputs are distinct, at least three, in [-10, 10], and the targets are not all zero",),
    rivals=("without the moment", "the opposite moment", "all samples"),
    convention="20 neurons, a, w, b ~ N(0, 1/4); the knots after one step of gradient descent, h to 0",
)
def knot_velocity(lab):
    model, theta, _ = _network(lab)
    a, w, b, E0, E1 = _sums(model, theta)
    # The size of a step is bounded by the fastest change of a w, relative to it.
    sizes = 0.1 / np.max(np.abs(a * E1 / w)) / 10.0 ** np.arange(1, 5)
    speeds = []
    for h in sizes:
        run = simulate(model, GradientDescent(h), theta, steps=1)
        speeds.append((_knots(model, run.final) - _knots(model, theta)) / h)
    r = model.residuals(theta)
    own = _velocity(model, theta)
    lab.limit(
        sizes,
        speeds,
        own,
        rivals={
            "without the moment": a / w * E0,
            "the opposite moment": a / w * (E0 + b / w * E1),
            "all samples": a / w * (np.mean(r) - b / w * np.mean(r * model.x)),
        },
        tolerance=1e-4,
        reason="a step is the flow up to the order of h",
    )
