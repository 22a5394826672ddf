r"""Du, Hu and Lee, Algorithmic Regularization in Learning Deep Homogeneous Models: Layers are Automatically Balanced
(arXiv:1806.00900): what gradient flow conserves on deep linear networks, and what gradient descent makes of it.

Flow conserves every ``D_j = W_{j+1}^T W_{j+1} - W_j W_j^T``, whatever the loss of the product. For a step h of gradient
descent with gradients g of the layers, the first-order terms cancel and what remains is exact,

    D_j+ = D_j + h^2 ( g_{j+1}^T g_{j+1} - g_j g_j^T ),

hence ``O(h)``, not ``O(h^2)``, at a fixed time.
"""

from __future__ import annotations

import numpy as np

from solvable import GradientDescent, GradientFlow, claim, simulate
from solvable.theory import balance_drift, balance_increments, layer_gradients

from ._layers import DEPTHS, REGRESSION, descent_direction, is_regression, matrix_regression, network, rate

SCALE = 0.6
"""Standard deviation of the entries of all layers at the start."""


def grams(layers):
    """``W_{j+1}^T W_{j+1}`` and ``W_j W_j^T`` of every hidden layer, flat: (..., k) each."""

    def flat(parts):
        return np.concatenate([part.reshape(*part.shape[:-2], -1) for part in parts], axis=-1)

    after = flat([np.swapaxes(W, -1, -2) @ W for W in layers[1:]])
    return after, flat([W @ np.swapaxes(W, -1, -2) for W in layers[:-1]])


def imbalance(model, theta):
    after, before = grams(model.layers(theta))
    return after - before


@claim(
    "du2018-conservation",
    title="Gradient flow keeps the difference of neighboring layers",
    statement=r"$W_{j+1}^T W_{j+1}(t) - W_j W_j^T(t) = W_{j+1}^T W_{j+1}(0) - W_j W_j^T(0)$",
    source="arXiv:1806.00900, theorem number unverified",
    hypotheses=("X and Y have as many columns, and X is not zero",),
    rivals=("every layer keeps its own", "half the change of the layer before"),
    convention="1/(2n) |W_N .. W_1 X - Y|^2, N = 2, 3, 4, from Gaussian layers",
)
def conservation(lab):
    problem = lab.instance(matrix_regression)
    lab.require(REGRESSION, is_regression(problem))
    for depth in DEPTHS:
        model, span = network(problem, depth), 3.0 / rate(problem)
        start = model.init(SCALE, seed=lab.seed)
        run = simulate(model, GradientFlow(rtol=1e-12, atol=1e-14), start, time=span, save=span * np.arange(5) / 4)
        after, before = grams(model.layers(run.theta))
        change = before[1:] - before[0]
        lab.identity(
            after[1:],
            after[0] + change,
            rivals={
                "every layer keeps its own": after[0] + 0 * change,
                "half the change of the layer before": after[0] + change / 2,
            },
            tolerance=1e-10,
            reason="the flow is integrated to 1e-12 a step",
        )


@claim(
    "du2018-exact-step",
    title="A step of gradient descent moves the balance by its square, exactly",
    statement=r"$D_j^+ = D_j + h^2 \left( g_{j+1}^T g_{j+1} - g_j g_j^T \right),\quad"
    r" D_j = W_{j+1}^T W_{j+1} - W_j W_j^T$",
    source="arXiv:1806.00900 (the setting); the identity is our own",
    hypotheses=("X and Y have as many columns, and X is not zero",),
    rivals=("a change of the layer before only", "half the change"),
    convention="1/(2n) |W_N .. W_1 X - Y|^2, N = 2, 3, 4, h a tenth of the inverse rate; 200 steps, summed up",
)
def exact_step(lab):
    problem = lab.instance(matrix_regression)
    lab.require(REGRESSION, is_regression(problem))
    gradient, h = descent_direction(problem), 0.1 / rate(problem)
    for depth in DEPTHS:
        model = network(problem, depth)
        start = model.init(SCALE, seed=lab.seed)
        run = simulate(model, GradientDescent(h), start, steps=200, save=np.arange(201))
        whole, before = [], []
        for theta in run.theta[:-1]:
            g = layer_gradients(model.layers(theta), gradient)
            whole.append(np.concatenate([D.ravel() for D in balance_increments(g)]))
            before.append(np.concatenate([-(part @ part.T).ravel() for part in g[:-1]]))
        predicted, rival = (h * h * np.cumsum(parts, axis=0) for parts in (whole, before))
        lab.identity(
            imbalance(model, run.theta[1:]) - imbalance(model, start),
            predicted,
            rivals={"a change of the layer before only": rival, "half the change": predicted / 2},
            tolerance=1e-10,
            reason="exact: the rounding of squares of the layers against changes of a few percent of them",
        )


@claim(
    "du2018-drift",
    title="At a fixed time gradient descent unbalances layers at first order",
    statement=r"$D_j(t) - D_j(0) = h \int_0^t \left( g_{j+1}^T g_{j+1} - g_j g_j^T \right) ds + O(h^2)$",
    source="arXiv:1806.00900 (the setting); the integral is our own",
    hypotheses=("X and Y have as many columns, and X is not zero",),
    rivals=("second order in total", "half the integral"),
    convention="1/(2n) |W_N .. W_1 X - Y|^2, N = 2, 3, 4; the gradients along the flow; t = 2 / the largest sharpness"
    " on the way, h from t/50 to t/800",
    errata="A step moves D by O(h^2), which is often read as a drift of O(h^2): at a fixed time the slope is 1.",
)
def drift(lab):
    problem = lab.instance(matrix_regression)
    lab.require(REGRESSION, is_regression(problem))
    counts = np.array([50, 100, 200, 400, 800])
    for depth in DEPTHS:
        model = network(problem, depth)
        start = model.init(SCALE, seed=lab.seed)
        span = 2.0 / sharpest(model, start)
        moved = np.array(
            [
                imbalance(model, simulate(model, GradientDescent(span / count), start, steps=int(count)).final)
                for count in counts
            ]
        ) - imbalance(model, start)
        unit = balance_drift(model.layers(start), descent_direction(problem), 1.0, span)
        unit = np.concatenate([part.ravel() for part in unit])
        h = span / counts
        size, left, half = (np.linalg.norm(moved - factor * h[:, None] * unit, axis=1) for factor in (0.0, 1.0, 0.5))
        lab.order(h, size, 1, rivals={"second order in total": 2}, reason="the drift itself")
        lab.order(h, left, 2, rivals={"half the integral": half}, reason="what the integral leaves")


def sharpest(model, start):
    """The largest sharpness up to the time ``4 / sharpness`` of the start: large targets make it rise."""
    span = 4.0 / model.sharpness(start)
    run = simulate(model, GradientFlow(rtol=1e-4), start, time=span, save=span * np.arange(9) / 8)
    return max(model.sharpness(theta) for theta in run.theta)
