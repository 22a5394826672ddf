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


class Evaluations:
    """All evaluations of a search while its chunks of columns come in, as ``share, value, unresolved (C * slots,)``.

    NaN in the slots that were not needed, and in the columns that have not come in.
    """

    def __init__(self, layout: Layout, search: Search) -> None:
        self.layout, self.search = layout, search
        size = layout.size * search.slots
        self.table = {"share": np.full(size, np.nan), "value": np.full(size, np.nan), UNRESOLVED: np.zeros(size, bool)}
        self.filled = np.zeros(layout.chunks, dtype=bool)
        self.columns = 0

    def missing(self) -> list[int]:
        """The chunks that have not come in."""
        return [int(chunk) for chunk in np.flatnonzero(~self.filled)]

    def fill_from(self, store: Any, key: str) -> None:
        """Take what a store holds."""
        for chunk in self.missing():
            found = store.read(chunk, self.layout.numbers(chunk).size * self.search.slots, key)
            if found is not None:
                self.fill(chunk, found)

    def fill(self, chunk: int, found: Mapping[str, np.ndarray]) -> None:
        """Take a chunk, as `search_columns` returns it."""
        numbers = self.layout.numbers(chunk)
        for name, entries in self.table.items():
            entries[numbers[0] * self.search.slots : (numbers[-1] + 1) * self.search.slots] = found[name]
        self.filled[chunk] = True
        self.columns += numbers.size


def conclude(
    found: Evaluations, names: tuple[str, ...], provenance: dict[str, Any], diagram: Diagram | None
) -> PhaseBoundary:
    """The boundary that evaluations show; `names` are all parameters in the order of the caller."""
    search, axes = found.search, found.layout.axes
    shape = tuple(entries.size for entries in axes.values())
    share, value, flags = (found.table[key].reshape(-1, search.slots) for key in ("share", "value", UNRESOLVED))
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
    found = Evaluations(layout, search)
    found.fill_from(store, head["key"])
    diagram = find_diagram(provenance["diagram"]) if provenance["diagram"] in diagram_names() else None
    provenance = provenance | {"key": head["key"], "store": str(store.path)}
    return conclude(found, tuple(specification["names"]), provenance, diagram)
