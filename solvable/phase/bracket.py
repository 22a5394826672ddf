"""The range of the parameter that is searched, and the columns that the others span."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.checks import choice
from .plan import Plan


@dataclass(frozen=True)
class Bracket:
    """The parameter `name` from `low` to `high`, on a ``"linear"`` or ``"log"`` scale."""

    name: str
    low: float
    high: float
    scale: str = "linear"

    def at(self, share: Any) -> np.ndarray:
        """The place at each `share` of the way; both ends are exact.

        >>> Bracket("step_size", 0.1, 10.0, "log").at([0.0, 0.5, 1.0]).round(12).tolist()
        [0.1, 1.0, 10.0]
        """
        s = np.asarray(share, dtype=float)
        if self.scale == "log":
            inside = np.exp((1 - s) * math.log(self.low) + s * math.log(self.high))
        else:
            inside = (1 - s) * self.low + s * self.high
        return np.where(s == 0, self.low, np.where(s == 1, self.high, inside))

    def share(self, place: Any) -> np.ndarray:
        """How far along each `place` lies; the inverse of `at` up to rounding."""
        at = np.asarray(place, dtype=float)
        if self.scale == "log":
            return np.asarray(np.log(at / self.low) / math.log(self.high / self.low))
        return np.asarray((at - self.low) / (self.high - self.low))


def bracket_of(plan: Plan, name: str, scale: str | None = None) -> Bracket:
    """The bracket between the first and the last value of an axis, in either order.

    The `scale` is the one given, that of the diagram, or a linear one.

    Raises
    ------
    ValueError : the two values are one, or not positive on a logarithmic scale.
    """
    if scale is None and plan.diagram is not None:
        scale = plan.diagram.axes[name].scale
    scale = choice("scale", "linear" if scale is None else scale, ("linear", "log"))
    low, high = sorted(plan.axes[name][[0, -1]].tolist())
    if low == high:
        raise ValueError(f"axis {name} must have a first and another last value, the bracket, got {low:g} alone")
    if scale == "log" and low <= 0:
        raise ValueError(f"axis {name} must be > 0 on a log scale, got {low:g}")
    return Bracket(name, low, high, scale)


def columns_of(axes: Mapping[str, np.ndarray]) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """The columns over the product of `axes`, the last one fastest: their parameters and their numbers.

    >>> columns_of({"a": np.array([1.0, 2.0]), "b": np.array([3.0, 4.0])})[0]["a"].tolist()
    [1.0, 1.0, 2.0, 2.0]
    """
    grids = np.meshgrid(*axes.values(), indexing="ij")
    numbers = np.arange(int(np.prod([entries.size for entries in axes.values()])))
    return {name: grid.ravel() for name, grid in zip(axes, grids, strict=True)}, numbers
