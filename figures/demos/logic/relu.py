r"""A ReLU network of one variable on six points: what label noise does to its knots.

Without noise the knots stay about where the random start left them. Label noise moves the network along its
interpolants towards less of ``R = mean_j |grad f(x_j)|^2``, which charges every bend of f by its size and its place.
Bends of one sign merge and superfluous ones go. But R is not the number of knots and not ``int |f''|``: the
interpolant that connects the dots and the one with the fewest knots share the least ``int |f''|``, and which of them
has the smaller R depends on the data.
"""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from solvable.plotting import BLUE, THEORY, VERMILION

from .page import Arrays, drawn, three

TITLE = "ReLU networks on a line"
X = np.array([-1.0, -0.6, -0.2, 0.2, 0.6, 1.0])
NOISES = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4)
WIDTHS = (10, 20, 40, 60, 100)
SCALES = (0.3, 0.5, 0.7, 1.0, 1.5)
DRAWS = (0, 1, 2, 3, 4, 5)
START = {"values": (0.2, -0.4, 0.4, 0.6, -0.3, 0.4), "noise": 0.0, "width": 40, "scale": 0.7, "draw": 1}
WARM = tuple(START | {"noise": noise, "width": width} for noise in (0.0, 0.2) for width in (10, 40, 100))
NOISY, QUIET, LARGEST, FRACTION = 400_000, 20_000, 0.1, 0.3
"""Steps with and without noise; a step is that fraction of one over the sharpness at the start, and not larger."""
SMALL = 0.01
"""A knot counts from this share of ``int |f''|`` on."""


def compute(values: tuple[float, ...], noise: float, width: int, scale: float, draw: int) -> Arrays:
    """Train with label noise, then without, so that what is seen is an interpolant and not the noise of the moment."""
    from solvable import LabelNoiseSGD, PiecewiseLinear, UnivariateReLUNetwork, simulate
    from solvable.theory import label_noise_function_cost, sparsest_interpolant

    y = np.array(values, dtype=float)
    model = UnivariateReLUNetwork(X, y, width, skip=True)
    theta = model.init(scale=scale, seed=draw)
    J = model.jacobian(theta)
    step = min(LARGEST, FRACTION * X.size / float(np.linalg.norm(J, 2)) ** 2)
    for size, steps in ((noise, NOISY if noise else 0), (0.0, QUIET)):
        if steps:
            theta = simulate(model, LabelNoiseSGD(step, size, batch_size=None), theta, steps=steps).final
    f, sparsest = model.predictor(theta), sparsest_interpolant(X, y)
    line = np.linspace(-1.25, 1.25, 401)
    inside = (f.knots > X[0]) & (f.knots < X[-1])
    return {
        "y": y,
        "line": line,
        "learned": f(line),
        "knots": f.knots[inside],
        "jumps": f.jumps[inside],
        "at_knots": f(f.knots[inside]),
        "curvature": np.array(f.total_variation2((X[0], X[-1]))),
        "misfit": np.abs(f(X) - y).max(),
        "sparsest": sparsest(line),
        "least_knots": sparsest.knots,
        "least_jumps": sparsest.jumps,
        "least": np.array(sparsest.total_variation2((X[0], X[-1]))),
        "cost": np.array(np.mean(np.sum(model.jacobian(theta) ** 2, axis=1))),
        "costs": np.array([label_noise_function_cost(g, X) for g in (PiecewiseLinear.through(X, y), sparsest)]),
    }


def numbers(arrays: Arrays) -> dict[str, str]:
    """Curvature and knots, of the network and the least."""
    if not np.isfinite(arrays["misfit"]):
        return {"training": "diverged: take values that are closer together"}
    visible = int(np.sum(np.abs(arrays["jumps"]) > SMALL * np.abs(arrays["jumps"]).sum()))
    least = float(arrays["least"])
    return {
        "∫|f''| of the network": f"{float(arrays['curvature']):.3f}",
        "least possible": f"{least:.3f}",
        "knots above 1 %": str(visible),
        "fewest possible": str(arrays["least_knots"].size),
        "worst misfit": three(arrays["misfit"]),
        "R of the network": f"{float(arrays['cost']):.2f}",
        "R, dots connected": f"{float(arrays['costs'][0]):.2f}",
        "R, sparsest": f"{float(arrays['costs'][1]):.2f}",
    }


@drawn
def draw(figure: Figure, arrays: Arrays) -> None:
    """Top: functions. Bottom: their bends."""
    graph, bends = figure.subplots(2, 1, sharex=True, height_ratios=[2.1, 1])
    figure.subplots_adjust(left=0.085, right=0.985, bottom=0.11, top=0.9, hspace=0.1)
    graph.plot(arrays["line"], arrays["learned"], color=BLUE, linewidth=3.0, label="learned function")
    graph.plot(arrays["line"], arrays["sparsest"], **THEORY, label="sparsest interpolant (theory)")
    graph.plot(arrays["knots"], arrays["at_knots"], "|", color=VERMILION, markersize=13, markeredgewidth=1.6, zorder=6,
               label="knots of the network")  # fmt: skip
    graph.plot(X, arrays["y"], "o", color="black", markersize=9, zorder=7, label="data")
    inside = np.abs(arrays["line"]) <= 1
    shown = arrays["sparsest"][inside]
    center, half = (shown.max() + shown.min()) / 2, max(0.5, 0.62 * np.ptp(shown))
    graph.set(ylim=(center - half, center + half), xlim=(-1.2, 1.2), ylabel="$f(x)$")
    bends.vlines(arrays["knots"], 0, arrays["jumps"], color=VERMILION, linewidth=2.2)
    bends.plot(arrays["knots"], arrays["jumps"], "o", color=VERMILION, markersize=4)
    bends.vlines(arrays["least_knots"], 0, arrays["least_jumps"], linestyle=(0, (5, 2.5)), color="black", linewidth=1.2)
    bends.plot(arrays["least_knots"], arrays["least_jumps"], "o", color="black", fillstyle="none", markersize=10)
    bends.set(xlabel="$x$", ylabel="jump of $f'$")
    if arrays["least_jumps"].size:
        size = 1.25 * float(np.abs(arrays["least_jumps"]).max())
        bends.set_ylim(-size, size)
    figure.legend(*graph.get_legend_handles_labels(), loc="upper center", ncols=4, columnspacing=1.4, handlelength=2.2)
