"""What identifies a function of the user's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def identity_of(function: Callable[..., Any] | None) -> Any:
    """What tells two functions apart: name, byte code, constants, and the values closed over."""
    if function is None:
        return None
    function = getattr(function, "py_func", function)
    code = getattr(function, "__code__", None)
    if code is None:
        return f"{type(function).__module__}.{type(function).__qualname__}"
    closed = [_content(cell.cell_contents) for cell in getattr(function, "__closure__", None) or ()]
    constants = [_content(constant) for constant in code.co_consts]
    return [function.__qualname__, code.co_code.hex(), list(code.co_names), constants, closed]


def _content(value: Any) -> Any:
    if value is None or isinstance(value, (bool, int, float, str, np.ndarray, np.generic)):
        return value
    if isinstance(value, (tuple, list)):
        return [_content(entry) for entry in value]
    if callable(value):
        return identity_of(value)
    return repr(value) if " at 0x" not in repr(value) else type(value).__qualname__
