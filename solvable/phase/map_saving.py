"""Maps as files and labelled arrays: npz, CSV, xarray."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..common.optional import optional
from .diagram import Diagram

if TYPE_CHECKING:
    from .phase_map import PhaseMap


def to_npz(phase_map: PhaseMap, path: Any) -> None:
    """``axis_0, ...``, ``value_0, ...``, ``unresolved``, and their names and provenance as JSON text (``record``)."""
    names = {"axes": list(phase_map.axes), "values": list(phase_map.values), "provenance": phase_map.provenance}
    arrays = {f"axis_{k}": values for k, values in enumerate(phase_map.axes.values())}
    arrays |= {f"value_{k}": values for k, values in enumerate(phase_map.values.values())}
    arrays |= {"record": np.array(json.dumps(names)), "unresolved": phase_map.unresolved}
    np.savez(path, allow_pickle=False, **arrays)


def map_from(archive: Mapping[str, np.ndarray], record: dict[str, Any], diagram: Diagram | None) -> PhaseMap:
    """The map that `to_npz` saved."""
    from .phase_map import PhaseMap

    axes = {name: archive[f"axis_{k}"] for k, name in enumerate(record["axes"])}
    values = {name: archive[f"value_{k}"] for k, name in enumerate(record["values"])}
    return PhaseMap(axes, values, archive["unresolved"], record["provenance"], diagram)


def to_csv(phase_map: PhaseMap, path: Any) -> None:
    """One row a cell, the last axis running fastest."""
    cells = dict(zip(phase_map.axes, np.meshgrid(*phase_map.axes.values(), indexing="ij"), strict=True))
    write_rows(path, cells | phase_map.values, phase_map.unresolved)


def write_rows(path: Any, columns: Mapping[str, np.ndarray], unresolved: np.ndarray) -> None:
    """Write a CSV of arrays of one shape, an entry a row, and of flags."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*columns, "unresolved"])
        for *numbers, flag in zip(*(column.ravel() for column in columns.values()), unresolved.ravel(), strict=True):
            writer.writerow([*(repr(float(number)) for number in numbers), int(flag)])


def to_xarray(phase_map: PhaseMap) -> Any:
    """A dimension for each axis, a variable for each value, and ``unresolved``."""
    xarray = optional("xarray", "to_xarray")
    dims, diagram = tuple(phase_map.axes), phase_map.diagram
    axes, values = (diagram.axes, diagram.values) if diagram else ({}, {})
    coords = {
        name: (name, array, {"long_name": axes[name].label} if name in axes else {})
        for name, array in phase_map.axes.items()
    }
    variables = {
        name: (dims, table, {"long_name": values[name].label, "units": values[name].unit} if name in values else {})
        for name, table in phase_map.values.items()
    }
    flags = {"unresolved": (dims, phase_map.unresolved, {"long_name": "neither converged nor diverged"})}
    attributes = {"provenance": json.dumps(phase_map.provenance, sort_keys=True)}
    return xarray.Dataset(variables | flags, coords=coords, attrs=attributes)
