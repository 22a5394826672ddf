"""A boundary as a picture: where it was found, in which columns that is not the whole truth, and the theory over it.

A column without a boundary inside the bracket is a triangle at the edge beyond which the boundary must lie if there is
one, judged by the way in which most columns change. A column that is not monotone is a square, and the evaluations that
contradict a single change are crosses.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..plotting import BLUE, GRAY, VERMILION, new_figure, styled
from .diagram import Axis, Diagram
from .drawing import draw_theory, natural_scale
from .phase_boundary import PhaseBoundary

HEIGHT = 5.6
WIDE = 24  # letters of a label that leave room for two columns of them
MEASURED = 4.5  # above the casing of the theory and below the theory
ALONG_POINTS = 401  # theory is drawn on this many values of the parameter that was searched

FOUND: dict[str, Any] = {"marker": "o", "color": BLUE, "markersize": 4.5, "linewidth": 0.8}
DOUBTFUL: dict[str, Any] = {"marker": "s", "color": VERMILION, "markersize": 7, "fillstyle": "none"}
CONTRADICTS: dict[str, Any] = {"marker": "x", "color": VERMILION, "markersize": 5, "markeredgewidth": 1.2}
OPEN: dict[str, Any] = {"marker": ".", "color": GRAY, "markersize": 4}
THROUGHOUT: dict[str, Any] = {"color": "black", "markersize": 6, "clip_on": False, "zorder": 6}
NOWHERE = THROUGHOUT | {"fillstyle": "none"}


def draw_boundary(found: PhaseBoundary, diagram: Diagram | None = None) -> Any:
    """A figure of a boundary over one other parameter, the vertical axis upwards, with the theory of `diagram`.

    Raises
    ------
    ValueError : the columns are spanned by another number of parameters than one.
    """
    if len(found.axes) != 1:
        raise ValueError(f"a picture needs columns over one parameter, got {len(found.axes)}")
    ((across, columns),) = found.axes.items()
    upright = found.names[0] == found.along
    drawn = diagram.axes if diagram else {}
    along_axis = drawn.get(found.along) or Axis(found.along, columns, columns, found.bracket.scale)
    across_axis = drawn.get(across) or Axis(across, columns, columns, natural_scale(columns))
    up, right = (along_axis, across_axis) if upright else (across_axis, along_axis)
    with styled():
        figure = new_figure(HEIGHT)
        axes = figure.add_subplot()
        axes.set(xscale=right.scale, yscale=up.scale, xlabel=right.label, ylabel=up.label)

        def mark(at: Any, place: Any, style: dict[str, Any], label: str) -> None:
            at, place = np.atleast_1d(at), np.atleast_1d(place)
            if at.size:
                settings: dict[str, Any] = {"linestyle": "none", "zorder": MEASURED} | style | {"label": label}
                axes.plot(*((at, place) if upright else (place, at)), **settings)

        seen, unseen = found.counterexamples, found.samples.where(found.samples.unresolved)
        doubtful = ~found.monotone
        mark(unseen.cells[across], unseen.cells[found.along], OPEN, f"unresolved ({len(unseen)})")
        solid = np.isfinite(found.position)
        mark(columns, found.position, FOUND | {"linestyle": "-"}, "measured")
        (axes.vlines if upright else axes.hlines)(columns[solid], found.low[solid], found.high[solid], color=BLUE)
        squares = doubtful & solid
        mark(columns[squares], found.position[squares], DOUBTFUL, f"not monotone ({np.sum(doubtful)})")
        mark(seen.cells[across], seen.cells[found.along], CONTRADICTS, f"contradicts ({len(seen)})")
        for event, style, label in ((True, THROUGHOUT, "event at both ends"), (False, NOWHERE, "event at neither end")):
            chosen = ~solid & (found.event_low == event)
            place, marker = _edge(found, event, upright)
            mark(columns[chosen], np.full(int(np.sum(chosen)), place), style | {"marker": marker}, label)
        handles, labels = axes.get_legend_handles_labels()
        legend = dict(zip(labels, handles, strict=True))
        if diagram is not None:
            legend |= _theory(axes, found, diagram)
            axes.set_title(diagram.title, loc="left")
        (axes.set_ylim if upright else axes.set_xlim)(found.bracket.low, found.bracket.high)
        abreast = 2 if max(map(len, legend)) > WIDE else 3
        figure.legend(legend.values(), legend.keys(), loc="outside lower center", ncols=abreast, handlelength=2.2)
    return figure


def _edge(found: PhaseBoundary, event: bool, upright: bool) -> tuple[float, str]:
    """The end of the bracket beyond which a boundary would lie, and the triangle that points there."""
    rises = np.sum(found.event_high & ~found.event_low) >= np.sum(found.event_low & ~found.event_high)
    below = bool(rises) == event
    marker = ("v" if below else "^") if upright else ("<" if below else ">")
    return (found.bracket.low if below else found.bracket.high), marker


def _theory(axes: Any, found: PhaseBoundary, diagram: Diagram) -> dict[str, Any]:
    fine = {found.along: found.bracket.at(np.linspace(0.0, 1.0, ALONG_POINTS))}
    limits = axes.get_xlim(), axes.get_ylim()
    entries = draw_theory(axes, diagram.theory({name: (found.axes | fine)[name] for name in found.names}))
    axes.set(xlim=limits[0], ylim=limits[1])
    return entries
