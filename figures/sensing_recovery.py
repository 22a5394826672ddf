r"""How many measurements a matrix of low rank needs.

The least trace among the semidefinite interpolants, or the least nuclear norm among all, recovers a matrix of rank r
from n Gaussian measurements once n passes the statistical dimension of the descent cone. A further measurement only
makes the feasible set smaller, so along nested measurements there is one number at which recovery sets in, and a
bisection finds it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

TITLE = "How many measurements a matrix of low rank needs"
CLAIMS = ("amelunxen2014-psd", "amelunxen2014-nuclear")
DIMENSION, TRIALS = 7, 8
SUMMARY = (
    "A matrix of low rank is recovered by a convex program as soon as the measurements pass the statistical dimension"
    " of a cone. At size 7 the transition is there already, up to ten measurements wide."
)
ANSWERS = "the phase transitions of Amelunxen et al., arXiv:1303.6672 (figure number unverified)"
CAPTION = (
    f"Measured (shades): how often a {DIMENSION} x {DIMENSION} matrix of rank r is recovered from n Gaussian "
    f"measurements, in {TRIALS} draws; left a semidefinite matrix by the least trace, right any matrix by the least "
    "nuclear norm. Theory (dashed): the statistical dimension of the descent cone, exact at this size. Dotted: the "
    "dimension of the set of such matrices."
)


def data() -> dict[str, np.ndarray]:
    """Bisect every rank of every draw."""
    from solvable.claims.papers._recovery import recovery_bracket
    from solvable.theory import least_nuclear_norm, least_trace, statistical_dimension

    rng, d = np.random.default_rng(0), DIMENSION
    ranks = np.arange(1, d)
    arrays: dict[str, np.ndarray] = {"rank": ranks}
    for cone, solve, most in (("psd", least_trace, d * (d + 1) // 2), ("nuclear", least_nuclear_norm, d * d)):
        found = np.empty((TRIALS, ranks.size), dtype=int)
        for trial in range(TRIALS):
            measure = rng.standard_normal((most, d, d))
            U, V = rng.standard_normal((2, d, d))
            for k, r in enumerate(ranks):
                X = U[:, :r] @ (U if cone == "psd" else V)[:, :r].T
                found[trial, k] = recovery_bracket(measure, X, solve).recovers
        arrays[f"{cone}_number"] = found
        arrays[f"{cone}_theory"] = np.array([statistical_dimension(r, d, cone=cone) for r in (*ranks, d)])
    return arrays


def freedom(cone: str, rank: np.ndarray) -> np.ndarray:
    """Dimension of the matrices of this rank."""
    d = DIMENSION
    return rank * (2 * d - rank) if cone == "nuclear" else rank * d - rank * (rank - 1) / 2


def draw(arrays: dict[str, np.ndarray]) -> Any:
    """One panel a cone."""
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Patch

    from solvable.plotting import BLUE, REFERENCE, THEORY, new_figure

    figure = new_figure(height=4.4)
    shades = LinearSegmentedColormap.from_list("success", ["white", BLUE])
    ranks = arrays["rank"]
    panels = figure.subplots(1, 2)
    titles = (r"$X \succeq 0$: least trace", "any $X$: least nuclear norm")
    for axes, cone, title in zip(panels, ("psd", "nuclear"), titles, strict=True):
        number = arrays[f"{cone}_number"]
        most = DIMENSION * (DIMENSION + 1) // 2 if cone == "psd" else DIMENSION**2
        counts = np.arange(1, most + 1)
        success = np.mean(number[:, :, None] <= counts, axis=0)  # (rank, n)
        axes.pcolormesh(np.append(ranks, DIMENSION) - 0.5, np.append(counts, most + 1) - 0.5, success.T, cmap=shades,
                        vmin=0, vmax=1, rasterized=True)  # fmt: skip
        every = np.append(ranks, DIMENSION)
        (line,) = axes.plot(every, arrays[f"{cone}_theory"], **THEORY | {"linewidth": 2.0})
        (floor,) = axes.plot(every, freedom(cone, every), **REFERENCE)
        axes.set_xlim(0.5, DIMENSION - 0.5)
        axes.set_ylim(0.5, most + 0.5)
        axes.set_xticks(ranks)
        axes.set_xlabel("rank  $r$")
        axes.set_ylabel("measurements  $n$")
        axes.set_title(title, loc="left")
    keys = [Patch(facecolor=shades(part), edgecolor="#444444", linewidth=0.6) for part in (1.0, 0.5, 0.0)]
    panels[0].legend(keys, ["100 %", "50 %", "0 % recovered"], loc="lower right")
    panels[1].legend([line, floor], ["statistical dimension", "degrees of freedom"], loc="lower right")
    return figure
