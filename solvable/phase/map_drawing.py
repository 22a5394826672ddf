"""Maps as pictures: cells in color, what is not resolved hatched, the theory over it.

A cell says one of four things. A finite value is a color of a map that color-blind readers can tell apart; infinity is
"diverged", a gray that the map does not hold; NaN is "no value", dotted; an unresolved cell keeps its color under
hatches. Where the last three occur, a legend says so, and how many cells they are. Theory is dashed black on a white
casing, so that it can be seen on any color.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..plotting import DIVERGING, GREEN, THEORY, VERMILION, new_figure, styled
from . import hatching
from .diagram import Axis, Curve, Diagram, Quantity
from .phase_map import PhaseMap

HEIGHT = 6.3
SEQUENTIAL = "viridis"
DIVERGED = {False: "#DADADA", True: "#8C8C8C"}
LEVEL = {False: VERMILION, True: GREEN}
"""On a sequential map, and on a diverging one, whose middle is light and whose upper end is vermilion."""
DASHES: tuple[Any, ...] = ((0, (5, 2.5)), (0, (1.2, 1.6)), (0, (7, 2, 1.2, 2)), "solid")
"""One a prediction; with more of them the styles begin anew."""
LEVELS: dict[str, Any] = {"linewidths": 1.2, "linestyles": "solid", "zorder": 6}
CELLS: dict[str, Any] = {"rasterized": True}
EVEN = 1e-6
"""Up to which part of a spacing values count as evenly spaced, and of a range as within it."""


class Plane(NamedTuple):
    """A map of two axes, vertical and horizontal, both ascending: values and flags ``(up, right)``."""

    up: Axis
    right: Axis
    values: np.ndarray
    unresolved: np.ndarray


def draw(
    phase_map: PhaseMap,
    diagram: Diagram | None = None,
    value: str | None = None,
    *,
    select: Mapping[str, float] | None = None,
) -> Any:
    """A figure of one `value` of a map (by default the first), with the theory of `diagram` over it.

    `select` names a value of each axis beyond the two that are drawn. Without a diagram, axes and value carry their
    own names, and an axis whose values are spaced evenly in logarithm is logarithmic.

    Raises
    ------
    ValueError : not two axes are left, `select` names no axis or no value of one, or the map has no such value.
    """
    value = next(iter(phase_map.values)) if value is None else value
    if value not in phase_map.values:
        raise ValueError(f"value must be one of {', '.join(phase_map.values)}, got {value!r}")
    plane = _plane(phase_map, diagram, value, select or {})
    quantity = (diagram.values.get(value) if diagram else None) or Quantity(value)
    with styled():
        figure = new_figure(HEIGHT)
        axes = figure.add_subplot()
        axes.grid(visible=False)
        axes.spines[["top", "right"]].set_visible(True)
        entries = [_cells(figure, axes, plane, quantity)]
        entries.append(_levels(axes, plane, quantity))
        missing = np.isnan(plane.values) & ~plane.unresolved
        for flags, look, name in (
            (missing, hatching.MISSING, "no value"),
            (plane.unresolved, hatching.UNRESOLVED, "unresolved"),
        ):
            entries.append(_area(axes, plane, flags, look, name))
        if diagram is not None:
            entries.insert(0, draw_theory(axes, diagram.theory(phase_map.axes)))
            axes.set_title(diagram.title, loc="left")
        for name, axis in (("x", plane.right), ("y", plane.up)):
            axes.set(**{f"{name}scale": axis.scale, f"{name}label": axis.label})
            axes.set(**{f"{name}lim": edges(axis.values, axis.scale)[[0, -1]]})
        legend = {label: handle for part in entries for label, handle in part.items()}
        if legend:
            columns = 2 if max(map(len, legend)) > 24 else 3
            figure.legend(legend.values(), legend.keys(), loc="outside lower center", ncols=columns, handlelength=2.8)
    return figure


def edges(centers: np.ndarray, scale: str) -> np.ndarray:
    """The edges of cells around `centers`: midpoints, in logarithms where the axis is logarithmic.

    >>> edges(np.array([1.0, 2.0, 3.0]), "linear").tolist()
    [0.5, 1.5, 2.5, 3.5]
    """
    at = np.log(centers) if scale == "log" else np.asarray(centers, dtype=float)
    if at.size == 1:
        between = np.array([at[0] - 0.5, at[0] + 0.5])
    else:
        middle = (at[1:] + at[:-1]) / 2
        between = np.concatenate([[2 * at[0] - middle[0]], middle, [2 * at[-1] - middle[-1]]])
    return np.exp(between) if scale == "log" else between


def natural_scale(values: np.ndarray) -> str:
    """``"log"`` where `values` are positive and spaced evenly in logarithm, otherwise ``"linear"``.

    >>> natural_scale(np.geomspace(0.01, 10, 7)), natural_scale(np.linspace(0.01, 10, 7))
    ('log', 'linear')
    """
    if values.size < 3 or np.min(values) <= 0:
        return "linear"
    steps, linear = np.diff(np.log(values)), np.diff(values)
    even = np.ptp(steps) <= EVEN * np.max(np.abs(steps))
    return "log" if even and not np.ptp(linear) <= EVEN * np.max(np.abs(linear)) else "linear"


def _plane(phase_map: PhaseMap, diagram: Diagram | None, value: str, select: Mapping[str, float]) -> Plane:
    """What is left of the map after `select`, with its axes in ascending order."""
    table, flags = phase_map.values[value], phase_map.unresolved
    kept: list[Axis] = []
    if unknown := [name for name in select if name not in phase_map.axes]:
        raise ValueError(f"select must name axes of the map, which are {', '.join(phase_map.axes)}, got {unknown[0]!r}")
    for name, values in phase_map.axes.items():
        if name in select:
            (places,) = np.nonzero(np.isclose(values, select[name], rtol=1e-9, atol=0.0))
            if not places.size:
                raise ValueError(f"select must give a value of the axis {name}, got {select[name]!r}")
            table, flags = (np.take(array, places[0], axis=len(kept)) for array in (table, flags))
            continue
        order = np.argsort(values)
        table, flags = (np.take(array, order, axis=len(kept)) for array in (table, flags))
        drawn = diagram.axes.get(name) if diagram else None
        label, scale = (drawn.label, drawn.scale) if drawn else (name, natural_scale(values[order]))
        kept.append(Axis(label, values[order], values[order], scale))
    if len(kept) != 2:
        names = ", ".join(phase_map.axes)
        raise ValueError(f"a picture needs two axes beside those that select fixes, got {len(kept)} of {names}")
    return Plane(kept[0], kept[1], table, flags)


def _cells(figure: Any, axes: Any, plane: Plane, quantity: Quantity) -> dict[str, Any]:
    """Color the cells and add the color bar; the legend entry of those that diverged."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap
    from matplotlib.patches import Patch

    finite, diverged = np.isfinite(plane.values), np.isinf(plane.values)
    norm, bar = _norm(plane.values[finite], quantity)
    at = edges(plane.right.values, plane.right.scale), edges(plane.up.values, plane.up.scale)
    shown = np.where(finite, np.clip(plane.values, norm.vmin, norm.vmax), np.nan)
    two_sided = quantity.scale == "diverging"
    mesh = axes.pcolormesh(*at, shown, norm=norm, cmap=DIVERGING if two_sided else colormaps[SEQUENTIAL], **CELLS)
    unit = f" ({quantity.unit})" if quantity.unit else ""
    figure.colorbar(mesh, label=quantity.label + unit, pad=0.02, **bar)
    if not diverged.any():
        return {}
    color = DIVERGED[two_sided]
    axes.pcolormesh(*at, np.where(diverged, 1.0, np.nan), cmap=ListedColormap([color]), **CELLS)
    return {f"diverged ({_share(diverged)})": Patch(facecolor=color, edgecolor="#606060", linewidth=0.7)}


