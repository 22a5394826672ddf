"""One BLAS thread around every ensemble: two threads give other bits, and fight the thread pool for cores."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any


@functools.cache
def _controller() -> Any:
    # numba's matrix product calls the BLAS that scipy ships; it must be loaded before the controller looks around.
    import scipy.linalg.cython_blas  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """Limit every BLAS in the process to one thread inside the block."""
    with _controller().limit(limits=1, user_api="blas"):
        yield
