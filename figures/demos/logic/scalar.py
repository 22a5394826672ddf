r"""Scalar factorization ``(u v - 1)^2 / 2``: what a step size does to a path, and where it ends.

Small steps follow gradient flow; its modified flows, with two and three terms, follow descent longer. Large steps jump
about, and still stay bounded exactly inside an ellipse: a step multiplies ``E - 1`` by a positive number.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from solvable.plotting import BLUE, GRAY, GREEN, ORANGE, REFERENCE, THEORY

from .page import Arrays, drawn, three

TITLE = "Scalar factorization"
POINTS = tuple(round(-4 + 0.1 * k, 1) for k in range(81))
STEPS = (0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.2, 1.5, 1.8)
START = {"u": -2.2, "v": 2.6, "step_size": 0.1}
WARM = (START,)
COUNT, LAST, VIEW, SHOWN = 300, 40.0, 4.2, 60
"""Steps, time of the flows, half the width of the plane, steps that are drawn over the plane."""


@cache
def modified_terms() -> Any:
    """``(u, v) -> (f_0, f_1, f_2)`` of gradient descent, each ``(2,)``: derived, not typed in."""
    import sympy

    from derivations import modified_field

    u, v, h = sympy.symbols("u v h")
    field = modified_field("gradient_descent", (1 - u * v) ** 2 / 2, (u, v), 3, h)
    return sympy.lambdify((u, v), field.terms, "math", cse=True)


def modified_flow(u: float, v: float, step_size: float, order: int, times: np.ndarray) -> np.ndarray:
    """Points ``(T, 2)`` of the flow with that many terms; NaN from where it leaves the plane, which it may."""
    from scipy.integrate import solve_ivp

    terms = modified_terms()

    def rate(_: float, theta: np.ndarray) -> list[float]:
        found = terms(float(theta[0]), float(theta[1]))[:order]
        return [sum(step_size**k * f[i] for k, f in enumerate(found)) for i in (0, 1)]

    def inside(_: float, theta: np.ndarray) -> float:
        return 2 * VIEW - float(np.abs(theta).max())

    inside.terminal = True  # type: ignore[attr-defined]
    run = solve_ivp(rate, (0.0, times[-1]), [u, v], "LSODA", t_eval=times, events=inside, rtol=1e-8, atol=1e-10)
    points = np.full((times.size, 2), np.nan)
    points[: run.y.shape[1]] = run.y.T
    return points


def compute(u: float, v: float, step_size: float) -> Arrays:
    """Run descent; the flows come from a closed form and from the derived fields."""
    from solvable import GradientDescent, ScalarFactorization, Status, simulate
    from solvable.theory import ellipse_level, ellipse_point, scalar_flow

    run = simulate(ScalarFactorization(), GradientDescent(step_size), [u, v], steps=COUNT, save=np.arange(COUNT + 1))
    times = np.concatenate([[0.0], np.geomspace(1e-3, LAST, 160)])
    flows = [np.stack(scalar_flow(u, v, times), axis=-1)]
    flows += [modified_flow(u, v, step_size, order, times) for order in (2, 3)]
    return {
        "step": np.array(step_size),
        "descent": run.theta,
        "diverged": np.array(run.status in (Status.DIVERGED, Status.NONFINITE)),
        "times": times,
        "flows": np.array(flows),
        "ellipse": np.stack(ellipse_point(np.linspace(0, 2 * np.pi, 241), step_size), axis=-1),
        "level": ellipse_level(u, v, step_size),
    }


def numbers(arrays: Arrays) -> dict[str, str]:
    """The level of the start, the end, and how far off the flows end."""
    level, end, h = float(arrays["level"]), arrays["descent"][-1], float(arrays["step"])
    found = {"E at the start": three(level), "theory": "bounded" if level <= 1 else "diverges"}
    if arrays["diverged"]:
        return found | {"descent": f"diverged at step {len(arrays['descent']) - 1}"}
    u, v = end
    found |= {"descent ends at": f"({u:.3f}, {v:.3f})", "loss": three((u * v - 1) ** 2 / 2)}
    found["sharpness × h"] = f"{h * (u * u + v * v):.3f} (stable: < 2)"
    if (u * v - 1) ** 2 < 1e-6:
        for name, flow in zip(("gradient flow", "2 terms", "3 terms"), arrays["flows"], strict=True):
            found[f"{name}, off by"] = three(np.linalg.norm(flow[-1] - end))
    return found


@drawn
def draw(figure: Figure, arrays: Arrays) -> None:
    """Left: the plane. Right: the sharpness on the way."""
    plane, sharp = figure.subplots(1, 2, width_ratios=[1.35, 1])
    figure.subplots_adjust(left=0.07, right=0.985, bottom=0.115, top=0.87, wspace=0.27)
    h = float(arrays["step"])
    _landscape(plane, arrays["ellipse"])
    count = np.arange(len(arrays["descent"]))
    styles: tuple[dict[str, Any], ...] = (
        {"color": ORANGE, "linestyle": (0, (1.2, 1.2)), "linewidth": 2.6, "zorder": 4},
        {"color": GREEN, "linewidth": 2.4, "zorder": 4},
        THEORY | {"zorder": 7, "linewidth": 1.8},
    )
    plane.plot(*arrays["descent"][:SHOWN].T, "o-", color=BLUE, linewidth=0.8, markersize=6, markeredgecolor="white",
               markeredgewidth=0.4, zorder=5, label="gradient descent")  # fmt: skip
    sharp.plot(count * h, (arrays["descent"] ** 2).sum(axis=1), "o-", color=BLUE, markersize=5, linewidth=0.8)
    names = ("gradient flow", "2 terms", "3 terms")
    for flow, style, name in zip(arrays["flows"], styles, names, strict=True):
        plane.plot(*flow.T, **style, label=name)
        sharp.plot(arrays["times"], (flow**2).sum(axis=1), **style)
    plane.plot(*arrays["descent"][0], "o", color="black", markersize=9, zorder=8)
    plane.plot(*arrays["descent"][-1], "s", color=BLUE, markeredgecolor="black", markersize=9, zorder=8)
    sharp.axhline(2 / h, **REFERENCE | {"color": "black", "linewidth": 2.0})
    sharp.set(yscale="log", ylim=(0.5, 80), xlim=(0, max(2.0, 25 * h)), xlabel="time  $t = hk$")
    sharp.set_title(r"$u^2 + v^2$, the sharpness of minima", loc="left", fontsize=12)
    if 2 / h < 70:
        sharp.annotate("$2/h$", (0.98, 2 / h), (0, 4), xycoords=("axes fraction", "data"), textcoords="offset points",
                       ha="right", fontsize=13)  # fmt: skip
    if arrays["diverged"]:
        plane.annotate("diverges", (0.97, 0.04), xycoords="axes fraction", ha="right", fontsize=20, color="#D55E00")
    figure.legend(loc="upper center", ncols=5, handles=plane.get_legend_handles_labels()[0], columnspacing=1.3,
                  handlelength=2.2)  # fmt: skip


def _landscape(plane: Any, ellipse: np.ndarray) -> None:
    """Level curves, the minima, and the region in which descent stays."""
    line = np.linspace(-VIEW, VIEW, 121)
    u, v = np.meshgrid(line, line)
    levels = [0.1, 0.5, 2.0, 5.0, 10.0, 20.0, 40.0, 80.0]
    plane.contour(u, v, (1 - u * v) ** 2 / 2, levels=levels, colors="#C9C9C9", linewidths=0.7, zorder=1)
    plane.fill(*ellipse.T, color="#DCEBF5", linewidth=0, zorder=0, label="bounded, by theory")
    plane.plot(*ellipse.T, color="black", linewidth=1.0, zorder=2)
    branch = np.geomspace(1 / VIEW, VIEW, 60)
    for side in (-1, 1):
        plane.plot(side * branch, side / branch, color=GRAY, linewidth=3.5, zorder=2)
    plane.set(xlim=(-VIEW, VIEW), ylim=(-VIEW, VIEW), aspect="equal", xlabel="$u$", ylabel="$v$")
    plane.grid(visible=False)
