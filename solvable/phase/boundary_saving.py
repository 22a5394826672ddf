"""Boundaries as files: npz, CSV, xarray."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from ..common.optional import optional
from .bracket import Bracket, columns_of
from .diagram import Diagram

if TYPE_CHECKING:
    from .phase_boundary import PhaseBoundary

COLUMNS = ("position", "low", "high", "event_low", "event_high", "monotone", "unresolved_count", "computed")
SAMPLES = ("value", "event", "unresolved", "probe", "contradicts")


def to_npz(found: PhaseBoundary, path: Any) -> None:
    """Columns under their names and ``axis_NAME``, samples under ``sample_NAME`` and ``sample_cell_NAME``.

    What they are over and where they come from is JSON text, ``record``.
    """
    arrays = {name: getattr(found, name) for name in COLUMNS}
    arrays |= {f"axis_{name}": values for name, values in found.axes.items()}
    arrays |= {f"sample_{name}": getattr(found.samples, name) for name in SAMPLES}
    arrays |= {f"sample_cell_{name}": values for name, values in found.samples.cells.items()}
    record = {"axes": list(found.axes), "names": list(found.names), "bracket": asdict(found.bracket)}
    arrays["record"] = np.array(json.dumps(record | {"provenance": found.provenance}))
    np.savez(path, **arrays)


def boundary_from(archive: Mapping[str, np.ndarray], record: dict[str, Any], diagram: Diagram | None) -> PhaseBoundary:
    """The boundary that `to_npz` saved."""
    from .phase_boundary import PhaseBoundary, Samples

    names = tuple(record["names"])
    return PhaseBoundary(
        axes={name: archive[f"axis_{name}"] for name in record["axes"]},
        names=names,
        bracket=Bracket(**record["bracket"]),
        **{name: archive[name] for name in COLUMNS},
        samples=Samples(
            {name: archive[f"sample_cell_{name}"] for name in names},
            **{name: archive[f"sample_{name}"] for name in SAMPLES},
        ),
        provenance=record["provenance"],
        diagram=diagram,
    )


def to_csv(found: PhaseBoundary, path: Any) -> None:
    """One row a column: its parameters, and what was found in it."""
    parameters, numbers = columns_of(found.axes)
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([*parameters, *COLUMNS])
        for k in numbers:
            entries = [getattr(found, name).ravel()[k] for name in COLUMNS]
            row = [repr(float(e)) if isinstance(e, np.floating) else int(e) for e in entries]
            writer.writerow([*(repr(float(values[k])) for values in parameters.values()), *row])


def to_xarray(found: PhaseBoundary) -> Any:
    """The columns as dimensions; labels are those of a diagram."""
    xarray = optional("xarray", "to_xarray")
    data = xarray.Dataset(
        {name: (tuple(found.axes), getattr(found, name)) for name in COLUMNS},
        coords=found.axes,
        attrs={"along": found.along, "provenance": json.dumps(found.provenance, sort_keys=True)},
    )
    drawn = found.diagram.axes if found.diagram else {}
    for name in (name for name in found.axes if name in drawn):
        data[name].attrs["long_name"] = drawn[name].label
    if found.along in drawn:
        for name in ("position", "low", "high"):
            data[name].attrs["long_name"] = drawn[found.along].label
    return data
