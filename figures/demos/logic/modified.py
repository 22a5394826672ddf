r"""Modified equations: the differential equation that an optimizer really follows.

A step of size h is the time-h flow of ``f~ = f_0 + h f_1 + h^2 f_2 + ...``, with f = -grad L and its derivatives in
every term, the same for all losses. Keep p terms, and the flow is off by ``h^p`` at a fixed time; the first omitted
term says by how much: ``h^p e(t)`` with ``e' = D f_0 e + f_p, e(0) = 0``.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from matplotlib.figure import Figure

from solvable.plotting import BLUE, COLORS, GRAY, ORANGE, THEORY

from .equations import MOMENTUM, Setting, response, run_flows, run_steps
from .formulas import formula
from .page import Arrays, drawn, three

TITLE = "Modified equations"
OPTIMIZERS = {
    "gradient descent": "gradient_descent",
    "heavy ball": "heavy_ball",
    "Nesterov": "nesterov",
    "SAM, not normalized": "usam",
    "gradient regularization": "gradient_regularized",
}
ORDERS = (1, 2, 3, 4, 5)
WEIGHTS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
STEPS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3)
START = {"optimizer": "gradient descent", "order": 2, "weight": 0.5, "step_size": 0.2}
WARM = tuple(START | {"optimizer": name} for name in OPTIMIZERS)
COUNTS = np.array([8, 12, 16, 24, 32, 48, 64, 96, 128, 192])
"""Steps to the time at which the slopes are measured: 1, in the clock of the effective step."""
POINT, FLOOR, LONG, VIEW = (-0.4, 1.4), 1e-12, 4.0, ((-0.6, 1.3), (0.7, 1.6))


@cache
def slopes(setting: Setting) -> tuple[np.ndarray, np.ndarray]:
    """Errors of the flows with 1 to 5 terms for all steps ``(5, R)``, and their predicted constants ``(5,)``."""
    counts = np.round(COUNTS * setting.clock / setting.unit).astype(int)
    steps, count = setting.clock / counts, len(ORDERS)
    ends = run_steps(setting, _starts(steps.size), steps, counts)[-1]
    every, terms = np.tile(steps, count), np.repeat(ORDERS, steps.size)
    flows = run_flows(setting, _starts(every.size), every, terms, np.array([setting.clock]))[-1]
    errors = np.linalg.norm(flows.reshape(2, count, -1) - ends[:, None], axis=0)
    return errors, response(setting, np.array(POINT), ORDERS)


def _starts(members: int) -> np.ndarray:
    return np.repeat(np.array(POINT)[:, None], members, axis=1)


def compute(optimizer: str, order: int, weight: float, step_size: float) -> Arrays:
    """The slopes, and one run at the given effective step with the flows of one term and of `order` terms."""
    setting = Setting(OPTIMIZERS[optimizer], weight)
    h, count = np.array([setting.unit * step_size]), round(LONG * setting.clock / setting.unit / step_size)
    path = run_steps(setting, _starts(1), h, np.array([count]))[..., 0]
    times = setting.clock * np.linspace(0, LONG, 81)
    flows = [run_flows(setting, _starts(1), h, p, times, rtol=1e-7)[..., 0] for p in (1, order)]
    errors, constants = slopes(setting)
    counts = np.round(COUNTS * setting.clock / setting.unit)
    return {
        "order": np.array(order),
        "momentum": np.array(setting.optimizer in MOMENTUM),
        "steps": setting.clock / counts / setting.unit,
        "errors": errors,
        "constants": constants * setting.unit ** np.array(ORDERS),
        "step": np.array(step_size),
        "path": path,
        "flows": np.array(flows),
    }


def written(optimizer: str, order: int, weight: float) -> str:
    """The modified equation in LaTeX."""
    return formula(OPTIMIZERS[optimizer], order, weight)


def numbers(arrays: Arrays) -> dict[str, str]:
    """The slope of the chosen order and the distances on the right, after the last step that is drawn."""
    p = int(arrays["order"])
    errors, steps = arrays["errors"][p - 1], arrays["steps"]
    last = np.flatnonzero(errors > 10 * FLOOR)[-3:]
    slope = np.polyfit(np.log(steps[last]), np.log(errors[last]), 1)[0]
    end = arrays["path"][-1]
    return {
        "terms": str(p),
        "slope, measured": f"{slope:.2f}",
        "slope, theory": str(p),
        "height, measured / theory": f"{errors[last[-1]] / steps[last[-1]] ** p / arrays['constants'][p - 1]:.3f}",
        "1 term ends off by": three(np.linalg.norm(arrays["flows"][0, -1] - end)),
        f"{p} term{'s' * (p > 1)} end{'s' * (p == 1)} off by": three(np.linalg.norm(arrays["flows"][1, -1] - end)),
    }


@drawn
def draw(figure: Figure, arrays: Arrays) -> None:
    """Left: errors against the step. Right: a run and two flows."""
    lines, plane = figure.subplots(1, 2, width_ratios=[1.15, 1])
    figure.subplots_adjust(left=0.1, right=0.985, bottom=0.115, top=0.87, wspace=0.22)
    p, steps = int(arrays["order"]), arrays["steps"]
    wide = np.array([steps[-1] / 1.2, steps[0] * 1.2])
    for k, (error, constant, color, marker) in enumerate(
        zip(arrays["errors"], arrays["constants"], COLORS, "osD^v", strict=False), start=1
    ):
        chosen = k == p
        seen = error > FLOOR
        lines.plot(steps[seen], error[seen], marker, color=color, markersize=8 if chosen else 5,
                   alpha=1.0 if chosen else 0.45, label=f"{k} term" + "s" * (k > 1))  # fmt: skip
        lines.plot(wide, constant * wide**k, **THEORY | {"linewidth": 2.2 if chosen else 0.8})
    lines.axvline(float(arrays["step"]), color=GRAY, linewidth=1.2, linestyle=":")
    lines.set(xscale="log", yscale="log", xlim=wide, ylim=(FLOOR, 0.1), ylabel="distance at time 1")
    lines.set_xlabel(r"step size  $3h\,/\,(1 - \beta)^2$" if arrays["momentum"] else "step size  $h$")
    a, b = np.meshgrid(np.linspace(*VIEW[0], 90), np.linspace(*VIEW[1], 90))
    plane.contour(a, b, (1 - a * b) ** 2 / 2, levels=[0.02, 0.08, 0.2, 0.35, 0.5, 0.8, 1.5, 3], colors="#CFCFCF",
                  linewidths=0.7)  # fmt: skip
    side = np.linspace(0.5, VIEW[0][1], 60)
    plane.plot(side, 1 / side, color="#A6A6A6", linewidth=3.5)
    plane.plot(*arrays["path"].T, "o-", color=BLUE, linewidth=0.8, markersize=6, markeredgecolor="white",
               markeredgewidth=0.4, zorder=6, label="optimizer")  # fmt: skip
    plane.plot(*arrays["flows"][0].T, color=ORANGE, linestyle=(0, (1.2, 1.2)), linewidth=2.6, label="flow, 1 term")
    plane.plot(
        *arrays["flows"][1].T, **THEORY | {"linewidth": 2.0, "zorder": 7}, label=f"flow, {p} term" + "s" * (p > 1)
    )
    plane.set(xlim=VIEW[0], ylim=VIEW[1], xticks=[-0.5, 0, 0.5, 1], xlabel="parameter  $x$", ylabel="parameter  $y$")
    plane.grid(visible=False)
    handles, names = (
        a + b for a, b in zip(*(axes.get_legend_handles_labels() for axes in (lines, plane)), strict=True)
    )
    figure.legend(handles, names, loc="upper center", ncols=8, columnspacing=0.9, handlelength=1.5, handletextpad=0.4,
                  fontsize=10.5)  # fmt: skip
