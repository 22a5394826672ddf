"""Samples of a map where it matters, and the map that is interpolated between them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .bracket import Bracket
from .phase_map import PhaseMap


@dataclass(frozen=True, eq=False)
class Refinement:
    """Samples of a map over two axes: ``cells[name]``, ``values[name]`` and ``unresolved``, each ``(points,)``."""

    brackets: tuple[Bracket, Bracket]
    cells: dict[str, np.ndarray]
    values: dict[str, np.ndarray]
    unresolved: np.ndarray
    provenance: dict[str, Any] = field(default_factory=dict)

    def to_map(self, count: int = 200) -> PhaseMap:
        """The map on a grid of ``count x count``: linear between the samples, nearest where a sample is not finite.

        A cell is unresolved where the nearest sample is.
        """
        from scipy.interpolate import LinearNDInterpolator, NearestNDInterpolator

        shares = np.linspace(0.0, 1.0, count)
        grid = np.stack(np.meshgrid(shares, shares, indexing="ij"), axis=-1)
        known = np.stack([b.share(self.cells[b.name]) for b in self.brackets], axis=-1)
        values = {}
        for name, found in self.values.items():
            near = NearestNDInterpolator(known, found)(grid)
            between = LinearNDInterpolator(known, np.where(np.isfinite(found), found, np.nan))(grid)
            values[name] = np.where(np.isfinite(between), between, near)
        unresolved = NearestNDInterpolator(known, self.unresolved)(grid).astype(bool)
        note = {"interpolated": f"linearly between {self.unresolved.size} samples"}
        return PhaseMap({b.name: b.at(shares) for b in self.brackets}, values, unresolved, self.provenance | note)
