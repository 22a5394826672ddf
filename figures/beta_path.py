r"""The path of the coefficients: small initializations learn one coordinate after the other.

Under gradient flow on ``beta = u^2 - v^2`` each coordinate of ``xi = asinh(beta/2a)`` grows at a rate of order 1, so
a coordinate becomes visible after a time of order ``log(1/a)``, and then at once. The smaller the scale, the longer the
plateaus and the fewer coordinates ever leave zero; at scale 1 all of them move together, as in a linear model.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "One coordinate after the other"
SUMMARY = (
    "The smaller the initialization, the longer all coefficients rest near zero, and the more suddenly one after the "
    "other rises. Where they end is the solution of a convex program."
)
ANSWERS = "no figure that we know; the limit is that of Woodworth et al., arXiv:2002.09277"
CLAIMS = ("woodworth2020-hypentropy", "pesme2023-path")
CAPTION = (
    "Measured (lines): the coefficients of a diagonal linear network (20 samples, 40 features) under gradient flow "
    "from four initialization scales; the three of the true support are colored, the other 37 gray. "
    "Theory (black dashes at the right end of each panel): where they must end, the interpolant of least hyperbolic "
    "entropy, computed without any simulation."
)
SCALES = (1.0, 1e-2, 1e-4, 1e-8)
SUPPORT = 3
FIRST, LAST = 3e-2, 3e3
"""The times that are shown; at the last of them every coefficient is within a line width of its limit."""


def data() -> dict[str, np.ndarray]:
    """Run the flow and save its path; solve the dual for its end."""
    from solvable import DiagonalLinearNetwork, GradientFlow, simulate
    from solvable.theory import hypentropy_minimum

    from .kernel_to_rich import problem

    X, y = problem()
    model = DiagonalLinearNetwork(X, y)
    times = np.geomspace(FIRST, LAST, 400)
    paths = []
    for scale in SCALES:
        run = simulate(model, GradientFlow(rtol=1e-9), model.init(scale=scale), time=LAST, save=times)
        paths.append(run.predictor())
    limits = [hypentropy_minimum(X, y, a=scale**2).point for scale in SCALES]
    return {"scale": np.array(SCALES), "time": times, "path": np.array(paths), "limit": np.array(limits)}


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """One panel a scale."""
    from matplotlib.legend_handler import HandlerTuple
    from matplotlib.lines import Line2D

    from solvable.plotting import BLUE, GRAY, GREEN, THEORY, VERMILION, new_figure

    colors = (BLUE, VERMILION, GREEN)
    figure = new_figure(height=6.0)
    panels = figure.subplots(2, 2, sharex=True, sharey=True)
    for axes, scale, path, limit in zip(panels.flat, arrays["scale"], arrays["path"], arrays["limit"], strict=True):
        for j in reversed(range(path.shape[1])):
            inside = j < SUPPORT
            axes.plot(
                arrays["time"], path[:, j], color=colors[j] if inside else GRAY,
                linewidth=2.2 if inside else 0.8, alpha=1.0 if inside else 0.7,
            )  # fmt: skip
            axes.plot(
                [1.0, 1.06], [limit[j]] * 2, transform=axes.get_yaxis_transform(), clip_on=False,
                **THEORY | {"linewidth": 1.6 if inside else 0.8, "linestyle": (0, (2.2, 0.9))},
            )  # fmt: skip
        axes.set_xscale("log")
        axes.set_xlim(arrays["time"][0], arrays["time"][-1])
        axes.set_title(f"scale {scale:g}" if scale == 1 else rf"scale $10^{{{round(np.log10(scale))}}}$", loc="left")
    for axes in panels[:, 0]:
        axes.set_ylabel(r"coefficient  $\beta_j$")
    for axes in panels[1]:
        axes.set_xlabel("time  $t$")
    support = tuple(Line2D([], [], color=color) for color in colors)
    handles: list[Any] = [support, Line2D([], [], color=GRAY, linewidth=0.8), Line2D([], [], **THEORY)]
    figure.legend(
        handles, ["true support", "other coordinates", "limit by theory"], loc="outside upper center", ncols=3,
        handler_map={tuple: HandlerTuple(ndivide=None, pad=0.2)}, handlelength=3,
    )  # fmt: skip
    return figure
