"""What a boundary is, before anything is computed: its columns, and what is looked for in each."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..common.checks import choice, integer, real
from .bisection import Search, rounds_for, search_columns
from .bracket import bracket_of
from .measures import is_vectorized
from .plan import CHUNKS, Plan, make_plan

VECTORIZED = (32, 1024)  # columns of a vectorized measure in a chunk; of a plain one it is one
FINEST = 1e-15  # the ends of a bracket halved further are one number


@dataclass(frozen=True, eq=False)
class BoundaryPlan(Plan):
    """A boundary that is to be searched: its ``axes`` are those of the columns, ``names`` all of them in order."""

    search: Search
    names: tuple[str, ...]

    @property
    def task(self) -> Callable[..., dict[str, np.ndarray]]:
        """Bisection of the columns of a chunk."""
        return functools.partial(search_columns, search=self.search)

    def cells(self, chunk: int) -> dict[str, np.ndarray]:
        """The parameters of the columns of a chunk."""
        return super().cells(chunk) if self.axes else {}

    @cached_property
    def specification(self) -> dict[str, Any]:
        """All that the evaluations depend on, as JSON data."""
        return {**super().specification, "names": list(self.names), "search": asdict(self.search)}


def make_boundary_plan(
    measure: Any, axes: Any, along: Any, level: Any, value: Any, tolerance: Any, probes: Any, scale: Any, seed: Any
) -> BoundaryPlan:
    """Check what a caller asks for; see `solvable.phase.boundary`."""
    plan = make_plan(measure, axes, seed)
    names = tuple(plan.axes)
    along = choice("along", names[0] if along is None else along, names)
    bracket = bracket_of(plan, along, scale)
    tolerance = real("tolerance", 1e-3 if tolerance is None else tolerance)
    if not FINEST <= tolerance <= 1:
        raise ValueError(f"tolerance must be from {FINEST:g} to 1, a share of the bracket, got {tolerance:g}")
    if value is not None and not isinstance(value, str):
        raise ValueError(f"value must be the name of a value, got {value!r:.60}")
    probes = integer("probes", probes, minimum=0)
    search = Search(bracket, real("level", level), value, rounds_for(tolerance), probes)
    columns = {name: values for name, values in plan.axes.items() if name != along}
    least, most = VECTORIZED if is_vectorized(plan.measure) else (1, 1)
    count = int(np.prod([values.size for values in columns.values()]))
    block = min(most, max(least, -(-count // CHUNKS)))
    return BoundaryPlan(columns, block, plan.measure, plan.diagram, plan.seed, search, names)
