"""Evaluation of a measure on a product of axes: resumable, and the same bits whatever computes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from .diagram import Diagram
from .engine import execute
from .measures import UNRESOLVED
from .phase_map import PhaseMap
from .plan import make_plan
from .table import Table


def grid(
    measure: str | Diagram | Callable[..., Any],
    axes: Mapping[str, Any] | None = None,
    *,
    executor: Executor | None = None,
    store: str | Path | None = None,
    seed: int = 0,
    progress: bool | Callable[[int, int], Any] | None = None,
) -> PhaseMap:
    """Evaluate `measure` on the product of `axes`.

    Parameters
    ----------
    measure : the name of a diagram, a `Diagram`, or a function of the names of the axes (see
        `solvable.phase.measures`). A function that goes to other processes or into a store must stand at the top of a
        module.
    axes : name -> values ``(N_k,)``; a diagram has its own for those that are not given.
    executor : anything with the interface of ``concurrent.futures``; None evaluates here. A ``ThreadPoolExecutor``
        shares this process, any other one gets plain data. Values do not depend on it, to the last bit.
    store : a folder, made if need be, that keeps every finished chunk. Called again with the same arguments, `grid`
        computes what is missing. A name that ends in ``.zarr`` makes a zarr group (extra ``sweep``).
    seed : given to a measure that has a parameter ``seed``, with the number of the cell as ``replica``.
    progress : True for a bar on stderr, or a function of the numbers of cells done and in all.

    Ctrl-C ends the work and returns what is finished: other cells are NaN and unresolved, and
    ``provenance["interrupted"]`` is True.

    Raises
    ------
    ValueError : bad axes, a measure that fails or returns no numbers, a store that holds something else.

    >>> def energy(position, speed):
    ...     return position**2 / 2 + speed**2 / 2
    >>> grid(energy, {"position": [0.0, 1.0], "speed": [0.0, 1.0, 2.0]}).values["value"]
    array([[0. , 0.5, 2. ],
           [0.5, 1. , 2.5]])
    """
    plan = make_plan(measure, axes, seed)
    table, provenance = execute(plan, executor=executor, store=store, progress=progress)
    return to_map(table, provenance, plan.diagram)


def to_map(table: Table, provenance: dict[str, Any], diagram: Diagram | None) -> PhaseMap:
    """The map that a table holds."""
    values = table.arrays()
    unresolved = values.pop(UNRESOLVED)
    return PhaseMap(dict(table.layout.axes), values, unresolved, provenance, diagram)
