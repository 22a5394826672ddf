"""A map: named values over a product of named axes."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import saving


@dataclass(frozen=True, eq=False, repr=False)
class PhaseMap:
    """What `solvable.phase.grid` returns.

    Attributes
    ----------
    axes : name -> values ``(N_k,)``, in the order of the dimensions.
    values : name -> array ``(N_1, N_2, ...)``; NaN where a cell has not been computed.
    unresolved : bool ``(N_1, N_2, ...)``: cells that neither converged nor diverged, or were not computed.
    provenance : what was run: measure, diagram, seed, versions, content hash (``key``), and how much of it is finished.
    own_diagram : the `Diagram` that `grid` was given, if it is none of the package's.

    >>> from solvable.phase import grid
    >>> grid(lambda x, y: x * y, {"x": [1.0, 2.0], "y": [3.0, 4.0, 5.0]})
    PhaseMap(<lambda>: value over x (2) x y (3), finished)
    """

    axes: dict[str, np.ndarray]
    values: dict[str, np.ndarray]
    unresolved: np.ndarray
    provenance: dict[str, Any] = field(default_factory=dict)
    own_diagram: Any = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of values of each axis."""
        return tuple(axis.size for axis in self.axes.values())

    @property
    def diagram(self) -> Any:
        """The `Diagram` that the map is of: the caller's own, or the one of the package that provenance names."""
        from .diagrams import diagram_names, find_diagram

        name = self.provenance.get("diagram")
        return find_diagram(name) if name in diagram_names() else self.own_diagram

    def plot(self, value: str | None = None) -> Any:
        """A picture of one `value` (by default the first): a matplotlib figure, with the theory of a named diagram."""
        from .drawing import draw

        return draw(self, self.diagram, value)

    def to_npz(self, path: Any) -> None:
        """Save arrays and provenance in one npz without pickles; `solvable.phase.load` reads it."""
        saving.to_npz(self, path)

    def to_csv(self, path: Any) -> None:
        """Save one row a cell: its parameters, its values, and whether it is unresolved (1)."""
        saving.to_csv(self, path)

    def to_xarray(self) -> Any:
        """An ``xarray.Dataset``; labels and units are those of a named diagram (extra ``sweep``)."""
        return saving.to_xarray(self)

    def __repr__(self) -> str:
        over = " x ".join(f"{name} ({values.size})" for name, values in self.axes.items())
        return f"PhaseMap({self.provenance.get('measure', '?')}: {', '.join(self.values)} over {over}, {self._state()})"

    def _repr_html_(self) -> str:
        rows = {"measure": self.provenance.get("measure", "?")}
        rows |= {name: f"{v.size} values, {v.min():g} to {v.max():g}" for name, v in self.axes.items()}
        for name, table in self.values.items():
            finite = table[np.isfinite(table)]
            rows[name] = f"{finite.min():.4g} to {finite.max():.4g}" if finite.size else "nowhere finite"
        rows |= {"unresolved": f"{self.unresolved.sum()} of {self.unresolved.size} cells", "state": self._state()}
        lines = "".join(
            f"<tr><th style='text-align:left'>{html.escape(name)}</th><td>{html.escape(text)}</td></tr>"
            for name, text in rows.items()
        )
        return f"<table>{lines}</table>"

    def _state(self) -> str:
        finished, cells = self.provenance.get("finished"), self.unresolved.size
        return "finished" if finished in (None, cells) else f"{finished} of {cells} cells finished"
