r"""From saddle to saddle, as it happens: the dual variable runs, and a coefficient jumps when it meets a wall.

The mathematics is that of the figure `saddle-staircase`: in the clock ``tau = 4 t / log(1/a)``, a the square of the
scale, the dual variable z has the velocity ``-grad_beta L``; a coefficient stays at zero while ``|z_j| < 1``, and
each time a z_j meets a wall, or leaves it, the coefficients jump to the next saddle. The loss is a staircase.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..saddle_staircase import problem

TITLE = "Jump after jump, from saddle to saddle"
CAPTION = (
    "Measured (colors): gradient flow of a diagonal linear network (4 samples, 8 features) from the scale 1e-12. Left: "
    "its coefficients, and its loss. Right: the dual variable of each coefficient, in the same colors. Theory "
    "(dashed): the limit of small scales, in which a coefficient moves only when its dual variable is at a wall; at "
    "the third jump one returns to zero. At a finite scale jumps are rounded, over times of the order 1/log(1/scale)."
)
POWER, END, FRAMES = -12, 10.0, 121


def data() -> dict[str, np.ndarray]:
    """Run the flow; follow the limit."""
    from solvable import DiagonalLinearNetwork, GradientFlow, simulate
    from solvable.theory import saddle_to_saddle

    X, y = problem()
    model, limit = DiagonalLinearNetwork(X, y), saddle_to_saddle(X, y)
    tau = np.linspace(0.0, END, FRAMES)
    clock = -2 * POWER * math.log(10)
    times = tau * clock / 4
    run = simulate(model, GradientFlow(rtol=1e-9), model.init(scale=10.0**POWER), time=times[-1], save=times)
    return {
        "tau": tau,
        "path": run.predictor(),
        "loss": run.loss,
        "dual": model.potential_coordinates(run.theta)[1] / clock,
        "jump": limit.times,
        "saddle": limit.points,
        "wall": limit.dual(tau),
        "plateau": ((limit.points @ X.T - y) ** 2).mean(axis=1) / 2,
    }


def draw(arrays: dict[str, np.ndarray]) -> tuple[Any, Callable[[int], None]]:
    """Left: coefficients and loss against the clock. Right: the dual variable between its walls."""
    from solvable.plotting import COLORS, GRAY, THEORY, new_figure

    figure = new_figure(height=5.6)
    left, right = figure.add_gridspec(1, 2, width_ratios=[2.1, 1])
    path, loss = left.subgridspec(2, 1, height_ratios=[2, 1]).subplots(sharex=True)
    dual = right.subgridspec(1, 1).subplots()
    tau, count = arrays["tau"], arrays["path"].shape[1]
    moved = np.flatnonzero(np.any(arrays["saddle"] != 0, axis=0))
    order = moved[np.argsort(np.argmax(arrays["saddle"][:, moved] != 0, axis=0))]
    still = np.setdiff1d(np.arange(count), order)
    colors = [GRAY] * count
    for j, color in zip(order, COLORS, strict=False):
        colors[j] = color
    bars = {int(j): place for place, j in enumerate([*order, *still])}

    for j in order:
        path.plot(*_stairs(arrays["jump"], arrays["saddle"][:, j], hide=0.0), **THEORY)
    loss.plot(*_stairs(arrays["jump"], arrays["plateau"]), **THEORY)
    lines = [path.plot([], [], color=colors[j], linewidth=2.6 if j in order else 1.0)[0] for j in range(count)]
    heads = path.scatter([0.0] * count, [0.0] * count, s=42, c=colors, zorder=6, clip_on=False)
    (falling,) = loss.plot([], [], color="#444444", linewidth=2.6)
    columns = dual.bar([bars[j] for j in range(count)], [0.0] * count, width=0.62, color=colors, zorder=2)
    (limits,) = dual.plot([], [], linestyle="none", marker="_", markersize=19, color="black", zorder=5)
    for wall in (-1, 1):
        dual.axhline(wall, color="#444444", linewidth=1.6, zorder=1)

    path.set(xlim=(0, END), ylim=(-0.42, 0.72), ylabel=r"coefficient  $\beta_j$")
    loss.set(ylim=(0, 1.08 * arrays["plateau"][0]), ylabel="loss", xlabel=r"time  $\tau = 4t\,/\,\log(1/a)$")
    dual.set(ylim=(-1.12, 1.12), xlim=(-0.7, count - 0.3), xticks=[], yticks=[-1, 0, 1], xlabel="coordinate  $j$",
             ylabel=r"dual variable  $z_j$")  # fmt: skip
    dual.grid(visible=False)
    names = [rf"gradient flow, scale $10^{{{POWER}}}$", "theory: limit of small scales"]
    figure.legend([falling, path.lines[0]], names, loc="outside upper center", ncols=2)

    def show(k: int) -> None:
        for j, line in enumerate(lines):
            line.set_data(tau[: k + 1], arrays["path"][: k + 1, j])
        heads.set_offsets(np.column_stack([np.full(count, tau[k]), arrays["path"][k]]))
        falling.set_data(tau[: k + 1], arrays["loss"][: k + 1])
        for j, column in enumerate(columns):
            column.set_height(arrays["dual"][k, j])
        limits.set_data([bars[j] for j in range(count)], arrays["wall"][k])

    return figure, show


def _stairs(times: np.ndarray, values: np.ndarray, hide: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The corners of a piecewise constant path; stretches at the value `hide` are left out."""
    place = np.repeat([*values, values[-1]], 2)[:-1].astype(float)
    flat = (place == hide) & (np.append(place[1:], hide) == hide) if hide is not None else np.zeros(place.size, bool)
    return np.repeat([*times, END], 2)[1:], np.where(flat, np.nan, place)
