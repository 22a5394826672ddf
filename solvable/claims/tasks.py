"""The unit of work that travels to another process: plain data in, plain data out.

A task names the claim by module or file and by the name of its function; the worker imports it there. A
function defined inside another one has no such name and is refused before anything starts.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .declaration import Claim
from .errors import UsageError
from .evidence import Outcome
from .loading import PAPERS_PACKAGE

BLAS_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Task:
    """Some instances of one claim."""

    module: str | None
    file: str | None
    name: str
    seed: int
    instances: tuple[int, ...]
    data: Any = None


def make_tasks(claim: Claim, *, seed: int, instances: int, data: Any, chunks: int) -> list[Task]:
    """The tasks of one claim: its instances in at most `chunks` contiguous pieces.

    Raises
    ------
    UsageError : the claim cannot be imported by another process; it is named.
    """
    packaged = claim.module is not None and claim.module.startswith(PAPERS_PACKAGE + ".")
    if not claim.name.isidentifier():
        raise UsageError(
            f"claim {claim.id} cannot run in another process: {claim.name} is not a function at the top of a module"
        )
    if not packaged and not (claim.file and os.path.isfile(claim.file)):
        raise UsageError(f"claim {claim.id} cannot run in another process: it was not defined in a file")
    size = max(1, -(-instances // max(1, chunks)))
    return [
        Task(
            claim.module if packaged else None,
            claim.file,
            claim.name,
            seed,
            tuple(range(start, min(start + size, instances))),
            dict(data) if isinstance(data, Mapping) else data,
        )
        for start in range(0, instances, size)
    ]


def run_task(task: Task) -> list[Outcome]:
    """Run a task where it has arrived."""
    limit_threads()
    from .datafiles import read_data
    from .execution import run_instance
    from .loading import find_in_module

    claim = find_in_module(task.module, task.file, task.name)
    data = None if task.data is None else read_data(task.data)
    return [run_instance(claim, seed=task.seed, instance=k, data=data) for k in task.instances]


def limit_threads() -> None:
    """One thread for BLAS and compiled loops in this process, as far as they are not loaded yet."""
    for name in (*BLAS_VARIABLES, "NUMBA_NUM_THREADS"):
        os.environ.setdefault(name, "1")


def start_worker() -> None:
    """Initializer of a worker process: one thread, and interruptions are the parent's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit_threads()
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """End this process when its parent is gone: a worker whose parent was killed would wait for work for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
