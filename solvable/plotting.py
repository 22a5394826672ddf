"""One look for every figure: colored measurement, theory dashed black on top of it.

Colors are those of Okabe and Ito, which color-blind readers can tell apart; markers or line styles double them. A
figure is 8 inches wide at 200 dots an inch, and its text is still legible when a page shows it at 800 pixels. The
look does not depend on the user's matplotlib settings, and the bytes of a saved file do not depend on the day.

Nothing here touches pyplot: figures are objects, drawn by Agg.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib.style
from cycler import cycler
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

WIDTH = 8.0
DPI = 200

BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, YELLOW = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442",
)  # fmt: skip
COLORS = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY)
GRAY = "#8A8A8A"
DIVERGING = LinearSegmentedColormap.from_list(
    "diverging", ["#003A5C", BLUE, "#9CCBE6", "#FBFAF6", "#F2B58C", VERMILION, "#8F3A00"]
)
"""Values below and above a middle."""

THEORY: dict[str, Any] = {"color": "black", "linestyle": (0, (5, 2.5)), "linewidth": 1.4, "zorder": 5}
"""How a prediction is drawn."""

REFERENCE: dict[str, Any] = {"color": GRAY, "linestyle": ":", "linewidth": 1.4, "zorder": 1}
"""How a limit or a bound is drawn, which is neither measured nor the prediction under test."""

STYLE: dict[str, Any] = {
    "axes.prop_cycle": cycler(color=COLORS),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.9,
    "axes.titlesize": 13,
    "axes.labelsize": 12.5,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.formatter.useoffset": False,
    "font.family": "DejaVu Sans",
    "font.size": 12,
    "grid.color": "#E6E6E6",
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "legend.fontsize": 11.5,
    "lines.linewidth": 2.0,
    "lines.markersize": 7.0,
    "mathtext.fontset": "dejavusans",
    "xtick.labelsize": 11.5,
    "ytick.labelsize": 11.5,
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
    "figure.facecolor": "white",
}


@contextlib.contextmanager
def styled() -> Iterator[None]:
    """The look of the package inside the block, over matplotlib's defaults rather than the user's settings."""
    with matplotlib.style.context(["default", STYLE]):
        yield


def new_figure(height: float = 4.5, width: float = WIDTH) -> Figure:
    """An empty figure of the given size in inches, to be filled inside `styled`."""
    figure = Figure(figsize=(width, height), dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def save_png(figure: Figure, path: Path) -> None:
    """Write `figure`; two runs of one program give the same bytes."""
    with styled():
        figure.savefig(path, format="png", dpi=DPI, metadata={"Software": None})
