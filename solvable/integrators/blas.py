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
_limiter: Any = None


@functools.cache
def _controller() -> Any:
    # numba's matrix product calls the BLAS that scipy ships; it must be loaded before the controller looks around.
    import scipy.linalg.cython_blas  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit every BLAS in the process to one thread inside the block (and until the last of several blocks ends)."""
    global _blocks, _limiter
    with _lock:
        if _blocks == 0:
            _limiter = _controller().limit(limits=1, user_api="blas")
        _blocks += 1
    try:
        yield
    finally:
        with _lock:
            _blocks -= 1
            if _blocks == 0:
                _limiter.restore_original_limits()
