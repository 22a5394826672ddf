r"""The exact solution of two-layer linear networks whose start is balanced up to a multiple of the identity.

Gradient flow on ``|W2 W1 - Y|^2 / 2`` conserves ``W2^T W2 - W1 W1^T``; where this is ``lambda I``, a Riccati equation
gives ``W2 W1`` at any time. A larger lambda makes the start lazier: one layer is large, and nothing waits near zero. At
lambda = 0 and ``det(W2 W1) det(Y) < 0`` the solution ends at a saddle, where the weakest singular value s of Y is
missing, at the loss ``s^2 / 2``. An error of the weights grows there like ``exp(s t)``, that of their product like
its square, until the mode is learned after all.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "Two layers, solved in time"
CLAIMS = ("domine2024-balanced", "domine2024-obstructed")
RTOL, TOLERANCES = 1e-12, np.array([1e-6, 1e-9, 1e-12])
SUMMARY = (
    "Two linear layers are solved in time where their start is balanced up to a multiple of the identity. Beside a "
    "saddle no simulation can follow the solution for long, and theory says from when on."
)
ANSWERS = (
    "the exact learning dynamics of Dominé et al., arXiv:2409.14623 (figure number unverified); the limits of "
    "floating point are our own"
)
CAPTION = (
    "Measured: gradient flow of a network with two linear layers (2 inputs, 2 hidden units, 2 outputs), integrated "
    "in its weights. Top: the entries of the product of the layers from starts in the same directions whose layers "
    "are balanced up to lambda times the identity. Theory (dashed): the exact solution. Dotted: the solution for "
    "lambda = 0, evaluated from the same start. Bottom left: largest difference of an entry from the exact solution "
    f"(markers), at a relative tolerance of the integration of {RTOL:g}; dotted, of the solution for lambda = 0 where "
    "lambda is 0.7. Bottom middle and right: a start with lambda = 0 and a determinant of the wrong sign, integrated "
    "with three tolerances. The exact solution (dashed in the middle) stays at a saddle; every integration leaves "
    "it, since there its error grows like exp(2st), s the weaker singular value of the target (right, dashed: this "
    "mode from one rounding of the start). Vertical line: the time up to which theory calls a simulation in double "
    "precision determined."
)
TARGET = np.array([[2.0, 0.4], [-0.7, 1.0]])
LEVELS, RIVAL = np.array([0.0, 0.7, 3.0]), 1
FIRST = np.array([0.2, 0.1])
SEED, END, OBSTRUCTED_END = 1, 4.5, 50.0


def start(level: float, mirrored: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """W1 and W2 with ``W2^T W2 - W1 W1^T = level I``; ``det(W2 W1)`` has the sign of the target's, or the other."""
    rng = np.random.default_rng(SEED)
    hidden, right, left = (np.linalg.qr(rng.standard_normal((2, 2)))[0] for _ in range(3))
    sign = np.sign(np.linalg.det(left @ right.T @ TARGET)) * (-1 if mirrored else 1)
    return hidden * FIRST * [1.0, sign] @ right.T, left * np.sqrt(FIRST**2 + level) @ hidden.T


def integrated(W1: np.ndarray, W2: np.ndarray, times: np.ndarray, rtol: float) -> np.ndarray:
    """The product of the layers, by integration, shape ``(T, 2, 2)``."""
    from solvable import DeepLinearNetwork, GradientFlow, simulate

    X = np.sqrt(2.0) * np.eye(2)  # X X^T = n I
    theta = np.concatenate([W1.ravel(), W2.ravel()])
    model = DeepLinearNetwork(X, TARGET @ X, 2)
    return simulate(model, GradientFlow(rtol=rtol), theta, time=times[-1], save=times).predictor()


def wrong_level(W1: np.ndarray, W2: np.ndarray, times: np.ndarray) -> np.ndarray:
    """The product by the solution for lambda = 0, whatever lambda is."""
    from solvable.theory.deep_linear.riccati import RiccatiSolution

    solution = RiccatiSolution(np.vstack([W1.T, W2]), TARGET, 0.0)
    factors = np.array([solution.factor(float(t)) for t in times])
    return factors[:, 2:] @ np.swapaxes(factors[:, :2], 1, 2)


