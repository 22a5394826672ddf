"""Names of a package that are fetched at their first use (PEP 562), so that importing the package loads nothing else.

What they are is for type checkers to read in the ``__init__.pyi`` beside it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any


def lazy_names(
    namespace: dict[str, Any], homes: Mapping[str, str], rooms: Iterable[str] = ()
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` of the package with this `namespace`, its ``globals()``.

    `homes`: by public name, the submodule that defines it; `rooms`: submodules that are reached as attributes.
    """
    package = namespace["__name__"]

    def get(name: str) -> Any:
        if name in homes:
            value = namespace[name] = getattr(importlib.import_module(f".{homes[name]}", package), name)
            return value
        if name in rooms:
            return importlib.import_module(f".{name}", package)
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return get, lambda: sorted({*namespace, *homes, *rooms})
