"""Chunks of cells, evaluated here, by threads, or by whatever offers ``submit`` and futures.

Interruption is one event: SIGINT sets it, runs that the measure has started end within about 20 ms, and what came out
of them is thrown away. A worker process is deaf to SIGINT and told nothing; its chunk is simply not waited for.
"""

from __future__ import annotations

import contextlib
import itertools
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ThreadPoolExecutor, wait
from typing import Any, Protocol

import numpy as np

from ..claims.tasks import limit_threads
from ..common.blas import one_blas_thread
from ..dynamics.hosting import hosted
from .measures import UNRESOLVED
from .sources import Source, fetch, locate

Columns = dict[str, np.ndarray]

CHUNKS_A_WORKER, UNKNOWN = 2, 256
"""Chunks under way at a time: one that a worker computes and one that waits for it; many, if there are who knows how
many workers."""


class Work(Protocol):
    """What is to be done in chunks: a `measure`, the `task` that makes columns of it, and the cells of each chunk."""

    @property
    def measure(self) -> Callable[..., Any]: ...
    @property
    def task(self) -> Callable[..., Columns]:
        """A function like `evaluate`, which a worker process can import."""

    @property
    def seed(self) -> int: ...
    def cells(self, chunk: int) -> Columns: ...
    def numbers(self, chunk: int) -> np.ndarray: ...


def compute(
    task: Callable[..., Columns],
    measure: Callable[..., Any],
    cells: Columns,
    seed: int,
    replica: np.ndarray,
    stop: threading.Event,
    threads: int | None = None,
) -> Columns:
    """The values in some cells, in this thread; runs that the measure starts take at most so many `threads`."""
    if stop.is_set():
        raise CancelledError
    with hosted(stop, threads), one_blas_thread(), np.errstate(over="ignore", invalid="ignore"):
        columns = task(measure, cells, seed=seed, replica=replica, stop=stop)
    return {**columns, UNRESOLVED: columns.get(UNRESOLVED, np.zeros(replica.size, dtype=bool))}


def compute_there(
    task: Callable[..., Columns], source: Source, cells: Columns, seed: int, replica: np.ndarray
) -> Columns:
    """The same in a worker process, from plain data."""
    limit_threads()
    return compute(task, fetch(source), cells, seed, replica, threading.Event(), 1)


def check_executor(executor: Any) -> None:
    """Raise ValueError for what is neither None nor like an executor."""
    if executor is not None and not hasattr(executor, "submit"):
        raise ValueError(f"executor must be a concurrent.futures.Executor or None, got {executor!r:.60}")


def run_chunks(
    work: Work, chunks: Iterable[int], executor: Executor | None, finish: Callable[[int, Columns], None]
) -> bool:
    """Evaluate `chunks`; `finish` gets each in the order of completion. Whether all were done: False if interrupted."""
    remaining = list(chunks)
    with _interruption() as stop:
        try:
            if executor is None:
                for chunk in remaining:
                    finish(chunk, _here(work, chunk, stop))
            else:
                _elsewhere(work, remaining, executor, stop, finish)
        except (KeyboardInterrupt, CancelledError):
            stop.set()
            return False
    return True


def _here(work: Work, chunk: int, stop: threading.Event) -> Columns:
    return compute(work.task, work.measure, work.cells(chunk), work.seed, work.numbers(chunk), stop)


def _elsewhere(
    work: Work, chunks: list[int], executor: Executor, stop: threading.Event, finish: Callable[[int, Columns], None]
) -> None:
    function: Callable[..., Columns] = compute
    first: Any = work.measure
    told: tuple[Any, ...] = (stop, 1)
    if not isinstance(executor, ThreadPoolExecutor):
        function, first, told = compute_there, locate(work.measure, "run in another process"), ()
        if chunks and _nothing_compiled():
            # Otherwise every worker would compile the same kernels.
            finish(chunks[0], _here(work, chunks[0], stop))
            chunks = chunks[1:]
    places: dict[Future[Columns], int] = {}
    waiting, window = iter(chunks), _window(executor)
    try:
        while True:
            for chunk in itertools.islice(waiting, window - len(places)):
                arguments = (work.cells(chunk), work.seed, work.numbers(chunk), *told)
                places[executor.submit(function, work.task, first, *arguments)] = chunk
            if not places:
                return
            for future in wait(places, return_when=FIRST_COMPLETED).done:
                finish(places.pop(future), future.result())
    except BaseException:
        stop.set()
        for future in places:
            future.cancel()
        for future, chunk in places.items():
            if future.done() and not future.cancelled() and future.exception() is None:
                finish(chunk, future.result())
        raise


def _window(executor: Executor) -> int:
    """How many chunks may be under way: what is lost if this process is killed, whichever of them are computed."""
    workers = getattr(executor, "_max_workers", None) or getattr(executor, "num_workers", None)
    return CHUNKS_A_WORKER * workers if isinstance(workers, int) and workers > 0 else UNKNOWN


def _nothing_compiled() -> bool:
    from ..integrators.compile import cache_folder

    return not any(cache_folder().rglob("*.nbi"))


@contextlib.contextmanager
def _interruption() -> Iterator[threading.Event]:
    """An event that SIGINT sets, before the handler that was there does what it does (as a rule: raise)."""
    stop = threading.Event()
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield stop
        return

    def hear(number: int, frame: Any) -> None:
        stop.set()
        before(number, frame)

    signal.signal(signal.SIGINT, hear)
    try:
        yield stop
    finally:
        if signal.getsignal(signal.SIGINT) is hear:
            signal.signal(signal.SIGINT, before)
