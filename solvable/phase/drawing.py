"""Maps as pictures: cells in color, unresolved cells hatched, theory over them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..plotting import THEORY, new_figure, styled
from .diagram import Axis, Diagram, Quantity
from .phase_map import PhaseMap


def draw(phase_map: PhaseMap, diagram: Diagram | None = None, value: str | None = None) -> Any:
    """A figure of one value of a two-dimensional map.

    Raises
    ------
    ValueError : the map has another dimension than two, or no such value.
    """
    from matplotlib.colors import LogNorm, Normalize, TwoSlopeNorm

    if len(phase_map.axes) != 2:
        raise ValueError(f"a picture needs a map with two axes, got {len(phase_map.axes)}")
    value = value if value is not None else next(iter(phase_map.values))
    if value not in phase_map.values:
        raise ValueError(f"value must be one of {', '.join(phase_map.values)}, got {value!r}")
    (vertical, y), (horizontal, x) = phase_map.axes.items()
    drawn = (diagram.axes if diagram else {}) or {}
    up, right = (drawn.get(name) or Axis(name, v, v) for name, v in ((vertical, y), (horizontal, x)))
    quantity = (diagram.values.get(value) if diagram else None) or Quantity(value)
    table = phase_map.values[value]
    shown = np.where(np.isfinite(table), table, np.nan)
    limits = quantity.limits or (np.nanmin(shown), np.nanmax(shown))
    if quantity.scale == "log":
        norm: Any = LogNorm(*limits, clip=True)
    elif quantity.scale == "diverging":
        norm = TwoSlopeNorm(quantity.center, *limits)
    else:
        norm = Normalize(*limits, clip=True)
    with styled():
        figure = new_figure(6.2)
        axes = figure.add_subplot()
        axes.grid(False)
        colors = "PuOr" if quantity.scale == "diverging" else "cividis"
        mesh = axes.pcolormesh(
            edges(x, right.scale), edges(y, up.scale), shown, norm=norm, cmap=colors, rasterized=True
        )
        axes.set(xscale=right.scale, yscale=up.scale, xlabel=right.label, ylabel=up.label)
        if phase_map.unresolved.any():
            veil = np.where(phase_map.unresolved, 1.0, np.nan)
            hatched = axes.pcolor(edges(x, right.scale), edges(y, up.scale), veil, hatch="///", alpha=0)
            hatched.set_label("unresolved")
        if diagram is not None:
            for curve in diagram.theory(phase_map.axes):
                axes.plot(curve.x, curve.y, label=curve.label, **THEORY)
            axes.set_title(diagram.title)
        axes.set_xlim(edges(x, right.scale)[[0, -1]])
        axes.set_ylim(edges(y, up.scale)[[0, -1]])
        unit = f" ({quantity.unit})" if quantity.unit else ""
        figure.colorbar(mesh, label=quantity.label + unit)
        if axes.get_legend_handles_labels()[1]:
            axes.legend(loc="upper left", bbox_to_anchor=(0.0, -0.12), ncols=2)
    return figure


def edges(centers: np.ndarray, scale: str) -> np.ndarray:
    """The edges of cells around `centers`: midpoints, in logarithms where the axis is logarithmic.

    >>> edges(np.array([1.0, 2.0, 3.0]), "linear").tolist()
    [0.5, 1.5, 2.5, 3.5]
    """
    at = np.log(centers) if scale == "log" else np.asarray(centers, dtype=float)
    if at.size == 1:
        half = np.array([0.5])
        middle = np.concatenate([at - half, at + half])
    else:
        middle = np.concatenate([[1.5 * at[0] - 0.5 * at[1]], (at[1:] + at[:-1]) / 2, [1.5 * at[-1] - 0.5 * at[-2]]])
    return np.exp(middle) if scale == "log" else middle
