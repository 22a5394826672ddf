"""Maps and boundaries read back from where they are stored."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from .boundary_plan import search_in
from .boundary_saving import boundary_from
from .boundary_table import conclude
from .diagrams import recorded_diagram
from .map_saving import map_from
from .mapping import to_map
from .phase_boundary import PhaseBoundary
from .phase_map import PhaseMap
from .plan import Layout
from .store import open_store
from .table import Table


def load(path: str | Path) -> PhaseMap | PhaseBoundary:
    """The map or the boundary in a store, or in a file of ``to_npz``, as far as it was computed.

    Cells of a map that are not computed yet are NaN and unresolved; ``computed`` of a boundary says which columns are
    there. ``provenance["finished"]`` of ``provenance["cells"]`` are computed.

    Raises
    ------
    ValueError : there is no map at `path`.
    """
    path = Path(path)
    if not path.exists():
        raise ValueError(f"there is no map at {path}")
    if path.suffix == ".npz":
        return _from_npz(path)
    store = open_store(path)
    head = store.head()
    specification, provenance = head["specification"], head["provenance"]
    search = search_in(specification)
    axes = dict(zip(specification["axes"], store.axes(), strict=True))
    layout = Layout(axes, specification["chunk_size"])
    table = Table(layout, search.slots if search else 1)
    table.fill_from(store, head["key"])
    provenance |= {"key": head["key"], "store": str(path), "cells": layout.size, "finished": table.finished}
    diagram = recorded_diagram(provenance)
    if search is None:
        return to_map(table, provenance, diagram)
    return conclude(table, search, tuple(specification["names"]), provenance, diagram)


def _from_npz(path: Path) -> PhaseMap | PhaseBoundary:
    try:
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
            record = json.loads(str(archive["record"]))
            read = boundary_from if "bracket" in record else map_from
            return read(archive, record, recorded_diagram(record["provenance"]))
    except Exception:  # a foreign or damaged file fails to be read in any way
        raise ValueError(f"{path} is not the file of a map") from None
