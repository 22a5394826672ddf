r"""Noisy labels take a wiggly interpolant to the simplest one.

Gradient descent from a large start fits few samples by a wiggly function and stays there. With noise of size sigma on
the labels it does not rest: along the minima of the loss it descends ``R(theta) = (1/n) sum_j |grad f(x_j)|^2`` (Blanc,
Gupta, Valiant and Valiant, arXiv:1904.09080), for small noise by ``-(h/2) P D^3 L[S]`` a step, P the projection on the
minima and S the covariance of the fluctuations. That is ``-(h^2 sigma^2 / 4n) P grad R`` for small steps only: here the
step is 0.86 and 0.61 of the largest that is stable at the start, and the leading law is late by half.

The least R over all networks of a function is ``R(f) = (1/n) sum_j (1 + x_j^2) + (2/n) int |f''| phi``, and the least
over interpolants connects the dots here. phi vanishes at the outermost samples, so that bends near them cost little:
``int |f''|`` does not fall quite as far as R. Samples of which the first three are on a line and the last three too
leave no choice there but that of cost 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from solvable.common.blas import one_blas_thread

TITLE = "Noisy labels iron out the wiggles"
SUMMARY = (
    "Noise on the labels takes a wiggly fit to the simplest one, which connects the dots. The law for small noise at "
    "this step tells how fast, where the law for small steps is late by half."
)
ANSWERS = (
    "the ReLU example of Blanc et al., arXiv:1904.09080 (figure number unverified); the law at a finite step is our own"
)
CLAIMS = ("blanc2019-relu-turning", "blanc2019-relu-flattening")
CAPTION = (
    "Measured: two-layer ReLU networks (40 neurons, 6 samples) trained without noise (red), and then with noise of "
    "standard deviation 0.6 on the labels for 4 million steps (blue), at step size 0.01 from two starts (filled and "
    "hollow); shown is where descent without noise takes the network from there. Left: the functions. Right: the "
    "regularizer R, the mean square of the gradients of the outputs, and the total bend between the outermost samples. "
    "Theory (dashed): left, the function of least R, which has the fewest knots and the least total bend as well; "
    "right, the law for small noise at this step, from the minimum where the noise begins. Dotted: the leading law "
    "for small steps (orange, first start), and the least values over all functions that fit."
)
X, Y = np.array([-1.5, -1.1, -0.5, 0.6, 1.1, 1.5]), np.array([0.9, 0.3, -0.6, 0.7, 1 / 30, -0.5])
WIDTH, SCALE, RUNS = 40, 2.5, 2
STEP, NOISE, QUIET, STEPS, POLISH = 0.01, 0.6, 300_000, 4_000_000, 20_000
SAVES, SPAN = 25, 1.75
GROWTH, SHORTEST = 0.02, 300
"""The law is integrated by steps of Euler's method, of this many steps of descent or this share of all so far."""


def output_hessians(model: Any, theta: np.ndarray) -> np.ndarray:
    """Of f at each sample, ``(n, p, p)``."""
    parts, m = model.unpack(theta), model.width
    active = (model.x[:, None] * parts["w"] + parts["b"] > 0).astype(float)
    H = np.zeros((model.n_samples, model.n_params, model.n_params))
    i = np.arange(m)
    H[:, i, m + i] = H[:, m + i, i] = active * model.x[:, None]
    H[:, i, 2 * m + i] = H[:, 2 * m + i, i] = active
    return H


def followed(model: Any, theta: np.ndarray, drift: Any, counts: np.ndarray) -> np.ndarray:
    """Where a law of the drift along the minima takes theta in as many steps of descent, ``(len(counts), p)``."""
    found, now = [], 0.0
    for count in counts:
        while now < count:
            ahead = min(count - now, max(SHORTEST, GROWTH * now))
            shift = drift(model.jacobian(theta), output_hessians(model, theta), STEP, NOISE, batch_size=None)
            theta, now = theta + ahead * shift, now + ahead
            for _ in range(3):  # back to the minima
                theta = theta - np.linalg.lstsq(model.jacobian(theta), model.residuals(theta), rcond=None)[0]
        found.append(theta)
    return np.array(found)


