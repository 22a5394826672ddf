r"""Boursier, Pillaud-Vivien and Flammarion, Gradient flow dynamics of shallow ReLU networks for square loss and
orthogonal inputs (arXiv:2206.00939), with one input.

With a bias an input is the vector ``X_j = (x_j, 1)``, and two of them are orthogonal if ``x_1 x_2 = -1``. Small neurons
first turn to one of the two vectors, or die; then the output at each sample is logistic in time, and the network ends
at the least ``sum_i |a_i| |(w_i, b_i)|`` of all interpolants.
"""

from __future__ import annotations

import numpy as np

from solvable import GradientDescent, UnivariateReLUNetwork, claim, simulate
from solvable.theory import orthogonal_pair_flow

ORTHOGONAL = "two inputs with product -1, and targets of different signs"


def _pair(rng):
    """Two orthogonal inputs and targets of different signs."""
    x = rng.uniform(0.5, 2.0)
    return {"x": np.array([-1 / x, x]), "y": rng.uniform(0.5, 1.5, 2) * rng.choice([-1.0, 1.0]) * np.array([1.0, -1.0])}


def _orthogonal(x, y):
    return x.size == y.size == 2 and abs(1 + np.prod(x)) < 1e-12 * np.prod(np.hypot(1, x)) and np.prod(y) < 0


def _balanced(model, scale, directions, signs):
    """Neurons with ``|a| = |(w, b)| = scale``."""
    w, b = scale * directions
    return model.pack(a=scale * signs * np.ones(w.size), w=w, b=b)


def _size(model, theta):
    """``sum_i |a_i| |(w_i, b_i)|``."""
    parts = model.unpack(theta)
    return np.sum(np.abs(parts["a"]) * np.hypot(parts["w"], parts["b"]))


@claim(
    "boursier2022-logistic",
    title="After alignment each of two orthogonal samples is learned along a logistic curve",
    statement=r"$f(x_j)(t) = \frac{y_j}{1 + (y_j / f(x_j)(0) - 1)\, e^{-2 |X_j| |y_j| t / n}},\quad"
    r" X_j = (x_j, 1),\ x_1 x_2 = -1$",
    source="arXiv:2206.00939 (theorem number unverified)",
    hypotheses=("two inputs with product -1, and targets of different signs",),
    rivals=("rate without the 2", "rate |X|^2", "exponential approach"),
    convention="three aligned, balanced neurons a sample, outputs below the targets; gradient descent of step sizes h"
    " to 0, at ten times",
)
def logistic(lab):
    problem = lab.instance(_pair)
    x, y = np.asarray(problem["x"]), np.asarray(problem["y"])
    lab.require(ORTHOGONAL, _orthogonal(x, y))
    model, lift = UnivariateReLUNetwork(x, y, width=6), np.hypot(1, x)
    own = np.arange(2).repeat(3)
    aligned = np.array([x, np.ones(2)])[:, own] / lift[own]
    # Below both targets: above one, its residual pulls the other sample's neurons off the edge where they are blind.
    start = _balanced(model, 0.1 * np.sqrt(np.min(np.abs(y) / lift)), aligned, np.sign(y)[own])
    outputs, end = model.predict(start), 8 / np.min(lift * np.abs(y))
    times = end * np.arange(1, 11) / 10
    steps = 10 * np.ceil(end * np.max(lift) * 4 * np.max(np.abs(y))).astype(int) * 2 ** np.arange(4)
    paths = [
        model.predict(
            simulate(model, GradientDescent(end / k), start, steps=int(k), save=k // 10 * np.arange(1, 11)).theta
        )
        for k in steps
    ]

    def errors(predicted):
        return np.array([np.max(np.abs(path - predicted)) for path in paths])

    def curve(rate):
        return y / (1 + (y / outputs - 1) * np.exp(-rate * np.abs(y) * times[:, None] / 2))

    lab.order(
        end / steps,
        errors(orthogonal_pair_flow(x, y, outputs, times).outputs),
        1,
        rivals={
            "rate without the 2": errors(curve(lift)),
            "rate |X|^2": errors(curve(2 * lift**2)),
            "exponential approach": errors(y + (outputs - y) * np.exp(-lift * np.abs(y) * times[:, None])),
        },
        tolerance=0.15,
        reason="descent follows its flow to the order of its step",
    )


SCALES = (1e-2, 1e-3, 1e-4)


@claim(
    "boursier2022-least-norm",
    title="A small start ends at the least norm that interpolates two orthogonal samples",
    statement=r"$\sum_i |a_i|\, |(w_i, b_i)| \to \frac{|y_1|}{|X_1|} + \frac{|y_2|}{|X_2|}$ as the start goes to 0",
    source="arXiv:2206.00939 (theorem number unverified)",
    hypotheses=(
        "two inputs with product -1, and targets of different signs",
        "the run reaches a residual of 1e-8",
    ),
    rivals=("the slope of the line through the samples", "the sum of |y|"),
    convention="40 balanced neurons in evenly spread directions with both signs, |a| = |(w, b)| = 0.01, 0.001, 0.0001"
    " in units of the root of the largest target; gradient descent, step 0.01 / (|X|^2 |y|)",
)
def least_norm(lab):
    problem = lab.instance(_pair)
    x, y = np.asarray(problem["x"]), np.asarray(problem["y"])
    lab.require(ORTHOGONAL, _orthogonal(x, y))
    model, lift = UnivariateReLUNetwork(x, y, width=40), np.hypot(1, x)
    angles = np.tile(2 * np.pi * (np.arange(20) + np.random.default_rng(lab.seed).uniform()) / 20, 2)
    directions, signs = np.array([np.cos(angles), np.sin(angles)]), np.repeat([1.0, -1.0], 20)
    unit, enough = np.sqrt(np.max(np.abs(y))), 1e-16 * float(np.mean(y**2))
    step, sizes = 0.01 / (np.max(lift) * unit) ** 2, []
    for scale in SCALES:
        start = _balanced(model, scale * unit, directions, signs)
        run = simulate(model, GradientDescent(step), start, steps=1_000_000, until_loss=enough)
        lab.require("the run reaches a residual of 1e-8", run.final_loss <= enough)
        sizes.append(_size(model, run.final))
    slope = abs(y[1] - y[0]) / abs(x[1] - x[0])
    lab.limit(
        SCALES,
        sizes,
        _least(x, y),
        rivals={"the slope of the line through the samples": slope, "the sum of |y|": np.sum(np.abs(y))},
        tolerance=1e-5,
        reason="neurons that do not align keep the square of their size at the start",
    )


def _least(x, y):
    """Where the closed form ends."""
    return np.sum(orthogonal_pair_flow(x, y, 0.1 * y, np.array(1e6)).sizes)
