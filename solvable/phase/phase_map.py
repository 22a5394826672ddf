"""A map: named values over a product of named axes."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import map_saving
from .diagram import Diagram
from .measures import Values


@dataclass(frozen=True, eq=False, repr=False)
class PhaseMap:
    """What `solvable.phase.grid` returns.

    Attributes
    ----------
    axes : name -> values ``(N_k,)``, in the order of the dimensions.
    values : name -> array ``(N_1, N_2, ...)``; NaN where a cell has not been computed.
    unresolved : bool ``(N_1, N_2, ...)``: cells that neither converged nor diverged, or were not computed.
    provenance : what was run: measure, diagram, seed, versions, content hash (``key``), and how much of it is finished.
    diagram : the `Diagram` that was measured, if it is one; from a file, one of the package's.

    >>> from solvable.phase import grid
    >>> grid(lambda x, y: x * y, {"x": [1.0, 2.0], "y": [3.0, 4.0, 5.0]})
    PhaseMap(<lambda>: value over x (2) x y (3), all cells finished)
    """

    axes: Values
    values: Values
    unresolved: np.ndarray
    provenance: dict[str, Any] = field(default_factory=dict)
    diagram: Diagram | None = None
    things = "cells"

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of values of each axis."""
        return tuple(axis.size for axis in self.axes.values())

    @property
    def state(self) -> str:
        """How much of it is computed, in words."""
        finished, cells = self.provenance.get("finished"), self.unresolved.size
        return "all cells finished" if finished in (None, cells) else f"{finished} of {cells} cells finished"

    def plot(
        self, value: str | None = None, *, diagram: Diagram | None = None, select: Mapping[str, float] | None = None
    ) -> Any:
        """A picture of one `value` (by default the first), a matplotlib figure.

        Labels and theory are those of `diagram`, by default the one that was measured. Of each axis beyond the two that
        are drawn, `select` names a value.

        Raises
        ------
        ValueError : not two axes are left, or there is no such axis or value.
        """
        from .map_drawing import draw

        return draw(self, diagram or self.diagram, value, select=select)

    def to_npz(self, path: Any) -> None:
        """Save arrays and provenance in one npz without pickles; `solvable.phase.load` reads it."""
        map_saving.to_npz(self, path)

    def to_csv(self, path: Any) -> None:
        """Save one row a cell: its parameters, its values, and whether it is unresolved (1)."""
        map_saving.to_csv(self, path)

    def to_xarray(self) -> Any:
        """An ``xarray.Dataset``; labels and units are those of a named diagram (extra ``sweep``)."""
        return map_saving.to_xarray(self)

    def __repr__(self) -> str:
        over = " x ".join(f"{name} ({values.size})" for name, values in self.axes.items())
        return f"PhaseMap({self.provenance.get('measure', '?')}: {', '.join(self.values)} over {over}, {self.state})"

    def _repr_html_(self) -> str:
        rows = {"measure": self.provenance.get("measure", "?")}
        rows |= {name: f"{v.size} values, {v.min():g} to {v.max():g}" for name, v in self.axes.items()}
        for name, table in self.values.items():
            finite = table[np.isfinite(table)]
            rows[name] = f"{finite.min():.4g} to {finite.max():.4g}" if finite.size else "nowhere finite"
        rows |= {"unresolved": f"{self.unresolved.sum()} of {self.unresolved.size} cells", "state": self.state}
        lines = "".join(
            f"<tr><th style='text-align:left'>{html.escape(name)}</th><td>{html.escape(text)}</td></tr>"
            for name, text in rows.items()
        )
        return f"<table>{lines}</table>"
