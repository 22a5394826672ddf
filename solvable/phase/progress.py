"""Progress of a map: cells done, their rate and the time left, as a bar on a terminal and as lines elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator

from ..dynamics.progress import Advance, Display

SECONDS = 1.0
"""Between two lines where there is no terminal, at least."""


def display(resumed: int = 0, things: str = "cells") -> Display:
    """How `solvable.dynamics.progress.reporter` shows `things`, when `resumed` of them were done from the start."""

    @contextlib.contextmanager
    def shown(total: int) -> Iterator[Advance]:
        if sys.stderr.isatty():
            with _bar(total, resumed, things) as advance:
                yield advance
        else:
            yield _Lines(total, resumed, things)

    return shown


class _Lines:
    def __init__(self, total: int, resumed: int, things: str) -> None:
        self.total, self.resumed, self.things = total, resumed, things
        self.began = self.told = time.perf_counter()

    def __call__(self, done: int) -> None:
        now = time.perf_counter()
        if now - self.told < SECONDS and done < self.total:
            return
        self.told = now
        rate = (done - self.resumed) / max(now - self.began, 1e-9)
        left = f"{(self.total - done) / rate:.0f} s left" if done < self.total else f"{now - self.began:.1f} s"
        print(
            f"phase: {done}/{self.total} {self.things}, {rate:.3g} {self.things}/s, {left}", file=sys.stderr, flush=True
        )


@contextlib.contextmanager
def _bar(total: int, resumed: int, things: str) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("mapping"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TextColumn(things + " {task.fields[rate]}"),
        TimeRemainingColumn(compact=True),
    )
    began = time.perf_counter()
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=total, completed=resumed, rate="")

        def advance(done: int) -> None:
            rate = (done - resumed) / max(time.perf_counter() - began, 1e-9)
            progress.update(task, completed=done, rate=f"{rate:.3g}/s")

        yield advance
