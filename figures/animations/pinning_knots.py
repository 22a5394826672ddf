r"""Knots that stop at samples, as it happens: gradient descent of a ReLU network, its function and its knots.

The mathematics is that of the figure `pinned-knots`: a knot that meets a sample stays there as long as the flow pushes
it back from both sides, and leaves when the balance is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..pinned_knots import AT, FAR, FIRST, STEP, TIME, knots, problem

TITLE = "Knots that stop at samples"
CAPTION = (
    "Measured: a ReLU network with 14 neurons is trained on five samples (black) by gradient descent with a step of "
    "0.0001. Top: its function, with a circle at each knot. Bottom: where the knots have been; thick and red while a "
    "knot is at a sample. Theory (dashed): gradient flow from event to event, in which a knot stays at a sample as "
    "long as the flow pushes it back from both sides."
)
FRAMES, SPAN, MARGIN, GRID = 121, 1.9, 0.3, 761


def data() -> dict[str, np.ndarray]:
    """Run gradient descent and the flow; functions and knots at the same moments."""
    from solvable import GradientDescent, GradientFlow, simulate

    model, start = problem()
    time, x = np.geomspace(FIRST, TIME, FRAMES), np.linspace(-SPAN, SPAN, GRID)
    descent = simulate(model, GradientDescent(STEP), start, time=TIME, save=time)
    flow = simulate(model, GradientFlow(rtol=1e-10), start, time=TIME, save=time)

    def values(theta: np.ndarray, at: np.ndarray) -> np.ndarray:
        return np.array([model.predict(each, at) for each in theta])

    at = knots(model, descent.theta)
    return {
        "time": time,
        "x": x,
        "samples": model.x,
        "targets": model.y,
        "function": values(descent.theta, x),
        "limit": values(flow.theta, x),
        "knots": at,
        "heights": np.array([model.predict(theta, row) for theta, row in zip(descent.theta, at, strict=True)]),
        "flow": knots(model, flow.theta),
    }


def draw(arrays: dict[str, np.ndarray]) -> tuple[Any, Callable[[int], None]]:
    """Top: the function. Bottom: knots against time, which runs downwards."""
    from solvable.plotting import BLUE, REFERENCE, THEORY, VERMILION, new_figure

    figure = new_figure(height=6.4)
    function, path = figure.subplots(2, 1, sharex=True, height_ratios=[1, 1.15])
    time, at = arrays["time"], arrays["knots"]
    count = at.shape[1]
    inside = np.where(np.abs(at) < FAR, at, np.nan)
    held = np.min(np.abs(at[..., None] - arrays["samples"]), axis=2) < AT
    resting = np.where(held, inside, np.nan)
    for axes in (function, path):
        for x in arrays["samples"]:
            axes.axvline(x, **REFERENCE)
    function.plot(arrays["samples"], arrays["targets"], "o", color="black", markersize=8, zorder=6)
    (curve,) = function.plot([], [], color=BLUE, linewidth=2.8, zorder=2)
    (limit,) = function.plot([], [], **THEORY)
    rings = function.scatter([], [], s=70, facecolors="white", linewidths=2.0, zorder=7)
    exact = np.where(np.abs(arrays["flow"]) < FAR, arrays["flow"], np.nan)
    free = [path.plot([], [], color=BLUE, linewidth=1.8, zorder=2)[0] for _ in range(count)]
    stays = [path.plot([], [], color=VERMILION, linewidth=5, zorder=3)[0] for _ in range(count)]
    theory = [path.plot([], [], **THEORY)[0] for _ in range(count)]
    heads = path.scatter([], [], s=60, facecolors="white", linewidths=2.0, zorder=7)

    low, high = arrays["targets"].min(), arrays["targets"].max()
    function.set(xlim=(-SPAN, SPAN), ylim=(low - MARGIN, high + MARGIN), ylabel="$f(x)$")
    path.set(yscale="log", ylim=(1.08 * TIME, FIRST / 1.08), xlabel="$x$,  knots  $-b_i/w_i$", ylabel="time")
    figure.legend([free[0], stays[0], theory[0]], ["gradient descent", "knot at a sample", "theory: gradient flow"],
                  loc="outside upper center", ncols=3)  # fmt: skip

    def show(k: int) -> None:
        curve.set_data(arrays["x"], arrays["function"][k])
        limit.set_data(arrays["x"], arrays["limit"][k])
        edges = [VERMILION if each else BLUE for each in held[k]]
        rings.set_offsets(np.column_stack([inside[k], arrays["heights"][k]]))
        heads.set_offsets(np.column_stack([inside[k], np.full(count, time[k])]))
        for points in (rings, heads):
            points.set_edgecolors(edges)
        past = slice(0, k + 1)
        for j in range(count):
            free[j].set_data(inside[past, j], time[past])
            stays[j].set_data(resting[past, j], time[past])
            theory[j].set_data(exact[past, j], time[past])

    return figure, show
