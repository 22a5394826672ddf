r"""Label noise walks down a path from hyperbolic entropy to a weighted l1 norm.

SGD of step h and batch 1 on ``beta = u^2 - v^2`` with labels ``y_i + sigma xi_i``, fresh signs xi at every step, does
not rest at an interpolant: noise of size ``sigma x_ij`` shrinks ``a = |u v|`` at the rate of its variance. In the slow
clock ``tau = h^2 sigma^2 k``, to leading order in h,

    a_j(tau) = a_j(0) exp(-4 m_j tau),      m_j = (1/n) sum_i x_ij^2,
    beta(tau) = argmin over X b = y of the hyperbolic entropy of scale a(tau).

As tau grows this becomes the least of ``sum_j m_j |b_j|``, not the least l1 norm: noise charges for each coordinate by
the size of its column. So it finds a sparse vector on short columns where the least l1 norm prefers long ones.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "The path of label noise"
SUMMARY = (
    "Label noise walks down a path of interpolants to a weighted l1 norm, in which each coordinate pays by the size "
    "of its column. The plain l1 norm, the rival, is somewhere else."
)
ANSWERS = (
    "the recovery of a sparse vector by label noise in HaoChen et al., arXiv:2006.08680 (figure number unverified); "
    "the weights are our own"
)
CLAIMS = ("li2022-central-path", "li2022-weighted-l1")
CAPTION = (
    "Measured: a diagonal linear network (8 samples, 16 features) under SGD with label noise, from the interpolant "
    "that gradient flow selects, against the slow clock; what is shown is where gradient flow without noise takes it "
    "from there. Left, lines: coefficients at step 0.002; the three of the vector that made the targets are colored. "
    "Their columns are short, half of the features have columns twice as long. Right, markers: largest distance of a "
    "coefficient from the interpolant of least l1 norm, with the weights of label noise and without, for two steps. "
    "Theory (dashed): interpolants of least hyperbolic entropy with the predicted scales. Dotted: left, the least l1 "
    "norm without weights, the rival, for the same three coefficients."
)
SEED, SAMPLES, FEATURES, ACTIVE = 0, 8, 16, 3
START_A, NOISE = 0.5, 0.5
STEPS = np.array([0.008, 0.002])
CLOCK = np.linspace(0.0, 4.0, 33)


def problem() -> tuple[np.ndarray, np.ndarray]:
    """Short columns, then long ones; the targets come from three of the short ones."""
    lengths = np.where(np.arange(FEATURES) < FEATURES // 2, 0.7, 1.4)
    X = np.random.default_rng(SEED).standard_normal((SAMPLES, FEATURES)) * lengths
    return X, X[:, :ACTIVE] @ np.array([1.0, -1.0, 1.0])


def data() -> dict[str, np.ndarray]:
    """Run label noise with two steps; follow the path of interpolants."""
    from solvable import DiagonalLinearNetwork, GradientFlow, LabelNoiseSGD, simulate
    from solvable.theory import label_noise_limit, least_l1, slow_flow_diagonal

    X, y = problem()
    model, scale = DiagonalLinearNetwork(X, y), np.sqrt(START_A)

    def rest(theta: np.ndarray) -> np.ndarray:
        return simulate(model, GradientFlow(), theta, time=1e6, until_loss=1e-20).final

    start = rest(model.init(scale=scale))
    paths = []
    for step_size in STEPS:
        counts = np.round(CLOCK / (step_size * NOISE) ** 2).astype(int)
        run = simulate(model, LabelNoiseSGD(step_size, NOISE), start, steps=int(counts[-1]), save=counts)
        paths.append([model.predictor(rest(theta)) for theta in run.theta])
    fine = np.linspace(CLOCK[0], CLOCK[-1], 161)
    return {
        "clock": CLOCK,
        "step": STEPS,
        "path": np.array(paths),
        "fine": fine,
        "theory": np.array([slow_flow_diagonal(X, y, scale, scale, tau).point for tau in fine]),
        "weighted": label_noise_limit(X, y).minimum.point,
        "plain": least_l1(X, y).point,
    }


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """Left: coordinates. Right: distances from the two candidates for the limit."""
    from matplotlib.legend_handler import HandlerTuple
    from matplotlib.lines import Line2D

    from solvable.plotting import BLUE, GRAY, GREEN, ORANGE, PURPLE, REFERENCE, THEORY, VERMILION, new_figure

    figure = new_figure(height=4.8)
    path, distance = figure.subplots(1, 2)
    colors = (BLUE, VERMILION, GREEN)
    rival = REFERENCE | {"linewidth": 2.2}
    for j in reversed(range(arrays["weighted"].size)):
        inside = j < ACTIVE
        path.plot(arrays["clock"], arrays["path"][-1, :, j], color=colors[j] if inside else GRAY,
                  linewidth=2.6 if inside else 1.6)  # fmt: skip
        path.plot(arrays["fine"], arrays["theory"][:, j], **THEORY | {"linewidth": 1.2 if inside else 0.7})
        if inside:
            path.axhline(arrays["plain"][j], **rival | {"color": colors[j]})
    for name, color in (("weighted", PURPLE), ("plain", ORANGE)):
        for measured, style in zip(arrays["path"], ({"fillstyle": "none", "markersize": 10}, {"markersize": 5}),
                                   strict=True):  # fmt: skip
            far = np.abs(measured - arrays[name]).max(axis=1)
            distance.plot(arrays["clock"][::2], far[::2], "o", color=color, **style)
        distance.plot(arrays["fine"], np.abs(arrays["theory"] - arrays[name]).max(axis=1), **THEORY)
    distance.annotate(r"least $\ell_1$", (2.0, 1.6), color=ORANGE, fontsize=13)
    distance.annotate(r"least weighted $\ell_1$", (1.95, 1.6e-2), color=PURPLE, fontsize=13)
    distance.set_yscale("log")
    distance.set_ylim(None, 8)
    for axes in (path, distance):
        axes.set_xlabel(r"slow clock  $\tau = h^2\sigma^2 k$")
    path.set_xlim(0, arrays["clock"][-1])
    path.set_ylabel(r"coefficient  $\beta_j$")
    distance.set_ylabel("largest distance of a coefficient")
    distance.set_title("distance from two candidates", loc="left")
    keys: list[Any] = [tuple(Line2D([], [], color=color, linewidth=2.6) for color in colors),
                       Line2D([], [], color=GRAY, linewidth=1.6), Line2D([], [], **THEORY),
                       Line2D([], [], **rival | {"color": "#444444"})]  # fmt: skip
    names = ["short columns, true support", "other coordinates", "theory", r"rival: least $\ell_1$"]
    figure.legend(keys, names, loc="outside upper center", ncols=4, columnspacing=1.4, fontsize=11,
                  handler_map={tuple: HandlerTuple(ndivide=None, pad=0.2)}, handlelength=2.6)  # fmt: skip
    hollow = [Line2D([], [], marker="o", linestyle="none", color="#444444", **style)
              for style in ({"fillstyle": "none", "markersize": 10}, {"markersize": 5})]  # fmt: skip
    distance.legend(hollow, [f"$h = {h:g}$" for h in arrays["step"]], loc="lower left")
    return figure
