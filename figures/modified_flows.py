r"""The picture of Barrett and Dherin: gradient descent leaves the gradient flow, and the modified flow follows it.

On ``L = (1 - a b)^2 / 2`` the minima form a hyperbola. The step decides where on it a run ends: the flow of ``f~ =
f_0 + h f_1 + h^2 f_2 + ...`` with more terms ends closer to gradient descent. One term is the gradient flow; two are
the gradient flow of ``L + (h/4) |grad L|^2``, which ends where a^2 + b^2 is smaller; three are no gradient flow.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "Gradient descent and its modified flows"
CLAIMS = ("barrett2021-modified-loss", "solvable2026-descent-curl")
STEP = 0.06
SUMMARY = (
    "Gradient descent with a large step leaves the gradient flow and ends at another minimum. The flow of its "
    "modified equation goes with it, and the better the more terms it has."
)
ANSWERS = (
    "Figure 1 (a) of Barrett and Dherin, arXiv:2009.11162 (its caption was read, the picture not seen), with a third "
    "term"
)
CAPTION = (
    f"Measured (blue points): gradient descent on the loss (1 - ab)^2 / 2 with the large step {STEP}, whose first "
    "step covers more than a third of the way. Theory (lines): the flows of its modified equation with one term "
    "(gradient flow), two terms (Barrett and Dherin) and three, derived in exact arithmetic and compiled. Gray: "
    "level curves of the loss, and its minima, the hyperbola ab = 1. The right panel enlarges where the four runs "
    "end."
)
START, ORDERS, STEPS, LAST = (-2.2, 2.6), (1, 2, 3), 1000, 60.0


def data() -> dict[str, np.ndarray]:
    """Run gradient descent, and the flows of the derived fields."""
    import sympy

    from derivations import modified_field
    from solvable import Flow, GradientDescent, ScalarFactorization, simulate

    a, b, h = sympy.symbols("a b h")
    field = modified_field("gradient_descent", (1 - a * b) ** 2 / 2, (a, b), max(ORDERS), h)
    model, start = ScalarFactorization(target=1.0), np.array(START)
    descent = simulate(model, GradientDescent(STEP), start, steps=STEPS, save=np.arange(STEPS + 1))
    times = np.concatenate([[0.0], np.geomspace(1e-3, LAST, 400)])
    flows = [
        simulate(model, Flow(field.compile(STEP, order=p), rtol=1e-10), start, time=LAST, save=times).theta
        for p in ORDERS
    ]
    return {"order": np.array(ORDERS), "descent": descent.theta, "flow": np.array(flows), "step": np.array(STEP)}


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """Left: the whole run. Right: its end."""
    from matplotlib.patches import Rectangle

    from solvable.plotting import new_figure

    figure = new_figure(height=4.6)
    whole, end = figure.subplots(1, 2, width_ratios=[1.75, 1])
    views = ((whole, (-2.45, 1.35), (0.75, 2.85)), (end, (0.635, 0.755), (1.37, 1.555)))
    for axes, across, up in views:
        axes.grid(False)
        axes.set_xlim(*across)
        axes.set_ylim(*up)
        axes.set_xlabel("parameter  $a$")
        axes.set_ylabel("parameter  $b$")
        _landscape(axes, across, up)
        _paths(axes, arrays)
    whole.annotate("start", START, (8, 4), textcoords="offset points")
    whole.annotate("minima\n$ab = 1$", (0.42, 2.38), (-7, 0), textcoords="offset points", ha="right", color="#444444")
    (_, across, up) = views[1]
    frame = Rectangle((across[0], up[0]), across[1] - across[0], up[1] - up[0])
    frame.set(fill=False, edgecolor="#444444", linewidth=1.0, zorder=7)
    whole.add_patch(frame)
    end.set_title("where they end", loc="left")
    whole.set_title(f"step size  $h = {float(arrays['step']):g}$", loc="left")
    ends = [*arrays["flow"][:, -1], arrays["descent"][-1]]
    for point, name in zip(ends, ("1 term", "2 terms", "3 terms", "descent"), strict=True):
        end.annotate(name, point, (10, 3), textcoords="offset points", va="center")
    handles, labels = whole.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=2)
    return figure


def _landscape(axes: Any, across: tuple[float, float], up: tuple[float, float]) -> None:
    a, b = np.meshgrid(np.linspace(*across, 300), np.linspace(*up, 300))
    levels = np.array([0.1, 0.4, 1.0, 2.0, 4.0, 7.0, 11.0, 16.0, 22.0])
    axes.contour(a, b, (1 - a * b) ** 2 / 2, levels=levels, colors="#CFCFCF", linewidths=0.8, zorder=0)
    side = np.linspace(*up, 400)
    axes.plot(1 / side, side, color="#A6A6A6", linewidth=4, zorder=1, solid_capstyle="butt")


def _paths(axes: Any, arrays: dict[str, np.ndarray]) -> None:
    from solvable.plotting import BLUE, GREEN, ORANGE, THEORY

    styles: tuple[dict[str, Any], ...] = (
        {"color": ORANGE, "linestyle": (0, (1.2, 1.2)), "linewidth": 2.4, "zorder": 3},
        {"color": GREEN, "linewidth": 2.0, "zorder": 4},
        THEORY,
    )
    names = ("1 term: gradient flow", "2 terms: Barrett and Dherin", "3 terms: not a gradient flow")
    points: dict[str, Any] = {"marker": "o", "markersize": 7, "markeredgecolor": "white", "markeredgewidth": 0.4}
    axes.plot(*arrays["descent"].T, color=BLUE, linewidth=0.8, zorder=6, **points, label="gradient descent")
    for path, style, name in zip(arrays["flow"], styles, names, strict=True):
        axes.plot(*path.T, **style, label=f"modified flow, {name}")
        axes.plot(*path[-1], "s", color=style["color"], markersize=6, zorder=5)
