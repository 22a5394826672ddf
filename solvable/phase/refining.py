"""Adaptive sampling of a map over two axes: points where it bends, by the Learner2D of the ``adaptive`` library.

A learner triangulates what it knows and asks next for the points where a linear and a cubic interpolant differ most on
the largest triangles. It is asked for a fixed number of points at a time, so the points are a function of the measure
and the axes and not of how many workers evaluate them. It learns in coordinates from 0 to 1 along each axis, in
logarithms where the axis is logarithmic, and it sees what a picture shows: the logarithm of a value on a logarithmic
scale of colors, cut at the limits of the colors; or, with a level, only whether the value exceeds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..common.checks import choice, integer, real
from ..common.optional import optional
from .bracket import Bracket, bracket_of
from .diagram import Diagram, Quantity
from .engine import execute
from .measures import UNRESOLVED, Values
from .plan import Plan, make_plan
from .refinement import Refinement, shown
from .table import Table

CORNERS, BATCH = 4, 16  # points asked for at first and then at a time
PART = 4  # points in a chunk, the same for every executor


def refine(
    measure: str | Diagram | Callable[..., Any],
    axes: Mapping[str, Any] | None = None,
    *,
    points: int = 1000,
    level: float | None = None,
    value: str | None = None,
    spacings: Mapping[str, str] | None = None,
    executor: Executor | None = None,
    seed: int = 0,
    progress: bool | Callable[[int, int], Any] | None = None,
) -> Refinement:
    """Evaluate `measure` at `points` places of the rectangle of two axes, most of them where it changes.

    Ctrl-C ends the work and returns the samples that there are; ``provenance["interrupted"]`` is then True.

    Parameters
    ----------
    measure, axes, executor, seed, progress : as for `boundary`; of each axis only the first and the last value count.
        The replica of a measure that takes one is the number of the sample.
    level : learn only whether `value`, by default the first that the measure returns, exceeds it.
    spacings : name -> ``"linear"`` or ``"log"``, by default as the diagram says, or linear.

    Raises
    ------
    ImportError : the library is not installed (extra ``adaptive``).
    ValueError : there are not two axes, or a value is not finite where neither a level nor limits say what it shows.
    """
    learner_of = _library()
    plan = make_refinement_plan(measure, axes, points, level, value, spacings, seed)
    learner = learner_of(None, bounds=[(0.0, 1.0), (0.0, 1.0)])

    def learn(table: Table) -> Iterator[range]:
        """Ask for the points of some chunks, and tell what was found when they have come in."""
        for start in (0, *range(CORNERS, plan.size, BATCH)):
            stop = min(start + BATCH, plan.size) if start else CORNERS
            asked = np.array(learner.ask(stop - start)[0])
            for bracket, shares in zip(plan.brackets, asked.T, strict=True):
                plan.places[bracket.name][start:stop] = bracket.at(shares)
            yield range(start // PART, -(-stop // PART))
            found = {name: values[start:stop] for name, values in table.values.items()}
            learner.tell_many([tuple(place) for place in asked.tolist()], plan.learned(found).tolist())

    table, provenance = execute(plan, executor=executor, progress=progress, rounds=learn)
    if not table.finished:
        raise KeyboardInterrupt
    there = table.in_finished()
    places = {name: found[there] for name, found in plan.places.items()}
    values = {name: found[there] for name, found in table.values.items()}
    unresolved = values.pop(UNRESOLVED)
    return Refinement(plan.brackets, places, values, unresolved, provenance, plan.diagram)


@dataclass(frozen=True, eq=False)
class RefinementPlan(Plan):
    """A refinement: as many `points` as asked for; their `places`, by name, are NaN until the learner asks for them."""

    brackets: tuple[Bracket, Bracket]
    points: int
    level: float | None
    value: str | None
    places: Values
    things = "samples"

    @property
    def size(self) -> int:
        return self.points

    @property
    def details(self) -> dict[str, Any]:
        return {"level": self.level, "value": self.value}

    @cached_property
    def specification(self) -> dict[str, Any]:
        """All that the samples depend on, as JSON data."""
        brackets = [asdict(bracket) for bracket in self.brackets]
        return {**super().specification, "points": self.points, "brackets": brackets, **self.details}

    def parameters(self, chunk: int) -> Values:
        """The places of the points of a chunk."""
        return {name: found[self.numbers(chunk)] for name, found in self.places.items()}

    def learned(self, found: Values) -> np.ndarray:
        """What the learner sees of the values that were found."""
        names = [name for name in found if name != UNRESOLVED]
        name = choice("value", self.value if self.value is not None else next(iter(names), None), names)
        if self.level is not None:
            return (found[name] > self.level).astype(float)
        quantities = self.diagram.values if self.diagram else {}
        seen = shown(found[name], quantities.get(name, Quantity(name)))
        if not np.all(np.isfinite(seen)):
            worst = found[name][~np.isfinite(seen)][0]
            how = "give level= to learn an event"
            raise ValueError(f"{name} must be finite for refine to learn it, got {worst}; {how}")
        return seen


def make_refinement_plan(
    measure: Any, axes: Any, points: Any, level: Any, value: str | None, spacings: Any, seed: Any
) -> RefinementPlan:
    """Check what a caller asks for."""
    plan = make_plan(measure, axes, seed)
    if len(plan.axes) != 2:
        raise ValueError(f"axes must be two, name -> values, got {len(plan.axes)}")
    spacings = spacings or {}
    if unknown := [name for name in spacings if name not in plan.axes]:
        raise ValueError(f"spacings must name axes, which are {', '.join(plan.axes)}, got {unknown[0]!r}")
    first, second = (bracket_of(plan, name, spacings.get(name)) for name in plan.axes)
    count = integer("points", points, minimum=CORNERS)
    level = None if level is None else real("level", level)
    places = {name: np.full(count, np.nan) for name in plan.axes}
    return RefinementPlan(
        plan.axes, PART, plan.measure, plan.diagram, plan.seed, (first, second), count, level, value, places
    )


def _library() -> Any:
    return optional("adaptive", "refine").Learner2D
