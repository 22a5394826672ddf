"""A run inside somebody else's pool: it takes the threads that its host leaves it, and ends when the host says so.

An engine that evaluates many runs at once knows what the cores are doing and hears Ctrl-C for all of them. What it says
here holds for the runs that its own thread starts, and for no others.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator


class _Host(threading.local):
    stop: threading.Event | None = None
    threads: int | None = None


host = _Host()
"""What the host of this thread said: the event that ends its runs, and how many threads each may take."""


@contextlib.contextmanager
def hosted(stop: threading.Event, threads: int | None = None) -> Iterator[None]:
    """Runs that start inside, in this thread, end when `stop` is set and take at most so many `threads`.

    >>> with hosted(threading.Event(), threads=1):
    ...     host.threads
    1
    """
    before = host.stop, host.threads
    host.stop, host.threads = stop, threads
    try:
        yield
    finally:
        host.stop, host.threads = before
