r"""What the shape of the gradient noise selects along the minima of ``f = x y``.

On the hyperbola ``x y = 1`` the state is ``q = x^2 - y^2``, and the Hessian has one eigenvalue that is not 0, the
sharpness ``lambda = sqrt(q^2 + 4)``. Noise of the same power, ``sigma^2 lambda_0`` at the start, moves q on the slow
clock ``tau = h^2 sigma^2 k``, to leading order,

    label noise, along the gradient of f       d log q = -dtau                          descends tr H,
    of constant size in this direction         d log q = -(lambda_0 / lambda) dtau      descends log det H,
    isotropic noise                            d q = sqrt(2 lambda_0 lambda) dW         descends nothing.

The first two are laws for single runs, whose spread vanishes with the step. The spread of the third does not, and its
sharpness grows on average. Noise of variance ``h sigma^2/2`` in the parameters that is taken back at the next step does
what label noise does.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "What the shape of the noise selects"
SUMMARY = (
    "Noise of equal power and different shape selects different minima: label noise the least trace, normal noise the"
    " least log-determinant. Isotropic noise selects none, it spreads and so sharpens on average."
)
ANSWERS = (
    "the contrast of HaoChen et al., arXiv:2006.08680, and of Li et al., arXiv:2110.06914, on a model where each law "
    "is exact (figure number unverified)"
)
CLAIMS = ("wei2019-trace-and-determinant", "wei2019-isotropic", "orvieto2022-flat-minima")
CAPTION = (
    "Measured: a product xy is fitted to 1 by gradient descent of step 0.01 with Gaussian noise of three shapes and of "
    "equal power at the start, a minimum with q = x^2 - y^2 = 6. Top left: q under label noise and under normal noise, "
    "which has the same direction but a constant size (means of 128 runs; one standard deviation is less than a marker)"
    "; open squares: noise injected into the parameters and taken back at the next step, of the strength that should "
    "act as the label noise. Top right: q under isotropic noise: five runs (thin), mean and standard deviation of 3000 "
    "(markers, band). Bottom left: last points of 400 runs, or 128 for label and normal noise, around the hyperbola of "
    "minima. Bottom right: mean of the sharpness sqrt(q^2 + 4), the one nonzero eigenvalue of the Hessian at a minimum."
    " Theory (dashed, circles): label noise descends the trace, normal noise the log-determinant, each by its law for "
    "small noise at this step; isotropic noise descends nothing, but spreads (outer dashes: one standard deviation), "
    "and so sharpens on average, by its law for small steps. Dotted: the balanced, flattest minimum."
)
BALANCE, STEP, NOISE, CLOCK, SAVES = 6.0, 0.01, 1.0, 1.0, 17
SHARPNESS = float(np.hypot(BALANCE, 2.0))
RUNS, MANY, SHOWN, PATHS = 128, 3000, 400, 5
STDS = {
    "label": NOISE,
    "injected": NOISE * np.sqrt(STEP / 2),
    "normal": NOISE * np.sqrt(SHARPNESS),
    "isotropic": NOISE * np.sqrt(SHARPNESS / 2),
}


def minimum(q: Any) -> np.ndarray:
    """The point ``(x, y)`` of the hyperbola, shape ``(..., 2)``."""
    x = np.sqrt((np.hypot(q, 2.0) + q) / 2)
    return np.stack([x, 1 / x], axis=-1)


def law(name: str, clock: np.ndarray) -> np.ndarray:
    """Mean and standard deviation of q, and mean of the sharpness, shape ``(3, clocks)``."""
    from solvable.theory import balance_under_isotropic_noise, balance_under_noise

    if name == "isotropic":
        return np.transpose([balance_under_isotropic_noise(BALANCE, 1.0, SHARPNESS / 2 * tau) for tau in clock])
    q = balance_under_noise(BALANCE, 1.0, STEP, STDS[name], clock / (STEP * NOISE) ** 2, noise=name)
    return np.array([q, 0 * q, np.hypot(q, 2.0)])


def data() -> dict[str, np.ndarray]:
    """Run an ensemble for each shape; the laws."""
    from solvable import GradientNoise, LabelNoiseSGD, NoiseInjection, ScalarFactorization, simulate

    methods = {
        "label": LabelNoiseSGD(STEP, STDS["label"], noise="gaussian"),
        "injected": NoiseInjection(STEP, STDS["injected"], anticorrelated=True),
        "normal": GradientNoise(STEP, STDS["normal"], shape="normal"),
        "isotropic": GradientNoise(STEP, STDS["isotropic"]),
    }
    counts = np.round(np.linspace(0, CLOCK / (STEP * NOISE) ** 2, 10 * (SAVES - 1) + 1)).astype(int)
    fine = CLOCK * np.linspace(0, 1, 33) ** 2  # the spread starts as a square root
    arrays = {"fine": fine, "clock": np.linspace(0, CLOCK, SAVES)}
    for name, method in methods.items():
        starts = np.tile(minimum(BALANCE), (MANY if name == "isotropic" else RUNS, 1))
        theta = simulate(ScalarFactorization(), method, starts, steps=int(counts[-1]), save=counts).theta
        q = theta[..., 0] ** 2 - theta[..., 1] ** 2
        found = q[::10]
        arrays[f"{name}_measured"] = np.array(
            [found.mean(axis=1), found.std(axis=1), np.hypot(found, 2.0).mean(axis=1)]
        )
        arrays[f"{name}_law"] = law(name, fine)
        arrays[f"{name}_end"] = theta[-1, :SHOWN]
    arrays["path"] = q[:, :PATHS]
    return arrays


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """Top: q. Bottom: the plane and the sharpness."""
    from matplotlib.legend_handler import HandlerTuple
    from matplotlib.lines import Line2D

    from solvable.plotting import BLUE, GRAY, GREEN, REFERENCE, SKY, THEORY, VERMILION, new_figure

    figure = new_figure(height=7.6)
    (drift, spread), (plane, sharpness) = figure.subplots(2, 2)
    looks: dict[str, dict[str, Any]] = {
        "label": {"color": BLUE, "marker": "o"},
        "normal": {"color": VERMILION, "marker": "D", "markersize": 6},
        "injected": {"color": SKY, "marker": "s", "fillstyle": "none", "markersize": 11, "markeredgewidth": 1.8},
        "isotropic": {"color": GREEN, "marker": "^"},
    }
    flattest = REFERENCE | {"color": "#444444"}
    ring: dict[str, Any] = {"color": "black", "marker": "o", "fillstyle": "none", "markersize": 13, "linestyle": "none",
                            "markeredgewidth": 1.3, "zorder": 6}  # fmt: skip
    clock, fine = arrays["clock"], arrays["fine"]
    plane.plot(*minimum(2 * np.sinh(np.linspace(-4, 4, 161))).T, color=GRAY, linewidth=2.2, zorder=1)
    for order, (name, look) in enumerate(looks.items()):
        (mean, std, size), (q, width, theory) = arrays[f"{name}_measured"], arrays[f"{name}_law"]
        chosen, axes = slice(None, None, 4 if name == "injected" else 2), spread if name == "isotropic" else drift
        axes.plot(clock[chosen], mean[chosen], linestyle="none", zorder=3, **look)
        for part in (q, q - width, q + width):
            axes.plot(fine, part, **THEORY)
        if name == "injected":
            continue
        axes.fill_between(clock, mean - std, mean + std, color=look["color"], alpha=0.22, linewidth=0)
        sharpness.plot(clock[chosen], size[chosen], linestyle="none", zorder=3, **look)
        sharpness.plot(fine, theory, **THEORY)
        plane.plot(*arrays[f"{name}_end"].T, ".", color=look["color"], markersize=4, alpha=0.6, zorder=4 - order / 3)
        if name != "isotropic":
            plane.plot(*minimum(q[-1]), **ring)
    spread.plot(np.linspace(0, CLOCK, len(arrays["path"])), arrays["path"], color=GREEN, linewidth=0.9, alpha=0.8)
    drift.axhline(0, **flattest)
    sharpness.axhline(2, **flattest)
    plane.plot([0.3, 1.5], [0.3, 1.5], **flattest)
    plane.plot(*minimum(BALANCE), "s", color="black", markersize=7, zorder=7)
    plane.annotate("start", minimum(BALANCE), (4, 9), textcoords="offset points")
    drift.annotate(r"descends $\mathrm{tr}\,H$", (0.5, 4.1), color=BLUE)
    drift.annotate(r"descends $\log\,\det\,H$", (0.06, 1.7), color=VERMILION)
    spread.annotate("descends nothing", (0.04, 0.93), xycoords="axes fraction", color=GREEN)
    for axes in (drift, spread, sharpness):
        axes.set(
            xticks=np.linspace(0, CLOCK, 5), xlabel=r"slow clock  $\tau = h^2\sigma^2 k$", ylabel="$q = x^2 - y^2$"
        )
    drift.set_ylim(-0.3, 6.4)
    plane.set(xlim=(0, 5), ylim=(0, 3.9), aspect="equal", xlabel="$x$", ylabel="$y$", xticks=range(6), yticks=range(4))
    sharpness.set_ylabel(r"mean sharpness  $\lambda$")
    for axes, title in zip((drift, spread, plane), ("label noise, normal noise", "isotropic noise", r"at $\tau = 1$"),
                           strict=True):  # fmt: skip
        axes.set_title(title, loc="left")
    keys: list[Any] = [Line2D([], [], **look | {"linestyle": "none"}) for look in looks.values()]
    keys += [(Line2D([], [], **THEORY), Line2D([], [], **ring)), Line2D([], [], **flattest)]
    names = ["label noise", "normal noise", "injected, taken back", "isotropic noise", "theory", "balanced, flattest"]
    figure.legend(keys, names, ncols=3, loc="outside upper center", handlelength=3,
                  handler_map={tuple: HandlerTuple(ndivide=None)})  # fmt: skip
    return figure