def _levels(axes: Any, plane: Plane, quantity: Quantity) -> dict[str, Any]:
    """Level lines of what is resolved, where both axes have the two values that a line needs; their legend entry."""
    from matplotlib.lines import Line2D

    known = np.isfinite(plane.values) & ~plane.unresolved
    if min(plane.values.shape) < 2 or not known.any():
        return {}
    low, high = np.min(plane.values[known]), np.max(plane.values[known])
    levels = sorted(level for level in quantity.levels if low < level < high)
    if not levels:
        return {}
    shown, color = np.ma.masked_array(plane.values, ~known), LEVEL[quantity.scale == "diverging"]
    axes.contour(plane.right.values, plane.up.values, shown, levels, colors=color, **LEVELS)
    return {"measured levels": Line2D([], [], color=color, linewidth=LEVELS["linewidths"])}


def _norm(values: np.ndarray, quantity: Quantity) -> tuple[Any, dict[str, Any]]:
    """Colors for finite `values`, and how the color bar is drawn: where values pass its limits, and its ticks."""
    from matplotlib.colors import LogNorm, Normalize, TwoSlopeNorm

    inside = values[values > 0] if quantity.scale == "log" else values
    low, high = quantity.limits or ((inside.min(), inside.max()) if inside.size else (1.0, 1.0))
    bar: dict[str, Any] = {}
    if quantity.scale == "diverging":
        center = quantity.center
        if not (quantity.limits and low < center < high):
            reach = max(abs(high - center), abs(low - center)) or 1.0
            low, high = center - reach, center + reach
        norm: Any = TwoSlopeNorm(center, low, high)
        bar["ticks"] = [low, (low + center) / 2, center, (center + high) / 2, high]
    elif quantity.scale == "log":
        norm = LogNorm(low, high if high > low else 10 * low)
    else:
        norm = Normalize(low, high if high > low else low + 1.0)
    slack = EVEN * np.array([low, high] if quantity.scale == "log" else [high - low] * 2)  # of rounding
    passed = bool(np.any(values < low - slack[0])), bool(np.any(values > high + slack[1]))
    ends = {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}
    return norm, bar | {"extend": ends[passed]}