def data() -> dict[str, np.ndarray]:
    """Integrate and evaluate, for each lambda, and from the obstructed start."""
    from solvable.theory import balanced_two_layer

    times, late = np.linspace(0, END, 121), np.linspace(0, OBSTRUCTED_END, 401)
    starts = [start(level) for level in LEVELS]
    obstructed = start(0.0, mirrored=True)
    solution = balanced_two_layer(*obstructed, TARGET, late)
    left, (_, weakest), right = np.linalg.svd(TARGET)
    mode = weakest / (1 + np.exp(-2 * weakest * (late - solution.determined_until)))
    return {
        "level": LEVELS,
        "time": times,
        "measured": np.array([integrated(*layers, times, RTOL) for layers in starts]),
        "exact": np.array([balanced_two_layer(*layers, TARGET, times).product for layers in starts]),
        "rival": np.array([wrong_level(*layers, times) for layers in starts]),
        "tolerance": TOLERANCES,
        "late": late,
        "late_measured": np.array([integrated(*obstructed, late, rtol) for rtol in TOLERANCES]),
        "late_exact": solution.product,
        "until": np.array(solution.determined_until),
        "late_theory": mode * np.abs(np.outer(left[:, 1], right[1])).max(),
    }


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """Top: entries of the product, a panel each lambda. Bottom: the error, and the obstructed start."""
    from matplotlib.legend_handler import HandlerTuple
    from matplotlib.lines import Line2D

    from solvable.plotting import BLUE, GREEN, ORANGE, PURPLE, REFERENCE, SKY, THEORY, VERMILION, new_figure

    figure = new_figure(height=6.6)
    panels = figure.subplots(2, 3)
    colors, neutral = (BLUE, VERMILION, GREEN), "#555555"
    rival = REFERENCE | {"color": neutral, "linewidth": 1.8}
    wide: dict[str, Any] = {"linewidth": 3.6, "alpha": 0.75, "zorder": 2}
    error, loss, distance = panels[1]
    rows = zip(panels[0], colors, "os^", *(arrays[key] for key in ("level", "measured", "exact", "rival")), strict=True)
    for axes, color, marker, level, measured, exact, wrong in rows:
        axes.plot(arrays["time"], measured.reshape(-1, 4), color=color, **wide)
        axes.plot(arrays["time"], exact.reshape(-1, 4), **THEORY)
        if level != 0:
            axes.plot(arrays["time"], wrong.reshape(-1, 4), **rival)
        axes.set(xlim=(0, END), ylim=(-1.1, 2.5), xlabel="time  $t$", title=rf"$\lambda = {level:g}$")
        error.plot(arrays["time"][1::6], largest(measured - exact)[1::6], marker, color=color, markersize=5.5,
                   label=rf"$\lambda = {level:g}$")  # fmt: skip
    for i, j in np.ndindex(2, 2):
        panels[0, 0].annotate(f"entry {i + 1}{j + 1}", (END, TARGET[i, j] + 0.08), ha="right", fontsize=11)
    panels[0, 0].set_ylabel("entry of $W_2 W_1$")
    error.plot(arrays["time"][1:], largest(arrays["rival"] - arrays["exact"])[RIVAL, 1:], **rival)
    error.set(
        yscale="log", xlim=(0, END), ylim=(1e-17, 10), xlabel="time  $t$", ylabel="|integration − exact|", title="error"
    )
    error.legend(loc="center right", handletextpad=0.2)
    runs = zip(arrays["late_measured"], arrays["tolerance"], (ORANGE, PURPLE, SKY), strict=True)
    for product, tolerance, color in runs:
        loss.plot(arrays["late"], value(product), color=color, label=f"$10^{{{round(np.log10(tolerance))}}}$", **wide)
        distance.plot(arrays["late"][1:], largest(product - arrays["late_exact"])[1:], color=color, linewidth=2.4)
    loss.plot(arrays["late"], value(arrays["late_exact"]), **THEORY)
    distance.plot(arrays["late"], arrays["late_theory"], **THEORY)
    for axes in (loss, distance):
        axes.axvline(float(arrays["until"]), color=neutral, linewidth=1.2)
        axes.set(xlim=(0, OBSTRUCTED_END), xlabel="time  $t$")
    loss.annotate("determined until", (float(arrays["until"]) + 2, 1.05), rotation=90, fontsize=11, color=neutral)
    loss.legend(title="tolerance", loc="upper left", bbox_to_anchor=(0.06, 1.0))
    loss.set_title("obstructed: loss")
    distance.set_title("obstructed: error")
    distance.set(yscale="log", ylim=(1e-17, 10))
    keys: list[Any] = [tuple(Line2D([], [], color=color, linewidth=3.6, alpha=0.75) for color in colors),
                       Line2D([], [], **THEORY), Line2D([], [], **rival)]  # fmt: skip
    figure.legend(keys, ["integration", "theory", r"solution for $\lambda = 0$"], loc="outside upper center", ncols=3,
                  handlelength=3.2, handler_map={tuple: HandlerTuple(ndivide=None, pad=0.2)})  # fmt: skip
    return figure


def largest(difference: np.ndarray) -> np.ndarray:
    """Entry of matrices ``(..., 2, 2)`` in absolute value."""
    return np.abs(difference).max(axis=(-2, -1))


def value(product: np.ndarray) -> np.ndarray:
    """The loss of products ``(T, 2, 2)``."""
    return np.sum((product - TARGET) ** 2, axis=(1, 2)) / 2
