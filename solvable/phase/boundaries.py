"""The search for a boundary: columns in fixed blocks, blocks to an executor and into a store, and what they show."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .boundary_plan import make_boundary_plan
from .columns import Evaluations, conclude
from .diagram import Diagram
from .execution import Columns, check_executor, run_chunks
from .phase_boundary import PhaseBoundary
from .progress import reporter
from .provenance import circumstances
from .resuming import begin


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
    store: str | Path | None = None,
    seed: int = 0,
    progress: bool | Callable[[int, int], Any] | None = None,
) -> PhaseBoundary:
    """Where ``value > level`` begins or ends along one parameter, for every combination of the others, by bisection.

    Parameters
    ----------
    measure, executor, store, seed, progress : as for `solvable.phase.grid`, a column in place of a cell. The replica of
        a measure that takes one is the number of the column, in every evaluation: a random measure sees the same draws
        all along a column (common random numbers).
    axes : name -> values, the vertical one first; a diagram has its own for those that are not given. Of the axis
        `along` only the first and the last value count: they are the bracket. All others span the columns.
    along : the parameter to search, by default the vertical one.
    level, value : the event is that `value`, by default the first that the measure returns, exceeds `level`. A bool is
        its own event. Unresolved evaluations are counted in every column; they count by their value, and NaN is no
        event.
    tolerance : the width of the last bracket as a share of the whole, of its logarithm on a log scale (1e-3).
    probes : how many points of each column are drawn to check that the event changes once: one that departs from that
        on a share w of the bracket is caught with probability ``1 - (1 - w)**probes`` at least.
    scale : ``"linear"`` or ``"log"``, how the bracket is halved; by default as the diagram says, or linear.

    Raises
    ------
    ValueError : an argument outside of what is said above, a measure that fails or returns no numbers, a store that
        holds something else.

    >>> import numpy as np
    >>> from solvable.phase import boundary, vectorized
    >>> @vectorized
    ... def squared_norm(radius, angle):
    ...     return (radius * np.cos(angle)) ** 2 + (2 * radius * np.sin(angle)) ** 2
    >>> found = boundary(squared_norm, {"radius": [0.0, 2.0], "angle": [0.0, np.pi / 2]}, level=1.0)
    >>> found.position.round(2).tolist(), found.monotone.tolist(), found.evaluations
    ([1.0, 0.5], [True, True], 40)
    """
    plan = make_boundary_plan(measure, axes, along, level, value, tolerance, probes, scale, seed)
    check_executor(executor)
    if str(store).endswith(".zarr"):
        raise ValueError(f"store of a boundary must be a folder of npz files, not a zarr group, got {store}")
    key = plan.key if store is not None else plan.known_key
    provenance: dict[str, Any] = {
        "measure": plan.label,
        "diagram": plan.diagram.name if plan.diagram else None,
        "seed": plan.seed,
    }
    provenance |= {"search": asdict(plan.search), "width": 2.0**-plan.search.rounds, **circumstances()}
    kept = None if store is None else begin(store, plan, provenance)
    found = Evaluations(plan, plan.search)
    if kept is not None:
        found.fill_from(kept, plan.key)
    resumed, started = found.columns, time.perf_counter()

    def finish(chunk: int, columns: Columns) -> None:
        found.fill(chunk, columns)
        if kept is not None:
            kept.write(chunk, columns, key)
        tick(found.columns)

    with reporter(progress, plan.size, resumed, "columns") as tick:
        finished = run_chunks(plan, found.missing(), executor, finish)
    provenance |= {
        "key": key,
        "store": None if store is None else str(store),
        "executor": "serial" if executor is None else type(executor).__name__,
        "seconds": time.perf_counter() - started,
        "interrupted": not finished,
    }
    return conclude(found, plan.names, provenance, plan.diagram)
