r"""The shape of the gain: gradient descent shrinks a where the solution lives, SGD shrinks it everywhere.

On ``beta = u^2 - v^2`` a step of size h turns ``a = |u v|`` into ``a |1 - x^2|``, ``x = 2 h g``, g the gradient with
respect to beta. The gain ``-q_j = log(a_j before / a_j after)`` decides which interpolant is selected. For small h,

    gradient descent   -q_j = 4 h int g_j^2 dt,                      large where g_j has to be large: on the support;
    SGD, batch 1       -q_j = 4 h int (1/n) sum_i x_ij^2 r_i^2 dt,   on average; much the same for every coordinate.

A homogeneous gain is a smaller initialization, hence a sparser interpolant. A gain on the support alone is the
opposite: it makes the coefficients that should be large the more expensive ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "The shape of the gain"
SUMMARY = (
    "Gradient descent shrinks the effective scale most where the solution lives, SGD nearly everywhere alike. That is"
    " why large steps help SGD to be sparse, and can hinder gradient descent."
)
ANSWERS = "the gains of gradient descent and SGD in Even et al., arXiv:2302.08982 (figure number unverified)"
CLAIMS = ("even2023-gain-spread", "even2023-gain-shape", "even2023-stochastic-gain")
CAPTION = (
    "Measured (markers): how far gradient descent and SGD with batch 1 (mean of 8 runs) have shrunk a = |uv| on a "
    "diagonal linear network (40 samples, 80 features, 4 of them active, scale 0.1, up to time 10), as the gain "
    "log(a before / a after) per unit of step size. "
    "Theory (dashed): the formulas for the gain, evaluated on the gradients or residuals along the runs; exact for "
    "gradient descent, of leading order in the step for SGD. Dotted: the limit of small steps, from gradient flow. "
    "Left: each coordinate, those off the support in the order of the gain of descent; step 0.1 for descent, 0.005 for "
    "SGD. Right: means over the support (filled) and off it (hollow). The gain of descent is ten times as large on the "
    "support; that of SGD is nearly flat."
)
SEED, SAMPLES, FEATURES, ACTIVE = 0, 40, 80, 4
SCALE, TIME, REPLICAS = 0.1, 10.0, 8
DESCENT = np.array([0.0125, 0.025, 0.05, 0.1, 0.2, 0.3])
STOCHASTIC = np.array([0.0025, 0.005, 0.01, 0.02])
SHOWN = (3, 1)
"""Which steps of the two the left panel shows."""


def problem() -> tuple[np.ndarray, np.ndarray]:
    """Gaussian X and the targets of a vector with four unit entries, the first ones."""
    X = np.random.default_rng(SEED).standard_normal((SAMPLES, FEATURES))
    return X, X[:, :ACTIVE].sum(axis=1)


def data() -> dict[str, np.ndarray]:
    """Run both optimizers; evaluate the formulas along the runs, and along the flow."""
    from solvable import SGD, DiagonalLinearNetwork, GradientDescent, GradientFlow, simulate
    from solvable.theory import gain_gradient_descent, gain_stochastic_descent

    X, y = problem()
    model = DiagonalLinearNetwork(X, y)
    start = model.init(scale=SCALE)
    descent, stochastic = [], []
    for h in DESCENT:
        steps = round(TIME / h)
        run = simulate(model, GradientDescent(h), start, steps=steps, save=np.arange(steps + 1))
        gain = gain_gradient_descent(model.residuals(run.theta[:-1]) @ X / SAMPLES, h)
        descent.append((-run.ledger().q / h, -gain.q / h))
    for h in STOCHASTIC:
        steps = round(TIME / h)
        start_of_all = np.tile(start, (REPLICAS, 1))
        run = simulate(model, SGD(h), start_of_all, steps=steps, save=np.arange(steps + 1))
        gain = gain_stochastic_descent(X, model.residuals(run.theta[:-1]), h)
        stochastic.append((-run.ledger().q.mean(axis=0) / h, -gain.q.mean(axis=0) / h))
    times = np.linspace(0.0, TIME, 2001)
    residuals = model.residuals(simulate(model, GradientFlow(), start, time=TIME, save=times).theta)
    rates = np.array([(residuals @ X / SAMPLES) ** 2, residuals**2 @ X**2 / SAMPLES])
    return {
        "descent_step": DESCENT,
        "stochastic_step": STOCHASTIC,
        "descent": np.array(descent),
        "stochastic": np.array(stochastic),
        "flow": 4 * np.trapezoid(rates, times, axis=1),
        "active": np.array(ACTIVE),
    }


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """Left: coordinate by coordinate. Right: means on and off the support against the step."""
    from solvable.plotting import BLUE, REFERENCE, THEORY, VERMILION, new_figure

    figure = new_figure(height=4.8)
    each, means = figure.subplots(1, 2, sharey=True, width_ratios=[1.5, 1])
    active = int(arrays["active"])
    descent, stochastic = arrays["descent"][SHOWN[0]], arrays["stochastic"][SHOWN[1]]
    order = np.concatenate([np.argsort(-descent[0][:active]), active + np.argsort(-descent[0][active:])])
    place = np.where(np.arange(order.size) < active, 2 * np.arange(order.size), np.arange(order.size) + GAP)
    rows = (
        (BLUE, "o", "gradient descent", descent, arrays["descent_step"], arrays["descent"]),
        (VERMILION, "s", "SGD, batch 1", stochastic, arrays["stochastic_step"], arrays["stochastic"]),
    )
    for (color, marker, name, shown, step, all_gains), flow in zip(rows, arrays["flow"], strict=True):
        each.plot(place, shown[0][order], marker, color=color, markersize=5.5, label=f"{name}, measured")
        each.plot(place, shown[1][order], "_", color="black", markersize=8, markeredgewidth=1.3, zorder=6)
        for inside, fill in ((slice(active), "full"), (slice(active, None), "none")):
            mean = all_gains[..., inside].mean(axis=-1)
            means.plot(step, mean[:, 0], marker, color=color, fillstyle=fill)
            means.plot(step, mean[:, 1], **THEORY)
            means.axhline(flow[inside].mean(), **REFERENCE)
            means.annotate("on" if fill == "full" else "off", (step[-1], mean[-1, 0]), (9, 0), va="center",
                           textcoords="offset points", color=color)  # fmt: skip
    each.plot([], [], **THEORY, label="theory, along the run")
    each.plot([], [], **REFERENCE, label="limit of small steps")
    each.axvspan(place[0] - 2, place[active - 1] + 2, color="#EFEFEF", zorder=-1)
    each.set_yscale("log")
    each.set_ylim(3e-3, 90)
    each.set_xlim(place[0] - 2, place[-1] + 2)
    middles = place[:active].mean(), place[active:].mean()
    each.set_xticks(middles, ["support", "the other coordinates, by gain of descent"])
    each.tick_params(axis="x", length=0)
    each.grid(False, axis="x")
    each.set_xlabel("coordinate  $j$")
    each.set_ylabel(r"gain per step size  $-q_j / h$")
    each.legend(loc="lower left", bbox_to_anchor=(0.09, 0.0))
    each.set_title("SGD shrinks everywhere", loc="left")
    means.set_xscale("log")
    means.set_xlim(1.6e-3, 0.8)
    means.set_xlabel("step size  $h$")
    means.set_title("means on and off the support", loc="left")
    return figure


GAP = 7
"""Room between the two groups of coordinates."""
