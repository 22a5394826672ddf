"""One BLAS thread around every ensemble: two threads give other bits, and fight the thread pool for cores."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator
from typing import Any

# The limit belongs to the process: of two threads in such blocks, the first to leave must not lift it for the other.
_lock = threading.Lock()
_blocks = 0
_before: list[int] = []


@functools.cache
def _libraries() -> list[Any]:
    # numba's matrix product calls the BLAS that scipy ships; it must be loaded before the controller looks around.
    import scipy.linalg.cython_blas  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas").lib_controllers


def _set(library: Any, threads: int) -> None:
    # Its public setter silently does nothing as long as another living thread has ever used it.
    getattr(library, "_real_set_num_threads", library.set_num_threads)(threads)


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit every BLAS in the process to one thread inside the block (and until the last of several blocks ends)."""
    global _blocks
    with _lock:
        if _blocks == 0:
            _before[:] = [library.num_threads for library in _libraries()]
            for library in _libraries():
                _set(library, 1)
        _blocks += 1
    try:
        yield
    finally:
        with _lock:
            _blocks -= 1
            if _blocks == 0:
                for library, threads in zip(_libraries(), _before, strict=True):
                    _set(library, threads)
