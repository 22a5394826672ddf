"""The range of one parameter, on a linear or a logarithmic scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Bracket:
    """The parameter `name` from `low` to `high`, on a ``"linear"`` or ``"log"`` scale."""

    name: str
    low: float
    high: float
    scale: str = "linear"

    def at(self, share: Any) -> np.ndarray:
        """The place at each `share` of the way; both ends are exact.

        >>> Bracket("step_size", 0.1, 10.0, "log").at([0.0, 0.5, 1.0]).tolist()
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


def bracket_of(name: str, values: np.ndarray, scale: str) -> Bracket:
    """The bracket between the first and the last of the `values`, in either order.

    >>> bracket_of("step_size", np.array([2.0, 1.0, 0.5]), "log")
    Bracket(name='step_size', low=0.5, high=2.0, scale='log')

    Raises
    ------
    ValueError : the two are one, or not positive on a logarithmic scale.
    """
    if values.size < 2 or values[0] == values[-1]:
        raise ValueError(f"axis {name} must have a first and another last value, the bracket, got {values.tolist()}")
    low, high = sorted((float(values[0]), float(values[-1])))
    if scale == "log" and low <= 0:
        raise ValueError(f"axis {name} must be > 0 on a log scale, got {low:g}")
    return Bracket(name, low, high, scale)
