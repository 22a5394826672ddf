"""Where a map comes from, beyond its specification: machine and versions."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any


def version_of(name: str) -> str:
    """The installed version of a distribution."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"


def circumstances() -> dict[str, Any]:
    """Where and with which versions a map is computed."""
    names = ("solvable", "numpy", "scipy", "numba")
    return {"machine": platform.machine(), "python": platform.python_version()} | {n: version_of(n) for n in names}
