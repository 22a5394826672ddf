"""Hatched areas of a map.

A few areas are outlines filled with a hatch, sharp at any size. Very many, such as the single cells of a fractal, are
an image with the hatch in it: to clip a hatch by 1e5 outlines takes many seconds.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

PIECES = 3000
"""Runs of cells along rows that are still drawn as outlines."""
PIXELS = (1100, 1600)
"""Of the image, upwards and to the right: about 200 an inch."""
PERIOD, LINE, DOT = 12, 4, 3
"""Pixels between the middles of two pieces of the hatch, and in the width of a line and of a dot."""


Edges = tuple[np.ndarray, str]
"""The edges of cells along an axis, ascending, and the scale of the axis."""


class Look(NamedTuple):
    """How an area is filled: the colors ``(red, green, blue, opacity)`` of its ground and its hatch, and the hatch."""

    ground: tuple[float, float, float, float]
    ink: tuple[float, float, float, float]
    hatch: str

    @property
    def style(self) -> dict[str, Any]:
        """As matplotlib says it."""
        return {"facecolor": self.ground, "edgecolor": self.ink, "linewidth": 0, "hatch": self.hatch}


UNRESOLVED = Look((1.0, 1.0, 1.0, 0.35), (0.0, 0.0, 0.0, 1.0), "/////")
MISSING = Look((1.0, 1.0, 1.0, 1.0), (0.44, 0.44, 0.44, 1.0), "...")


def fill(axes: Any, right: Edges, up: Edges, flags: np.ndarray, look: Look) -> None:
    """Fill the cells with ``flags (up, right)``, which lie between these edges."""
    (x, _), (y, _) = right, up
    change = np.diff(np.pad(flags, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    (rows, first), (_, last) = np.nonzero(change == 1), np.nonzero(change == -1)
    if rows.size <= PIECES:
        _outlines(axes, np.stack([x[first], x[last], y[rows], y[rows + 1]]), look)
    else:
        _image(axes, right, up, flags, look)


def _outlines(axes: Any, sides: np.ndarray, look: Look) -> None:
    """One patch of rectangles, ``left, right, bottom, top``."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    left, right, bottom, top = sides
    corners = np.stack([[left, bottom], [right, bottom], [right, top], [left, top], [left, bottom]]).transpose(2, 0, 1)
    codes = np.tile([Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY], left.size)
    axes.add_patch(PathPatch(Path(corners.reshape(-1, 2), codes), zorder=2, **look.style))


def _image(axes: Any, right: Edges, up: Edges, flags: np.ndarray, look: Look) -> None:
    """An image over the whole of `axes`, transparent in all other cells."""
    rows, columns = np.indices(PIXELS)
    if "/" in look.hatch:
        inked = (columns - rows) % PERIOD < LINE
    else:
        inked = (rows % PERIOD < DOT) & (columns % PERIOD < DOT)
    inside = flags[np.ix_(_cells_of_pixels(up, PIXELS[0]), _cells_of_pixels(right, PIXELS[1]))]
    image = np.zeros((*PIXELS, 4), dtype=np.float32)
    image[inside] = look.ground
    image[inside & inked] = look.ink
    axes.imshow(image, origin="lower", extent=(0, 1, 0, 1), transform=axes.transAxes, aspect="auto", zorder=2)


def _cells_of_pixels(edges: Edges, count: int) -> np.ndarray:
    """In which cell the middle of each pixel lies."""
    at = np.log(edges[0]) if edges[1] == "log" else edges[0]
    return np.searchsorted(at, at[0] + (at[-1] - at[0]) * (np.arange(count) + 0.5) / count) - 1
