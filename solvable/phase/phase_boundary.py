"""A boundary: where an event begins or ends along one parameter, as a function of the others."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from . import boundary_saving
from .bracket import Bracket
from .diagram import Diagram
from .measures import Values

COUNTED = "they count by their value, NaN as no event"
"""What unresolved evaluations count as."""
_SPACED = {"linear": "halved evenly", "log": "halved in logarithms"}


@dataclass(frozen=True, eq=False)
class Samples:
    """Evaluations, one an entry: the parameters ``cells[name]``, the ``value`` found and whether that is the ``event``.

    ``unresolved``: the measure said so, or returned NaN. ``probe``: drawn to check monotonicity. ``contradicts``: it
    shows that the event changes more than once in its column.
    """

    cells: Values
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
        return Samples(cells, **{name: getattr(self, name)[chosen] for name in boundary_saving.SAMPLES})


@dataclass(frozen=True, eq=False, repr=False)
class PhaseBoundary:
    """What `solvable.phase.boundary` returns. Arrays have the shape of the columns, one dimension an axis of `axes`.

    Attributes
    ----------
    axes : name -> values of the parameters that span the columns.
    names : all parameters, the vertical one first.
    bracket : the parameter that was searched, its range and spacing.
    position : the middle of ``low`` and ``high`` (geometric where logarithms are halved); NaN where the event is alike
        at both ends of the bracket.
    low, high : the event is not the same at these two places; NaN as in ``position``.
    event_low, event_high : bool, whether the event happens at the lower and at the upper end of the bracket. Where they
        agree there is no boundary between, as far as seen: both True means that it happens throughout.
    monotone : bool, no evaluation contradicts a single change (none, where the ends agree). False means that there are
        several, of which ``position`` is one.
    unresolved_count : how many evaluations of the column neither converged nor diverged, or were NaN. They count by the
        value that the measure returned, and NaN counts as no event.
    computed : bool, False for a column that an interruption came before; its other entries mean nothing.
    samples : all evaluations.
    provenance : what was run.
    """

    axes: Values
    names: tuple[str, ...]
    bracket: Bracket
    position: np.ndarray
    low: np.ndarray
    high: np.ndarray
    event_low: np.ndarray
    event_high: np.ndarray
    monotone: np.ndarray
    unresolved_count: np.ndarray
    computed: np.ndarray
    samples: Samples
    provenance: dict[str, Any] = field(default_factory=dict)
    diagram: Diagram | None = None

    @property
    def along(self) -> str:
        """The parameter that was searched."""
        return self.bracket.name

    @property
    def event(self) -> str:
        """The event, in words."""
        search = self.provenance.get("search", {})
        return f"{search.get('value') or 'the first value'} > {search.get('level', 0.5):g}"

    @property
    def evaluations(self) -> int:
        """How many times the measure was evaluated."""
        return len(self.samples)

    @property
    def counterexamples(self) -> Samples:
        """The evaluations that contradict a single change in their column."""
        return self.samples.where(self.samples.contradicts)

    @property
    def state(self) -> str:
        """How much of it is computed, in words."""
        done, columns = int(np.sum(self.computed)), self.computed.size
        return "all columns finished" if done == columns else f"{done} of {columns} columns finished"

    def plot(self, *, diagram: Diagram | None = None) -> Any:
        """A picture, a matplotlib figure, with labels and theory of `diagram`, by default the one that was measured."""
        from .boundary_drawing import draw_boundary

        return draw_boundary(self, diagram or self.diagram)

    def to_npz(self, path: Any) -> None:
        """Save arrays, samples and provenance in one npz without pickles; `solvable.phase.load` reads it."""
        boundary_saving.to_npz(self, path)

    def to_csv(self, path: Any) -> None:
        """Save one row a column."""
        boundary_saving.to_csv(self, path)

    def to_xarray(self) -> Any:
        """An ``xarray.Dataset`` with the columns as dimensions; labels are those of a diagram (extra ``sweep``)."""
        return boundary_saving.to_xarray(self)

    def summary(self) -> dict[str, str]:
        """What was found, in words."""
        computed, found = self.computed, np.isfinite(self.position)
        always, never = computed & ~found & self.event_low, computed & ~found & ~self.event_low
        where = f"from {self.bracket.low:g} to {self.bracket.high:g}, {_SPACED[self.bracket.spacing]}"
        probes = self.provenance.get("search", {}).get("probes", 0)
        chance = 1 - 0.9**probes
        over = " x ".join(f"{name} ({values.size})" for name, values in self.axes.items())
        rows = {
            "measure": str(self.provenance.get("measure", "?")),
            "boundary": f"{self.along} ({where}) over {over or 'nothing'}",
            "event": self.event,
            "found in": f"{np.sum(found)} of {found.size} columns",
            "not found in": f"{np.sum(always)} with the event at both ends, {np.sum(never)} with it at neither",
            "checked by": f"{probes} points a column: another change on a tenth of it shows with chance {chance:.0%}",
            "not monotone": f"{np.sum(~self.monotone)} columns, by {np.sum(self.samples.contradicts)} evaluations",
            "unresolved": f"{np.sum(self.unresolved_count)} of {self.evaluations} evaluations; {COUNTED}",
        }
        if self.provenance.get("random"):
            rows["noise"] = "one stream a column; brackets and probes do not see what another would give"
        return rows if np.all(computed) else rows | {"not computed": f"{np.sum(~computed)} columns"}

    def __repr__(self) -> str:
        return f"PhaseBoundary({'; '.join(f'{name}: {text}' for name, text in self.summary().items())})"

    def _repr_html_(self) -> str:
        lines = "".join(
            f"<tr><th style='text-align:left'>{html.escape(name)}</th><td>{html.escape(text)}</td></tr>"
            for name, text in self.summary().items()
        )
        return f"<table>{lines}</table>"
