"""A named diagram: a measure, the axes it is drawn over, and the theory that is drawn over it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .phase_map import PhaseMap


@dataclass(frozen=True, eq=False)
class Axis:
    """One parameter of a diagram: its `label` in mathtext, its values, and those of the fine map.

    The first axis of a diagram is drawn upwards, the second to the right.
    """

    label: str
    values: np.ndarray
    fine: np.ndarray
    scale: str = "linear"


@dataclass(frozen=True)
class Quantity:
    """One value of a cell: its `label` in mathtext and `unit`, and how colors stand for it.

    `scale` is ``"linear"``, ``"log"`` or ``"diverging"`` (about `center`); `limits` cut the colors, not the values.
    `levels`: values whose measured level lines are drawn, to be compared with predicted ones.
    """

    label: str
    unit: str = ""
    scale: str = "linear"
    limits: tuple[float, float] | None = None
    center: float = 0.0
    levels: tuple[float, ...] = ()


@dataclass(frozen=True, eq=False)
class Curve:
    """A prediction in the plane of the axes: points ``x`` (second axis) and ``y`` (first axis), drawn as one line."""

    x: np.ndarray
    y: np.ndarray
    label: str = ""


@dataclass(frozen=True, eq=False)
class Diagram:
    """A phase diagram with a name.

    Parameters
    ----------
    name : words joined by hyphens.
    title, statement : one line each: what one sees, and what theory says about it (mathtext).
    source : the paper, ``"arXiv:..."``.
    axes : two parameters, the vertical one first.
    values : the quantities that `measure` returns; the first is the one that is drawn.
    measure : see `solvable.phase.measures`.
    theory : the curves to be drawn over a map; it sees the axes of the map and none of its values.
    chunk : how many cells make a unit of work.
    """

    name: str
    title: str
    statement: str
    source: str
    axes: Mapping[str, Axis]
    values: Mapping[str, Quantity]
    measure: Callable[..., Any]
    theory: Callable[[Mapping[str, np.ndarray]], Sequence[Curve]]
    chunk: int = 256
    notes: Mapping[str, str] = field(default_factory=dict)

    def axis_values(self, *, fine: bool = False) -> dict[str, np.ndarray]:
        """The values of every axis, of the default map or the fine one."""
        return {name: np.array(axis.fine if fine else axis.values) for name, axis in self.axes.items()}

    def plot(self, phase_map: PhaseMap, value: str | None = None) -> Any:
        """The map of one `value` (by default the first) with the theory over it, a matplotlib figure."""
        from .drawing import draw

        return draw(phase_map, self, value)
