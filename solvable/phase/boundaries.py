"""The search for a boundary: columns in fixed blocks, blocks to an executor and into a store, and what they show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from .boundary_plan import make_boundary_plan
from .boundary_table import conclude
from .diagram import Diagram
from .engine import execute
from .phase_boundary import PhaseBoundary


def boundary(
    measure: str | Diagram | Callable[..., Any],
    axes: Mapping[str, Any] | None = None,
    *,
    along: str | None = None,
    level: float | None = None,
    value: str | None = None,
    tolerance: float | None = None,
    probes: int = 8,
    spacing: str | None = None,
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
    level, value : the event is that `value`, by default the first that the measure returns, exceeds `level`, by default
        that of the diagram or 0.5. A bool is its own event. Unresolved evaluations are counted in every column; they
        count by their value, and NaN is no event.
    tolerance : the width of the last bracket as a share of the whole, of its logarithm if the spacing is that (1e-3).
    probes : how many points of each column are drawn to check that the event changes once: one that departs from that
        on a share w of the bracket is caught with probability ``1 - (1 - w)**probes`` at least.
    spacing : ``"linear"`` or ``"log"``, how the bracket is halved; by default as the diagram says, or linear.

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
    plan = make_boundary_plan(measure, axes, along, level, value, tolerance, probes, spacing, seed)
    if str(store).endswith(".zarr"):
        raise ValueError(f"store of a boundary must be a folder of npz files, not a zarr group, got {store}")
    table, provenance = execute(plan, executor=executor, store=store, progress=progress)
    return conclude(table, plan.search, plan.names, provenance, plan.diagram)
