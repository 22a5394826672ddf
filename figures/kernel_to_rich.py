r"""From the kernel to the rich regime: what the size of the initialization selects.

Gradient flow on ``beta = u^2 - v^2`` from ``u = v = scale`` ends at the interpolant of least hyperbolic entropy with
``a = scale^2``. A large scale selects the least l2 norm (the kernel regime), a small one the least l1 norm (the rich
regime). Neither norm is reached: the distance to the first falls as ``scale^-8`` (the first correction, of size
``a^-2``, is orthogonal to the row space, so the norm feels its square), the distance to the second as a power of the
scale that depends on the data.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "From the kernel to the rich regime"
SUMMARY = (
    "A small initialization selects the interpolant of least l1 norm, a large one that of least l2 norm. In between, "
    "what gradient flow finds lies on the curve of least hyperbolic entropy, computed without it."
)
ANSWERS = (
    "the excess norms against the initialization scale in Woodworth et al., arXiv:2002.09277 (figure number unverified)"
)
CLAIMS = ("woodworth2020-kernel-limit", "woodworth2020-hypentropy", "woodworth2020-rich-bound")
CAPTION = (
    "Measured (markers): excess of the l1 norm and of the l2 norm, over the least that any interpolant has, where "
    "gradient flow ends on a diagonal linear network (20 samples, 40 features), for nine initialization scales. "
    "Theory (dashed): the same for the interpolant of least hyperbolic entropy with a = scale squared, computed by "
    "convex duality without any simulation."
)
SEED, SAMPLES, FEATURES = 0, 20, 40


def problem() -> tuple[np.ndarray, np.ndarray]:
    """Gaussian X and the targets of a vector with three unit entries."""
    rng = np.random.default_rng(SEED)
    X = rng.standard_normal((SAMPLES, FEATURES))
    beta = np.zeros(FEATURES)
    beta[:3] = [1.0, -1.0, 1.0]
    return X, X @ beta


def data() -> dict[str, np.ndarray]:
    """Run the flow at nine scales; solve the dual on a fine grid of them."""
    from solvable import DiagonalLinearNetwork, GradientFlow, simulate
    from solvable.theory import hypentropy_minimum, least_l1, least_l2

    X, y = problem()
    model = DiagonalLinearNetwork(X, y)
    sparse, short = least_l1(X, y).point, least_l2(X, y).point
    least = float(np.abs(sparse).sum()), float(np.linalg.norm(short))
    scales, grid = np.logspace(-3.5, 0.5, 9), np.logspace(-3.8, 0.8, 185)
    ends, losses = [], []
    for scale in scales:
        run = simulate(model, GradientFlow(rtol=1e-10), model.init(scale=scale), time=1e9, until_loss=1e-26)
        ends.append(run.predictor(run.final))
        losses.append(run.final_loss)
    curve = [hypentropy_minimum(X, y, a=scale**2).point for scale in grid]
    return {
        "scale": scales,
        "measured": _excess(np.array(ends), *least),
        "final_loss": np.array(losses),
        "grid": grid,
        "theory": _excess(np.array(curve), *least),
        "of_other": np.diagonal(_excess(np.array([short, sparse]), *least)).copy(),
    }


def _excess(points: np.ndarray, least_l1: float, least_l2: float) -> np.ndarray:
    """Relative excess of the two norms, ``(2, points)``."""
    return np.array([np.abs(points).sum(axis=1) / least_l1 - 1, np.linalg.norm(points, axis=1) / least_l2 - 1])


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """Left: the exchange of the two norms. Right: how fast each excess vanishes."""
    from solvable.plotting import BLUE, REFERENCE, THEORY, VERMILION, new_figure

    figure = new_figure(height=4.3)
    exchange, rates = figure.subplots(1, 2, sharex=True)
    styles = ((BLUE, "o", r"$\ell_1$ norm"), (VERMILION, "s", r"$\ell_2$ norm"))
    for axes in (exchange, rates):
        for row, (color, marker, name) in enumerate(styles):
            axes.plot(arrays["scale"], arrays["measured"][row], marker, color=color, label=f"{name}, measured")
            label = "theory (hyperbolic entropy)" if row else None
            axes.plot(arrays["grid"], arrays["theory"][row], **THEORY, label=label)
        axes.set_xscale("log")
        axes.set_xlim(arrays["grid"][0], arrays["grid"][-1])
        axes.set_xticks([1e-3, 1e-2, 1e-1, 1])
        axes.set_xlabel(r"initialization scale  $u_0 = v_0$")
    for excess, name in zip(arrays["of_other"], (r"least $\ell_2$", r"least $\ell_1$"), strict=True):
        exchange.axhline(excess, **REFERENCE)
        exchange.annotate(
            f"{name} interpolant", (0.02, excess), xycoords=("axes fraction", "data"),
            xytext=(0, 5), textcoords="offset points", color="#666666", fontsize=11,
        )  # fmt: skip
    exchange.set_ylabel("excess over the least possible")
    exchange.set_ylim(-0.02, 1.12 * arrays["of_other"].max())
    exchange.yaxis.set_major_formatter(lambda value, _: f"{100 * value:.0f} %")
    exchange.set_title("small scale: least $\\ell_1$;  large: least $\\ell_2$", loc="left")
    rates.set_yscale("log")
    rates.set_ylim(1e-11, 5)
    rates.set_title("the same on a logarithmic axis", loc="left")
    handles, labels = exchange.get_legend_handles_labels()
    rates.legend(handles, labels, loc="lower left")
    return figure
