"""The packages that travel beside this one under generic names, which another distribution may own as well."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from ..claims.errors import UsageError

MARKS = {"derivations": "SOLVABLE_DERIVATIONS", "figures": "SOLVABLE_FIGURES"}
"""By package, the attribute that says it is ours."""


def sibling(name: str) -> ModuleType:
    """The package `name`, ``"derivations"`` or ``"figures"``, that belongs to this one.

    Raises
    ------
    UsageError : there is none, or another distribution owns the name.

    >>> sibling("figures").__name__
    'figures'
    """
    try:
        package = import_module(name)
    except ImportError as error:
        raise UsageError(f"the package of {name} is not installed beside solvable ({error})") from None
    if not getattr(package, MARKS[name], False):
        place = package.__file__ or ", ".join(package.__path__)
        raise UsageError(f"the package named {name} is not the one of solvable, it is {place}")
    return package
