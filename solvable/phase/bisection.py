r"""Where an event begins along one parameter, in many columns at once: bisection, and a check of what it assumes.

Let ``s in [0, 1]`` run along the bracket (in logarithms where its scale is logarithmic) and let ``e(s)`` say whether the
event happens. If e changes once, N halvings leave a bracket of width ``2^-N``. If e changes more often, they end at one
of the changes and nobody knows; so k further points are drawn, one uniformly in each stratum ``[j/k, (j+1)/k)``. A
departure from monotone e on a set of which the share ``w_j`` lies in stratum j goes unseen with probability

    prod_j (1 - k w_j)  <=  (1 - w)^k,        w = sum_j w_j

(inequality of the means): never more than with k independent points, and 0 for an interval of width 2/k. Points drawn
are a function of (seed, column). The places that bisection visits are dyadic, so they are the same bits in any block.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .bracket import Bracket
from .measures import UNRESOLVED, evaluate


@dataclass(frozen=True, eq=False)
class Block:
    """A unit of work: some columns, and all that is needed to find the boundary in them.

    ``columns`` has one value a column for each of the other axes, ``numbers`` the places of the columns among all;
    ``rounds`` halvings, then ``probes`` points a column.
    """

    measure: Callable[..., Any]
    columns: Mapping[str, np.ndarray]
    numbers: np.ndarray
    bracket: Bracket
    level: float
    value: str | None
    rounds: int
    probes: int
    seed: int


def blocks(count: int, size: int) -> list[slice]:
    """The columns 0 to ``count - 1`` in consecutive blocks of `size`, the last one shorter.

    >>> blocks(5, 2)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    return [slice(start, min(start + size, count)) for start in range(0, count, size)]


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


def solve_block(block: Block) -> dict[str, np.ndarray]:
    """Bisect every column of the block and probe it.

    Returns
    -------
    a column each: ``low, high`` (shares of the bracket, NaN where the event is alike at both ends), ``event_low``,
    ``event_high`` (at the ends of the bracket), ``monotone``. An evaluation each, columns in order and within a column
    as they were made: ``sample_column`` (place among all columns), ``sample_share``, ``sample_value``, ``sample_event``,
    ``sample_unresolved``, ``sample_probe``, ``sample_contradicts``.
    """
    size, whole = block.numbers.size, 2**block.rounds
    everyone = np.arange(size)
    looks = [_look(block, np.repeat(everyone, 2), np.tile([0.0, 1.0], size))]
    ends = looks[0]["event"].reshape(size, 2)
    crossing = np.flatnonzero(ends[:, 0] != ends[:, 1])
    low, high = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
    high[crossing] = whole
    for _ in range(block.rounds if crossing.size else 0):
        middle = (low[crossing] + high[crossing]) // 2
        looks.append(_look(block, crossing, middle / whole))
        beyond = looks[-1]["event"] == ends[crossing, 1]
        high[crossing] = np.where(beyond, middle, high[crossing])
        low[crossing] = np.where(beyond, low[crossing], middle)
    if block.probes:
        shares = probe_shares(block.seed, block.numbers, block.probes)
        looks.append(_look(block, np.repeat(everyone, block.probes), shares.ravel(), probe=True))
    seen = {key: np.concatenate([look[key] for look in looks]) for key in looks[0]}
    seen = {key: entries[np.argsort(seen["column"], kind="stable")] for key, entries in seen.items()}
    column, share = seen["column"], seen["share"]
    above = share >= high[column] / whole
    undecided = (share > low[column] / whole) & ~above
    seen["contradicts"] = ~undecided & (seen["event"] != ends[column, above.astype(int)])
    monotone = np.bincount(column, weights=seen["contradicts"], minlength=size) == 0
    seen["column"] = block.numbers[column]
    crosses = ends[:, 0] != ends[:, 1]
    return {
        "low": np.where(crosses, low / whole, np.nan),
        "high": np.where(crosses, high / whole, np.nan),
        "event_low": ends[:, 0],
        "event_high": ends[:, 1],
        "monotone": monotone,
        **{f"sample_{key}": entries for key, entries in seen.items()},
    }


def _look(block: Block, members: np.ndarray, share: np.ndarray, probe: bool = False) -> dict[str, np.ndarray]:
    """One evaluation for each of the `members` (columns of the block, repeats allowed)."""
    cells = {name: values[members] for name, values in block.columns.items()}
    cells[block.bracket.name] = block.bracket.at(share)
    found = evaluate(block.measure, cells, seed=block.seed, replica=block.numbers[members])
    unresolved = found.pop(UNRESOLVED, np.zeros(members.size, dtype=bool))
    name = block.value if block.value is not None else next(iter(found), None)
    if name not in found:
        raise ValueError(f"value must be one of {', '.join(found) or 'nothing'}, got {name!r}")
    return {
        "column": members,
        "share": share,
        "value": found[name],
        "event": found[name] > block.level,
        "unresolved": unresolved | np.isnan(found[name]),
        "probe": np.full(members.size, probe),
    }
