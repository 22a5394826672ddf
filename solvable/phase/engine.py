"""A plan carried out: by any executor, into a store or none, resumable; what maps, boundaries and refinements share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from ..dynamics.progress import reporter
from .execution import check_executor, run_chunks
from .measures import Values, is_random
from .plan import Plan
from .progress import display
from .provenance import circumstances
from .resuming import begin
from .sources import source_text
from .table import Table


def execute(
    plan: Plan,
    *,
    executor: Executor | None = None,
    store: str | Path | None = None,
    progress: bool | Callable[[int, int], Any] | None = None,
    rounds: Callable[[Table], Iterable[Iterable[int]]] | None = None,
) -> tuple[Table, dict[str, Any]]:
    """All chunks of a plan, those that a store has and those that are computed now; and their provenance.

    `rounds` yields the chunks of one round after another, and sees what the rounds before have found; by default all
    that are missing are one. Arguments, errors and Ctrl-C: as `solvable.phase.grid` says.
    """
    check_executor(executor)
    provenance = {
        "measure": plan.label,
        "diagram": plan.named,
        "seed": plan.seed,
        "random": is_random(plan.measure),
        "chunk_size": plan.chunk_size,
        "source": source_text(plan.measure) if plan.named is None else "",
        **plan.details,
        **circumstances(),
    }
    key = plan.key if store is not None else plan.known_key
    kept = None if store is None else begin(store, plan, provenance)
    table = Table(plan, plan.per_cell)
    if kept is not None:
        table.fill_from(kept, str(key))
    resumed, started, done = table.finished, time.perf_counter(), True

    def finish(chunk: int, values: Values) -> None:
        table.fill(chunk, values)
        if kept is not None:
            kept.write(chunk, values, str(key))
        tick(table.finished)

    with reporter(progress, plan.size, display(resumed, plan.things)) as tick:
        for chunks in rounds(table) if rounds else [table.missing()]:
            done = run_chunks(plan, chunks, executor, finish)
            if not done:
                break
    if kept is not None and not table.missing():
        kept.finish(table.arrays(), tuple(plan.axes))
    return table, provenance | {
        "key": key,
        "store": None if store is None else str(store),
        "executor": "serial" if executor is None else type(executor).__name__,
        "seconds": time.perf_counter() - started,
        "cells": plan.size,
        "finished": table.finished,
        "computed": table.finished - resumed,
        "interrupted": not done,
    }
