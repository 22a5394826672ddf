"""What a map is, before anything is computed: its measure, axes, seed, and the pieces that it is computed in.

Two maps with the same specification have the same bits, whatever computes them: the cells are numbered with the last
axis running fastest, consecutive numbers make a chunk, and the size of a chunk depends on the measure and the number of
cells alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from inspect import signature
from typing import Any

import numpy as np

from ..common.checks import integer, real_array
from ..common.fingerprint import fingerprint
from .diagram import Diagram
from .diagrams import diagram_names, find_diagram
from .measures import Values, check_names, evaluate, is_vectorized
from .provenance import version_of
from .sources import label_of, locate, package_content

CHUNKS = 64
"""Into about so many pieces a map of a user's measure is cut, if the pieces are not too small or too large then."""
MOST_CELLS = 2**32
"""The numbers of cells are those of random streams."""
PLAIN, VECTORIZED = (1, 64), (32, 4096)


@dataclass(frozen=True, eq=False)
class Layout:
    """The axes of a map and the number of cells in a chunk."""

    axes: dict[str, np.ndarray]
    chunk_size: int

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(values.size for values in self.axes.values())

    @property
    def size(self) -> int:
        """The number of cells."""
        return math.prod(self.shape)

    @property
    def n_chunks(self) -> int:
        """The number of chunks."""
        return -(-self.size // self.chunk_size)

    def numbers(self, chunk: int) -> np.ndarray:
        """The numbers of the cells of a chunk."""
        return np.arange(chunk * self.chunk_size, min((chunk + 1) * self.chunk_size, self.size))

    def parameters(self, chunk: int) -> Values:
        """The parameters in the cells of a chunk."""
        indices = np.unravel_index(self.numbers(chunk), self.shape)
        return {name: values[at] for (name, values), at in zip(self.axes.items(), indices, strict=True)}


@dataclass(frozen=True, eq=False)
class Plan(Layout):
    """A map that is to be computed."""

    measure: Callable[..., Any]
    diagram: Diagram | None
    seed: int
    things = "cells"

    @property
    def task(self) -> Callable[..., Values]:
        """What makes the values of a chunk of the measure: here, those in its cells."""
        return evaluate

    @property
    def per_cell(self) -> int:
        """How many entries a cell has in every value."""
        return 1

    @property
    def details(self) -> dict[str, Any]:
        """What provenance says beyond measure, seed and circumstances."""
        return {}

    @property
    def named(self) -> str | None:
        """The name of the diagram, if it is one of the package's."""
        name = self.diagram.name if self.diagram else None
        return name if name in diagram_names() and find_diagram(name) is self.diagram else None

    @property
    def label(self) -> str:
        return self.diagram.name if self.diagram else label_of(self.measure)

    @cached_property
    def specification(self) -> dict[str, Any]:
        """All that the values depend on, as JSON data.

        Raises
        ------
        ValueError : the measure was not defined at the top of a file, so that its content cannot be hashed.
        """
        source = locate(self.measure, "be stored")
        return {
            "measure": self.label,
            "source": source.digest,
            "axes": {name: [values.size, fingerprint(values)] for name, values in self.axes.items()},
            "seed": self.seed,
            "chunk_size": self.chunk_size,
            "solvable": version_of("solvable"),
            "sources of solvable": package_content(),
        }

    @property
    def key(self) -> str:
        """The hash of the specification, by which a stored map is known."""
        return fingerprint(self.specification, list(self.axes))

    @property
    def known_key(self) -> str | None:
        """The key; None for a measure whose content cannot be hashed."""
        try:
            return self.key
        except ValueError:
            return None


def make_plan(measure: Any, axes: Mapping[str, Any] | None, seed: Any) -> Plan:
    """Check what a caller asks for.

    Raises
    ------
    ValueError : an unknown diagram, no function, or bad axes; see `solvable.phase.grid`.
    """
    diagram = find_diagram(measure) if isinstance(measure, str) else measure
    diagram = diagram if isinstance(diagram, Diagram) else None
    function = diagram.measure if diagram else measure
    if not callable(function):
        raise ValueError(f"measure must be a function or the name of a diagram, got {measure!r:.60}")
    checked = _axes(axes, diagram, function)
    check_names(function, tuple(checked))
    seed = integer("seed", seed, minimum=0, maximum=2**64 - 1)
    size = math.prod(values.size for values in checked.values())
    if size > MOST_CELLS:
        raise ValueError(f"a map may have at most {MOST_CELLS} cells, got {size}")
    least, most = VECTORIZED if is_vectorized(function) else PLAIN
    chunk_size = diagram.chunk_size if diagram else min(most, max(least, -(-size // CHUNKS)))
    return Plan(checked, chunk_size, function, diagram, seed)


def _axes(axes: Any, diagram: Diagram | None, function: Callable[..., Any]) -> dict[str, np.ndarray]:
    """The axes asked for; a diagram gives those that were not."""
    if axes is not None and not isinstance(axes, Mapping):
        raise ValueError(f"axes must be a mapping of names to values, got {type(axes).__name__}")
    asked = {str(name): _axis(str(name), values) for name, values in (axes or {}).items()}
    if diagram is None:
        if not asked:
            takes = ", ".join(signature(function).parameters)
            raise ValueError(f"axes must name at least one parameter of {label_of(function)} ({takes}), got none")
        return asked
    unknown = [name for name in asked if name not in diagram.axes]
    if unknown:
        raise ValueError(f"{diagram.name} has no axis {unknown[0]!r}; its axes are {', '.join(diagram.axes)}")
    return {name: asked.get(name, _axis(name, values)) for name, values in diagram.axis_values().items()}


def _axis(name: str, given: Any) -> np.ndarray:
    values = real_array(f"axis {name}", given, ndim=1) + 0.0  # -0.0 and 0.0 are one value
    if values.size == 0:
        raise ValueError(f"axis {name} must have at least one value, got none")
    ordered = np.sort(values)
    if (twice := ordered[1:][ordered[1:] == ordered[:-1]]).size:
        raise ValueError(f"axis {name} must not repeat a value, but {twice[0]:g} is there twice")
    return values
