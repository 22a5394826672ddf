"""What the evaluations of a search say about its columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .bisection import Search
from .measures import UNRESOLVED
from .phase_boundary import PhaseBoundary, Samples


def columns_of(axes: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The columns over the product of `axes`, the last one fastest: their parameters and their numbers.

    >>> columns_of({"a": np.array([1.0, 2.0]), "b": np.array([3.0, 4.0])})[0]["a"].tolist()
    [1.0, 1.0, 2.0, 2.0]
    """
    grids = np.meshgrid(*axes.values(), indexing="ij")
    numbers = np.arange(int(np.prod([entries.size for entries in axes.values()])))
    return {name: grid.ravel() for name, grid in zip(axes, grids, strict=True)}, numbers


def conclude(
    found: Mapping[str, np.ndarray], search: Search, axes: dict[str, np.ndarray], names: tuple[str, ...], rest: Any
) -> PhaseBoundary:
    """The boundary that evaluations show.

    Parameters
    ----------
    found : ``share, value, unresolved`` of all columns, as `search_columns` returns them; NaN for one not searched.
    axes : the parameters that span the columns.
    names : all parameters, in the order of the caller.
    rest : more fields of `PhaseBoundary`.
    """
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
        {name: cells[name] for name in names}, value[made], event[made], unresolved[made], probe[made], contradicts[made]
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
        **rest,
    )
