r"""The modes of a deep linear network: one after the other, and the sharper the deeper.

Gradient flow on ``|W_N ... W_1 X - Y|^2 / 2n`` with white inputs, ``X X^T = n I``, learns ``M = Y X^T / n``. From
balanced layers whose product has the singular vectors of M, and the singular values u_0, each mode moves by itself,

    u' = N u^{2-2/N} (s - u),

and leaves zero at ``log(s/u_0) / (2 s)`` for N = 2 and at ``u_0^{-(1-2/N)} / ((N-2) s)`` for deeper networks, always
the strongest first. From any balanced start the product has an equation of its own, in which singular vectors turn.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from solvable.common.blas import one_blas_thread

TITLE = "One singular value after the other"
SUMMARY = (
    "A deep linear network learns its singular values one after the other, and the deeper it is, the more suddenly. "
    "From random directions the singular vectors have to turn first, and it learns later than the closed form of one "
    "mode says."
)
ANSWERS = (
    "the mode strengths of Saxe et al., arXiv:1312.6120, and of Arora et al., arXiv:1905.13655 (figure number "
    "unverified)"
)
CLAIMS = ("saxe2013-network", "saxe2013-escape", "arora2019-end-to-end")
CAPTION = (
    "Measured: singular values of the product of the layers of linear networks (5 inputs, 3 outputs, 4 units in each "
    "hidden layer; singular values of the target 3, 2 and 1) under gradient flow from balanced layers. Left: from a "
    "product with the singular vectors of the target and all singular values 0.001; T is the time at which the "
    "leading law for small starts lets the last mode leave zero (dotted: this law for each mode). Theory (dashed): "
    "the closed form of one mode. Top right: from layers in random directions; dashed, the equation of the product, "
    "integrated without layers; dotted, the closed form of one mode from the same singular values, as if singular "
    "vectors had not to turn first. Bottom right: time at which the last mode is half learned from aligned starts "
    "(markers), the closed form (dashed) and the leading law (dotted): a logarithm at depth 2, a power at larger "
    "depth."
)
STRENGTHS = np.array([3.0, 2.0, 1.0])
DEPTHS = (2, 3, 4)
INPUTS, HIDDEN, OUTPUTS, SAMPLES, SEED = 5, 4, 3, 12, 0
SCALE, END, POINTS = 1e-3, 1.3, 651
TURNED_DEPTH, TURNED_SCALE, TURNED_END = 3, 0.1, 26.0
SCALES, WINDOW = np.geomspace(1e-1, 1e-6, 11), 4.0


def orthonormal(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """Random orthonormal columns."""
    return np.linalg.qr(rng.standard_normal((rows, columns)))[0]


def network(depth: int) -> tuple[Any, list[np.ndarray]]:
    """The model, and frames ``Q_0 .. Q_N``: the outer ones are singular vectors of the target ``Q_N diag(s) Q_0^T``."""
    from solvable import DeepLinearNetwork

    rng, rank = np.random.default_rng(SEED), STRENGTHS.size
    X = np.sqrt(SAMPLES) * orthonormal(rng, SAMPLES, INPUTS).T
    first, last = orthonormal(rng, INPUTS, rank), orthonormal(rng, OUTPUTS, rank)
    hidden = [orthonormal(rng, HIDDEN, rank) for _ in range(depth - 1)]
    return DeepLinearNetwork(X, last * STRENGTHS @ first.T @ X, (HIDDEN,) * (depth - 1)), [first, *hidden, last]


def aligned(frames: list[np.ndarray], scale: float) -> np.ndarray:
    """Balanced layers with the product ``scale Q_N Q_0^T``."""
    factor = scale ** (1 / (len(frames) - 1))
    return np.concatenate([(factor * after @ before.T).ravel() for before, after in pairwise(frames)])


def turned(model: Any, target: np.ndarray) -> np.ndarray:
    """Balanced layers in random directions, of two mirror images the one whose last mode is not held up at zero."""
    theta = model.init(TURNED_SCALE, seed=SEED, balanced=True)
    if np.linalg.det(model.predictor(theta) @ target.T) < 0:
        theta[-HIDDEN:] *= -1  # the weights of the last output, which leaves the layers balanced
    return theta


def singular_values(products: np.ndarray) -> np.ndarray:
    """Falling, shape ``(T, 3)``."""
    return np.linalg.svd(products, compute_uv=False)


def half_learned(time: np.ndarray, values: np.ndarray, strength: float) -> float:
    """When a rising mode passes half its strength, from moments around it."""
    inside = (values > 0.05 * strength) & (values < 0.95 * strength)
    u = values[inside] / strength
    return float(np.interp(0.0, np.log(u / (1 - u)), time[inside]))


@one_blas_thread()
def data() -> dict[str, np.ndarray]:
    """Run the layers; the closed forms of one mode, and the equation of the product."""
    from solvable import GradientFlow, simulate
    from solvable.theory import deep_scalar_mode, deep_scalar_time, end_to_end_flow, escape_time

    flow, weakest = GradientFlow(rtol=1e-10), STRENGTHS[-1]
    clock, fine = np.linspace(0, END, POINTS), np.geomspace(SCALES[-1] / 2, SCALES[0] * 1.5, 81)
    units, measured, modes, halves = [], [], [], []
    for depth in DEPTHS:
        model, frames = network(depth)
        times = clock * escape_time(SCALE, weakest, depth)
        run = simulate(model, flow, aligned(frames, SCALE), time=times[-1], save=times)
        units.append(float(escape_time(SCALE, weakest, depth)))
        measured.append(singular_values(run.predictor()))
        modes.append(deep_scalar_mode(SCALE, STRENGTHS, depth, times[:, None]))
        halves.append([])
        for scale in SCALES:
            times = max(float(escape_time(scale, weakest, depth)), WINDOW) + np.linspace(-WINDOW, WINDOW, 301)
            run = simulate(model, flow, aligned(frames, scale), time=times[-1], save=times)
            halves[-1].append(half_learned(times, singular_values(run.predictor())[:, -1], weakest))
    model, frames = network(TURNED_DEPTH)
    times = np.linspace(0, TURNED_END, 501)
    target = frames[-1] * STRENGTHS @ frames[0].T
    products = simulate(model, flow, turned(model, target), time=TURNED_END, save=times).predictor()
    return {
        "clock": clock,
        "unit": np.array(units),
        "escape": np.array([escape_time(SCALE, STRENGTHS, depth) for depth in DEPTHS]),
        "measured": np.array(measured),
        "mode": np.array(modes),
        "turned_time": times,
        "turned": singular_values(products),
        "turned_theory": singular_values(end_to_end_flow(products[0], lambda W: W - target, TURNED_DEPTH, times)),
        "turned_mode": deep_scalar_mode(singular_values(products[0]), STRENGTHS, TURNED_DEPTH, times[:, None]),
        "scale": SCALES,
        "half": np.array(halves),
        "fine_scale": fine,
        "fine_half": np.array([deep_scalar_time(fine, weakest / 2, weakest, depth) for depth in DEPTHS]),
        "fine_escape": np.array([escape_time(fine, weakest, depth) for depth in DEPTHS]),
    }


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """Left: the modes at three depths. Right: a start in random directions, and the time of waiting."""
    from matplotlib.legend_handler import HandlerTuple
    from matplotlib.lines import Line2D

    from solvable.plotting import BLUE, GREEN, ORANGE, PURPLE, REFERENCE, SKY, THEORY, VERMILION, new_figure

    figure = new_figure(height=7.4)
    left, right = figure.add_gridspec(1, 2, width_ratios=[1.3, 1])
    depths = left.subgridspec(3, 1).subplots(sharex=True, sharey=True)
    random, waiting = right.subgridspec(2, 1).subplots()
    colors = (BLUE, VERMILION, GREEN)
    leading = REFERENCE | {"color": "#555555", "linewidth": 1.8}
    wide: dict[str, Any] = {"linewidth": 3.6, "alpha": 0.75, "zorder": 2}
    rows = zip(depths, DEPTHS, *(arrays[key] for key in ("unit", "escape", "measured", "mode")), strict=True)
    for axes, depth, unit, escape, measured, mode in rows:
        for r, color in enumerate(colors):
            axes.plot(arrays["clock"], measured[:, r], color=color, **wide)
            axes.plot(arrays["clock"], mode[:, r], **THEORY)
            axes.plot([escape[r] / unit] * 2, [0, 3.25], **leading)
        axes.set(xlim=(0, END), ylim=(-0.1, 3.4), yticks=range(4), ylabel="singular value")
        axes.annotate(f"depth {depth}\n$T = {unit:.3g}$", (0.02, 0.95), xycoords="axes fraction", va="top", fontsize=13)
    depths[-1].set_xlabel("time  $t / T$")
    for r, color in enumerate(colors):
        random.plot(arrays["turned_time"], arrays["turned"][:, r], color=color, **wide)
        random.plot(arrays["turned_time"], arrays["turned_theory"][:, r], **THEORY)
        random.plot(arrays["turned_time"], arrays["turned_mode"][:, r], **leading)
    random.set(yscale="log", xlim=(0, TURNED_END), xlabel="time  $t$", ylabel="singular value")
    random.annotate("if aligned", (11.4, 0.22), color="#555555")
    random.set_title(f"random directions, depth {TURNED_DEPTH}", loc="left")
    for k, (color, marker, depth) in enumerate(zip((ORANGE, PURPLE, SKY), "os^", DEPTHS, strict=True)):
        waiting.plot(arrays["scale"], arrays["half"][k], marker, color=color, zorder=3, label=f"depth {depth}")
        waiting.plot(arrays["fine_scale"], arrays["fine_half"][k], **THEORY)
        waiting.plot(arrays["fine_scale"], arrays["fine_escape"][k], **leading)
    waiting.set(xscale="log", yscale="log", xlabel="initial singular value  $u_0$", ylabel="time")
    waiting.legend(loc="upper right", reverse=True, handletextpad=0.2)
    waiting.set_title("last mode half learned", loc="left")
    keys: list[Any] = [tuple(Line2D([], [], color=color, linewidth=3.6, alpha=0.75) for color in colors),
                       Line2D([], [], **THEORY), Line2D([], [], **leading)]  # fmt: skip
    figure.legend(keys, ["measured", "theory", "leading law"], loc="outside upper center", ncols=3,
                  handlelength=3.2, handler_map={tuple: HandlerTuple(ndivide=None, pad=0.2)})  # fmt: skip
    return figure
