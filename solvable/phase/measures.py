"""What a cell of a map is worth: numbers as a function of the parameters that the axes name.

A measure is a function of the names of the axes. It returns a number, or a mapping of names to numbers; the entry
``unresolved``, if there is one, says that the cell neither converged nor diverged within its horizon. A measure that has
the parameters ``seed`` and ``replica`` gets them: the replica is the number of the cell in the map, so that
``simulate(..., seed=seed, replica=replica)`` draws from one stream a cell, whatever computes it.

A plain function is called cell by cell with floats. One marked `vectorized` gets a one-dimensional array for each name,
one entry a cell, and returns arrays: a tile of cells goes to the compiled ensembles in one call.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np

Function = TypeVar("Function", bound=Callable[..., Any])

UNRESOLVED = "unresolved"


def vectorized(function: Function) -> Function:
    """Mark a measure that takes arrays, one entry a cell, and returns arrays of the same length.

    >>> @vectorized
    ... def area(width, height):
    ...     return width * height
    >>> is_vectorized(area)
    True
    """
    function.vectorized = True  # type: ignore[attr-defined]
    return function


def is_vectorized(measure: Callable[..., Any]) -> bool:
    """Whether `measure` takes arrays of cells."""
    return bool(getattr(measure, "vectorized", False))


def check_names(measure: Callable[..., Any], names: tuple[str, ...]) -> frozenset[str]:
    """Which of ``seed`` and ``replica`` the measure takes.

    Raises
    ------
    ValueError : the measure has no parameter of the name of an axis, or one that no axis gives.
    """
    parameters = inspect.signature(measure).parameters.values()
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters)
    named = {p.name: p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    label = getattr(measure, "__name__", "measure")
    if not open_ended and (unknown := [name for name in names if name not in named]):
        raise ValueError(f"axis {unknown[0]!r} is no parameter of {label}, which has {', '.join(named) or 'none'}")
    extra = {"seed", "replica"} - set(names)
    needed = [name for name, p in named.items() if p.default is p.empty and name not in (*names, *extra)]
    if needed:
        raise ValueError(f"{label} needs an axis {needed[0]!r}; the axes are {', '.join(names)}")
    return frozenset(extra & named.keys())


def evaluate(
    measure: Callable[..., Any], cells: Mapping[str, np.ndarray], *, seed: int, replica: np.ndarray
) -> dict[str, np.ndarray]:
    """The values in the `cells`, one array of their length for each name that the measure returns.

    Raises
    ------
    ValueError : what the measure returns is no number, or has another length than the cells, or other names in one
        cell than in another.
    """
    takes = check_names(measure, tuple(cells))
    label = getattr(measure, "__name__", "measure")
    if is_vectorized(measure):
        extra = {name: value for name, value in (("seed", seed), ("replica", replica)) if name in takes}
        return _columns(measure(**cells, **extra), label, replica.size)
    rows = []
    for k in range(replica.size):
        extra = {name: value for name, value in (("seed", seed), ("replica", int(replica[k]))) if name in takes}
        rows.append(_named(measure(**{name: float(values[k]) for name, values in cells.items()}, **extra)))
    if any(row.keys() != rows[0].keys() for row in rows):
        raise ValueError(f"{label} must return the same names in every cell")
    return _columns({name: [row[name] for row in rows] for name in rows[0]}, label, replica.size)


def _named(returned: Any) -> dict[str, Any]:
    return dict(returned) if isinstance(returned, Mapping) else {"value": returned}


def _columns(returned: Any, label: str, size: int) -> dict[str, np.ndarray]:
    columns = {}
    for name, values in _named(returned).items():
        try:
            column = np.asarray(values, dtype=bool if name == UNRESOLVED else float)
        except (TypeError, ValueError):
            raise ValueError(f"{label} must return numbers, but {name} is {values!r:.60}") from None
        if column.shape != (size,):
            raise ValueError(f"{label} must return one number a cell, but {name} has shape {column.shape} for {size}")
        columns[str(name)] = column
    return columns
