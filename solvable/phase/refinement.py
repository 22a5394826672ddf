"""Samples of a map where it matters, and the map that is interpolated between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .bracket import Bracket
from .diagram import Quantity
from .phase_map import PhaseMap


@dataclass(frozen=True, eq=False)
class Refinement:
    """Samples of a map over two axes: ``cells[name]``, ``values[name]`` and ``unresolved``, each ``(points,)``.

    ``quantities`` says on which scale and inside which limits a value is shown, as far as a diagram does.
    """

    brackets: tuple[Bracket, Bracket]
    cells: dict[str, np.ndarray]
    values: dict[str, np.ndarray]
    unresolved: np.ndarray
    provenance: dict[str, Any] = field(default_factory=dict)
    quantities: Mapping[str, Quantity] = field(default_factory=dict)

    def to_map(self, count: int = 200) -> PhaseMap:
        """The map on a grid of ``count x count``: linear between the samples, nearest where a sample is not finite.

        Both as shown: in logarithms if the scale of the value is logarithmic, cut at its limits. A cell is unresolved
        where the nearest sample is.
        """
        from scipy.interpolate import LinearNDInterpolator, NearestNDInterpolator

        shares = np.linspace(0.0, 1.0, count)
        grid = np.stack(np.meshgrid(shares, shares, indexing="ij"), axis=-1)
        known = np.stack([b.share(self.cells[b.name]) for b in self.brackets], axis=-1)
        values = {}
        for name, found in self.values.items():
            quantity = self.quantities.get(name, Quantity(name))
            seen = shown(found, quantity)
            between = LinearNDInterpolator(known, np.where(np.isfinite(seen), seen, np.nan))(grid)
            near = NearestNDInterpolator(known, seen)(grid)
            values[name] = np.where(np.isfinite(between), between, near)
            if quantity.scale == "log":
                values[name] = np.exp(values[name])
        unresolved = NearestNDInterpolator(known, self.unresolved)(grid).astype(bool)
        note = {"interpolated": f"linearly between {self.unresolved.size} samples"}
        return PhaseMap({b.name: b.at(shares) for b in self.brackets}, values, unresolved, self.provenance | note)


def shown(values: np.ndarray, quantity: Quantity) -> np.ndarray:
    """The `values` as a picture shows them: cut at the limits of the colors, in logarithms on a logarithmic scale.

    >>> shown(np.array([0.0, 1.0, np.inf]), Quantity("loss", scale="log", limits=(np.exp(-3), np.exp(2)))).tolist()
    [-3.0, 0.0, 2.0]
    """
    cut = np.clip(values, *quantity.limits) if quantity.limits else values
    if quantity.scale != "log":
        return cut
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log(cut))
