r"""From saddle to saddle: in the limit of small initialization, the coefficients move in jumps.

Gradient flow on ``beta = u^2 - v^2`` from ``u = v = scale``, in the clock ``tau = 4 t / log(1/scale^2)``. The dual
variable ``z = asinh(beta / 2a) / log(1/a)``, ``a = scale^2``, has the velocity ``-grad_beta L``; as ``a -> 0`` beta is
zero wherever ``|z_j| < 1``, rests while z moves, and jumps when a coordinate of z meets a wall. The distance of z from
this limit is of order ``1 / log(1/a)``: jumps sharpen as slowly as that. A coefficient may return to zero, so the path
is not a greedy one.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

TITLE = "From saddle to saddle"
SUMMARY = (
    "In the limit of small initialization the coefficients jump from saddle to saddle, at times that an exact "
    "recursion foretells. A dual variable at the wall is what lets a coefficient move, and what sends one back to "
    "zero."
)
ANSWERS = "Figure 1 of Pesme and Flammarion, arXiv:2304.00488 (its caption was read, the picture not seen)"
CLAIMS = ("pesme2023-path", "pesme2023-jump-times", "pesme2023-saddles")
CAPTION = (
    "Measured (colored lines): coefficients of a diagonal linear network (4 samples, 8 features) under gradient flow "
    "from four initialization scales, in the clock in which the limit of small scales exists; the three coefficients "
    "that never leave zero in that limit are gray. Theory (dashed): the exact limit path, piecewise constant, with "
    "five jumps; at the third a coefficient returns to zero. Top right: the dual variable of the same "
    "coefficients at the smallest scale; a coefficient is nonzero only while its dual variable is at 1 or -1. Bottom "
    "right: largest distance of the dual variable from its limit (markers), and the predicted rate 1/log(1/a), a the "
    "square of the scale, through the last of them."
)
SEED, SAMPLES, FEATURES = 11, 4, 8
SHOWN = (-3, -6, -12, -60)
"""Powers of ten of the scales whose paths are drawn."""
POWERS = (-2, -3, -4, -6, -8, -12, -20, -30, -60, -100)
END, POINTS = 10.5, 526


def problem() -> tuple[np.ndarray, np.ndarray]:
    """A Gaussian instance on which one coordinate deactivates."""
    rng = np.random.default_rng(SEED)
    return rng.standard_normal((SAMPLES, FEATURES)), rng.standard_normal(SAMPLES)


def data() -> dict[str, np.ndarray]:
    """Run the flow at all scales; follow the limit."""
    from solvable import DiagonalLinearNetwork, GradientFlow, simulate
    from solvable.theory import saddle_to_saddle

    X, y = problem()
    model, limit = DiagonalLinearNetwork(X, y), saddle_to_saddle(X, y)
    tau = np.linspace(0.0, END, POINTS)
    paths, duals = [], []
    for power in POWERS:
        clock = -2 * power * math.log(10)
        times = tau * clock / 4
        run = simulate(model, GradientFlow(rtol=1e-9), model.init(scale=10.0**power), time=times[-1], save=times)
        paths.append(run.predictor())
        duals.append(model.potential_coordinates(run.theta)[1] / clock)
    shown = [POWERS.index(power) for power in SHOWN]
    return {
        "tau": tau,
        "power": np.array(POWERS),
        "shown": np.array(SHOWN),
        "path": np.array(paths)[shown],
        "dual": duals[shown[-1]],
        "distance": np.abs(np.array(duals) - limit.dual(tau)).max(axis=(1, 2)),
        "jump": limit.times,
        "saddle": limit.points,
        "wall": limit.duals,
        "first_deactivation": np.array(limit.first_deactivation),
    }


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """Left: the path at four scales. Right: the dual variable, and how fast it reaches its limit."""
    from matplotlib.legend_handler import HandlerTuple
    from matplotlib.lines import Line2D

    from solvable.plotting import COLORS, GRAY, THEORY, new_figure

    figure = new_figure(height=7.2)
    figure.get_layout_engine().set(wspace=0.05)
    left, right = figure.add_gridspec(1, 2, width_ratios=[1.45, 1])
    moved = np.flatnonzero(np.any(arrays["saddle"] != 0, axis=0))
    order = moved[np.argsort(np.argmax(arrays["saddle"][:, moved] != 0, axis=0))]
    styles: dict[int, Any] = {j: {"color": GRAY, "linewidth": 1.0} for j in range(arrays["saddle"].shape[1])}
    styles |= {int(j): {"color": color, "linewidth": 2.4} for j, color in zip(order, COLORS, strict=False)}
    paths = left.subgridspec(4, 1).subplots(sharex=True, sharey=True)
    dual, rate = right.subgridspec(2, 1).subplots()
    _paths(paths, arrays, styles, order)
    end = arrays["tau"][-1]
    for j, style in styles.items():
        dual.plot(arrays["tau"], arrays["dual"][:, j], **style)
        dual.plot([*arrays["jump"], end], [*arrays["wall"][:, j], arrays["wall"][-1, j]], **THEORY | THIN)
    for wall in (-1, 1):
        dual.axhline(wall, color="#444444", linewidth=0.9, zorder=0)
    dual.set_xlim(0, end)
    dual.set_xticks([0, 2, 4, 6, 8, 10])
    dual.set_ylim(-1.12, 1.12)
    dual.set_xlabel(r"time  $\tau$")
    dual.set_ylabel(r"dual variable  $z_j$")
    dual.set_title(rf"dual, scale $10^{{{arrays['shown'][-1]}}}$", loc="left")
    logarithm = -2 * arrays["power"] * math.log(10)
    rate.plot(logarithm, arrays["distance"], "o", color=COLORS[0])
    rate.plot(logarithm, arrays["distance"][-1] * logarithm[-1] / logarithm, **THEORY, label="slope −1")
    rate.set_xscale("log")
    rate.set_yscale("log")
    rate.set_xlabel(r"$\log(1/\mathrm{scale}^2)$")
    rate.set_ylabel(r"$\max\,|z - z_{\mathrm{limit}}|$")
    rate.set_title("distance from the limit", loc="left")
    rate.legend(loc="upper right")
    support = tuple(Line2D([], [], color=styles[int(j)]["color"]) for j in order)
    handles: list[Any] = [support, Line2D([], [], color=GRAY, linewidth=1.0), Line2D([], [], **THEORY)]
    figure.legend(
        handles, ["measured", "zero in the limit", "theory: limit of small scales"], loc="outside upper center",
        ncols=3, handler_map={tuple: HandlerTuple(ndivide=None, pad=0.2)}, handlelength=3,
    )  # fmt: skip
    return figure


def _paths(panels: Any, arrays: dict[str, np.ndarray], styles: dict[int, Any], order: np.ndarray) -> None:
    from solvable.plotting import THEORY

    end = arrays["tau"][-1]
    for axes, power, path in zip(panels, arrays["shown"], arrays["path"], strict=True):
        for j, style in styles.items():
            axes.plot(arrays["tau"], path[:, j], **style)
        for j in order:
            # At zero the dashes of many coordinates would pile up into a solid line.
            place = np.repeat([*arrays["saddle"][:, j], arrays["saddle"][-1, j]], 2)[:-1]
            time = np.repeat([*arrays["jump"], end], 2)[1:]
            flat = (place == 0) & (np.append(place[1:], 0) == 0)
            axes.plot(time, np.where(flat, np.nan, place), **THEORY | THIN)
        axes.annotate(rf"scale $10^{{{power}}}$", (0.02, 0.95), xycoords="axes fraction", va="top", fontsize=13)
        axes.set_ylabel(r"$\beta_j$")
    panels[-1].annotate(
        "returns\nto zero", (arrays["first_deactivation"] + 0.12, 0.08), (5.0, 0.24), va="center", fontsize=11.5,
        arrowprops={"arrowstyle": "->", "color": "#444444", "linewidth": 0.9},
    )  # fmt: skip
    panels[0].set_xlim(0, end)
    panels[0].set_ylim(-0.42, 0.72)
    panels[-1].set_xlabel(r"time  $\tau = 4t\, /\, \log(1/\mathrm{scale}^2)$")


THIN = {"linewidth": 1.1}
