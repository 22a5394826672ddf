"""The report on a terminal, drawn with rich: a progress bar while running, a table at the end.

Verdicts are words with a mark; colors come on top and disappear with ``NO_COLOR``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from ..results import Report, Result
from ..verdicts import Verdict
from . import cells, plain

_STYLES = {
    Verdict.VERIFIED: "green",
    Verdict.REFUTED: "bold red",
    Verdict.INCONCLUSIVE: "yellow",
    Verdict.NOT_APPLICABLE: "dim",
    Verdict.ERROR: "bold magenta",
}
_MARKS = {
    Verdict.VERIFIED: "+",
    Verdict.REFUTED: "x",
    Verdict.INCONCLUSIVE: "?",
    Verdict.NOT_APPLICABLE: "-",
    Verdict.ERROR: "!",
}


def draw_report(report: Report, console: Console | None = None) -> None:
    """The table, the details of what is not verified, and the summary."""
    console = console or Console(highlight=False)
    if len(report):
        console.print(_table(report))
    for result in report:
        if result.verdict is not Verdict.VERIFIED:
            first, *rest = plain.detail_lines(result)
            console.print()
            console.print(Text(first, style=_STYLES[result.verdict]))
            for line in rest:
                console.print(Text(line), soft_wrap=True)
    console.print()
    worst = max(report.counts, key=list(_STYLES).index, default=None)
    style = "bold" if worst is None else "bold " + _STYLES[worst].removeprefix("bold ")
    console.print(Text(cells.summary(report), style=style))


@contextlib.contextmanager
def progress_bar(total: int) -> Iterator[Callable[[Result], None]]:
    """A bar on standard error that names the claim finished last."""
    columns = (
        TextColumn("verifying"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=total)

        def advance(result: Result) -> None:
            progress.update(task, advance=1, description=f"{result.id} {result.verdict.value}")

        yield advance


def _table(report: Report) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for heading in cells.HEADINGS[:-1]:
        table.add_column(heading, no_wrap=heading != cells.HEADINGS[2], overflow="fold")
    table.add_column(cells.HEADINGS[-1], justify="right", no_wrap=True)
    for result in report:
        row: list[str | Text] = [*cells.row(result)]
        row[3] = Text(f"{_MARKS[result.verdict]} {row[3]}", style=_STYLES[result.verdict])
        table.add_row(*row)
    return table
