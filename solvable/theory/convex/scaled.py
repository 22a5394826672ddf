"""Dual coordinates of a potential with a scale a for each coordinate: what does not depend on the potential.

The dual point is ``xi = shift + X^T nu``, both at stage 1; at stage s of the continuation the scale is ``log a(s) =
origin + s (goal - origin)`` and the shift ``s shift``. Displacements of xi are measured in units of 1, in which the
weights ``db / dxi`` of the potentials here change by a factor of at most e.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from .continuation import Coordinates
from .graded import EPSILON


@dataclass(frozen=True)
class ScaledCoordinates(Coordinates):
    """xi at one stage; a potential adds `primal`, `weight`, `held_at` and `divergence`."""

    goal: np.ndarray
    shift: np.ndarray
    origin: float
    stage: float
    xi: np.ndarray
    lift: float = 0.0

    vectors = "goal", "shift", "xi"

    @abstractmethod
    def held_at(self, there: ScaledCoordinates) -> np.ndarray:
        """xi of the same primal point at the scale of `there`."""

    @property
    def log_a(self) -> np.ndarray:
        return self.origin + self.stage * (self.goal - self.origin) + self.lift

    @property
    def nats(self) -> float:
        return float(np.max(np.abs(self.goal - self.origin) + np.abs(self.shift), initial=0.0))

    def distance(self, dz: np.ndarray) -> float:
        return float(np.max(np.abs(dz)))

    def moved(self, dz: np.ndarray) -> Self:
        return replace(self, xi=self.xi + dz)

    def at(self, stage: float) -> tuple[Self, np.ndarray]:
        there = replace(self, stage=stage)
        xi = self.held_at(there)
        return replace(there, xi=xi), (xi - self.xi) - (stage - self.stage) * self.shift

    def final(self, range_part: np.ndarray) -> Self:
        return replace(self, stage=1.0, xi=self.shift + range_part)

    def mismatch(self, range_part: np.ndarray) -> np.ndarray:
        return np.abs(self.xi - self.stage * self.shift - range_part)

    def synchronized(self, range_part: np.ndarray) -> Self:
        return replace(self, xi=self.stage * self.shift + range_part)

    def grain(self, size: np.ndarray) -> np.ndarray:
        return EPSILON * size

    def heights(self) -> tuple[np.ndarray, np.ndarray]:
        return self.shift, self.goal

    def magnified(self, height: float) -> Self:
        return replace(self, lift=-height)
