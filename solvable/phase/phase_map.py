"""A map: named values over a product of named axes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True, eq=False)
class PhaseMap:
    """What `solvable.phase.grid` returns.

    Attributes
    ----------
    axes : name -> values ``(N_k,)``, in the order of the dimensions.
    values : name -> array ``(N_1, N_2, ...)``; NaN where a cell has not been computed.
    unresolved : bool ``(N_1, N_2, ...)``: cells that neither converged nor diverged, or were not computed.
    provenance : what was run: measure, seed, versions, content hash.
    """

    axes: dict[str, np.ndarray]
    values: dict[str, np.ndarray]
    unresolved: np.ndarray
    provenance: dict[str, Any] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, ...]:
        """The number of values of each axis."""
        return tuple(axis.size for axis in self.axes.values())

    def plot(self, value: str | None = None) -> Any:
        """A picture of one `value` (by default the first): a matplotlib figure, with the theory of a named diagram."""
        from .drawing import draw

        return draw(self, None, value)
