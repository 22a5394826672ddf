"""What a boundary is, before anything is computed: its columns, and what is looked for in each."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..common.checks import choice, integer, real
from .bisection import Search, rounds_for, search_columns
from .bracket import Bracket, bracket_of
from .diagram import Quantity
from .measures import Values, is_vectorized
from .plan import CHUNKS, Plan, make_plan

VECTORIZED = (32, 1024)  # columns of a vectorized measure in a chunk; of a plain one it is one
FINEST = 1e-15  # the ends of a bracket halved further are one number


@dataclass(frozen=True, eq=False)
class BoundaryPlan(Plan):
    """A boundary that is to be searched: its ``axes`` are those of the columns, ``names`` all of them in order."""

    search: Search
    names: tuple[str, ...]
    things = "columns"

    @property
    def task(self) -> Callable[..., Values]:
        """Bisection of the columns of a chunk."""
        return functools.partial(search_columns, search=self.search)

    @property
    def per_cell(self) -> int:
        return self.search.slots

    @property
    def details(self) -> dict[str, Any]:
        return {"search": self.search.record(), "width": 2.0**-self.search.rounds}

    def parameters(self, chunk: int) -> Values:
        """The parameters of the columns of a chunk."""
        return super().parameters(chunk) if self.axes else {}

    @cached_property
    def specification(self) -> dict[str, Any]:
        """All that the evaluations depend on, as JSON data."""
        return {**super().specification, "names": list(self.names), "search": self.search.record()}


def make_boundary_plan(
    measure: Any, axes: Any, along: Any, level: Any, value: Any, tolerance: Any, probes: Any, spacing: Any, seed: Any
) -> BoundaryPlan:
    """Check what a caller asks for; see `solvable.phase.boundary`."""
    plan = make_plan(measure, axes, seed)
    names = tuple(plan.axes)
    along = choice("along", names[0] if along is None else along, names)
    bracket = bracket_of(plan, along, spacing)
    tolerance = real("tolerance", 1e-3 if tolerance is None else tolerance)
    if not FINEST <= tolerance <= 1:
        raise ValueError(f"tolerance must be from {FINEST:g} to 1, a share of the bracket, got {tolerance:g}")
    if value is not None and not isinstance(value, str):
        raise ValueError(f"value must be the name of a value, got {value!r:.60}")
    quantities = plan.diagram.values if plan.diagram else {}
    value = next(iter(quantities), None) if value is None else value
    level = quantities.get(value, Quantity("")).level if level is None else level
    probes = integer("probes", probes, minimum=0)
    search = Search(bracket, real("level", level), value, rounds_for(tolerance), probes)
    columns = {name: values for name, values in plan.axes.items() if name != along}
    least, most = VECTORIZED if is_vectorized(plan.measure) else (1, 1)
    count = int(np.prod([values.size for values in columns.values()]))
    block = min(most, max(least, -(-count // CHUNKS)))
    return BoundaryPlan(columns, block, plan.measure, plan.diagram, plan.seed, search, names)


def search_in(specification: dict[str, Any]) -> Search | None:
    """The search of a stored boundary; None for a map."""
    if "search" not in specification:
        return None
    record = dict(specification["search"])
    bracket = Bracket(*(record.pop(name) for name in ("along", "low", "high", "spacing")))
    return Search(bracket, **record)
