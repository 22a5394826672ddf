"""Drivers: from a stepper and a list of moments to saved parameters, in chunks, on a pool of threads.

Tiles are independent serial kernels that release the GIL, so a ``ThreadPoolExecutor`` runs them in parallel with no
threading layer of numba's, no dependence on the number of threads, and an answer to Ctrl-C after every chunk.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..integrators.status import BUDGET, HORIZON, INTERRUPTED, NONFINITE, RUNNING, STALLED
from .flow_stepper import FlowStepper
from .hosting import host
from .stepper import DiscreteStepper

CHUNK_SECONDS = 0.02


@dataclass
class Outcome:
    """What a driver found: ``saved (S, B, p)``, where each trajectory stood then, and where it ended.

    ``step (S, B)`` and ``time (S, B)`` tell where the rows were taken; a row after the end repeats the end.
    """

    saved: np.ndarray
    step: np.ndarray
    time: np.ndarray
    final: np.ndarray
    status: np.ndarray
    state: dict[str, np.ndarray]


def thread_count() -> int:
    """Threads for ensembles: what the host of this thread leaves, or ``SOLVABLE_THREADS``, or one a core."""
    if host.threads is not None:
        return host.threads
    asked = os.environ.get("SOLVABLE_THREADS", "")
    if asked.isdigit() and int(asked) > 0:
        return int(asked)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_tasks(tasks: Sequence[Callable[[], Any]], tick: Callable[[int], None]) -> list[Any]:
    """Results of all tasks, in order; `tick` is told how many are done."""
    threads = min(thread_count(), len(tasks)) if len(tasks) > 1 else 1
    results = []
    if threads == 1:
        for task in tasks:
            results.append(task())
            tick(len(results))
        return results
    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(task) for task in tasks]
        try:
            for future in futures:
                results.append(future.result())
                tick(len(results))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return results


class Chunks:
    """How many steps to take at a time so that a chunk lasts about `CHUNK_SECONDS`."""

    def __init__(self) -> None:
        self.size = 8

    def taken(self, steps: int, seconds: float) -> None:
        """Learn from a chunk of `steps`; one that was cut short says nothing."""
        if steps == self.size:
            self.size = int(min(2**30, max(1, steps * min(4.0, CHUNK_SECONDS / max(seconds, 1e-6)))))


def drive_steps(
    stepper: DiscreteStepper, saves: np.ndarray, goals: np.ndarray, step_size: np.ndarray, flag: threading.Event
) -> Outcome:
    """Advance a tile to the steps ``goals (B,)``, saving at ``saves (S, B)`` (increasing along the first axis)."""
    members = goals.size
    saved = np.empty((saves.shape[0], members, stepper.parameters().shape[1]))
    taken = np.zeros(members, dtype=np.int64)  # saves done so far
    chunks = Chunks()
    ended = np.zeros(members, dtype=bool)
    taken[:] = _in_step(stepper, saves, saved, int(goals.min()), chunks, flag)
    while True:
        counts, running = stepper.counts(), stepper.status() == RUNNING
        arrived = (running & (counts >= goals)).nonzero()[0]
        waiting = ((taken < saves.shape[0]) & ~ended).nonzero()[0]
        due = waiting[saves[taken[waiting], waiting] <= counts[waiting]]
        if arrived.size or due.size or not running.all():
            theta = stepper.parameters()
            if arrived.size:
                stepper.arrive(arrived, theta[arrived])
                running[arrived] = False
            saved[taken[due], due] = theta[due]
            taken[due] += 1
            _repeat_end((~running & ~ended).nonzero()[0], taken, theta, saved)
            ended |= ~running
        if not running.any():
            break
        if flag.is_set():
            theta = stepper.parameters()
            stepper.finish(running.nonzero()[0], INTERRUPTED)
            _repeat_end(running.nonzero()[0], taken, theta, saved)
            break
        ahead = goals - counts
        saving = (running & (taken < saves.shape[0])).nonzero()[0]
        ahead[saving] = np.minimum(ahead[saving], saves[taken[saving], saving] - counts[saving])
        steps = int(min(chunks.size, ahead[running].min()))
        began = time.perf_counter()
        stepper.advance(steps)
        chunks.taken(steps, time.perf_counter() - began)
    counts = stepper.counts()
    steps_at = np.minimum(saves, counts)
    state = stepper.state() | stepper.ledger() | {"reached": counts}
    return Outcome(saved, steps_at, steps_at * step_size, theta, stepper.status(), state)


def _repeat_end(members: np.ndarray, taken: np.ndarray, theta: np.ndarray, saved: np.ndarray) -> None:
    """Fill the saves of some members that were not taken with where they ended."""
    for first in set(taken[members].tolist()):
        those = members[taken[members] == first]
        saved[first:, those] = theta[those]


def _in_step(
    stepper: DiscreteStepper, saves: np.ndarray, saved: np.ndarray, goal: int, chunks: Chunks, flag: threading.Event
) -> int:
    """Take the saves that all members have in common, for as long as all of them run; how many were taken.

    Only a shortcut, for runs that save thousands of steps: where it stops, the general loop goes on.
    """
    done, counts = 0, stepper.counts()
    if not (np.all(counts == counts[0]) and np.all(saves == saves[:, :1])):
        return done
    count = int(counts[0])
    for moment in saves[:, 0].tolist():
        while count < moment < goal and np.all(stepper.status() == RUNNING) and not flag.is_set():
            steps = min(chunks.size, moment - count)
            began = time.perf_counter()
            stepper.advance(steps)
            chunks.taken(steps, time.perf_counter() - began)
            count += steps
        if not (count == moment < goal and np.all(stepper.status() == RUNNING)):
            break
        saved[done] = stepper.parameters()
        done += 1
    return done


def drive_flow(stepper: FlowStepper, saves: np.ndarray, goal: float, flag: threading.Event) -> Outcome:
    """Advance one flow to time `goal`, saving at ``saves (S,)``."""
    moments = [*saves.tolist(), float(goal)]
    saved = np.empty((len(moments), stepper.size))
    steps = np.zeros(len(moments), dtype=np.int64)
    times = np.array(moments)
    chunks = Chunks()
    code = RUNNING
    for k, moment in enumerate(moments):
        if k and moment == moments[k - 1]:  # the last save, most often, is the end
            saved[k], steps[k] = saved[k - 1], steps[k - 1]
            continue
        code = BUDGET
        while code == BUDGET and not flag.is_set():
            began, stage = time.perf_counter(), stepper.stage
            code = stepper.advance(moment, chunks.size)
            if stepper.stage != stage:
                chunks = Chunks()  # another method, whose steps cost more
            elif code == BUDGET:
                chunks.taken(chunks.size, time.perf_counter() - began)
        if code == RUNNING:
            code = stepper.evaluate(moment, saved[k])
            steps[k] = stepper.steps
        if code != RUNNING:
            times[k:] = stepper.now
            steps[k:] = stepper.steps
            saved[k:] = stepper.parameters()[0]
            break
    code = {RUNNING: HORIZON, BUDGET: INTERRUPTED, STALLED: NONFINITE}.get(code, code)
    state = stepper.state() | stepper.ledger(float(times[-1])) | {"reached": times[-1:]}
    final = saved[-1][None]
    return Outcome(saved[:-1, None], steps[:-1, None], times[:-1, None], final, np.array([code]), state)
