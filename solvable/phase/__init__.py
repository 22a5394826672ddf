"""Maps and boundaries over parameters: what is measured in each cell, with the theory drawn over it.

A *measure* takes one value of each axis and returns numbers. `grid` evaluates it on a product of axes, `boundary`
finds where an event begins, column by column. A named *diagram* is a measure with its axes, labels, theory and paper.
"""

import importlib
from typing import Any

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
    "load": "table",
    "refine": "learning",
    "vectorized": "measures",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
