"""What the evaluations of a search say about its columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .bisection import Search
from .bracket import Bracket, columns_of
from .diagram import Diagram
from .diagrams import diagram_names, find_diagram
from .measures import UNRESOLVED
from .phase_boundary import PhaseBoundary, Samples
from .plan import Layout


def stored(store: Any, key: str | None, layout: Layout, search: Search) -> dict[int, dict[str, np.ndarray]]:
    """The evaluations that a store holds, chunk by chunk."""
    sizes = {chunk: layout.numbers(chunk).size * search.slots for chunk in range(layout.chunks)}
    found = {chunk: store.read(chunk, size, key) for chunk, size in sizes.items()}
    return {chunk: columns for chunk, columns in found.items() if columns is not None}


def gather(chunks: Mapping[int, Mapping[str, np.ndarray]], layout: Layout, search: Search) -> dict[str, np.ndarray]:
    """The evaluations of all columns in one table; NaN in the columns of a chunk that is not there."""
    table = {"share": np.full(layout.size * search.slots, np.nan), "value": np.full(layout.size * search.slots, np.nan)}
    table[UNRESOLVED] = np.zeros(layout.size * search.slots, dtype=bool)
    for chunk, columns in chunks.items():
        first, last = layout.numbers(chunk)[[0, -1]]
        for name, entries in table.items():
            entries[first * search.slots : (last + 1) * search.slots] = columns[name]
    return table


def conclude(
    found: Mapping[str, np.ndarray],
    search: Search,
    axes: dict[str, np.ndarray],
    names: tuple[str, ...],
    provenance: dict[str, Any],
    diagram: Diagram | None,
) -> PhaseBoundary:
    """The boundary over `axes` that evaluations show; see `gather`, and `PhaseBoundary` for the other arguments."""
    shape = tuple(entries.size for entries in axes.values())
    share, value, flags = (found[key].reshape(-1, search.slots) for key in ("share", "value", UNRESOLVED))
    made = np.isfinite(share)
    event = made & (value > search.level)
    unresolved = made & (flags | np.isnan(value))
    first, last = event[:, :1], event[:, 1:2]
    probe = np.broadcast_to(np.arange(search.slots) >= 2 + search.rounds, share.shape)
    halved = made & ~probe & (first != last)
    low = np.max(np.where(halved & (event == first), share, 0.0), axis=1, keepdims=True)
    high = np.min(np.where(halved & (event == last), share, 1.0), axis=1, keepdims=True)
    expected = np.where(share <= low, first, last)
    inside = (first != last) & (share > low) & (share < high)
    contradicts = made & ~inside & (event != expected)
    low, high = (np.where(first != last, ends, np.nan) for ends in (low, high))

    parameters, _ = columns_of(axes)
    cells = {name: np.repeat(entries, search.slots)[made.ravel()] for name, entries in parameters.items()}
    cells[search.bracket.name] = search.bracket.at(share[made])
    samples = Samples(
        {name: cells[name] for name in names},
        value[made],
        event[made],
        unresolved[made],
        probe[made],
        contradicts[made],
    )
    places = {"position": (low + high) / 2, "low": low, "high": high}
    return PhaseBoundary(
        axes=axes,
        names=names,
        bracket=search.bracket,
        **{name: search.bracket.at(shares).reshape(shape) for name, shares in places.items()},
        event_low=first.reshape(shape),
        event_high=last.reshape(shape),
        monotone=~contradicts.any(axis=1).reshape(shape),
        unresolved=unresolved.sum(axis=1).reshape(shape),
        computed=made.any(axis=1).reshape(shape),
        samples=samples,
        provenance=provenance,
        diagram=diagram,
    )


def load_boundary(store: Any, head: dict[str, Any]) -> PhaseBoundary:
    """The boundary in a store with this `head`, as far as it was computed."""
    specification, provenance = head["specification"], head["provenance"]
    settings = dict(specification["search"])
    search = Search(Bracket(**settings.pop("bracket")), **settings)
    layout = Layout(dict(zip(specification["axes"], store.axes(), strict=True)), specification["chunk"])
    found = gather(stored(store, head["key"], layout, search), layout, search)
    diagram = find_diagram(provenance["diagram"]) if provenance["diagram"] in diagram_names() else None
    provenance = provenance | {"key": head["key"], "store": str(store.path)}
    return conclude(found, search, layout.axes, tuple(specification["names"]), provenance, diagram)
