"""Verifying claims: choose them, run their instances here or through an executor, and collect a report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, Future, as_completed
from pathlib import Path
from typing import Any

from .declaration import Claim
from .errors import UsageError
from .evidence import Outcome
from .results import Report, Result
from .tasks import Task, make_tasks, run_task
from .verdicts import Verdict

CHUNKS = 8
"""The instances of one claim go to an executor in at most this many pieces, whatever the executor."""


def verify(
    ids: str | Claim | Iterable[str | Claim] | None = None,
    *,
    tier: str = "fast",
    seed: int = 0,
    instances: int = 1,
    data: Mapping[str, Any] | str | Path | None = None,
    executor: Executor | None = None,
) -> Report:
    """Run claims and report their verdicts.

    Parameters
    ----------
    ids : claim ids, paper prefixes (``"woodworth2020"``), glob patterns or `Claim` objects, one or several; None
        takes every claim of the package in `tier`.
    tier : ``"fast"``, ``"slow"`` or ``"all"``; claims named exactly run whatever their tier.
    seed, instances : instance k draws its problem with seed ``seed + k``; the worst verdict counts.
    data : named arrays, or an npz or CSV file, that replace those entries of the drawn problem.
    executor : anything with the interface of ``concurrent.futures``; None runs in this process. The results do not
        depend on it.

    Raises
    ------
    UsageError (a ValueError) : an unknown id, unreadable data, a claim that another process cannot import.

    >>> len(verify([]))
    0
    """
    return run_claims(choose_claims(ids, tier=tier), seed=seed, instances=instances, data=data, executor=executor)


def choose_claims(ids: str | Claim | Iterable[str | Claim] | None, *, tier: str = "fast") -> list[Claim]:
    """The claims that `ids` ask for: those of the registry in its order, then the caller's own."""
    from .registry import select_claims

    if ids is None:
        return select_claims(None, tier=tier)
    wanted = [ids] if isinstance(ids, (str, Claim)) else list(ids)
    for item in wanted:
        if not isinstance(item, (str, Claim)):
            raise UsageError(f"ids must be claim ids or claims, got {type(item).__name__} {item!r}")
    names = [item for item in wanted if isinstance(item, str)]
    chosen = select_claims(names, tier=tier) if names else []
    return [*chosen, *(item for item in wanted if isinstance(item, Claim))]


def run_claims(
    claims: Iterable[Claim],
    *,
    seed: int = 0,
    instances: int = 1,
    data: Mapping[str, Any] | str | Path | None = None,
    executor: Executor | None = None,
    on_result: Callable[[Result], None] | None = None,
    targets: Mapping[str, str] | None = None,
) -> Report:
    """Run the given claims; `on_result` sees each result as it is finished, the report has them in order.

    An interruption keeps what is finished and marks the report.
    """
    chosen = list(claims)
    seed, instances = _count("seed", seed, 0), _count("instances", instances, 1)
    start = time.perf_counter()
    finished: dict[int, Result] = {}
    file = str(data) if isinstance(data, (str, Path)) else None

    def finish(position: int, outcomes: Iterable[Outcome]) -> None:
        claim = chosen[position]
        target = (targets or {}).get(claim.id, claim.id)
        finished[position] = Result(claim, tuple(outcomes), target, file)
        if on_result is not None:
            on_result(finished[position])

    interrupted = False
    try:
        if executor is None:
            _run_here(chosen, seed, instances, data, finish)
        else:
            _run_elsewhere(chosen, seed, instances, data, executor, finish)
    except KeyboardInterrupt:
        interrupted = True
    results = tuple(finished[position] for position in sorted(finished))
    unfinished = tuple(claim.id for position, claim in enumerate(chosen) if position not in finished)
    return Report(results, time.perf_counter() - start, interrupted, unfinished)


_Finish = Callable[[int, Iterable[Outcome]], None]


def _run_here(chosen: list[Claim], seed: int, instances: int, data: Any, finish: _Finish) -> None:
    if not chosen:
        return
    from .datafiles import read_data
    from .execution import run_instance

    arrays = None if data is None else read_data(data)
    for position, claim in enumerate(chosen):
        finish(position, [run_instance(claim, seed=seed, instance=k, data=arrays) for k in range(instances)])


def _run_elsewhere(
    chosen: list[Claim], seed: int, instances: int, data: Any, executor: Executor, finish: _Finish
) -> None:
    if data is not None:
        # Bad data is the caller's error, once and here, rather than every worker's.
        from .datafiles import read_data

        arrays = read_data(data)
        data = str(Path(data).resolve()) if isinstance(data, (str, Path)) else arrays
    work = [make_tasks(claim, seed=seed, instances=instances, data=data, chunks=CHUNKS) for claim in chosen]
    waiting: dict[int, int] = {position: len(tasks) for position, tasks in enumerate(work)}
    gathered: dict[int, dict[int, list[Outcome]]] = {position: {} for position in waiting}
    places: dict[Future[list[Outcome]], tuple[int, int]] = {}
    try:
        for position, tasks in enumerate(work):
            for piece, task in enumerate(tasks):
                places[executor.submit(run_task, task)] = (position, piece)
        for future in as_completed(places):
            position, piece = places[future]
            gathered[position][piece] = _outcomes(future, work[position][piece])
            waiting[position] -= 1
            if waiting[position] == 0:
                pieces = gathered[position]
                finish(position, [outcome for piece in sorted(pieces) for outcome in pieces[piece]])
    except BaseException:
        for future in places:
            future.cancel()
        raise


def _outcomes(future: Future[list[Outcome]], task: Task) -> list[Outcome]:
    """What a task gave; when its worker died, an error for each of its instances."""
    try:
        return future.result()
    except Exception as error:
        text = str(error).partition("\n")[0]
        message = f"the worker failed: {type(error).__name__}: {text}"
        return [Outcome(Verdict.ERROR, k, task.seed + k, message=message) for k in task.instances]


def _count(name: str, value: Any, minimum: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < minimum:
        raise UsageError(f"{name} must be an integer >= {minimum}, got {value!r}")
    return value
