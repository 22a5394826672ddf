"""A boundary: where an event begins or ends along one parameter, as a function of the others."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .bracket import Bracket
from .diagram import Diagram


@dataclass(frozen=True, eq=False)
class Samples:
    """Evaluations, one an entry: the parameters ``cells[name]``, the ``value`` found and whether that is the ``event``.

    ``unresolved``: the measure said so, or returned NaN. ``probe``: drawn to check monotonicity. ``contradicts``: it
    shows that the event changes more than once in its column.
    """

    cells: dict[str, np.ndarray]
    value: np.ndarray
    event: np.ndarray
    unresolved: np.ndarray
    probe: np.ndarray
    contradicts: np.ndarray

    def __len__(self) -> int:
        return int(self.value.size)

    def where(self, chosen: np.ndarray) -> Samples:
        """The `chosen` evaluations, a mask or indices."""
        cells = {name: values[chosen] for name, values in self.cells.items()}
        return Samples(cells, **{name: getattr(self, name)[chosen] for name in _FIELDS})


_FIELDS = ("value", "event", "unresolved", "probe", "contradicts")


@dataclass(frozen=True, eq=False, repr=False)
class PhaseBoundary:
    """What `solvable.phase.boundary` returns. Arrays have the shape of the columns, one dimension an axis of `axes`.

    Attributes
    ----------
    axes : name -> values of the parameters that span the columns.
    names : all parameters, the vertical one first.
    bracket : the parameter that was searched, its range and scale.
    position : the middle of ``low`` and ``high`` (geometric on a log scale); NaN where the event is alike at both ends
        of the bracket.
    low, high : the event is not the same at these two places; NaN as in ``position``.
    event_low, event_high : bool, whether the event happens at the lower and at the upper end of the bracket. Where they
        agree there is no boundary between, as far as seen: both True means that it happens throughout.
    monotone : bool, no evaluation contradicts a single change (none, where the ends agree). False means that there are
        several, of which ``position`` is one.
    unresolved : how many evaluations of the column neither converged nor diverged, or were NaN. They count by the value
        that the measure returned, and NaN counts as no event.
    computed : bool, False for a column that an interruption came before; its other entries mean nothing.
    samples : all evaluations.
    provenance : what was run.
    """

    axes: dict[str, np.ndarray]
    names: tuple[str, ...]
    bracket: Bracket
    position: np.ndarray
    low: np.ndarray
    high: np.ndarray
    event_low: np.ndarray
    event_high: np.ndarray
    monotone: np.ndarray
    unresolved: np.ndarray
    computed: np.ndarray
    samples: Samples
    provenance: dict[str, Any] = field(default_factory=dict)
    diagram: Diagram | None = None

    @property
    def along(self) -> str:
        """The parameter that was searched."""
        return self.bracket.name

    @property
    def evaluations(self) -> int:
        """How many times the measure was evaluated."""
        return len(self.samples)

    @property
    def counterexamples(self) -> Samples:
        """The evaluations that contradict a single change in their column."""
        return self.samples.where(self.samples.contradicts)

    def plot(self, diagram: Diagram | None = None) -> Any:
        """A picture, a matplotlib figure, with the theory of the `diagram` (by default the one that was measured)."""
        from .boundary_drawing import draw_boundary

        return draw_boundary(self, diagram or self.diagram)

    def to_npz(self, path: Any) -> None:
        """Save arrays and provenance (JSON text) in one npz without pickles.

        Columns are ``axis_NAME``, samples ``sample_value`` and so on, and their parameters ``sample_cell_NAME``.
        """
        samples = {f"sample_{name}": getattr(self.samples, name) for name in _FIELDS}
        cells = {f"sample_cell_{name}": values for name, values in self.samples.cells.items()}
        axes = {f"axis_{name}": values for name, values in self.axes.items()}
        text = np.array(json.dumps(self.provenance, sort_keys=True))
        np.savez(path, **self._columns(), **axes, **samples, **cells, provenance=text)  # type: ignore[arg-type]

    def to_xarray(self) -> Any:
        """An ``xarray.Dataset`` with the columns as dimensions (extra ``sweep``)."""
        try:
            import xarray
        except ImportError:
            raise ImportError("to_xarray needs xarray: pip install 'solvable[sweep]'") from None
        return xarray.Dataset(
            {name: (tuple(self.axes), values) for name, values in self._columns().items()},
            coords=self.axes,
            attrs={"along": self.along, "provenance": json.dumps(self.provenance, sort_keys=True)},
        )

    def summary(self) -> dict[str, str]:
        """What was found, in words."""
        found, seen = np.isfinite(self.position), self.counterexamples
        always, never = ~found & self.event_low, ~found & ~self.event_low
        columns = np.where(~self.monotone.ravel())[0]
        return {
            "boundary": f"{self.along} in [{self.bracket.low:g}, {self.bracket.high:g}] ({self.bracket.scale})",
            "columns": f"{found.size} over {', '.join(self.axes) or 'nothing'}, {np.sum(found)} with a boundary",
            "no boundary": f"event throughout in {np.sum(always)}, at neither end in {np.sum(never)}",
            "not monotone": f"{columns.size} columns ({len(seen)} points contradict)",
            "unresolved": f"{np.sum(self.unresolved)} evaluations, counted by their value (NaN: no event)",
            "evaluations": str(self.evaluations),
        }

    def __repr__(self) -> str:
        return f"PhaseBoundary({'; '.join(f'{key}: {text}' for key, text in self.summary().items())})"

    def _repr_html_(self) -> str:
        cells = "".join(f"<tr><th style='text-align:left'>{k}</th><td>{v}</td></tr>" for k, v in self.summary().items())
        return f"<table>{cells}</table>"

    def _columns(self) -> dict[str, np.ndarray]:
        names = ("position", "low", "high", "event_low", "event_high", "monotone", "unresolved", "computed")
        return {name: getattr(self, name) for name in names}
