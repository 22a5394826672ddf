"""What a search is about: a measure, the diagram that it belongs to if there is one, and the values of its axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.checks import choice, real_array
from .bracket import Bracket, bracket_of
from .diagram import Diagram
from .diagrams import find_diagram
from .measures import check_names


@dataclass(frozen=True, eq=False)
class Subject:
    """A measure with its axes, the vertical one first, and the `diagram` that was asked for by name or as an object."""

    function: Callable[..., Any]
    axes: dict[str, np.ndarray]
    diagram: Diagram | None

    @property
    def label(self) -> str:
        """The name of the diagram, or that of the function."""
        return self.diagram.name if self.diagram else getattr(self.function, "__name__", "measure")

    def bracket(self, name: str, scale: str | None) -> Bracket:
        """From the first to the last value of an axis, on the `scale` given, that of the diagram, or a linear one."""
        if scale is None and self.diagram is not None and name in self.diagram.axes:
            scale = self.diagram.axes[name].scale
        scale = choice("scale", "linear" if scale is None else scale, ("linear", "log"))
        return bracket_of(name, self.axes[name], scale)


def subject_of(measure: str | Diagram | Callable[..., Any], axes: Mapping[str, Any] | None) -> Subject:
    """The subject of a search: `measure` may be a diagram or its name, and then has axes of its own.

    Raises
    ------
    ValueError : there is no such diagram, a function came without axes, or the two do not fit.
    """
    diagram = find_diagram(measure) if isinstance(measure, str) else measure if isinstance(measure, Diagram) else None
    function: Any = diagram.measure if diagram else measure
    if axes is None:
        if diagram is None:
            raise ValueError("axes must be given, name -> values, unless the measure is a diagram")
        axes = diagram.axis_values()
    values = {name: real_array(f"axis {name}", entries, ndim=1) for name, entries in axes.items()}
    if not values:
        raise ValueError("axes must name at least one parameter")
    if empty := [name for name, entries in values.items() if not entries.size]:
        raise ValueError(f"axis {empty[0]} must have at least one value")
    check_names(function, tuple(values))
    return Subject(function, values, diagram)
