"""A map while its chunks come in, in any order, and maps read back from where they are stored."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .measures import UNRESOLVED
from .phase_map import PhaseMap
from .plan import Layout
from .resuming import open_store

if TYPE_CHECKING:
    from .phase_boundary import PhaseBoundary


class Table:
    """The columns of a map, one entry a cell; NaN and unresolved where no chunk has come in."""

    def __init__(self, layout: Layout, label: str) -> None:
        self.layout, self.label = layout, label
        self.columns = {UNRESOLVED: np.ones(layout.size, dtype=bool)}
        self.filled = np.zeros(layout.chunks, dtype=bool)
        self.cells = 0

    def missing(self) -> list[int]:
        """The chunks that have not come in."""
        return [int(chunk) for chunk in np.flatnonzero(~self.filled)]

    def fill_from(self, store: Any, key: str) -> None:
        """Take what a store holds."""
        for chunk in range(self.layout.chunks):
            found = store.read(chunk, self.layout.numbers(chunk).size, key)
            if found is not None:
                self.fill(chunk, found)

    def fill(self, chunk: int, columns: dict[str, np.ndarray]) -> None:
        """Take a chunk.

        Raises
        ------
        ValueError : its values have other names than those of the chunks before, or the name of an axis.
        """
        names = [name for name in columns if name != UNRESOLVED]
        if not self.filled.any():
            if taken := [name for name in names if name in self.layout.axes]:
                raise ValueError(f"{self.label} must not call a value {taken[0]!r}, like an axis")
            self.columns |= {name: np.full(self.layout.size, np.nan) for name in names}
        elif set(names) != self.columns.keys() - {UNRESOLVED}:
            raise ValueError(f"{self.label} must return the same names in every cell")
        at = self.layout.numbers(chunk)
        for name, column in columns.items():
            self.columns[name][at] = column
        self.filled[chunk] = True
        self.cells += at.size

    def to_map(self, provenance: dict[str, Any], own_diagram: Any = None) -> PhaseMap:
        """The map, with the numbers of cells there are and of those finished in its provenance."""
        values = {name: column.reshape(self.layout.shape) for name, column in self.columns.items()}
        unresolved = values.pop(UNRESOLVED)
        counts = {"cells": self.layout.size, "finished": self.cells}
        return PhaseMap(dict(self.layout.axes), values, unresolved, provenance | counts, own_diagram)


def load(path: str | Path) -> PhaseMap | PhaseBoundary:
    """The map in a store, or in a file of `PhaseMap.to_npz`; cells not computed yet are NaN and unresolved.

    The store of a boundary gives a `PhaseBoundary`, whose ``computed`` says which columns there are.

    ``provenance["finished"]`` of ``provenance["cells"]`` are computed.

    Raises
    ------
    ValueError : there is no map at `path`.
    """
    path = Path(path)
    if path.suffix == ".npz":
        return _from_npz(path)
    store = open_store(path)
    head = store.head()
    specification = head["specification"]
    if "search" in specification:
        from .columns import load_boundary

        return load_boundary(store, head)
    axes = dict(zip(specification["axes"], store.axes(), strict=True))
    table = Table(Layout(axes, specification["chunk"]), specification["measure"])
    table.fill_from(store, head["key"])
    return table.to_map(head["provenance"] | {"key": head["key"], "store": str(path)})


def _from_npz(path: Path) -> PhaseMap:
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            record = json.loads(str(archive["record"]))
            axes = {name: archive[f"axis_{k}"] for k, name in enumerate(record["axes"])}
            values = {name: archive[f"value_{k}"] for k, name in enumerate(record["values"])}
            return PhaseMap(axes, values, archive["unresolved"], record["provenance"])
    except Exception:  # a foreign or damaged file fails to be read in any way
        raise ValueError(f"{path} is not the file of a map") from None
