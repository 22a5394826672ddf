"""What was computed once from an object that never changes."""

from __future__ import annotations

import functools
import threading
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

Result = TypeVar("Result")


def once(function: Callable[[Any], Result]) -> Callable[[Any], Result]:
    """`function` of one object, or a method without arguments, computed at the first call for each object.

    The result lives as long as the object, of which it must hold no reference, and is no part of it: copies and pickles
    do not carry it. Threads that ask at the same time get the same one.

    >>> class Model:
    ...     @once
    ...     def data(self):
    ...         return []
    >>> model = Model()
    >>> model.data() is model.data(), model.data() is Model().data()
    (True, False)
    """
    known: weakref.WeakKeyDictionary[Any, Result] = weakref.WeakKeyDictionary()
    lock = threading.RLock()

    @functools.wraps(function)
    def remembered(key: Any) -> Result:
        with lock:
            if key in known:
                return known[key]
            known[key] = result = function(key)
            return result

    return remembered
