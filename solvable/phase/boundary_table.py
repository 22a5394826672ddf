"""What the evaluations of a search say about its columns."""

from __future__ import annotations

from typing import Any

import numpy as np

from .bisection import Search
from .bracket import columns_of
from .diagram import Diagram
from .measures import UNRESOLVED
from .phase_boundary import PhaseBoundary, Samples
from .table import Table


def conclude(
    table: Table, search: Search, names: tuple[str, ...], provenance: dict[str, Any], diagram: Diagram | None
) -> PhaseBoundary:
    """The boundary that the evaluations in a table show; `names` are all parameters in the order of the caller.

    The table has ``share, value, unresolved`` of each slot of each column, as `search_columns` returns them. NaN is the
    share of a slot that was not needed, and of columns that have not come in.
    """
    axes = table.layout.axes
    nothing = np.full(table.layout.size * search.slots, np.nan)
    shape = tuple(entries.size for entries in axes.values())
    share, value, flags = (
        table.values.get(key, nothing).reshape(-1, search.slots) for key in ("share", "value", UNRESOLVED)
    )
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
        unresolved_count=unresolved.sum(axis=1).reshape(shape),
        computed=made.any(axis=1).reshape(shape),
        samples=samples,
        provenance=provenance,
        diagram=diagram,
    )
