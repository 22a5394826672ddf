r"""The stationary law of SGD with label noise: a circle for small steps, and what a finite step makes of it.

A line is fitted to four points, whose labels lie on a line up to noise that is drawn afresh at every step. Around the
fit, with ``A = X^T X / n`` and the batch size b, the Ornstein-Uhlenbeck limit of small steps has the covariance

    S = (h sigma^2 / 2b) I,        correlations exp(-lambda t) at t = h k:

in units of ``sqrt(h sigma^2 / 2b)`` the unit circle, whatever the data and the step. The exact laws are

    full batch:   S = (h sigma^2 / n) (2 - h A)^{-1},
    one example:  A S + S A - (h/n) sum_i x_i x_i^T (x_i^T S x_i) = h sigma^2 A,

with correlations ``(1 - h lambda)^k`` in both: an ellipse along the eigenvectors of A, a larger and tilted one where
each example shakes the model in its own direction, and a change of sign at every step where ``h lambda > 1``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from solvable.common.blas import one_blas_thread

TITLE = "The circle of label noise"
SUMMARY = (
    "Around a minimum SGD with label noise is a circle for small steps: isotropic, whatever the Hessian. A finite "
    "step makes an ellipse of it, which is known exactly."
)
ANSWERS = (
    "the stationary laws of Mandt et al., arXiv:1704.04289, and Liu et al., arXiv:2012.03636 (figure number unverified)"
)
CLAIMS = ("ziyin2021-stationary-covariance", "ziyin2021-autocovariance", "mandt2017-small-steps")
CAPTION = (
    "Measured: a line is fitted to four points by SGD with label noise, from 12000 independent runs at each of three "
    "steps; lambda is the larger eigenvalue of the Hessian. Top and middle: 600 of the final parameters around the "
    "noiseless fit, along the stiff and the soft eigenvector, in units of the standard deviation of the "
    "Ornstein-Uhlenbeck process for that step and batch size; the colored ellipse has two standard deviations in each "
    "direction. Bottom: correlation of a parameter with itself k steps later (filled: one example, hollow: full batch)."
    " Theory (dashed): the exact covariance and correlation at a finite step. Dotted: the Ornstein-Uhlenbeck process, "
    "a circle of radius 2, and its correlations."
)
INPUTS = np.array([1.0, 0.5, 0.0, -0.5])
FIT = np.array([1.0, -1.0])
STEPS = np.array([0.2, 0.7, 1.1])
NOISE, BATCHES = 1.0, (1, None)
CLOUD = ("points", "measured", "theory")
TICKS = ((-6, -3, 0, 3, 6), (-4, -2, 0, 2, 4))
BATCH_STYLES: tuple[dict[str, Any], ...] = ({"markersize": 6}, {"fillstyle": "none", "markersize": 9.5})
RUNS, SHOWN, BURN_IN, LAGS = 12_000, 600, 90, 9


def problem() -> tuple[np.ndarray, np.ndarray]:
    """Design with a column of ones, and labels on a line."""
    X = np.column_stack([np.ones_like(INPUTS), INPUTS])
    return X, X @ FIT


@one_blas_thread()
def data() -> dict[str, np.ndarray]:
    """Run an ensemble for each batch size and step; everything along the eigenvectors, the stiff one first."""
    from solvable import LabelNoiseSGD, LinearRegression, simulate
    from solvable.theory import autocovariance

    X, y = problem()
    values, vectors = np.linalg.eigh(X.T @ X / y.size)
    values, axes = values[::-1], vectors[:, ::-1]
    points, measured, theory = [], [], []
    for batch in BATCHES:
        for step in STEPS:
            unit = np.sqrt(step * NOISE**2 / (2 * (batch or y.size)))
            optimizer = LabelNoiseSGD(step, NOISE, batch, noise="gaussian")
            run = simulate(LinearRegression(X, y), optimizer, np.tile(FIT, (RUNS, 1)), steps=BURN_IN + LAGS,
                           save=BURN_IN + np.arange(LAGS))  # fmt: skip
            error = (run.theta - FIT) @ axes / unit
            points.append(error[0, :SHOWN])
            measured.append(np.einsum("kri,rj->kij", error, error[0]) / RUNS)
            exact = [autocovariance(X, y, step, NOISE, lag, batch) for lag in range(LAGS)]
            theory.append(axes.T @ np.array(exact) @ axes / unit**2)
    cells = (len(BATCHES), STEPS.size)
    return {
        "step": STEPS,
        "eigenvalue": values,
        "points": np.reshape(points, (*cells, SHOWN, 2)).astype(np.float32),
        "measured": np.reshape(measured, (*cells, LAGS, 2, 2)),
        "theory": np.reshape(theory, (*cells, LAGS, 2, 2)),
    }


def outline(covariance: np.ndarray) -> np.ndarray:
    """Two standard deviations in each direction, shape ``(2, 181)``."""
    angle = np.linspace(0.0, 2 * np.pi, 181)
    return 2 * np.linalg.cholesky(covariance) @ np.array([np.cos(angle), np.sin(angle)])


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """A column a step: both clouds, and correlations."""
    from matplotlib.lines import Line2D

    from solvable.plotting import BLUE, GRAY, GREEN, PURPLE, REFERENCE, THEORY, VERMILION, new_figure

    figure = new_figure(height=8.6)
    panels = figure.subplots(3, 3, sharex="row", sharey="row", height_ratios=[1, 1, 0.85])
    circle = REFERENCE | {"color": "black", "linewidth": 1.8, "zorder": 4}
    for row, (name, color, reach) in enumerate((("one example", VERMILION, 7.4), ("full batch", BLUE, 4.4))):
        for axes, points, measured, theory in zip(panels[row], *(arrays[key][row] for key in CLOUD), strict=True):
            axes.plot(*points.T, ".", color=color, markersize=2.2, alpha=0.35, zorder=2)
            axes.plot(*outline(measured[0]), color=color, linewidth=3.2, zorder=3)
            axes.plot(*outline(theory[0]), **THEORY)
            axes.plot(*outline(np.eye(2)), **circle)
            axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
            axes.set(xticks=TICKS[row], yticks=TICKS[row])
        panels[row, 0].set_ylabel("soft direction  [$s$]")
        panels[row, 0].annotate(name, (0.04, 0.96), xycoords="axes fraction", va="top", color=color)
    fine, lags = np.linspace(0, LAGS - 1, 161), np.arange(LAGS)
    for column, (step, axes) in enumerate(zip(arrays["step"], panels[2], strict=True)):
        panels[0, column].set_title(rf"$h = {step:g}$,  $h\lambda = {step * arrays['eigenvalue'][0]:.2f}$")
        panels[1, column].set_xlabel("stiff direction  [$s$]")
        for j, color in enumerate((PURPLE, GREEN)):
            axes.plot(fine, np.exp(-step * arrays["eigenvalue"][j] * fine), **circle)
            axes.plot(lags, correlation(arrays["theory"][1, column], j), **THEORY)
            for measured, style in zip(arrays["measured"][:, column], BATCH_STYLES, strict=True):
                axes.plot(lags, correlation(measured, j), "o", color=color, zorder=3, **style)
        axes.set(xticks=lags[::2], xlabel="lag  $k$")
    panels[2, 0].set_ylabel("correlation")
    panels[2, 0].annotate("soft", (6.2, 0.8), color=GREEN)
    panels[2, 0].annotate("stiff", (1.0, 0.34), color=PURPLE)
    hollow = [Line2D([], [], marker="o", linestyle="none", color="#444444", **style) for style in BATCH_STYLES]
    panels[2, 2].legend(hollow, ["one example", "full batch"], loc="upper right", handletextpad=0.2)
    keys = [Line2D([], [], color=GRAY, linewidth=3.2), Line2D([], [], **THEORY), Line2D([], [], **circle)]
    names = ["measured", "exact theory", r"Ornstein–Uhlenbeck, $s^2 = h\sigma^2/2b$"]
    figure.legend(keys, names, loc="outside upper center", ncols=3)
    return figure


def correlation(covariances: np.ndarray, j: int) -> np.ndarray:
    """Along the eigenvector j, from covariances ``(LAGS, 2, 2)``."""
    return covariances[:, j, j] / covariances[0, j, j]
