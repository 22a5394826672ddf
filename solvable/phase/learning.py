"""Adaptive sampling of a map over two axes: points where it bends, by the Learner2D of the ``adaptive`` library.

A learner triangulates what it knows and asks next for the points where a linear and a cubic interpolant differ most on
the largest triangles. It is asked for a fixed number of points at a time, so the points are a function of the measure
and the axes and not of how many workers evaluate them. It learns in coordinates from 0 to 1 along each axis, in
logarithms where the axis is logarithmic, and it sees what a picture shows: the logarithm of a value on a logarithmic
scale of colors, cut at the limits of the colors; or, with a level, only whether the value exceeds it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.checks import choice, integer, real
from .bracket import bracket_of
from .diagram import Diagram, Quantity
from .execution import Columns, check_executor, run_chunks
from .measures import UNRESOLVED, evaluate
from .plan import Plan, make_plan
from .progress import reporter
from .provenance import circumstances
from .refinement import Refinement, shown

CORNERS, BATCH = 4, 16  # points asked for at first and then at a time
PART = 4  # points in a chunk, the same for every executor


def refine(
    measure: str | Diagram | Callable[..., Any],
    axes: Mapping[str, Any] | None = None,
    *,
    points: int = 1000,
    level: float | None = None,
    value: str | None = None,
    scales: Mapping[str, str] | None = None,
    executor: Executor | None = None,
    seed: int = 0,
    progress: bool | Callable[[int, int], Any] | None = None,
) -> Refinement:
    """Evaluate `measure` at `points` places of the rectangle of two axes, most of them where it changes.

    Parameters
    ----------
    measure, axes, executor, seed, progress : as for `boundary`; of each axis only the first and the last value count.
        The replica of a measure that takes one is the number of the sample.
    level : learn only whether `value`, by default the first that the measure returns, exceeds it.
    scales : name -> ``"linear"`` or ``"log"``, by default as the diagram says, or linear.

    Raises
    ------
    ImportError : the library is not installed (extra ``adaptive``).
    ValueError : there are not two axes, or a value is not finite where neither a level nor limits say what it shows.
    """
    learner_of = _library()
    plan = make_plan(measure, axes, seed)
    check_executor(executor)
    if len(plan.axes) != 2:
        raise ValueError(f"axes must be two, name -> values, got {len(plan.axes)}")
    scales = scales or {}
    if unknown := [name for name in scales if name not in plan.axes]:
        raise ValueError(f"scales must name axes, which are {', '.join(plan.axes)}, got {unknown[0]!r}")
    first, second = (bracket_of(plan, name, scales.get(name)) for name in plan.axes)
    goal = integer("points", points, minimum=CORNERS)
    level = None if level is None else real("level", level)
    learner = learner_of(None, bounds=[(0.0, 1.0), (0.0, 1.0)])
    quantities = plan.diagram.values if plan.diagram else {}
    tables: list[Columns] = []
    done = 0
    with reporter(progress, goal, 0, "samples") as tick:
        while done < goal:
            asked = np.array(learner.ask(min(BATCH, goal - done) if done else CORNERS)[0])
            cells = {first.name: first.at(asked[:, 0]), second.name: second.at(asked[:, 1])}
            found = _evaluate(_Batch(plan, cells, done), executor)
            if found is None:
                break
            learned = _learned(found, value, level, quantities)
            learner.tell_many([tuple(place) for place in asked.tolist()], learned.tolist())
            tables.append(cells | {f"value {name}": entries for name, entries in found.items()})
            done += len(asked)
            tick(done)
    if not tables:
        raise KeyboardInterrupt
    table = {name: np.concatenate([part[name] for part in tables]) for name in tables[0]}
    cells = {name: table.pop(name) for name in plan.axes}
    values = {name.removeprefix("value "): entries for name, entries in table.items()}
    unresolved = values.pop(UNRESOLVED)
    provenance = {"measure": plan.label, "seed": plan.seed, "points": done, "level": level, "value": value}
    provenance |= {"diagram": plan.diagram.name if plan.diagram else None, "interrupted": done < goal}
    return Refinement((first, second), cells, values, unresolved, provenance | circumstances(), quantities)


@dataclass(frozen=True)
class _Batch:
    """The points of a plan that the learner asked for at one time, after `before` others."""

    plan: Plan
    points: Columns
    before: int
    task = staticmethod(evaluate)

    @property
    def measure(self) -> Callable[..., Any]:
        return self.plan.measure

    @property
    def seed(self) -> int:
        return self.plan.seed

    def cells(self, chunk: int) -> Columns:
        return {name: values[PART * chunk : PART * (chunk + 1)] for name, values in self.points.items()}

    def numbers(self, chunk: int) -> np.ndarray:
        first, *_ = self.cells(chunk).values()
        return self.before + PART * chunk + np.arange(first.size)


def _library() -> Any:
    try:
        from adaptive import Learner2D
    except ImportError:
        raise ImportError("refine needs the adaptive library: pip install 'solvable[adaptive]'") from None
    return Learner2D


def _evaluate(batch: _Batch, executor: Executor | None) -> Columns | None:
    """What is found at the points; None if interrupted."""
    size = next(iter(batch.points.values())).size
    found: dict[int, Columns] = {}
    if not run_chunks(batch, range(-(-size // PART)), executor, found.__setitem__):
        return None
    parts = [found[chunk] for chunk in sorted(found)]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _learned(found: Columns, value: str | None, level: float | None, quantities: Mapping[str, Quantity]) -> np.ndarray:
    """What the learner sees of the values that were found."""
    names = [name for name in found if name != UNRESOLVED]
    name = choice("value", value if value is not None else next(iter(names), None), names)
    if level is not None:
        return (found[name] > level).astype(float)
    seen = shown(found[name], quantities.get(name, Quantity(name)))
    if not np.all(np.isfinite(seen)):
        worst = found[name][~np.isfinite(seen)][0]
        raise ValueError(f"{name} must be finite for refine to learn it, got {worst}; give level= to learn an event")
    return seen
