"""Ctrl-C is heard once: what is finished is kept and printed, and a second one must not cut that short."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType


@contextlib.contextmanager
def interrupt_once() -> Iterator[None]:
    """Raise `KeyboardInterrupt` for the first interruption inside and ignore all later ones."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = False

    def hear(number: int, frame: FrameType | None) -> None:
        nonlocal heard
        heard = True
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, hear)
    try:
        yield
    finally:
        if not heard:
            signal.signal(signal.SIGINT, before)
