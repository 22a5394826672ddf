r"""How much curvature a step size allows.

At an interpolating minimum of a ReLU network with output bias the sharpness is at least ``1 + 2 int |f''| g``, by the
mean gradient of the outputs, with a weight g that the inputs fix. Gradient descent of step h stays only where the
sharpness is at most 2/h, and so where

    int |f''| g  <=  1/h - 1/2

(Mulayoff, Michaeli and Soudry, NeurIPS 2021; constants derived again in `solvable.theory`). On the other side the data
ask for ``min int |f''| g``, a weighted least curvature. Where it exceeds 1/h - 1/2 no interpolant is stable at all.
Between the two a network whose step grows slowly rides on the edge of stability: it flattens just as fast as it must.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from solvable.common.blas import one_blas_thread

from .relu_label_noise import X, Y

TITLE = "Growing steps squeeze the curvature out"
SUMMARY = (
    "A minimum that a large step can stay at has little curvature. As the step grows, the network gives up its "
    "wiggles, down to nearly the least curvature that the samples allow."
)
ANSWERS = "the stability bound of Mulayoff et al. (NeurIPS 2021) (figure number unverified)"
CLAIMS = ("mulayoff2021-sharpness", "mulayoff2021-threshold")
CAPTION = (
    "Measured: ReLU networks (60 neurons and an output bias, two starts: filled and hollow) under gradient descent "
    "whose step size h grows by an eighth after every 40000 steps, on two sets of six samples (blue, red); shown where "
    "they interpolate, with a loss below 1e-8. Top left: the curvature, with the weight g of its stability "
    "bound, as a part of that bound, 1/h - 1/2. Theory (dashed): the bound, and the least that any interpolant of the "
    "samples has. Bottom left: sharpness times h/2; dashed, the edge of stability. Right: functions of the first start "
    "at the smallest (pale) and at the largest step (dark). Theory (dashed): the interpolant of least weighted "
    "curvature."
)
TROUGH = np.array([-1.4, -1.0, -0.5, 0.5, 1.0, 1.4])
SETS = ((TROUGH, np.interp(np.abs(TROUGH), [0.5, 1.5], [-1.0, 1.0])), (X, Y))
WIDTH, RUNS, HOLD, FIRST = 60, 2, 40_000, 200_000
STEPS = 0.025 * 1.125 ** np.arange(32)
KICK, FITTED = 1e-6, 1e-8
SPAN, POINTS = 1.7, 401


def ramp(x: np.ndarray, y: np.ndarray) -> tuple[Any, np.ndarray]:
    """The model, and where descent is when each step size has been held, ``(step, run, p)``."""
    from solvable import GradientDescent, UnivariateReLUNetwork, simulate

    model = UnivariateReLUNetwork(x, y, WIDTH, output_bias=True)
    theta = np.array([model.init(seed=k) for k in range(RUNS)])
    theta = simulate(model, GradientDescent(STEPS[0]), theta, steps=FIRST).final
    rng, path = np.random.default_rng(0), []
    for h in STEPS:
        theta = theta + KICK * rng.standard_normal(theta.shape)  # an exact minimum would never be left
        theta = simulate(model, GradientDescent(h), theta, steps=HOLD).final
        path.append(theta)
    return model, np.array(path)


@one_blas_thread()
def data() -> dict[str, np.ndarray]:
    """Raise the step size; measure loss, weighted curvature and sharpness at each."""
    from solvable.theory import least_curvature, stability_weight, stable_curvature_bound

    t = np.linspace(-SPAN, SPAN, POINTS)
    found: dict[str, list[Any]] = {}
    for x, y in SETS:
        model, path = ramp(x, y)
        g, least = stability_weight(x), least_curvature(x, y, "stability")
        losses = np.array([[model.loss(theta) for theta in row] for row in path])
        kept = losses < FITTED
        last = np.flatnonzero(kept[:, 0])[-1]
        row = {
            "loss": losses,
            "kept": kept,
            "curvature": [[f.weighted_variation(g) for f in row] for row in model.predictor(path)],
            "sharpness": [[model.sharpness(theta) for theta in row] for row in path],
            "least": least.objective,
            "function": [model.predict(path[k, 0], t) for k in (0, last)],
            "flattest": least.point(t),
        }
        for key, values in row.items():
            found.setdefault(key, []).append(values)
    bound = np.array([stable_curvature_bound(h) for h in STEPS])
    return {"step": STEPS, "bound": bound, "t": t, **{key: np.array(values) for key, values in found.items()}}


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """Left: parts of the bound, and of the edge of stability. Right: functions."""
    from matplotlib.lines import Line2D

    from solvable.plotting import BLUE, SKY, THEORY, VERMILION, new_figure

    figure = new_figure(height=6.6)
    left, right = figure.subfigures(1, 2, width_ratios=[1.35, 1])
    fill, edge = left.subplots(2, 1, sharex=True, height_ratios=[1.7, 1])
    functions = right.subplots(2, 1, sharex=True)
    steps, bound = arrays["step"], arrays["bound"]
    fine = np.geomspace(steps[0], 1.25, 200)
    thick = THEORY | {"linewidth": 2.2}
    for k, (color, light, axes) in enumerate(zip((BLUE, VERMILION), (SKY, "#F2B58C"), functions, strict=True)):
        for j, style in enumerate(("full", "none")):
            shown = arrays["kept"][k, :, j]
            h = steps[shown]
            dots: dict[str, Any] = {"color": color, "fillstyle": style, "markersize": 6}
            fill.plot(h, arrays["curvature"][k, shown, j] / bound[shown], "o", **dots)
            edge.plot(h, arrays["sharpness"][k, shown, j] * h / 2, "o", **dots)
        least = arrays["least"][k] / (1 / fine - 0.5)
        fill.plot(fine, least, color=light, linewidth=5, alpha=0.6)
        fill.plot(fine, least, **THEORY)
        before, after = arrays["function"][k]
        axes.plot(arrays["t"], before, color=light, linewidth=2.2)
        axes.plot(arrays["t"], after, color=color, linewidth=3.2)
        axes.plot(arrays["t"], arrays["flattest"][k], **THEORY)
        axes.plot(*SETS[k], "o", color="black", markersize=6, zorder=6)
        axes.set(xlim=(-SPAN, SPAN), ylabel="$f(x)$")
        last = steps[arrays["kept"][k, :, 0]][-1]
        keys = [Line2D([], [], color=light, linewidth=2.2), Line2D([], [], color=color, linewidth=3.2)]
        place = ("upper center", "upper right")[k]
        axes.legend(keys, [f"$h = {steps[0]:g}$", f"$h = {last:.2f}$"], loc=place, handlelength=1.4)
    for axes in (fill, edge):
        axes.axhspan(1, 2, color="#EFEFEF", zorder=0)
        axes.axhline(1, **thick)
        axes.annotate("unstable", (0.03, 1.06), xycoords=("axes fraction", "data"), va="bottom")
    fill.annotate("least of the data", (0.045, 0.0143), rotation=39, rotation_mode="anchor", fontsize=11)
    fill.set(xscale="log", yscale="log", xlim=(steps[0] / 1.12, 1.25), ylim=(0.009, 1.6))
    fill.set_ylabel(r"$\int |f''|\,g\ \,/\ \,(1/h - 1/2)$")
    fill.set_yticks([0.01, 0.1, 1], ["1 %", "10 %", "100 %"])
    edge.set(xscale="log", xlabel="step size  $h$", ylabel=r"$\lambda_{\max}\, h / 2$", ylim=(0.35, 1.22))
    edge.set_xticks([0.03, 0.1, 0.3, 1], ["0.03", "0.1", "0.3", "1"])
    edge.set_yticks([0.4, 0.6, 0.8, 1])
    edge.minorticks_off()
    functions[-1].set(xlabel="$x$", xticks=[-1, 0, 1])
    return figure
