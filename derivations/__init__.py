"""The third road: from a definition to a formula, in sympy, and from the formula to compiled code.

- `modified_field`: the modified equation of an optimizer on a loss, to any order; compiled, checked, with its loss or
  its curl. `bseries`: the same for all losses at once, as coefficients of rooted trees.
- `regularizer`, `mirror_potential`, `gaussian_mean`, `stationary_covariance`: implicit regularizers, each from its
  definition.
- `derive`: any of these as a readable derivation with a check.

Imports nothing of ``solvable``: a formula that is to be tested must not see the experiment.
"""

from __future__ import annotations

import importlib
from typing import Any

SOLVABLE_DERIVATIONS = True
"""Marks this package as ours: `derivations` is a name that others may use."""

_HOMES = {
    "Derivation": "derivation",
    "ModifiedField": "field",
    "NotAGradient": "gradients",
    "RootedTree": "trees",
    "bseries": "backward_series",
    "derive": "derivation",
    "gaussian_mean": "gaussian",
    "mirror_potential": "mirror",
    "modified_field": "modified_equation",
    "multistep_coefficients": "multistep",
    "regularizer": "flatness",
    "rooted_trees": "trees",
    "stationary_covariance": "lyapunov",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
