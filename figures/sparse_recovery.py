r"""How many samples a sparse vector needs, from least l1 and from a network.

Draw X with n standard normal rows in d dimensions and let b have k nonzero entries, of which only the signs matter.
For large d least l1 recovers b from ``X b`` if ``n/d`` is above Donoho and Tanner's ``psi(k/d)``, and fails below.

With nested rows, supports and signs recovery is monotone: a further row only makes the feasible set smaller, and a
further nonzero entry only makes the condition on the null space, ``sum_S s_j h_j < sum_not_S |h_j|``, harder. So the
cells of one draw where it succeeds end at a staircase, and following it costs one linear program a step instead of one
a cell.

A diagonal linear network of product scale a minimizes the hyperbolic entropy instead. Above the threshold its error
falls as a power of a; below, no scale helps.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "How many samples sparse recovery needs"
CLAIMS = ("amelunxen2014-threshold", "amelunxen2014-flow")
DIMENSION, TRIALS, STRIDE = 50, 12, 2
SCALES = (1e-2, 1e-4, 1e-8)
CUT, CUT_TRIALS = 5, 3
SUMMARY = (
    "Least l1 recovers a sparse vector above a sharp number of samples, and so does gradient flow from a very small "
    "start. At the scales that one uses the network needs more, as the least hyperbolic entropy says."
)
ANSWERS = "the transition of Donoho and Tanner (2005) (figure number unverified); the panel of networks is our own"
CAPTION = (
    f"Left, measured (shades): how often least l1 recovers a vector with k nonzero signs in dimension d = {DIMENSION} "
    f"from n Gaussian samples, in {TRIALS} draws. Theory (dashed): the threshold of Donoho and Tanner for large d. "
    f"Right, measured (markers): relative error of gradient flow on diagonal linear networks of three product scales "
    f"a = |uv|, median of {CUT_TRIALS} draws with k/d = {CUT / DIMENSION:g}. Theory (dashed): the same for the "
    "interpolants of least hyperbolic entropy; dotted, the threshold."
)


def draw_problem(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rows ``(d, d)`` and signs ``(d,)``, of which a cell uses the first n and the first k."""
    return rng.standard_normal((DIMENSION, DIMENSION)), rng.choice([-1.0, 1.0], DIMENSION)


def sparse(signs: np.ndarray, k: int) -> np.ndarray:
    """The first k signs, and zeros."""
    return np.where(np.arange(signs.size) < k, signs, 0.0)


def most_recovered(rows: np.ndarray, signs: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """For each n in `counts` the largest k of them (or 0) that least l1 recovers, along the staircase."""
    from solvable.theory import least_l1

    found, place = [], -1
    for n in counts:
        while place + 1 < counts.size:
            b = sparse(signs, counts[place + 1])
            if np.abs(least_l1(rows[:n], rows[:n] @ b).point - b).max() > 1e-6:
                break
            place += 1
        found.append(counts[place] if place >= 0 else 0)
    return np.array(found)


def data() -> dict[str, np.ndarray]:
    """Follow the staircases; run networks along one column of the plane."""
    from solvable.theory import donoho_tanner

    rng = np.random.default_rng(0)
    counts = np.arange(STRIDE, DIMENSION + 1, STRIDE)
    most = np.array([most_recovered(*draw_problem(rng), counts) for _ in range(TRIALS)])
    grid = np.linspace(0.0, 1.0, 201)
    samples = np.arange(5, 41, 4)
    errors = np.array([_errors(*draw_problem(rng), samples) for _ in range(CUT_TRIALS)])
    return {
        "count": counts,
        "success": (most[:, :, None] >= counts).mean(axis=0),  # (n, k)
        "sparsity": grid,
        "threshold": donoho_tanner(grid),
        "samples": samples,
        "scale": np.array(SCALES),
        "error": np.median(errors, axis=0),  # (measured and theory, scale, n)
        "cut": np.array(donoho_tanner(CUT / DIMENSION)),
    }


def _errors(rows: np.ndarray, signs: np.ndarray, samples: np.ndarray) -> np.ndarray:
    from solvable import DiagonalLinearNetwork, GradientFlow, simulate
    from solvable.theory import hypentropy_minimum

    b = sparse(signs, CUT)
    found = np.empty((2, len(SCALES), samples.size))
    for i, a in enumerate(SCALES):
        for j, n in enumerate(samples):
            X, y = rows[:n], rows[:n] @ b
            model = DiagonalLinearNetwork(X, y)
            run = simulate(model, GradientFlow(), model.init(scale=np.sqrt(a)), time=1e9, until_loss=1e-20)
            ends = model.predictor(run.final), hypentropy_minimum(X, y, a=a).point
            found[:, i, j] = [np.linalg.norm(end - b) / np.linalg.norm(b) for end in ends]
    return found


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """Left: the plane of sparsity and sample size. Right: a cut through it, for networks."""
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Patch

    from solvable.plotting import BLUE, GREEN, ORANGE, REFERENCE, THEORY, VERMILION, new_figure

    figure = new_figure(height=4.4)
    plane, cut = figure.subplots(1, 2)
    share, width = arrays["count"] / DIMENSION, STRIDE / DIMENSION / 2
    edges = np.append(share - width, share[-1] + width)
    shades = LinearSegmentedColormap.from_list("success", ["white", BLUE])
    plane.pcolormesh(edges, edges, arrays["success"], cmap=shades, vmin=0, vmax=1, rasterized=True)
    (line,) = plane.plot(arrays["sparsity"], arrays["threshold"], **THEORY | {"linewidth": 2.0})
    keys = [Patch(facecolor=shades(part), edgecolor="#444444", linewidth=0.6) for part in (1.0, 0.5, 0.0)]
    plane.legend([*keys, line], ["100 %", "50 %", "0 % recovered", "threshold, large $d$"], loc="lower right")
    plane.set_xlim(0, 1)
    plane.set_ylim(0, 1)
    plane.set_xlabel("nonzero entries  $k/d$")
    plane.set_ylabel("samples  $n/d$")
    plane.set_title(r"least $\ell_1$", loc="left")
    styles = ((ORANGE, "o"), (VERMILION, "s"), (GREEN, "D"))
    for (color, marker), a, measured, theory in zip(styles, arrays["scale"], *arrays["error"], strict=True):
        cut.plot(arrays["samples"] / DIMENSION, measured, marker, color=color)
        cut.plot(arrays["samples"] / DIMENSION, theory, **THEORY)
        cut.annotate(rf"$a = 10^{{{round(np.log10(a))}}}$", (arrays["samples"][-1] / DIMENSION, measured[-1]), (8, 0),
                     textcoords="offset points", va="center", color=color)  # fmt: skip
    cut.axvline(arrays["cut"], **REFERENCE)
    cut.annotate("threshold", (arrays["cut"], 0.02), (-5, 0), xycoords=("data", "axes fraction"), ha="right",
                 textcoords="offset points", rotation=90, color="#666666")  # fmt: skip
    cut.set_yscale("log")
    cut.set_xlim(0.05, 0.97)
    cut.set_ylim(1e-5, 4)
    cut.set_xlabel("samples  $n/d$")
    cut.set_ylabel("relative error")
    cut.set_title(rf"networks, $k/d = {CUT / DIMENSION:g}$", loc="left")
    return figure