def _area(axes: Any, plane: Plane, flags: np.ndarray, look: hatching.Look, name: str) -> dict[str, Any]:
    """Hatch the cells with `flags`; their legend entry."""
    from matplotlib.patches import Patch

    if not flags.any():
        return {}
    right, up = ((edges(axis.values, axis.scale), axis.scale) for axis in (plane.right, plane.up))
    hatching.fill(axes, right, up, flags, look)
    return {f"{name} ({_share(flags)})": Patch(**look.style)}


def draw_theory(axes: Any, curves: Sequence[Curve]) -> dict[str, Any]:
    """Draw the curves, those of one label in one style; legend entries."""
    entries: dict[str, Any] = {}
    for curve in curves:
        # One label may have many curves, such as the branches of a boundary.
        number = list(entries).index(curve.label) if curve.label in entries else len(entries)
        axes.plot(curve.x, curve.y, color="white", linewidth=4.0, alpha=0.9, zorder=4, solid_capstyle="butt")
        style = THEORY | {"linestyle": DASHES[number % len(DASHES)], "linewidth": 1.8}
        (line,) = axes.plot(curve.x, curve.y, **style)
        entries.setdefault(curve.label or "theory", line)
    return entries


def _share(flags: np.ndarray) -> str:
    """How many cells, in words."""
    count, share = int(np.sum(flags)), float(np.mean(flags))
    return f"{share:.0%}" if share >= 0.01 else f"{count} cell{'s' if count > 1 else ''}"
