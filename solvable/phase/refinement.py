"""Samples of a map where it matters, and the map that is interpolated between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .bracket import Bracket
from .diagram import Diagram, Quantity
from .map_saving import write_rows
from .measures import Values
from .phase_map import PhaseMap


@dataclass(frozen=True, eq=False)
class Refinement:
    """Samples of a map over two axes: ``cells[name]``, ``values[name]`` and ``unresolved``, each ``(points,)``.

    ``diagram`` is what was measured, if it is one; it says on which scale and inside which limits a value is shown.
    """

    brackets: tuple[Bracket, Bracket]
    cells: Values
    values: Values
    unresolved: np.ndarray
    provenance: dict[str, Any] = field(default_factory=dict)
    diagram: Diagram | None = None
    things = "samples"

    @property
    def state(self) -> str:
        """How many samples there are, in words."""
        return f"{self.unresolved.size} of {self.provenance['cells']} samples"

    def to_csv(self, path: Any) -> None:
        """Save one row a sample: its parameters, its values, and whether it is unresolved (1)."""
        write_rows(path, self.cells | self.values, self.unresolved)

    def plot(self, value: str | None = None) -> Any:
        """A picture of `to_map`, a matplotlib figure, with a dot at every sample."""
        figure = self.to_map().plot(value)
        up, right = (self.cells[bracket.name] for bracket in self.brackets)
        figure.axes[0].plot(right, up, ".", color="black", markersize=1.2, alpha=0.6, scalex=False, scaley=False)
        return figure

    def to_map(self, count: int = 200) -> PhaseMap:
        """The map on a grid of ``count x count``: linear between the samples, nearest where a sample is not finite.

        Both as shown: in logarithms if the scale of the value is logarithmic; if finite, cut at its limits. A cell is
        infinite or unresolved where the nearest sample is.
        """
        from scipy.interpolate import LinearNDInterpolator, NearestNDInterpolator

        shares = np.linspace(0.0, 1.0, count)
        grid = np.stack(np.meshgrid(shares, shares, indexing="ij"), axis=-1)
        known = np.stack([b.share(self.cells[b.name]) for b in self.brackets], axis=-1)
        quantities = self.diagram.values if self.diagram else {}
        values = {}
        for name, found in self.values.items():
            quantity = quantities.get(name, Quantity(name))
            seen = np.where(np.isinf(found), found, shown(found, quantity))  # limits may not hide what diverged
            between = LinearNDInterpolator(known, np.where(np.isfinite(seen), seen, np.nan))(grid)
            near = NearestNDInterpolator(known, seen)(grid)
            values[name] = np.where(np.isfinite(between), between, near)
            if quantity.scale == "log":
                values[name] = np.exp(values[name])
        unresolved = NearestNDInterpolator(known, self.unresolved)(grid).astype(bool)
        whole = dict.fromkeys(("cells", "finished"), unresolved.size)
        note = {**whole, "interpolated": f"linearly between {self.unresolved.size} samples"}
        axes = {b.name: b.at(shares) for b in self.brackets}
        return PhaseMap(axes, values, unresolved, self.provenance | note, self.diagram)


def shown(values: np.ndarray, quantity: Quantity) -> np.ndarray:
    """The `values` as a picture shows them: cut at the limits of the colors, in logarithms on a logarithmic scale.

    >>> shown(np.array([0.0, 1.0, np.inf]), Quantity("loss", scale="log", limits=(np.exp(-3), np.exp(2)))).tolist()
    [-3.0, 0.0, 2.0]
    """
    cut = np.clip(values, *quantity.limits) if quantity.limits else values
    if quantity.scale != "log":
        return cut
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(cut))
