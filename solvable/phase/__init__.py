"""Maps and boundaries over parameters: what is measured in each cell, with the theory drawn over it.

A *measure* takes one value of each axis and returns numbers. `grid` evaluates it on a product of axes, `boundary`
finds where an event begins, column by column, `refine` puts samples where a map changes. A named *diagram* is a
measure with its axes, labels, theory and paper.
"""

from ..common.lazy import lazy_names

_HOMES = {
    "Axis": "diagram",
    "Curve": "diagram",
    "Diagram": "diagram",
    "PhaseBoundary": "phase_boundary",
    "PhaseMap": "phase_map",
    "Quantity": "diagram",
    "Refinement": "refinement",
    "boundary": "boundaries",
    "grid": "mapping",
    "load": "loading",
    "refine": "refining",
    "vectorized": "measures",
}

__all__ = sorted(_HOMES)

__getattr__, __dir__ = lazy_names(globals(), _HOMES)
