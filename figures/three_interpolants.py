r"""Three ways to fit by a ReLU network, and what each of them costs.

Interpolants of least ``int |f''|`` are many: connecting the dots is one of them, and so is the *sparsest* interpolant,
of the fewest knots (Debarre, Denoyelle, Unser and Fageot, arXiv:2003.10112; Hanin, arXiv:2109.12960). If biases are
penalized too, a bend at t costs ``sqrt(1 + t^2)`` and one interpolant is cheapest. It is often a sparsest one
(Boursier and Flammarion, arXiv:2303.01353), but not always: six samples of cosh(1.5 x) need 2 knots, and the cheapest
has 3. A certificate proves it: residuals r of descent with weight decay lambda make

    p(t) = 1/(n lambda) sum_j r_j (x_j - t)_+,

which never leaves ``|p| <= sqrt(1 + t^2)`` at the minimum; knots are where it touches.

Labels get a line added such that no line has to be learned: half of each bend by neurons that are active to its left.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from solvable.common.blas import one_blas_thread

TITLE = "The cheapest fit need not have the fewest knots"
SUMMARY = (
    "Gradient descent with weight decay finds the cheapest interpolant, and its own residuals certify it. The "
    "cheapest one is often the one with the fewest knots, but not always."
)
ANSWERS = (
    "the penalty of the biases in Boursier and Flammarion, arXiv:2303.01353 (figure number unverified); the "
    "counterexample is our own"
)
CLAIMS = ("boursier2023-four-in-a-row", "boursier2023-sparsest", "boursier2023-descent")
CAPTION = (
    "Measured (blue): networks of 60 ReLU neurons trained by gradient descent with weight decay on all weights and "
    "biases, on six samples each. Top: the functions. Theory (dashed): the cheapest one, for this weight decay; "
    "legend: number of knots and cost of three interpolants, the integral of sqrt(1 + x^2) |f''|. Left the cheapest "
    "has as few knots as possible, right (samples of cosh 1.5x) one more. Bottom: the certificate p that the residuals "
    "make, and the neurons of the network at their knots (red, with the area of their bends). It stays in the band |p| "
    "<= sqrt(1 + x^2), which proves that nothing is cheaper, and the neurons sit where it touches."
)
INPUTS = np.array([[-2.0, -1.2, -0.3, 0.6, 1.3, 2.0], [-2.0, -1.2, -0.5, 0.4, 1.1, 1.9]])
TARGETS = np.array([[1.5, 0.06, -0.3, 0.51, 1.91, 1.21], np.cosh(1.5 * INPUTS[1])])
WIDTH, SCALE, STEPS, DECAY = 60, 0.7, 3_000_000, 1e-4
"""The strength of the decay is in units of the curvature of the data."""
SPAN, POINTS = 2.25, 451


def weight(t: np.ndarray) -> np.ndarray:
    """What a bend costs if biases are penalized."""
    return np.sqrt(1 + t**2)


def certificate(x: np.ndarray, residuals: np.ndarray, strength: float, t: np.ndarray) -> np.ndarray:
    """p(t)."""
    return np.maximum(x - t[:, None], 0.0) @ residuals / (x.size * strength)


def trained(x: np.ndarray, y: np.ndarray, strength: float, t: np.ndarray) -> tuple[np.ndarray, ...]:
    """f(t) less the added line, residuals, knots and bends of the neurons where descent with weight decay ends."""
    from solvable import GradientDescent, UnivariateReLUNetwork, simulate
    from solvable.theory import least_curvature

    f = least_curvature(x, y, "bias").point

    def line(points: np.ndarray) -> np.ndarray:
        return np.abs(points[:, None] - f.knots) @ f.jumps / 2 - f(points)

    model = UnivariateReLUNetwork(x, y + line(x), WIDTH)
    start = model.init(SCALE, kind="general", deviations=(1, 1, 1))
    method = GradientDescent(0.075 / np.max(1 + x**2), weight_decay=strength)
    theta = simulate(model, method, start, steps=STEPS).final
    parts = model.unpack(theta)
    a, w, b = parts["a"], parts["w"], parts["b"]
    return model.predict(theta, t) - line(t), -model.residuals(theta), -b / w, a * np.abs(w)


@one_blas_thread()
def data() -> dict[str, np.ndarray]:
    """Interpolants and their costs; minima for the weight decay, and networks trained with it."""
    from solvable import PiecewiseLinear
    from solvable.theory import least_curvature, penalized_curvature, sparsest_interpolant

    t = np.linspace(-SPAN, SPAN, POINTS)
    found: dict[str, list[Any]] = {}
    for x, y in zip(INPUTS, TARGETS, strict=True):
        fits = PiecewiseLinear.through(x, y), sparsest_interpolant(x, y), least_curvature(x, y, "bias").point
        strength = DECAY * fits[0].total_variation2()
        minimum = penalized_curvature(x, y, "bias", strength)
        f, residuals, knots, bends = trained(x, y, strength, t)
        kept = [fits[0], fits[1], minimum.point]
        row = {
            "function": [g(t) for g in kept],
            "knot": [np.pad(g.knots, (0, x.size - g.knots.size), mode="edge") for g in kept],
            "count": [g.knots.size for g in fits],
            "cost": [g.weighted_variation(weight) for g in fits],
            "trained": f,
            "neuron": knots,
            "bend": bends,
            "p": certificate(x, residuals, strength, t),
            "p_theory": np.interp(t, x, minimum.multiplier),
        }
        for key, values in row.items():
            found.setdefault(key, []).append(values)
    return {"t": t, **{key: np.array(values) for key, values in found.items()}}


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """Top: functions. Bottom: certificates."""
    from matplotlib.lines import Line2D

    from solvable.plotting import BLUE, GRAY, ORANGE, THEORY, VERMILION, new_figure

    figure = new_figure(height=7.0)
    functions, proofs = figure.subplots(2, 2, sharex="col", height_ratios=[1.35, 1])
    t = arrays["t"]
    styles: list[dict[str, Any]] = [
        {"color": GRAY, "marker": "s", "linewidth": 1.6, "markersize": 5},
        {"color": ORANGE, "marker": "D", "linewidth": 2.2, "markersize": 6},
        {**THEORY, "marker": "o", "markersize": 8, "fillstyle": "none"},
    ]
    names = "connected dots", "fewest knots", "cheapest"
    for k, axes in enumerate(functions):
        axes.plot(t, arrays["trained"][k], color=BLUE, linewidth=4, zorder=3)
        keys = []
        for j, style in enumerate(styles):
            f, knots = arrays["function"][k, j], arrays["knot"][k, j]
            axes.plot(t, f, **style | {"marker": ""})
            axes.plot(knots, np.interp(knots, t, f), **style | {"linestyle": ""})
            keys.append(Line2D([], [], **style))
        axes.plot(INPUTS[k], TARGETS[k], "o", color="black", markersize=5, zorder=7)
        counts, costs = arrays["count"][k], arrays["cost"][k]
        words = [f"{name}: {m}, cost {cost:.2f}" for name, m, cost in zip(names, counts, costs, strict=True)]
        axes.legend(keys, words, loc="upper center", fontsize=10.5, handlelength=2.4)
        axes.set_xlim(-SPAN, SPAN)
    functions[0].set(ylabel="$f(x)$", ylim=(-0.9, 3.1), yticks=[0, 1, 2, 3])
    functions[1].set(ylim=(-0.6, 14.5), yticks=[0, 4, 8, 12])
    functions[0].set_title("3 knots, the fewest", loc="left")
    functions[1].set_title(r"$\cosh 1.5x$: 3 knots, not the fewest", loc="left")
    for k, axes in enumerate(proofs):
        h = weight(t)
        for side in (-1, 1):
            axes.fill_between(t, side * h, side * 4, color="#EFEFEF", linewidth=0, zorder=0)
            axes.plot(t, side * h, color=GRAY, linewidth=1.2)
        axes.plot(t, arrays["p"][k], color=BLUE, linewidth=4)
        axes.plot(t, arrays["p_theory"][k], **THEORY)
        neurons, bends = arrays["neuron"][k], arrays["bend"][k]
        axes.scatter(
            neurons,
            np.sign(bends) * weight(neurons),
            s=900 * np.abs(bends) / np.sum(np.abs(bends)),
            color=VERMILION,
            alpha=0.6,
            linewidth=0,
            zorder=6,
        )
        axes.annotate(r"$\sqrt{1 + x^2}$", (0, 1.6), ha="center", va="center", color="#555555")
        axes.set(ylim=(-2.1, 2.1), xlabel="$x$", xticks=[-2, -1, 0, 1, 2])
    proofs[0].set_ylabel("certificate  $p(x)$")
    keys = [Line2D([], [], color=BLUE, linewidth=4), Line2D([], [], **THEORY),
            Line2D([], [], color=VERMILION, marker="o", alpha=0.6, linestyle="")]  # fmt: skip
    figure.legend(keys, ["trained with weight decay", "theory", "its neurons"], ncols=3, loc="outside upper center")
    return figure
