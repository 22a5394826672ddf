r"""Where an event begins along one parameter, in many columns at once: bisection, and a check of what it assumes.

Let ``s in [0, 1]`` run along the bracket (in logarithms where its scale is logarithmic) and let ``e(s)`` say whether
the event happens. If e changes once, N halvings leave a bracket of width ``2^-N``. If e changes more often, they end at
one of the changes and nobody knows; so k further points are drawn, one uniformly in each stratum ``[j/k, (j+1)/k)``. A
departure from a single change on a set, of which the measure ``w_j`` lies in stratum j, goes unseen with probability

    prod_j (1 - k w_j)  <=  (1 - w)^k,        w = sum_j w_j

(inequality of the means): never more than with k independent points, and 0 for an interval of width 2/k. Points drawn
are a function of (seed, column). The places that bisection visits are dyadic, so they are the same bits in any block of
columns; what it concludes is a function of its evaluations alone (`solvable.phase.columns`).
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.checks import choice
from .bracket import Bracket
from .measures import UNRESOLVED, evaluate


@dataclass(frozen=True)
class Search:
    """What is looked for in every column: ``value > level`` along `bracket`, `rounds` halvings, then `probes` points.

    `value` is a name of what the measure returns, None for the first.
    """

    bracket: Bracket
    level: float
    value: str | None
    rounds: int
    probes: int

    @property
    def slots(self) -> int:
        """Evaluations of a column at most: the two ends, the halvings, the points drawn, in this order."""
        return 2 + self.rounds + self.probes


def rounds_for(tolerance: float) -> int:
    """How many halvings bring a bracket of width 1 to `tolerance` or below.

    >>> rounds_for(1e-3)
    10
    """
    return max(0, math.ceil(-math.log2(tolerance)))


def probe_shares(seed: int, numbers: np.ndarray, probes: int) -> np.ndarray:
    """``(columns, probes)``: a uniform point of each stratum, by a counter-based generator keyed by seed and column."""
    drawn = [np.random.Generator(np.random.Philox(key=[seed, int(k)])).random(probes) for k in numbers]
    return (np.arange(probes) + np.array(drawn).reshape(numbers.size, probes)) / max(probes, 1)


def search_columns(
    measure: Callable[..., Any],
    columns: Mapping[str, np.ndarray],
    *,
    seed: int,
    replica: np.ndarray,
    search: Search,
    stop: threading.Event | None = None,
) -> dict[str, np.ndarray]:
    """Bisect some columns and draw points in each.

    Parameters
    ----------
    columns : name -> values ``(C,)`` of every parameter but the one that is searched.
    replica : ``(C,)``, the number of each column, which its evaluations and its points are drawn by.
    stop : as for `evaluate`.

    Returns
    -------
    ``share, value, unresolved``, each ``(C * slots,)``, column by column: where along the bracket, and what was found.
    The share of a slot that was not needed is NaN: a column whose ends agree is not bisected.
    """
    count, whole = replica.size, 2**search.rounds
    share, value = np.full((2, count, search.slots), np.nan)
    unresolved = np.zeros((count, search.slots), dtype=bool)

    def look(members: np.ndarray, slots: slice, at: np.ndarray) -> np.ndarray:
        """Evaluate at ``at (members, slots)``; whether the event happens there."""
        cells = {name: np.repeat(entries[members], at.shape[1]) for name, entries in columns.items()}
        cells[search.bracket.name] = search.bracket.at(at.ravel())
        found = evaluate(measure, cells, seed=seed, replica=np.repeat(replica[members], at.shape[1]), stop=stop)
        flags = found.pop(UNRESOLVED, np.zeros(at.size, dtype=bool))
        name = choice("value", search.value if search.value is not None else next(iter(found), None), found)
        share[members, slots], value[members, slots] = at, found[name].reshape(at.shape)
        unresolved[members, slots] = flags.reshape(at.shape)
        return np.asarray(value[members, slots] > search.level)

    everyone = np.arange(count)
    ends = look(everyone, slice(0, 2), np.tile([0.0, 1.0], (count, 1)))
    crossing = np.flatnonzero(ends[:, 0] != ends[:, 1])
    low, high = np.zeros(crossing.size, dtype=np.int64), np.full(crossing.size, whole)
    for k in range(search.rounds if crossing.size else 0):
        middle = (low + high) // 2
        beyond = look(crossing, slice(2 + k, 3 + k), middle[:, None] / whole)[:, 0] == ends[crossing, 1]
        low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
    if search.probes:
        look(everyone, slice(2 + search.rounds, None), probe_shares(seed, replica, search.probes))
    return {"share": share.ravel(), "value": value.ravel(), UNRESOLVED: unresolved.ravel()}