@one_blas_thread()
def data() -> dict[str, np.ndarray]:
    """Descend without noise, then with; at each save descend without noise again, and measure. Follow the laws."""
    from solvable import GradientDescent, LabelNoiseSGD, UnivariateReLUNetwork, simulate
    from solvable.claims.papers.blanc2019_relu import regularizer
    from solvable.theory import (
        label_noise_drift,
        label_noise_function_cost,
        least_curvature,
        representation_cost,
        trace_drift,
    )

    model, quiet = UnivariateReLUNetwork(X, Y, WIDTH, skip=True), GradientDescent(STEP)
    start = np.array([model.init(SCALE, seed=k) for k in range(RUNS)])
    free = simulate(model, quiet, start, steps=QUIET).final
    counts = np.round(np.geomspace(1e3, STEPS, SAVES)).astype(int)
    noisy = simulate(model, LabelNoiseSGD(STEP, NOISE, batch_size=None), free, steps=STEPS, save=counts).theta
    rests = simulate(model, quiet, noisy.reshape(-1, model.n_params), steps=POLISH).final.reshape(noisy.shape)
    law = np.stack([followed(model, theta, label_noise_drift, counts) for theta in free], axis=1)
    leading = followed(model, free[0], trace_drift, counts)[:, None]

    def sizes(path: np.ndarray) -> np.ndarray:
        """R and the total bend, of ``(..., p)``."""
        bend = [f.total_variation2((X[0], X[-1])) for f in model.predictor(path).ravel()]
        flat = path.reshape(-1, path.shape[-1])
        return np.array([[regularizer(model, theta) for theta in flat], bend]).reshape(2, *path.shape[:-1])

    t, simplest = np.linspace(-SPAN, SPAN, 701), least_curvature(X, Y, "label-noise").point
    return {
        "step": counts,
        "loss": np.array([[model.loss(theta) for theta in row] for row in rests]),
        "quiet": sizes(free),
        "measured": sizes(rests),
        "law": sizes(law),
        "leading": sizes(leading)[..., 0],
        "least": np.array([label_noise_function_cost(simplest, X), representation_cost(X, Y)]),
        "t": t,
        "before": np.array([f(t) for f in model.predictor(free)]),
        "after": np.array([f(t) for f in model.predictor(rests[-1])]),
        "simplest": simplest(t),
    }


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """Left: functions from two starts. Right: R and the total bend against the steps."""
    from matplotlib.lines import Line2D

    from solvable.plotting import BLUE, ORANGE, REFERENCE, THEORY, VERMILION, new_figure

    figure = new_figure(height=6.4)
    (first, cost), (second, bend) = figure.subplots(2, 2, sharex="col", width_ratios=[1, 1.1])
    law, leading = {**THEORY, "linewidth": 1.6}, {"linestyle": ":", "color": ORANGE, "linewidth": 2.6, "zorder": 4}
    styles: list[dict[str, Any]] = [{"fillstyle": "full"}, {"fillstyle": "none"}]
    for k, (axes, style) in enumerate(zip((first, second), styles, strict=True)):
        axes.plot(arrays["t"], arrays["before"][k], color=VERMILION)
        axes.plot(arrays["t"], arrays["after"][k], color=BLUE, linewidth=3.2)
        axes.plot(arrays["t"], arrays["simplest"], **law)
        axes.plot(X, Y, "o", color="black", markersize=6.5, zorder=6)
        axes.set(xlim=(-SPAN, SPAN), ylim=(-0.9, 1.3), ylabel="$f(x)$", xticks=[-1, 0, 1], yticks=[-0.5, 0, 0.5, 1])
        axes.annotate(
            ("first start", "second start")[k], (0.93, 0.92), xycoords="axes fraction", ha="right", va="center"
        )
        axes.plot(0.97, 0.925, "o", color=BLUE, transform=axes.transAxes, **style)
    second.set_xlabel("$x$")
    counts = arrays["step"]
    before = counts[0] / 2.5
    for k, axes in enumerate((cost, bend)):
        for j, style in enumerate(styles):
            axes.plot(counts, arrays["measured"][k, :, j], "o", color=BLUE, markersize=6.5, **style)
            axes.plot(before, arrays["quiet"][k, j], "o", color=VERMILION, **style)
            axes.plot(counts, arrays["law"][k, :, j], **law)
        axes.plot(counts, arrays["leading"][k], **leading)
        axes.axhline(arrays["least"][k], **REFERENCE | {"color": "#444444", "linewidth": 1.8})
        axes.annotate(f"least: {arrays['least'][k]:.2f}", (before, arrays["least"][k]), (0, 4), color="#444444",
                      textcoords="offset points", ha="left")  # fmt: skip
        axes.set(xscale="log", yscale="log", xlim=(before / 1.6, counts[-1] * 1.6))
        axes.minorticks_off()
    cost.set(ylim=(5.3, 450), ylabel=r"regularizer  $R$")
    cost.set_yticks([6, 10, 30, 100, 300], ["6", "10", "30", "100", "300"])
    bend.set(ylim=(4.7, 28), ylabel=r"total bend  $\int |f''|$", xlabel="steps of descent with noisy labels")
    bend.set_yticks([5, 10, 20], ["5", "10", "20"])
    bend.set_xticks([before, 1e3, 1e4, 1e5, 1e6], ["0", *(f"$10^{k}$" for k in range(3, 7))])
    keys = [Line2D([], [], color=VERMILION), Line2D([], [], color=BLUE, linewidth=3.2), Line2D([], [], **law),
            Line2D([], [], **leading)]  # fmt: skip
    figure.legend(keys, ["no noise", "noisy labels", "theory", "leading law for small steps"], ncols=4,
                  loc="outside upper center", columnspacing=1.6)  # fmt: skip
    return figure
