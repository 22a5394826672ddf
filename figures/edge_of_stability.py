r"""Beyond the edge of stability: gradient descent finds a flatter interpolant than the flow does.

At an interpolant of ``beta = u^2 - v^2`` the sharpness is ``lambda = lambda_max((4/n) X diag(w) X^T)``, ``w =
sqrt(beta^2 + 4 a^2)``, and descent of step h can stay there only if ``h lambda / 2 <= 1``. If h is larger than
``2 / lambda`` of the interpolant that the flow selects, descent follows the flow until ``h lambda / 2`` passes 1,
oscillates, and the oscillations move it (they change a by ``|1 - 4 h^2 g^2|`` a step) until it converges where
``h lambda / 2`` is just below 1. All the while the identity behind the selected interpolant, least hyperbolic entropy
with the a and the shift that the steps have left behind, is exact.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from solvable.common.blas import one_blas_thread

TITLE = "Beyond the edge of stability"
CLAIMS = ("nacson2022-edge-of-stability", "nacson2022-beyond-the-flow")
SHARES = (0.9, 1.1, 1.5)
SUMMARY = (
    "Steps that are too large for the minimum that the flow would find do not diverge: they end at another one, just "
    "inside the edge of stability. Which one, is again a convex program, in the effective initialization of the run."
)
ANSWERS = (
    "the edge of stability in Even et al., arXiv:2302.08982, and in Nacson et al. (ICML 2022) (figure number "
    "unverified)"
)
CAPTION = (
    "Measured (colored): gradient descent on a diagonal linear network (20 samples, 40 features, scale 0.1) with "
    f"{SHARES[0]}, {SHARES[1]} and {SHARES[2]} times the largest step that is linearly stable at the interpolant "
    "selected by gradient flow. Top: step size times sharpness over two, for even and for odd steps (shaded between "
    "them). Bottom: the loss at even steps. Dotted: gradient flow. Theory (dashed): top, the edge of stability; "
    "in the corner, the value at the interpolant of least hyperbolic entropy for the effective initialization of the "
    "run; bottom, the decay of the slowest mode of the Hessian at that interpolant, through a loss of 1e-12. Steps "
    "that are too large for the interpolant of the flow end just inside the edge, at another interpolant."
)
SEED, SAMPLES, FEATURES, ACTIVE, SCALE = 3, 20, 40, 4, 0.1
FIRST, LAST, POINTS = 1.5, 1000.0, 260


def problem() -> tuple[np.ndarray, np.ndarray]:
    """Gaussian X and the targets of a vector with four unit entries."""
    X = np.random.default_rng(SEED).standard_normal((SAMPLES, FEATURES))
    return X, X[:, :ACTIVE].sum(axis=1)


@one_blas_thread()
def data() -> dict[str, np.ndarray]:
    """Run the flow, and descent with three steps; predict where each run ends, and how fast."""
    from solvable import DiagonalLinearNetwork, GradientDescent, GradientFlow, simulate
    from solvable.theory import hypentropy_minimum, stability_threshold

    X, y = problem()
    model = DiagonalLinearNetwork(X, y)
    start = model.init(scale=SCALE)
    edge = stability_threshold(X, hypentropy_minimum(X, y, a=SCALE**2).point, SCALE**2).step_size
    times = np.geomspace(FIRST, LAST, POINTS)
    flow = simulate(model, GradientFlow(), start, time=LAST, save=times)
    runs, ends = [], []
    for step_size in np.array(SHARES) * edge:
        even = 2 * np.maximum(np.round(times / (2 * step_size)), 1).astype(int)
        steps, back = np.unique([even, even + 1], return_inverse=True)
        run = simulate(model, GradientDescent(step_size), start, steps=int(steps[-1]), save=steps)
        sharpness = np.array([model.sharpness(theta) for theta in run.theta])
        runs.append(np.array([run.time, step_size * sharpness / 2, run.loss])[:, back.reshape(2, -1)])
        log_a, shift = run.effective_init()
        beta = hypentropy_minimum(X, y, log_a=log_a, xi0=shift).point
        ends.append([step_size * stability_threshold(X, beta, np.exp(log_a)).sharpness / 2,
                     _loss_rate(X, np.hypot(beta, 2 * np.exp(log_a)), step_size)])  # fmt: skip
    return {
        "share": np.array(SHARES),
        "time": np.array([run[0] for run in runs]),
        "level": np.array([run[1] for run in runs]),
        "loss": np.array([run[2] for run in runs]),
        "end": np.array(ends),
        "flow_time": times,
        "flow_level": np.array([model.sharpness(theta) for theta in flow.theta]) * edge / 2,
        "flow_loss": flow.loss,
    }


def _loss_rate(X: np.ndarray, w: np.ndarray, step_size: float) -> float:
    """Rate in time at which descent loses the slowest part of a small loss, near the interpolant with w."""
    eigenvalues = np.linalg.eigvalsh(4 / X.shape[0] * (X * w) @ X.T)
    return float(-2 * np.log(np.max(np.abs(1 - step_size * eigenvalues))) / step_size)


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """One column a step size: sharpness above, loss below."""
    from matplotlib.lines import Line2D

    from solvable.plotting import BLUE, GREEN, REFERENCE, THEORY, VERMILION, new_figure

    figure = new_figure(height=5.6)
    panels = figure.subplots(2, len(arrays["share"]), sharex=True, sharey="row", height_ratios=[1.25, 1])
    columns = zip(panels.T, (BLUE, GREEN, VERMILION), arrays["share"], arrays["time"], arrays["level"], arrays["loss"],
                  arrays["end"], strict=True)  # fmt: skip
    for (top, bottom), color, share, time, level, loss, (end, rate) in columns:
        top.fill_between(time[0], level[0], np.interp(time[0], time[1], level[1]), color=color, alpha=0.25, linewidth=0)
        for t, values in zip(time, level, strict=True):
            top.plot(t, values, color=color, linewidth=1.4)
        top.plot(arrays["flow_time"], share * arrays["flow_level"], **REFERENCE | {"zorder": 6})
        top.axhline(1.0, **THEORY)
        top.annotate(
            f"end: {level[:, -1].mean():.4f}\ntheory: {end:.4f}", (0.97, 0.04), xycoords="axes fraction", ha="right"
        )  # fmt: skip
        top.set_title(rf"$h = {share:g} \times 2/\lambda_\mathrm{{flow}}$", loc="left")
        bottom.plot(time[0], loss[0], color=color)
        bottom.plot(arrays["flow_time"], arrays["flow_loss"], **REFERENCE)
        anchor = np.argmax(loss[0] < ANCHOR)
        last = (loss[0] < 1e6 * ANCHOR) & (loss[0] > ANCHOR / 1e6)
        bottom.plot(time[0, last], loss[0, anchor] * np.exp(rate * (time[0, anchor] - time[0, last])), **THEORY)
        bottom.set_xlabel("time  $t = hk$")
    panels[0, 0].set_xscale("log")
    panels[0, 0].set_xlim(FIRST, LAST)
    panels[0, 0].set_ylim(0.0, 1.75)
    panels[0, 0].set_yticks([0.0, 0.5, 1.0, 1.5])
    panels[0, 0].set_ylabel(r"$h\,\lambda\,/\,2$")
    panels[1, 0].set_yscale("log")
    panels[1, 0].set_ylim(1e-20, 1e2)
    panels[1, 0].set_ylabel("loss")
    handles = [Line2D([], [], color=BLUE), Line2D([], [], **REFERENCE), Line2D([], [], **THEORY)]
    figure.legend(handles, ["gradient descent", "gradient flow", "theory"], loc="outside upper center", ncols=3)
    return figure


ANCHOR = 1e-12
"""Loss at which the predicted decay is attached: small enough for one mode to be left, far above rounding."""
