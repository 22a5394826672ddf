"""The animations of ``solvable``, one module each.

A module holds ``TITLE``, ``CAPTION``, ``FRAMES`` (how many), ``data() -> dict of arrays`` and
``draw(arrays) -> (figure, show)``: the figure with all that rests, and a function that puts frame k on it.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

NAMES = ("saddle-to-saddle", "drift-along-the-minima", "pinning-knots")


def module_of(name: str) -> ModuleType:
    """The module of an animation."""
    return import_module(f"{__name__}.{name.replace('-', '_')}")
