"""Whether a store holds what is asked for, something else, or nothing yet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .plan import Plan
from .store import FORMAT, Store, open_store


def begin(path: str | Path, plan: Plan, provenance: dict[str, Any]) -> Store:
    """The store of a plan: created, or one that holds the same already.

    Raises
    ------
    ValueError : nothing can be written to `path`, or there is something else; the message says what, or in which point
        it differs.
    """
    store = open_store(path)
    if not store.exists():
        head = {"format": FORMAT, "key": plan.key, "specification": plan.specification, "provenance": provenance}
        try:
            store.create(head, plan.axes)
        except OSError as error:
            raise ValueError(f"the store {path} cannot be written: {error.strerror or error}") from None
        return store
    there, here = store.head()["specification"], plan.specification
    kinds = _kind(there), _kind(here)
    if kinds[0] != kinds[1]:
        raise ValueError(f"{path} holds a {kinds[0]}, not a {kinds[1]}; choose another, or --fresh")
    if (difference := next(_differences(there, here), None)) is not None:
        raise ValueError(f"{path} holds another {kinds[1]}: {difference}; choose another, or --fresh")
    return store


def _kind(specification: dict[str, Any]) -> str:
    return "boundary" if "search" in specification else "map"


def _differences(there: dict[str, Any], here: dict[str, Any]) -> Iterator[str]:
    """Sentences, one an entry that differs; those that explain others come first."""
    if there["measure"] != here["measure"]:
        yield f"its measure is {there['measure']} and not {here['measure']}"
    if there["source"] != here["source"]:
        yield "the file of its measure has changed since"
    for name, wanted in here.get("search", {}).items():
        found = there["search"].get(name)
        if found != wanted:
            yield f"its {_WORDS.get(name, name)} is {_shown(found)} and not {_shown(wanted)}"
    yield from _other_axes(there["axes"], here["axes"])
    if there.get("names") != here.get("names"):
        yield f"its parameters are {', '.join(there['names'])} and not {', '.join(here['names'])}"
    if there["seed"] != here["seed"]:
        yield f"its seed is {there['seed']} and not {here['seed']}"
    if there != here:  # chunks follow from axes and sources, and so does whatever another version may write
        yield "solvable itself has changed since"


def _other_axes(there: dict[str, Any], here: dict[str, Any]) -> Iterator[str]:
    if list(there) != list(here):
        yield f"its axes are {', '.join(there)} and not {', '.join(here)}"
        return
    for name, (size, values) in here.items():
        if there[name] != [size, values]:
            yield f"its axis {name} has " + ("other values" if there[name][0] == size else f"{there[name][0]} values")


def _shown(entry: Any) -> str:
    if entry is None:
        return "the first"
    return f"{entry:g}" if isinstance(entry, float) else str(entry)


_WORDS = {
    "along": "searched parameter",
    "low": "lower end",
    "high": "upper end",
    "rounds": "number of halvings",
    "probes": "number of probes",
}
