r"""Label noise moves a product along its hyperbola of minima, as it happens.

The mathematics is that of the figure `slow-drift`: SGD with noisy labels on ``(1 - x y)^2 / 2`` shakes about ``x y
= 1``, and ``q = x^2 - y^2`` falls, on the slow clock ``tau = h^2 sigma^2 k``, at the rate ``1 / (1 - h lambda/2)``,
lambda the sharpness ``sqrt(q^2 + 4)``: towards the balanced point, where the minimum is flattest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..slow_drift import CLOCK, NOISE, START, balance, minimum

TITLE = "Drift along the minima"
CAPTION = (
    "Measured: a product xy is fitted to 1 by SGD of step 0.16 on labels with Gaussian noise of standard deviation "
    "0.2, 200 runs from the minimum (2, 1/2). Left: where they are (points, and the path of one of them), around the "
    "hyperbola of minima. Right: q = x^2 - y^2, geometric mean (markers) and one standard deviation of log q (band). "
    "Theory (ring, dashed): the law for small noise at this step; it leads to the flattest minimum, x = y."
)
STEP, RUNS, FRAMES = 0.16, 200, 101
TAIL = 25
"""How many frames of the path of one run are shown."""


def data() -> dict[str, np.ndarray]:
    """Run an ensemble; the law at the same moments."""
    from solvable import LabelNoiseSGD, ScalarFactorization, simulate
    from solvable.theory import balance_under_noise

    counts = np.round(np.linspace(0, CLOCK / (STEP * NOISE) ** 2, FRAMES)).astype(int)
    method = LabelNoiseSGD(STEP, NOISE, noise="gaussian")
    run = simulate(ScalarFactorization(), method, np.tile(START, (RUNS, 1)), steps=int(counts[-1]), save=counts)
    law = [float(balance_under_noise(float(balance(START)), 1.0, STEP, NOISE, count)) for count in counts]
    return {"clock": counts * (STEP * NOISE) ** 2, "path": run.theta, "law": np.array(law)}


def draw(arrays: dict[str, np.ndarray]) -> tuple[Any, Callable[[int], None]]:
    """Left: the plane. Right: q against the slow clock."""
    from solvable.plotting import BLUE, GRAY, REFERENCE, SKY, THEORY, VERMILION, new_figure

    figure = new_figure(height=4.6)
    plane, fall = figure.subplots(1, 2, width_ratios=[1.35, 1])
    clock, path, law = arrays["clock"], arrays["path"], arrays["law"]
    logs = np.log(balance(path))
    center, spread = logs.mean(axis=1), logs.std(axis=1)

    x, y = np.meshgrid(np.linspace(0.7, 2.4, 120), np.linspace(0.2, 1.5, 100))
    plane.contour(x, y, np.abs(1 - x * y), levels=[0.1, 0.2, 0.3, 0.4, 0.5], colors="#E2E2E2", linewidths=0.9, zorder=0)
    plane.plot(*minimum(2 * np.sinh(np.linspace(-3, 3, 121))).T, color=GRAY, linewidth=2.2, zorder=1, label="minima")
    plane.plot([0.78, 1.25], [0.78, 1.25], **REFERENCE)
    plane.annotate("$x = y$", (1.18, 1.26), color="#666666")
    cloud = plane.scatter([], [], s=16, color=SKY, edgecolors=BLUE, linewidths=0.5, zorder=3, label="200 runs")
    (tail,) = plane.plot([], [], color=VERMILION, linewidth=1.1, alpha=0.8, zorder=4, label="one of them")
    (head,) = plane.plot([], [], "o", color=VERMILION, markersize=6, zorder=5)
    (ring,) = plane.plot([], [], "o", color="black", fillstyle="none", markersize=15, markeredgewidth=1.8, zorder=6,
                         label="theory")  # fmt: skip
    plane.set(xlim=(0.75, 2.35), ylim=(0.22, 1.42), aspect="equal", xlabel="$x$", ylabel="$y$")
    plane.grid(visible=False)
    plane.legend(loc="upper right", handlelength=1.4)

    fall.plot(clock, law, **THEORY)
    fall.annotate(
        f"step $h = {STEP:g}$,  noise {NOISE:g}", (0.95, 0.95), xycoords="axes fraction", ha="right", va="top"
    )
    (points,) = fall.plot([], [], "o", color=BLUE, markersize=5.5)
    (now,) = fall.plot([], [], "o", color="black", fillstyle="none", markersize=13, markeredgewidth=1.6, zorder=6)
    low, high = np.exp(center - spread), np.exp(center + spread)
    band = fall.fill_between(clock[:1], low[:1], high[:1], color=BLUE, alpha=0.22, linewidth=0)
    fall.set(yscale="log", xlim=(-0.06, CLOCK + 0.06), ylim=(0.7 * low.min(), 1.4 * high.max()),
             xlabel=r"slow clock  $\tau = h^2\sigma^2 k$", ylabel="$q = x^2 - y^2$")  # fmt: skip

    def show(k: int) -> None:
        cloud.set_offsets(path[k])
        tail.set_data(*path[max(0, k - TAIL) : k + 1, 0].T)
        head.set_data(*path[k, :1].T)
        ring.set_data(*minimum(law[k : k + 1]).T)
        now.set_data(clock[k : k + 1], law[k : k + 1])
        some = slice(0, k + 1, 5)
        points.set_data(clock[some], np.exp(center[some]))
        band.set_data(clock[: k + 1], low[: k + 1], high[: k + 1])

    return figure, show
