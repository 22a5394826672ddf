r"""The slow drift of label noise along the minima of ``f = x y``.

With noise of size sigma on the label, SGD of step h does not rest on the hyperbola ``x y = 1``: it shakes about it, and
the shaking moves it along, towards the balanced point, where the sharpness ``lambda = x^2 + y^2`` is least. A step
takes ``q = x^2 - y^2`` to ``q (1 - h^2 rho^2)``, rho the noisy residual, with variance ``sigma^2`` for small steps:

    E log q = log q_0 - tau + O(h),        tau = h^2 sigma^2 k,

one law on one slow clock, whatever the step. For small noise at a finite step it is ``d log q = -dtau / (1 - h
lambda/2)``. With ``dG = lambda d log q`` along the hyperbola, ``G = lambda - 2 asinh(2/q)``, the two differ by

    (h/2) ( G(q_0) - G(q_0 exp(-tau)) )

to first order in h.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "The slow drift along the minima"
SUMMARY = (
    "Noise on the labels moves a product along its hyperbola of minima to the flattest one. On the slow clock the "
    "fall is one exponential, and the correction for a finite step is known as well."
)
ANSWERS = "no figure that we know; the drift is that of Blanc et al., arXiv:1904.09080, and Li et al., arXiv:2110.06914"
CLAIMS = ("blanc2019-drift-rate", "blanc2019-drift")
CAPTION = (
    "Measured: a product xy is fitted to 1 by SGD on labels with Gaussian noise of standard deviation 0.2, from the "
    "minimum (2, 1/2), whose sharpness is lambda_0 = 4.25. Left: one run for each of three steps, 600 points at equal "
    "distances of the slow clock, around the hyperbola of minima; filled circles: mean of 64 runs at clock 0, 1, 2 and "
    "3. The end is near the balanced point x = y. Top right: q = x^2 - y^2, geometric mean of 64 runs (markers) and "
    "one standard deviation of log q (bands), which vanishes with the step. Bottom right: how far log q has fallen at "
    "clock 3, beyond the leading law. Theory (hollow circles on the left, dashed): the law for small noise at a finite "
    "step. Dotted: the leading law, and in the bottom right panel the first-order correction to it."
)
START, NOISE, CLOCK = np.array([2.0, 0.5]), 0.2, 3.0
STEPS = np.array([0.32, 0.16, 0.08, 0.04, 0.02])
SHOWN = (0, 2, 4)
RUNS, POINTS, SAVES = 64, 600, 13
MARKED = (0, 4, 8, 12)


def balance(theta: np.ndarray) -> np.ndarray:
    """q."""
    return theta[..., 0] ** 2 - theta[..., 1] ** 2


def minimum(q: np.ndarray) -> np.ndarray:
    """The point ``(x, y)`` of the hyperbola, shape ``(..., 2)``."""
    x = np.sqrt((np.hypot(q, 2.0) + q) / 2)
    return np.stack([x, 1 / x], axis=-1)


def first_order(q: float, clock: np.ndarray) -> np.ndarray:
    """What the finite step adds to the fall of log q, over h, to first order."""
    G = [np.hypot(x, 2.0) - 2 * np.arcsinh(2 / x) for x in (q, q * np.exp(-clock))]
    return (G[0] - G[1]) / 2


def data() -> dict[str, np.ndarray]:
    """Run an ensemble for each step, and the law of the finite step at the same moments and on a fine clock."""
    from solvable import LabelNoiseSGD, ScalarFactorization, simulate
    from solvable.theory import balance_under_noise

    q0, fine = float(balance(START)), np.linspace(0, CLOCK, 121)
    paths, means, logs, laws = [], [], [], []
    for h in STEPS:
        method, unit = LabelNoiseSGD(h, NOISE, noise="gaussian"), (h * NOISE) ** 2
        counts = np.round(np.linspace(0, CLOCK / unit, POINTS + 1)).astype(int)
        run = simulate(ScalarFactorization(), method, np.tile(START, (RUNS, 1)), steps=int(counts[-1]), save=counts)
        chosen = run.theta[:: POINTS // (SAVES - 1)]
        paths.append(run.theta[:, 0])
        means.append(chosen.mean(axis=1))
        logs.append(np.log(balance(chosen)))
        laws.append(balance_under_noise(q0, 1.0, h, NOISE, fine / unit))
    steps = np.geomspace(STEPS.min() / 1.3, STEPS.max() * 1.3, 61)
    ends = [float(balance_under_noise(q0, 1.0, h, NOISE, CLOCK / (h * NOISE) ** 2)) for h in steps]
    return {
        "step": STEPS,
        "clock": np.linspace(0, CLOCK, SAVES),
        "path": np.array(paths),
        "mean": np.array(means),
        "log": np.array(logs),
        "fine": fine,
        "law": np.array(laws),
        "fine_step": steps,
        "beyond": np.log(q0 / np.array(ends)) - CLOCK,
        "first_order": first_order(q0, np.array(CLOCK)),
    }


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """Left: the plane, one panel a step. Right: q against the slow clock, and how it differs from the leading law."""
    from matplotlib.legend_handler import HandlerTuple
    from matplotlib.lines import Line2D

    from solvable.plotting import BLUE, GRAY, GREEN, REFERENCE, THEORY, VERMILION, new_figure

    figure = new_figure(height=7.4)
    left, right = figure.subfigures(1, 2, width_ratios=[1, 1.08])
    planes = left.subplots(3, 1, sharex=True)
    fall, beyond = right.subplots(2, 1, height_ratios=[2, 1])
    limit = REFERENCE | {"color": "black", "linewidth": 1.8, "zorder": 4}
    ring: dict[str, Any] = {"color": "black", "marker": "o", "fillstyle": "none", "markersize": 12, "linestyle": "none",
                            "markeredgewidth": 1.3, "zorder": 6}  # fmt: skip
    clock, fine, q0, marked = arrays["clock"], arrays["fine"], arrays["law"][0, 0], list(MARKED)
    colors = dict(zip(SHOWN, (VERMILION, GREEN, BLUE), strict=True))
    for axes, (j, color) in zip(planes, colors.items(), strict=True):
        h, law, mean = arrays["step"][j], arrays["law"][j], arrays["mean"][j]
        axes.plot(*minimum(2 * np.sinh(np.linspace(-3, 3, 121))).T, color=GRAY, linewidth=2.2, zorder=1)
        axes.plot([0.78, 1.05], [0.78, 1.05], **REFERENCE)
        axes.plot(*arrays["path"][j].T, ".", color=color, markersize=2.6, alpha=0.5, zorder=2)
        axes.plot(*mean[marked].T, "o", color=color, markeredgecolor="white", markersize=9, zorder=4)
        axes.plot(*minimum(np.interp(clock[marked], fine, law)).T, **ring)
        axes.set(xlim=(0.75, 2.35), ylim=(0.22, 1.33), aspect="equal", ylabel="$y$")
        axes.annotate(rf"$h = {h:g}$,  $h\lambda_0 = {h * np.hypot(q0, 2):.2g}$", (0.97, 0.94), ha="right", va="top",
                      xycoords="axes fraction", color=color, fontsize=13)  # fmt: skip
        center, spread = arrays["log"][j].mean(axis=1), arrays["log"][j].std(axis=1)
        fall.fill_between(clock, *np.exp(center + spread * [[-1], [1]]), color=color, alpha=0.25, linewidth=0)
        fall.plot(clock, np.exp(center), "o", color=color, zorder=3)
        fall.plot(fine, law, **THEORY)
        fall.annotate(f"$h = {h:g}$", (CLOCK + 0.1, law[-1]), va="center", color=color, fontsize=13)
    for tau, point in zip(clock[marked], minimum(np.interp(clock[marked], fine, law)), strict=True):
        place = (2, 13) if tau == CLOCK else (8, 8)
        planes[-1].annotate(rf"$\tau = {tau:g}$", point, place, textcoords="offset points", fontsize=11)
    planes[1].annotate("$x = y$", (0.77, 0.68), color=GRAY)
    measured = np.log(q0) - arrays["log"][:, -1].mean(axis=1) - CLOCK
    beyond.scatter(arrays["step"], measured, s=60, c=[colors.get(j, GRAY) for j in range(STEPS.size)], zorder=3)
    beyond.plot(arrays["fine_step"], arrays["beyond"], **THEORY)
    beyond.plot(arrays["fine_step"], arrays["first_order"] * arrays["fine_step"], **limit)
    fall.plot(fine, q0 * np.exp(-fine), **limit)
    planes[-1].set_xlabel("$x$")
    fall.set(yscale="log", xlim=(-0.1, 3.95), xticks=range(4), xlabel=r"slow clock  $\tau = h^2\sigma^2 k$",
             ylabel="$q = x^2 - y^2$")  # fmt: skip
    beyond.set(xscale="log", yscale="log", xlabel="step size  $h$", ylabel=r"$\log\,(q_0/q) - \tau$")
    beyond.set_title(r"beyond the leading law, at $\tau = 3$", loc="left")
    beyond.minorticks_off()
    beyond.set_xticks(arrays["step"], [f"{h:g}" for h in arrays["step"]])
    keys: list[Any] = [Line2D([], [], color=GRAY, linewidth=2.2), Line2D([], [], color=GRAY, marker="o", linestyle=""),
                       (Line2D([], [], **THEORY), Line2D([], [], **ring)), Line2D([], [], **limit)]  # fmt: skip
    figure.legend(keys, ["minima", "measured", "law at a finite step", r"leading law, $e^{-\tau}$"], ncols=4,
                  loc="outside upper center", handlelength=3.2, columnspacing=1.6,
                  handler_map={tuple: HandlerTuple(ndivide=None)})  # fmt: skip
    return figure
