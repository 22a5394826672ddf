"""Progress of a long run: a bar on a terminal, plain lines elsewhere, or the caller's own function."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

Advance = Callable[[int], None]
Display = Callable[[int], contextlib.AbstractContextManager[Advance]]


@contextlib.contextmanager
def reporter(progress: Any, total: int, display: Display | None = None) -> Iterator[Advance]:
    """A function that is told how many of `total` pieces are done; `display` shows them to a person.

    Raises
    ------
    ValueError : `progress` is neither a flag nor a function.
    """
    if progress is None or progress is False:
        yield lambda done: None
    elif callable(progress):
        yield lambda done: progress(done, total)
    elif progress is not True:
        raise ValueError(f"progress must be True, False or a function, got {progress!r:.60}")
    else:
        with (display or _display)(total) as advance:
            yield advance


@contextlib.contextmanager
def _display(total: int) -> Iterator[Advance]:
    if not sys.stderr.isatty():
        yield lambda done: print(f"simulate: {done}/{total}", file=sys.stderr)
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as bar:
        task = bar.add_task("simulate", total=total)
        yield lambda done: bar.update(task, completed=done)
