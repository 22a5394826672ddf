"""The figures of ``solvable``, one module each.

A module holds ``TITLE``, ``SUMMARY`` (two sentences: what one sees), ``ANSWERS`` (the figure of a paper to hold it
against), ``CLAIMS`` (whose evidence it shows, the closest first), ``CAPTION`` (what is measured, what is theory),
``data() -> dict of arrays`` and ``draw(arrays) -> Figure``. ``python -m figures`` makes them all again, with the pages.
"""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path
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
    "pinned-knots",
    "relu-phase-diagram",
    "relu-label-noise",
    "gradient-gaps",
    "three-interpolants",
    "stable-curvature",
)


def module_of(name: str) -> ModuleType:
    """The module of a figure."""
    return import_module(f"{__name__}.{name.replace('-', '_')}")


def claims_of(name: str) -> tuple[str, ...]:
    """The claims whose evidence a figure shows, the closest first: read from its source, nothing is imported.

    >>> claims_of("label-noise-path")
    ('li2022-central-path', 'li2022-weighted-l1')
    """
    source = (Path(__file__).parent / f"{name.replace('-', '_')}.py").read_text(encoding="utf-8")
    found = re.search(r"^CLAIMS = (\(.*?\))$", source, re.MULTILINE | re.DOTALL)
    return tuple(ast.literal_eval(found[1])) if found else ()


def figures_of(claim_id: str) -> list[str]:
    """The figures that show evidence for a claim, first those that it is closest to."""
    rank = {name: claims_of(name).index(claim_id) for name in NAMES if claim_id in claims_of(name)}
    return sorted(rank, key=lambda name: rank[name])
