"""Executors by name: ``serial``, ``threads[:N]``, ``processes[:N]``, ``loky[:N]``, ``dask[:ADDRESS]``, ``mpi``.

All of them offer ``submit`` and futures and nothing else is used, so results do not depend on the choice.
Process pools are spawned, never forked: a forked child inherits the locks of threads that no longer exist.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

from ..common.naming import nearest
from ..common.optional import optional
from .errors import UsageError
from .tasks import start_worker

KINDS = ("serial", "processes", "loky", "dask", "mpi")
THREADED_KINDS = ("serial", "threads", *KINDS[1:])
"""For work that threads of one process may share; claims may not, as warnings are filtered for all threads at once."""


def usable_cores() -> int:
    """How many cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def open_executor(
    spec: str, *, jobs: int | None = None, tasks: int | None = None, kinds: Sequence[str] = KINDS
) -> Executor | None:
    """The executor that `spec` names, one of the `kinds`; None for ``serial``.

    `jobs` is the number of workers (by default one a core), never more than there are `tasks`.

    Raises
    ------
    UsageError : an unknown kind, or a kind whose package is not installed.

    >>> open_executor("serial") is None
    True
    """
    kind, _, detail = spec.partition(":")
    if kind not in kinds:
        near = nearest(kind, kinds)
        hint = f" (did you mean {near}?)" if near else ""
        raise UsageError(f"executor must be one of {', '.join(kinds)}, got {spec!r}{hint}")
    if kind == "serial":
        return None
    if kind == "dask":
        return _import("distributed", kind).Client(detail or None).get_executor(pure=False)
    if kind == "mpi":
        return _import("mpi4py.futures", kind).MPIPoolExecutor()
    if detail:
        if not detail.isdigit() or int(detail) < 1:
            raise UsageError(f"the number of workers must be an integer >= 1, got {detail!r}")
        jobs = int(detail)
    workers = max(1, min(jobs or usable_cores(), tasks or usable_cores()))
    if kind == "threads":
        return ThreadPoolExecutor(workers)
    if kind == "loky":
        return _import("loky", kind).get_reusable_executor(max_workers=workers, initializer=start_worker)
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=start_worker)
    _start(pool)
    return pool


def _start(pool: ProcessPoolExecutor) -> None:
    """Start the workers deaf to interruptions from their first instruction on, which a child inherits."""
    if threading.current_thread() is not threading.main_thread():
        pool.submit(int)
        return
    kept = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        pool.submit(int)
    finally:
        signal.signal(signal.SIGINT, kept)


def close_executor(executor: Executor | None, *, interrupted: bool = False) -> None:
    """Release the workers; after an interruption without waiting for what they are doing."""
    if executor is None:
        return
    if interrupted:
        # Ended first, waited for second: a pool left to notice the loss by itself may do so while Python shuts down.
        for process in multiprocessing.active_children():
            process.terminate()
    if isinstance(executor, (ProcessPoolExecutor, ThreadPoolExecutor)):
        # A thread cannot be ended from outside: the work in it was told to stop, and is not waited for.
        wait = not (interrupted and isinstance(executor, ThreadPoolExecutor))
        executor.shutdown(wait=wait, cancel_futures=interrupted)
    else:
        executor.shutdown()


def _import(module: str, kind: str) -> Any:
    return optional(module, f"the executor {kind!r}", UsageError)
