"""The search for a boundary: columns in fixed blocks, blocks to an executor, results in one object."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np

from ..common.checks import choice, integer, real
from .bisection import Block, blocks, rounds_for, solve_block
from .bracket import Bracket
from .diagram import Diagram
from .phase_boundary import PhaseBoundary, Samples
from .subject import subject_of

BLOCK = 32  # columns; the same for every executor, though no bit depends on it
FINEST = 1e-15  # below it the halves of a bracket are no longer exact


def boundary(
    measure: str | Diagram | Callable[..., Any],
    axes: Mapping[str, Any] | None = None,
    *,
    along: str | None = None,
    level: float = 0.5,
    value: str | None = None,
    tolerance: float | None = None,
    probes: int = 8,
    scale: str | None = None,
    executor: Executor | None = None,
    store: Any = None,
    seed: int = 0,
    progress: Any = None,
) -> PhaseBoundary:
    """Where ``value > level`` begins or ends along one parameter, for every combination of the others, by bisection.

    Parameters
    ----------
    measure : a function (see `solvable.phase.measures`), a `Diagram` or the name of one.
    axes : name -> values, the vertical one first; that of a diagram by default. Of the axis `along` only the first and
        the last value count: they are the bracket. All others span the columns.
    along : the parameter to search, by default the vertical one.
    level, value : the event is that `value`, by default the first that the measure returns, exceeds `level`. A bool is
        its own event.
    tolerance : the width of the last bracket as a share of the whole, of its logarithm on a log scale (1e-3).
    probes : how many points of each column are drawn to check that the event changes once: one that departs from it on
        a share w of the column is caught with probability ``1 - (1 - w)**probes`` at least.
    scale : ``"linear"`` or ``"log"``, how the bracket is halved; by default as the diagram says, or linear.
    executor : any ``concurrent.futures.Executor``; by default all runs here. Bits do not depend on it.
    seed : of the probes, and of a measure that takes ``seed``. One that takes ``replica`` gets the number of the column
        in every evaluation, so that a random measure sees the same draws all along a column (common random numbers).
    progress : a function of the share done.

    Raises
    ------
    ValueError : an argument is outside of what is said above, or the measure and the axes do not fit.

    >>> from solvable.phase import boundary, vectorized
    >>> @vectorized
    ... def outside(radius, angle):
    ...     return (radius * np.cos(angle)) ** 2 + (2 * radius * np.sin(angle)) ** 2
    >>> found = boundary(outside, {"radius": [0.0, 2.0], "angle": [0.0, np.pi / 2]}, level=1.0)
    >>> found.position.round(2).tolist(), found.monotone.tolist(), found.evaluations
    ([1.0, 0.5], [True, True], 40)
    """
    subject = subject_of(measure, axes)
    along = choice("along", along if along is not None else next(iter(subject.axes)), subject.axes)
    bracket = subject.bracket(along, scale)
    values = {name: entries for name, entries in subject.axes.items() if name != along}
    tolerance = real("tolerance", 1e-3 if tolerance is None else tolerance)
    if not FINEST <= tolerance <= 1:
        raise ValueError(f"tolerance must be from {FINEST:g} to 1, a share of the bracket, got {tolerance:g}")
    search = Search(
        bracket,
        real("level", level),
        value,
        rounds_for(tolerance),
        integer("probes", probes, minimum=0),
    )
    seed = integer("seed", seed, minimum=0, maximum=2**64 - 1)
    columns, numbers = columns_of(values)
    size = BLOCK if is_vectorized(subject.function) else 1
    parts = []
    for part in blocks(numbers.size, size):
        block = {name: entries[part] for name, entries in columns.items()}
        parts.append(search_columns(subject.function, block, seed=seed, replica=numbers[part], search=search))
    found = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    provenance = {
        "measure": subject.label,
        "axes": {name: entries.tolist() for name, entries in values.items()},
        "along": [bracket.name, bracket.low, bracket.high, bracket.scale],
        "level": search.level,
        "value": search.value,
        "tolerance": tolerance,
        "rounds": search.rounds,
        "probes": search.probes,
        "seed": seed,
        "streams": "one a column, the same for every evaluation in it (common random numbers)",
    }
    rest = {"provenance": provenance, "diagram": subject.diagram}
    return conclude(found, search, values, tuple(subject.axes), rest)
