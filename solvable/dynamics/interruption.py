"""Ctrl-C during a run: finish the chunk in flight, keep what there is, say so.

A signal that arrives between two Python instructions could leave a trajectory half updated. During a run SIGINT
therefore only raises a flag, which the drivers read between chunks of about 20 ms.
"""

from __future__ import annotations

import contextlib
import signal
import threading

# The module `signal` wraps these to make names of numbers: 10 of the 240 microseconds of a short call.
from _signal import getsignal
from _signal import signal as handle
from collections.abc import Iterator
from typing import Any

from .hosting import host


@contextlib.contextmanager
def interruptible() -> Iterator[threading.Event]:
    """An event that SIGINT sets while the block runs (in the main thread, and unless the program handles it itself).

    Where a host has given this thread an event, it is that one.
    """
    if host.stop is not None:
        yield host.stop
        return
    flag = threading.Event()
    mine = threading.current_thread() is threading.main_thread()
    if not mine or getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield flag
        return

    def raise_flag(_signal: int, _frame: Any) -> None:
        flag.set()

    before = handle(signal.SIGINT, raise_flag)
    try:
        yield flag
    finally:
        handle(signal.SIGINT, before)
