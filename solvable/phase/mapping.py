"""Evaluation of a measure on a product of axes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .diagram import Diagram
from .diagrams import find_diagram
from .measures import UNRESOLVED, evaluate
from .phase_map import PhaseMap


def grid(
    measure: str | Diagram | Callable[..., Any],
    axes: Mapping[str, Any] | None = None,
    *,
    executor: Any = None,
    store: Any = None,
    seed: int = 0,
    progress: Any = None,
) -> PhaseMap:
    """Evaluate `measure`, a function or the name of a diagram, on the product of `axes`.

    >>> def energy(position, speed):
    ...     return position**2 / 2 + speed**2 / 2
    >>> grid(energy, {"position": [0.0, 1.0], "speed": [0.0, 1.0, 2.0]}).values["value"]
    array([[0. , 0.5, 2. ],
           [0.5, 1. , 2.5]])
    """
    if isinstance(measure, str):
        measure = find_diagram(measure)
    diagram = measure if isinstance(measure, Diagram) else None
    function = diagram.measure if diagram else measure
    if axes is None and diagram:
        axes = diagram.axis_values()
    axes = {name: np.asarray(values, dtype=float) for name, values in axes.items()}
    shape = tuple(values.size for values in axes.values())
    size, chunk = int(np.prod(shape)), diagram.chunk if diagram else 64
    columns: list[dict[str, np.ndarray]] = []
    for start in range(0, size, chunk):
        numbers = np.arange(start, min(start + chunk, size))
        indices = np.unravel_index(numbers, shape)
        cells = {name: values[index] for (name, values), index in zip(axes.items(), indices, strict=True)}
        columns.append(evaluate(function, cells, seed=seed, replica=numbers))
    values = {name: np.concatenate([c[name] for c in columns]).reshape(shape) for name in columns[0]}
    unresolved = values.pop(UNRESOLVED, np.zeros(shape)).astype(bool)
    return PhaseMap(axes, values, unresolved, {"measure": diagram.name if diagram else function.__name__, "seed": seed})
