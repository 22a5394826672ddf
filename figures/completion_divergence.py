r"""A completion that no norm explains: fitting three entries of a 2 x 2 matrix drives the fourth to infinity.

Observed are ``W_12 = W_21 = 1`` and ``W_22 = 0`` of ``W = W_N ... W_1``; gradient flow on balanced layers. The sign of
det W is kept. From a positive one

    |W_11| -> (2 (N+1) t/3)^{N/(2(N+1))},      L -> 1/(6 W_11^2),

and ``|W_11| >= 1/e - 2 + e``, ``e = sqrt(6 L)``, throughout; from a negative one the flow converges. The determinant of
three or more layers falls as a power of time, that of two layers as ``exp(-(t^2/2)^{1/3})``: when it is below the
rounding of its factors, those cross to a negative determinant and converge. The logarithm of the determinant does not.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "Fitting three entries drives the fourth to infinity"
SUMMARY = (
    "To fit three entries of a 2 x 2 matrix with a positive determinant, gradient flow drives the fourth to infinity,"
    " so that no norm explains it. Floating point loses the sign of the determinant, and then it converges."
)
ANSWERS = "the unobserved entry in Razin and Cohen, arXiv:2005.06398 (figure number unverified)"
CLAIMS = ("razin2020-divergence", "razin2020-negative-determinant", "razin2020-two-layers")
CAPTION = (
    "Measured: gradient flow on two (blue), three (green) and four (red) balanced layers whose product W should have "
    "W12 = W21 = 1 and W22 = 0, from a W of positive determinant (filled) and from the same with one column reversed "
    "(hollow). Left: the entry that is not observed. Crosses: two layers in floating point, which lose the sign of the "
    "determinant and converge; filled: the same flow in the logarithm of the determinant. Top right: the entry times "
    "the root of the loss. Bottom right: how many digits the determinant has lost. Theory (dashed): left and bottom "
    "right, the laws for late times; top right, the bound that a positive determinant implies. Dotted: the rounding of "
    "floating point."
)
START = np.array([[0.6, 0.1], [0.1, 0.4]])
DEPTHS = (2, 3, 4)
TIMES = np.geomspace(0.3, 1e6, 40)
LATE, LOST = 30.0, 1e4


def data() -> dict[str, np.ndarray]:
    """The flow of the layers at all depths, from both starts; of two layers also in logarithms."""
    from solvable.claims.papers._completion import layers_along, log_det, loss, product
    from solvable.claims.papers.razin2020_two_layers import logarithmic
    from solvable.theory import completion_bound, completion_growth, completion_log_det

    entry, losses, digits, converging = [], [], [], []
    for depth in DEPTHS:
        layers = layers_along(START, depth, TIMES, rtol=1e-6)
        W = product(layers)
        rows = [W[:, 0, 0], loss(W), log_det(layers)]
        if depth == 2:
            lost = np.abs(W[TIMES < LOST, 0, 0])
            r, log_v, log_d = logarithmic(START, TIMES)
            v = np.exp(log_v)
            rows = [(np.exp(log_d) + (1 + r) ** 2) / v, (2 * r**2 + v**2) / 6, log_d]
        for values, row in zip((entry, losses, digits), rows, strict=True):
            values.append(row)
        other = product(layers_along(START * [1.0, -1.0], depth, TIMES, rtol=1e-6))
        converging.append([other[:, 0, 0], loss(other)])
    fine = np.geomspace(1e-6, 1 / 6.001, 200)
    late = TIMES[TIMES > LATE]
    return {
        "time": TIMES,
        "entry": np.abs(entry),
        "loss": np.array(losses),
        "digits": -np.array(digits) / np.log(10),
        "converging": np.abs(converging),
        "lost": lost,
        "late": late,
        "law": np.array([completion_growth(depth, late) for depth in DEPTHS]),
        "law_digits": -np.array([completion_log_det(depth, late) for depth in DEPTHS]) / np.log(10),
        "fine": fine,
        "bound": completion_bound(fine),
    }


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """Left: the free entry in time. Right: times the root of the loss, and the determinant in time."""
    from solvable.plotting import BLUE, GRAY, GREEN, REFERENCE, SKY, THEORY, VERMILION, new_figure

    figure = new_figure(height=5.8)
    left, right = figure.subfigures(1, 2, width_ratios=[1.2, 1])
    growth = left.subplots()
    bound, digits = right.subplots(2, 1, height_ratios=[1, 1.15])
    hollow: dict[str, Any] = {"fillstyle": "none", "markersize": 5.5, "linestyle": "none"}
    time, late = arrays["time"], arrays["late"]
    for k, color in enumerate((BLUE, GREEN, VERMILION)):
        x, loss, (other, other_loss) = arrays["entry"][k], arrays["loss"][k], arrays["converging"][k]
        growth.plot(time, x, "o", color=color, markersize=5.5)
        growth.plot(time, other, "o", color=color, **hollow)
        growth.plot(late, arrays["law"][k], **THEORY)
        place = (time[-1] * 1.5, x[-1])
        growth.annotate(f"$N = {DEPTHS[k]}$", place, color=color, va="center", annotation_clip=False)
        bound.plot(loss, x * np.sqrt(6 * loss), "o", color=color, markersize=5)
        seen = other_loss > 1e-6
        bound.plot(other_loss[seen], (other * np.sqrt(6 * other_loss))[seen], "o", color=color, **hollow)
        digits.plot(time, arrays["digits"][k], "o", color=color, markersize=5)
        digits.plot(late, arrays["law_digits"][k], **THEORY)
    growth.plot(time[: arrays["lost"].size], arrays["lost"], "x", color=SKY, markersize=6, zorder=4)
    bound.plot(arrays["fine"], arrays["bound"] * np.sqrt(6 * arrays["fine"]), **THEORY)
    digits.axhline(16, **REFERENCE)
    digits.annotate("rounding", (0.4, 19), color=GRAY)
    growth.annotate(r"$\det W < 0$", (3e3, 1.2))
    growth.annotate("$N = 2$ in float64", (1.4e4, arrays["lost"][-1]), color=SKY, va="center")
    ticks = 10.0 ** np.arange(0, 7, 2)
    growth.set(xscale="log", yscale="log", xlim=(0.2, 3e7), xticks=ticks, xlabel="time  $t$", ylabel=r"$|W_{11}|$")
    bound.set(xscale="log", ylim=(0, 1.3), xlabel="loss  $L$", ylabel=r"$|W_{11}|\ \sqrt{6L}$")
    bound.invert_xaxis()
    digits.set(xscale="log", yscale="log", xticks=ticks, xlabel="time  $t$", ylabel=r"$-\log_{10} \det W$")
    return figure
