"""What a cell of a map is worth: numbers as a function of the parameters that the axes name.

A measure is a function of the names of the axes. It returns a number, or a mapping of names to numbers; the entry
``unresolved``, if there is one, says that the cell neither converged nor diverged within its horizon. A measure that
has the parameters ``seed`` and ``replica`` gets them: the replica is the number of the cell in the map, so that
``simulate(..., seed=seed, replica=replica)`` draws from one stream a cell, whatever computes it.

A plain function is called cell by cell with floats. One marked `vectorized` gets a one-dimensional array for each name,
one entry a cell, and returns arrays: a tile of cells goes to the compiled ensembles in one call.
"""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Container, Iterable, Mapping
from concurrent.futures import CancelledError
from typing import Any, TypeVar

import numpy as np

Function = TypeVar("Function", bound=Callable[..., Any])

Values = dict[str, np.ndarray]
"""Arrays by name: what is measured in some cells, or their parameters."""

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


def is_random(measure: Callable[..., Any]) -> bool:
    """Whether `measure` asks for a stream of random numbers.

    >>> is_random(lambda scale, seed, replica: 0.0), is_random(lambda scale: 0.0)
    (True, False)
    """
    return not {"seed", "replica"}.isdisjoint(inspect.signature(measure).parameters)


def check_names(measure: Callable[..., Any], names: tuple[str, ...]) -> frozenset[str]:
    """Which of ``seed`` and ``replica`` the measure takes.

    Raises
    ------
    ValueError : the measure has no parameter of the name of an axis, or one that no axis gives.
    """
    parameters = inspect.signature(measure).parameters.values()
    open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters)
    named = {p.name: p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
    label = _label(measure)
    if not open_ended and (unknown := [name for name in names if name not in named]):
        raise ValueError(f"axis {unknown[0]!r} is no parameter of {label}, which has {', '.join(named) or 'none'}")
    extra = {"seed", "replica"} - set(names)
    needed = [name for name, p in named.items() if p.default is p.empty and name not in (*names, *extra)]
    if needed:
        raise ValueError(f"{label} needs an axis {needed[0]!r}; the axes are {', '.join(names)}")
    return frozenset(extra & named.keys())


def evaluate(
    measure: Callable[..., Any],
    cells: Mapping[str, np.ndarray],
    *,
    seed: int,
    replica: np.ndarray,
    stop: threading.Event | None = None,
) -> Values:
    """The values in the `cells`, one array of their length for each name that the measure returns.

    Raises
    ------
    ValueError : the measure fails, or what it returns is no number, or has another length than the cells, or other
        names in one cell than in another, or the name of an axis.
    CancelledError : `stop` was set meanwhile; a run that ended early has told the measure nothing.
    """
    takes = check_names(measure, tuple(cells))
    if is_vectorized(measure):
        extra = {name: value for name, value in (("seed", seed), ("replica", replica)) if name in takes}
        return _checked(_call(measure, {**cells, **extra}, stop), measure, cells, replica.size)
    rows = []
    for k in range(replica.size):
        extra = {name: value for name, value in (("seed", seed), ("replica", int(replica[k]))) if name in takes}
        cell = {name: float(values[k]) for name, values in cells.items()}
        rows.append(_named(_call(measure, {**cell, **extra}, stop)))
    if odd := [row for row in rows if row.keys() != rows[0].keys()]:
        raise ValueError(names_differ(_label(measure), rows[0], odd[0]))
    return _checked({name: [row[name] for row in rows] for name in rows[0]}, measure, cells, replica.size)


def names_differ(label: str, some: Iterable[str], other: Iterable[str]) -> str:
    """What is said of a measure that returns these names in one cell and those in another."""
    return f"{label} must return the same names in every cell, got {', '.join(some)} and {', '.join(other)}"


def _call(measure: Callable[..., Any], arguments: dict[str, Any], stop: threading.Event | None) -> Any:
    try:
        returned = measure(**arguments)
    except Exception as error:
        failure: Exception | None = error
    else:
        failure = None
    if stop is not None and stop.is_set():
        raise CancelledError
    where = ", ".join(f"{name}={_shown(value)}" for name, value in arguments.items())
    if failure is not None:
        text = str(failure).partition("\n")[0]
        raise ValueError(f"{_label(measure)} failed at {where}: {type(failure).__name__}: {text}") from failure
    if any(entry is None for entry in _named(returned).values()):  # which NumPy would take for NaN
        raise ValueError(f"{_label(measure)} returned None at {where}")
    return returned


def _shown(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"{value.min():g}..{value.max():g}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _label(measure: Callable[..., Any]) -> str:
    return str(getattr(measure, "__name__", "the measure"))


def _named(returned: Any) -> dict[str, Any]:
    return dict(returned) if isinstance(returned, Mapping) else {"value": returned}


def _checked(returned: Any, measure: Callable[..., Any], axes: Container[str], size: int) -> Values:
    table, label = {}, _label(measure)
    for name, values in _named(returned).items():
        if name in axes:
            raise ValueError(f"{label} must not call a value {name!r}, like an axis")
        flags = name == UNRESOLVED
        try:
            column = np.asarray(values) if flags else np.asarray(values, dtype=float)
            if flags and not np.isin(column, (False, True)).all():
                raise ValueError
        except (TypeError, ValueError):
            wanted = "True or False" if flags else "numbers"
            raise ValueError(f"{label} must return {wanted}, but {name} is {values!r:.60}") from None
        if column.shape != (size,):
            raise ValueError(f"{label} must return one number a cell, but {name} has shape {column.shape} for {size}")
        table[str(name)] = column.astype(bool) if flags else column
    return table
