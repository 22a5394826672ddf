"""A map, or samples of one, as text: a few lines for people, or one JSON object."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ..phase.phase_map import PhaseMap
    from ..phase.refinement import Refinement


def as_text(found: PhaseMap | Refinement) -> str:
    """Its axes, the range of each value, and how much is unresolved."""
    record, things = as_record(found), found.things
    lines = [f"{record['measure']}: {record['finished']} of {record['cells']} {things}"]
    lines[0] += f", {record['computed']} computed now in {record['seconds']:.1f} s"
    for name, axis in record["axes"].items():
        lines.append(f"  axis {name}: {axis['size']} values from {axis['low']:g} to {axis['high']:g}")
    for name, value in record["values"].items():
        numbers = (value["least"], value["median"], value["largest"])
        least, median, largest = ("-" if number is None else f"{number:.4g}" for number in numbers)
        rest = ((value["infinite"], "infinite (diverged)"), (value["missing"], "without value (NaN)"))
        others = "".join(f", {count} {words}" for count, words in rest if count)
        lines.append(f"  {name}: least {least}, median {median}, largest {largest}{others}")
    lines.append(f"  unresolved: {record['unresolved']} {things}")
    if record["finished"] < record["cells"]:
        lines.append(f"  not computed: {record['cells'] - record['finished']} {things}")
    if record["store"]:
        lines.append(f"  kept in {record['store']} (key {record['key']})")
    return "\n".join(lines)


def as_json(found: PhaseMap | Refinement) -> str:
    """One object."""
    return json.dumps(as_record(found), allow_nan=False)


def as_record(found: PhaseMap | Refinement) -> dict[str, Any]:
    """The summary as JSON data; the cells of a refinement are its samples."""
    from ..phase.refinement import Refinement

    names = ("measure", "cells", "finished", "computed", "seconds", "seed", "executor", "store", "key", "interrupted")
    places = found.cells if isinstance(found, Refinement) else found.axes
    not_computed = found.unresolved.size - found.provenance["finished"]
    return {
        **{name: found.provenance.get(name) for name in names},
        "axes": {name: {"size": v.size, "low": float(v.min()), "high": float(v.max())} for name, v in places.items()},
        "unresolved": int(found.unresolved.sum()) - not_computed,
        "values": {name: _range(table, not_computed) for name, table in found.values.items()},
    }


def _range(table: np.ndarray, not_computed: int) -> dict[str, Any]:
    finite = table[np.isfinite(table)]
    numbers = [float(f(finite)) for f in (np.min, np.median, np.max)] if finite.size else [None] * 3
    return {
        **dict(zip(("least", "median", "largest"), numbers, strict=True)),
        "infinite": int(np.isinf(table).sum()),
        "missing": int(np.isnan(table).sum()) - not_computed,
    }
