"""Demonstrations for a lecture: pages with sliders, the theorem drawn over what runs.

Each is a marimo app, ``figures/demos/NAME.py``, that only lays out its controls; what it computes and draws is in
``figures/demos/logic/NAME.py``, which needs no browser and no marimo. ``solvable demo NAME`` opens one.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

NAMES = ("diagonal", "scalar", "relu", "label-noise", "modified")


def logic_of(name: str) -> ModuleType:
    """The module that computes and draws a demonstration: ``TITLE, WARM, compute, draw, numbers``."""
    return import_module(f"{__name__}.logic.{name.replace('-', '_')}")


def file_of(name: str) -> Path:
    """The marimo app."""
    return Path(__file__).parent / f"{name.replace('-', '_')}.py"


def warm_up(name: str) -> None:
    """Load or compile what a demonstration needs, so that no change of a slider has to wait for it."""
    from .logic.page import image

    logic = logic_of(name)
    for settings in logic.WARM:
        arrays = logic.compute(**settings)
        logic.numbers(arrays)
        image(logic.draw(arrays))
