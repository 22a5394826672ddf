r"""How straight is a ReLU network between two samples? Gradient gaps and deflection, before and after training.

Along ``X_t = (1 - t) x_0 + t x_1`` the output is piecewise linear. Its slope g(t) jumps by a *gradient gap* ``a_i |w_i|
(x_1 - x_0)`` where neuron i starts or ends being active; the *gap deviation* is the root mean square of the gaps, the
*deflection* ``(int (g - f(x_1) + f(x_0))^2 dt)^(1/2)`` how far the slope is from that of the chord. The names are of
Kubo, Banno, Manabe and Minoji (arXiv:1903.01997), the definitions of this package. At a start with ``a ~ N(0, 2/m)``,
``w, b ~ N(0, 1)`` both have closed forms: gaps of order ``m^(-1/2)``, which add up to a deflection of order 1.

Training a very wide network moves only a. With the kernel ``K = E[relu relu]`` and ``S = (1 - (1 - h K)^k) / K`` for k
steps, the network is then the Gaussian process ``f_0 + K(., X) S (y - f_0(X))``, f_0 that of the start, of covariance
2 K: small gaps add up to the bends of the data. In narrow networks gaps grow, and the output is straighter.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from solvable.common.blas import one_blas_thread

TITLE = "Small gaps do not make a straight output"
SUMMARY = (
    "Between two samples the output of a wide network bends in many small gaps, that of a narrow one in few large "
    "ones. Small gaps do not make a straight output: the narrow one is straighter."
)
ANSWERS = "the gradient gaps and deflection of Kubo et al., arXiv:1903.01997 (figure number unverified)"
CLAIMS = ("kubo2019-gaps-stay", "kubo2019-gaps", "kubo2019-bridge")
CAPTION = (
    "Measured: ReLU networks before (orange) and after (blue) gradient descent on 4 samples of sin 3x. Left: outputs "
    "of 8 narrow and of 8 wide networks. Right, of 64 to 256 networks a width, between the last two samples (shaded on "
    "the left): root mean squares of the gradient gaps, the jumps of the slope where a neuron becomes active or "
    "inactive, and of the deflection, the distance of the slope from that of the chord (bars: two standard errors). "
    "Theory (dashed): right, both at the start; at the right end, the deflection of infinitely wide networks after "
    "training; bottom left, the mean of these and two standard deviations. In wide networks gaps stay small and the "
    "output bends as the data ask; in narrow ones gaps grow, and the output is straighter."
)
SAMPLES = np.linspace(-1.2, 1.2, 4)
ENDS = SAMPLES[2], SAMPLES[3]
WIDTHS = 2 ** np.arange(4, 13)
MOST, NEURONS, STEPS = 256, 2**18, 1000
SHOWN = 8
RANGE = 1.5


def targets() -> np.ndarray:
    """``sin 3x``."""
    return np.sin(3 * SAMPLES)


def process(t: np.ndarray) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """Of very wide networks at t: largest eigenvalue of K, covariance before, mean and covariance after training."""
    from solvable.theory import random_feature_interpolant

    kernel = random_feature_interpolant(SAMPLES, targets()).kernel
    K, cross, own = (kernel(u[:, None], v) for u, v in ((SAMPLES, SAMPLES), (t, SAMPLES), (t, t)))
    sizes, vectors = np.linalg.eigh(K)
    learned = 1 - (1 - sizes / sizes[-1]) ** STEPS
    map_ = cross @ (vectors * (learned / sizes)) @ vectors.T
    after = own - map_ @ cross.T - cross @ map_.T + map_ @ K @ map_.T
    return float(sizes[-1]), 2 * own, map_ @ targets(), 2 * after


def deflection(mean: np.ndarray, covariance: np.ndarray) -> float:
    """Root mean square over a process given on equidistant points of [0, 1]."""
    slopes = np.diff(np.eye(mean.size), axis=0) * (mean.size - 1)
    slopes[:, [0, -1]] -= [-1, 1]  # less that of the chord
    total = np.sum((slopes @ mean) ** 2) + np.einsum("ij,jk,ik->", slopes, covariance, slopes)
    return float(np.sqrt(total / (mean.size - 1)))


def moments(model: Any, points: np.ndarray) -> np.ndarray:
    """Mean squares of gaps and deflection between `ENDS`, and the standard errors of both, ``(2, 2)``."""
    found = [model.segment_statistics(theta, *ENDS) for theta in points]
    counts = np.array([each.gradient_gaps.size for each in found])
    sums = np.array([np.sum(each.gradient_gaps**2) for each in found])
    squares = np.array([each.deflection**2 for each in found])
    gaps = np.sum(sums) / np.sum(counts)
    errors = np.std(sums - gaps * counts) / np.mean(counts), np.std(squares)
    return np.array([[gaps, np.mean(squares)], np.array(errors) / np.sqrt(len(points))])


@one_blas_thread()
def data() -> dict[str, np.ndarray]:
    """Train networks of all widths; the same numbers at the start, and of infinitely wide networks, from theory."""
    from solvable import GradientDescent, UnivariateReLUNetwork, simulate
    from solvable.theory import expected_segment_statistics

    y, t, inside = targets(), np.linspace(-RANGE, RANGE, 301), np.linspace(*ENDS, 301)
    largest, _, mean, covariance = process(t)
    measured, outputs = [], []
    for m in WIDTHS:
        model = UnivariateReLUNetwork(SAMPLES, y, int(m))
        start = np.array([model.init(seed=int(m) * MOST + k) for k in range(min(MOST, NEURONS // m))])
        method = GradientDescent(SAMPLES.size / (m * largest))
        end = simulate(model, method, start, steps=STEPS).final
        measured.append([moments(model, points) for points in (start, end)])
        if m in (WIDTHS[0], WIDTHS[-1]):
            outputs.append([model.predict(points[:SHOWN], t) for points in (start, end)])
    laws = [expected_segment_statistics([ENDS[0]], [ENDS[1]], int(m), output_std=np.sqrt(2 / m)) for m in WIDTHS]
    _, _, *after = process(inside)
    return {
        "width": WIDTHS,
        "measured": np.array(measured).transpose(1, 2, 3, 0),  # (start or end, mean square or error, quantity, width)
        "start": np.array([[law.gap_deviation, law.deflection] for law in laws]).T,
        "limit": np.array(deflection(*after)),
        "t": t,
        "outputs": np.array(outputs),  # (narrow or wide, start or end, network, t)
        "mean": mean,
        "deviation": np.sqrt(np.maximum(np.diag(covariance), 0.0)),
    }


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """Left: outputs of narrow and wide networks. Right: gap deviation and deflection against the width."""
    from matplotlib.lines import Line2D

    from solvable.plotting import BLUE, ORANGE, THEORY, new_figure

    figure = new_figure(height=6.2)
    (narrow, gaps), (wide, deflections) = figure.subplots(2, 2, sharex="col")
    width, t, colors = arrays["width"], arrays["t"], (ORANGE, BLUE)
    for axes, outputs, m in zip((narrow, wide), arrays["outputs"], width[[0, -1]], strict=True):
        axes.axvspan(*ENDS, color="#EFEFEF", zorder=0)
        for color, lines in zip(colors, outputs, strict=True):
            axes.plot(t, lines.T, color=color, linewidth=1.2, alpha=0.8)
        axes.plot(SAMPLES, targets(), "o", color="black", zorder=6)
        axes.set(xlim=(-RANGE, RANGE), ylim=(-1.9, 1.9), ylabel="$f(x)$", xticks=[-1, 0, 1], yticks=[-1, 0, 1])
        axes.annotate(f"$m = {m}$", (0.05, 0.9), xycoords="axes fraction", va="center")
    wide.set_xlabel("$x$")
    for shift in (-2, 0, 2):
        style = {**THEORY, "linewidth": 0.8 if shift else 1.6}
        wide.plot(t, arrays["mean"] + shift * arrays["deviation"], **style)
    for k, axes in enumerate((gaps, deflections)):
        for color, (squares, errors), marker in zip(colors, arrays["measured"][:, :, k], "so", strict=True):
            values = np.sqrt(squares)
            axes.errorbar(width, values, errors / values, fmt=marker, color=color, elinewidth=1.5, zorder=3)
        axes.plot(width, arrays["start"][k], **THEORY)
        axes.set_xscale("log", base=2)
    deflections.plot(width[-3:] * 1.3, np.full(3, arrays["limit"]), **THEORY)
    gaps.set(yscale="log", ylabel="gap deviation")
    gaps.annotate("$m^{-1/2}$", (width[3], arrays["start"][0, 3]), (-6, -24), textcoords="offset points", ha="right")
    deflections.annotate(
        r"$m \to \infty$", (width[-2], arrays["limit"]), (0, -20), textcoords="offset points", ha="center"
    )
    deflections.set(ylim=(0, 0.82), xlabel="width  $m$", ylabel="deflection")
    deflections.set_xticks(width[::2], [f"{m}" for m in width[::2]])
    deflections.minorticks_off()
    keys = [Line2D([], [], color=ORANGE, marker="s"), Line2D([], [], color=BLUE, marker="o"), Line2D([], [], **THEORY)]
    figure.legend(keys, ["at the start", "trained", "theory"], ncols=3, loc="outside upper center")
    return figure
