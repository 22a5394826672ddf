"""A boundary as text: a few lines and a table of its columns for people, or one JSON object."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from ..phase.phase_boundary import PhaseBoundary

ROWS = 60  # columns are listed if there are not more
NARROWEST = 14  # letters of a column of the table


def as_text(found: PhaseBoundary) -> str:
    """What was found in words, and in each column."""
    summary = found.summary()
    lines = [f"{summary.pop('measure')}: boundary in {summary.pop('boundary')}"]
    lines += [f"  {name}: {text}" for name, text in summary.items()]
    if store := found.provenance.get("store"):
        lines.append(f"  kept in {store} (key {found.provenance['key']})")
    rows = _rows(found)
    if len(rows) > ROWS:
        return "\n".join([*lines, f"  {len(rows)} columns; --out FILE.csv lists them"])
    names = [*found.axes, found.along, "bracket +-"]
    widths = [max(NARROWEST, len(name) + 2) for name in names]
    lines.append("".join(name.rjust(width) for name, width in zip(names, widths, strict=True)) + "  note")
    for row in rows:
        half = None if row["high"] is None else (row["high"] - row["low"]) / 2
        numbers = [*(row[name] for name in found.axes), row["position"], half]
        shown = ("-" if number is None else f"{number:.6g}" for number in numbers)
        cells = "".join(text.rjust(width) for text, width in zip(shown, widths, strict=True))
        lines.append(f"{cells}  {_note(row)}".rstrip())
    return "\n".join(lines)


def as_json(found: PhaseBoundary) -> str:
    """One object: what was searched, a list of columns, and the evaluations that contradict a single change."""
    seen = found.counterexamples
    names = ("measure", "seed", "executor", "store", "key", "interrupted", "seconds", "width")
    record = {name: found.provenance.get(name) for name in names}
    record |= {
        "along": found.along,
        "low": found.bracket.low,
        "high": found.bracket.high,
        "spacing": found.bracket.spacing,
    }
    record |= {
        "evaluations": found.evaluations,
        "unresolved": int(np.sum(found.unresolved_count)),
        "columns": _rows(found),
    }
    record["counterexamples"] = [
        {**{name: float(values[k]) for name, values in seen.cells.items()}, "event": bool(seen.event[k])}
        for k in range(len(seen))
    ]
    return json.dumps(record, allow_nan=False)


def _rows(found: PhaseBoundary) -> list[dict[str, Any]]:
    """A column each, as JSON data."""
    from ..phase.boundary_saving import COLUMNS
    from ..phase.bracket import columns_of

    parameters, numbers = columns_of(found.axes)
    table = {**parameters, **{name: getattr(found, name).ravel() for name in COLUMNS}}
    rows = [{name: values[k].item() for name, values in table.items()} for k in numbers]
    return [{name: None if entry != entry else entry for name, entry in row.items()} for row in rows]


def _note(row: dict[str, Any]) -> str:
    notes = []
    if not row["computed"]:
        return "not computed"
    if row["position"] is None:
        notes.append("event at both ends" if row["event_low"] else "event at neither end")
    if not row["monotone"]:
        notes.append("not monotone")
    if row["unresolved_count"]:
        notes.append(f"{row['unresolved_count']} unresolved")
    return ", ".join(notes)
