"""What `solvable phase` commands take: a diagram by name or a function in a file, and axes as words."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..claims.errors import UsageError
from ..claims.loading import load_file
from ..phase.diagram import Diagram
from ..phase.diagrams import diagram_names, find_diagram
from .catalog import match


def find_measure(name: str) -> Diagram | Callable[..., Any]:
    """The diagram called `name`, or the function (or `Diagram`) of ``FILE.py::NAME``.

    A file whose only public function it is, or that calls it ``measure``, may leave the name out.

    Raises
    ------
    UsageError : there is no such diagram, file or function; the message says what there is.
    """
    file, _, wanted = name.partition("::")
    if not file.endswith(".py"):
        if Path(f"{file}.py").is_file() and name not in diagram_names():
            raise UsageError(f"unknown diagram {name!r} (did you mean {file}.py?)")
        return find_diagram(match("diagram", name, diagram_names()))
    module = load_file(file)
    own = {
        key: value
        for key, value in vars(module).items()
        if not key.startswith("_")
        and (isinstance(value, Diagram) or (callable(value) and value.__module__ == module.__name__))
        and not inspect.isclass(value)
    }
    if wanted:
        found = getattr(module, wanted, None)
        if isinstance(found, Diagram) or callable(found):
            return found
        raise UsageError(f"{file} holds no function named {wanted} (it holds {', '.join(own) or 'none'})")
    if len(own) != 1 and "measure" not in own:
        raise UsageError(f"{file} holds {len(own)} functions, name one: {file}::FUNCTION ({', '.join(own)})")
    chosen: Diagram | Callable[..., Any] = own.get("measure") or next(iter(own.values()))
    return chosen


def parse_axes(words: Sequence[str], measure: Any, *, fine: bool = False) -> dict[str, np.ndarray] | None:
    """The axes that `words` give, over those of a diagram (the `fine` ones if asked for).

    >>> parse_axes(["x=0:1:3", "h=0.01:1:3:log", "s=[1,2]"], None)
    {'x': array([0. , 0.5, 1. ]), 'h': array([0.01, 0.1 , 1.  ]), 's': array([1., 2.])}

    Raises
    ------
    UsageError : a word of another form, an axis given twice, `fine` axes of what has none.
    """
    if fine and not isinstance(measure, Diagram):
        raise UsageError("--fine needs a named diagram")
    axes: dict[str, np.ndarray] = measure.axis_values(fine=True) if fine else {}
    seen: set[str] = set()
    for word in words:
        name, equals, text = (part.strip() for part in word.partition("="))
        if not equals or not name.isidentifier():
            raise UsageError(f"{word!r} must have the form name=low:high:count[:log] or name=[v1,v2,...]")
        if name in seen:
            raise UsageError(f"axis {name} is given twice")
        seen.add(name)
        axes[name] = _values(name, text)
    return axes or None


def _values(name: str, text: str) -> np.ndarray:
    problem = UsageError(f"axis {name} must be low:high:count[:log] or [v1,v2,...], got {text!r}")
    try:
        if text.startswith("[") and text.endswith("]"):
            return np.array([float(part) for part in text[1:-1].split(",") if part.strip()])
        low, high, count, *rest = text.split(":")
        ends, number = (float(low), float(high)), int(count)
    except ValueError:
        raise problem from None
    if rest not in ([], ["log"]) or number < 1:
        raise problem
    if not all(map(math.isfinite, ends)):
        raise UsageError(f"axis {name} must be finite, got {text!r}")
    if rest and min(ends) <= 0:
        raise UsageError(f"axis {name} is logarithmic and must be > 0, got {min(ends):g}")
    return np.geomspace(*ends, number) if rest else np.linspace(*ends, number)
