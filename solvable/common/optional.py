"""Packages that only some of the work needs."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def optional(module: str, what: str, error: type[Exception] = ImportError) -> Any:
    """The imported `module`, which `what` needs.

    Raises
    ------
    error : it is not installed.

    >>> optional("no_such_package.inside", "this picture")
    Traceback (most recent call last):
        ...
    ImportError: this picture needs no_such_package: pip install no_such_package
    """
    try:
        return import_module(module)
    except ImportError:
        raise error(missing(module.partition(".")[0], what)) from None


def missing(package: str, what: str) -> str:
    """What to say where `what` needs a `package` that is not installed: the package itself can be had by name."""
    return f"{what} needs {package}: pip install {package}"
