"""Which store a map has, and whether it holds that map, another one, or none yet."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .plan import Plan
from .store import FORMAT, NpzStore


def open_store(path: str | Path) -> Any:
    """The store at `path`: a folder of npz files, or a zarr group if the name ends in ``.zarr``."""
    if str(path).endswith(".zarr"):
        from .zarr_store import ZarrStore

        return ZarrStore(path)
    return NpzStore(path)


def begin(path: str | Path, plan: Plan, provenance: dict[str, Any]) -> Any:
    """The store of a plan: created, or one that holds the same map already.

    Raises
    ------
    ValueError : nothing can be written to `path`, or there is something else; the message says what, or in which point
        the map there differs.
    """
    store = open_store(path)
    if not store.exists():
        head = {"format": FORMAT, "key": plan.key, "specification": plan.specification, "provenance": provenance}
        try:
            store.create(head, plan.axes)
        except OSError as error:
            raise ValueError(f"the store {path} cannot be written: {error.strerror or error}") from None
        return store
    head = store.head()
    if (difference := next(_differences(head["specification"], plan.specification), None)) is not None:
        raise ValueError(f"{path} holds another map: {difference}; choose another folder, or discard that one")
    return store


def _differences(there: dict[str, Any], here: dict[str, Any]) -> Iterator[str]:
    for name in [*here, *there]:
        if name == "axes" or there.get(name) == here.get(name):
            continue
        if name == "chunk":  # a consequence of the axes, as a rule
            yield from _other_axes(there.get("axes", {}), here["axes"])
        yield _CHANGED.get(name, f"its {name} is {there.get(name)} and not {here.get(name)}")
    yield from _other_axes(there.get("axes", {}), here["axes"])


def _other_axes(there: dict[str, Any], here: dict[str, Any]) -> Iterator[str]:
    if list(there) != list(here):
        yield f"its axes are {', '.join(there)} and not {', '.join(here)}"
        return
    for name, (size, values) in here.items():
        if there[name] != [size, values]:
            yield f"its axis {name} has " + ("other values" if there[name][0] == size else f"{there[name][0]} values")


_CHANGED = {
    "source": "the file of its measure has changed since",
    "sources of solvable": "solvable itself has changed since",
}
