"""The figures of ``solvable``, one module each.

A module holds ``TITLE``, ``CLAIMS`` (whose evidence it shows, the closest first), ``CAPTION`` (what is measured, what is
theory), ``data() -> dict of arrays`` and ``draw(arrays) -> Figure``. ``python -m figures`` makes them all again, with the
pages.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

SOLVABLE_FIGURES = True
"""The name ``figures`` is generic: this mark tells the package from another one of the same name."""

NAMES = (
    "kernel-to-rich",
    "beta-path",
    "hypentropy-potential",
    "saddle-staircase",
    "gain-shape",
    "edge-of-stability",
    "sparse-recovery",
    "regularization-richness",
    "slow-drift",
    "noise-shapes",
    "label-noise-path",
    "one-datapoint",
    "stationary-circle",
    "weak-order",
    "modified-flows",
    "modified-slopes",
    "truncation",
    "momentum-penalty",
    "deep-singular-values",
    "riccati-solution",
    "sensing-counterexample",
    "sensing-recovery",
    "scalar-map",
    "completion-divergence",
)


def module_of(name: str) -> ModuleType:
    """The module of a figure."""
    return import_module(f"{__name__}.{name.replace('-', '_')}")
