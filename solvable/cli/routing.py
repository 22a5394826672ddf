"""``key=value`` words: parsed as literals, and handed to whoever has a parameter of that name.

The signatures decide. A key that several have (``seed``) goes to all of them; a key that nobody has is an error that
names the allowed ones.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ..claims.errors import UsageError
from ..common.naming import nearest


def parse_assignments(words: Sequence[str]) -> dict[str, Any]:
    """The values by key: numbers, lists, booleans and None as in Python, anything else a name.

    >>> parse_assignments(["step_size=[0.1, 0.2]", "order=shuffle"])
    {'step_size': [0.1, 0.2], 'order': 'shuffle'}
    """
    values: dict[str, Any] = {}
    for word in words:
        key, equals, text = word.partition("=")
        key = key.strip().replace("-", "_")
        if not equals or not key.isidentifier() or not text.strip():
            raise UsageError(f"{word!r} must have the form key=value")
        if key in values:
            raise UsageError(f"{key} is given twice")
        values[key] = _literal(key, text.strip())
    return values


def _literal(key: str, text: str) -> Any:
    try:
        value = ast.literal_eval({"true": "True", "false": "False"}.get(text, text))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        if all(part.isidentifier() for part in text.split("-")):
            return text
        raise UsageError(f"{key} must be a number, a name or a list such as [0.1,0.2], got {text!r}") from None
    if isinstance(value, tuple):
        value = list(value)
    if isinstance(value, (bool, int, float, str, list)) or value is None:
        return value
    raise UsageError(f"{key} must be a number, a name or a list such as [0.1,0.2], got {text!r}")


def parameters_of(function: Callable[..., Any], *, without: Iterable[str] = ()) -> dict[str, bool]:
    """Name -> whether it must be given, for the named parameters of a class or function."""
    hidden = {"self", *without}
    return {
        name: parameter.default is parameter.empty
        for name, parameter in inspect.signature(function).parameters.items()
        if name not in hidden and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    }


def route(values: Mapping[str, Any], takers: Mapping[str, Mapping[str, bool]]) -> dict[str, dict[str, Any]]:
    """The part of `values` for each of the `takers`, given by name with their parameters.

    Raises
    ------
    UsageError : a key that no taker has, or one that a taker needs and nobody gave.
    """
    for key in values:
        if not any(key in names for names in takers.values()):
            allowed = "; ".join(f"{taker}: {', '.join(names)}" for taker, names in takers.items() if names)
            near = nearest(key, [name for names in takers.values() for name in names])
            hint = f"did you mean {near}? " if near else ""
            raise UsageError(f"unknown key {key!r} ({hint}allowed: {allowed})")
    for taker, names in takers.items():
        missing = [name for name, needed in names.items() if needed and name not in values]
        if missing:
            raise UsageError(f"{taker} needs {', '.join(f'{name}=...' for name in missing)}")
    return {taker: {key: values[key] for key in values if key in names} for taker, names in takers.items()}
