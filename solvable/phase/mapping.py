"""Evaluation of a measure on a product of axes: resumable, and the same bits whatever computes it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from .diagram import Diagram
from .execution import Columns, check_executor, run_chunks
from .phase_map import PhaseMap
from .plan import make_plan
from .progress import reporter
from .provenance import circumstances
from .resuming import begin
from .sources import source_text
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
    check_executor(executor)
    provenance = {
        "measure": plan.label,
        "diagram": plan.named,
        "seed": plan.seed,
        "chunk": plan.chunk,
        "source": source_text(plan.measure) if plan.named is None else "",
        **circumstances(),
    }
    key = plan.key if store is not None else plan.known_key
    kept = None if store is None else begin(store, plan, provenance)
    table = Table(plan, plan.label)
    if kept is not None:
        table.fill_from(kept, str(key))
    resumed, started = table.cells, time.perf_counter()

    def finish(chunk: int, columns: Columns) -> None:
        table.fill(chunk, columns)
        if kept is not None:
            kept.write(chunk, columns, key)
        tick(table.cells)

    with reporter(progress, plan.size, resumed) as tick:
        done = run_chunks(plan, table.missing(), executor, finish)
    provenance |= {
        "key": key,
        "store": None if store is None else str(store),
        "executor": "serial" if executor is None else type(executor).__name__,
        "seconds": time.perf_counter() - started,
        "computed": table.cells - resumed,
        "interrupted": not done,
    }
    found = table.to_map(provenance, None if plan.named else plan.diagram)
    if kept is not None and table.cells == plan.size:
        kept.finish(found)
    return found
