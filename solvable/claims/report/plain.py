"""The table in plain ASCII, cut nowhere, with a block of details for each claim not verified."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Iterator, Sequence

from ..evidence import Evidence, Outcome, Rival
from ..results import Report, Result
from ..verdicts import Agreement, Verdict
from . import cells

WIDTH = 100
"""Of the paragraphs; the table is as wide as its words."""

_RIGHT = 4


def report_lines(report: Report) -> Iterator[str]:
    """The whole report."""
    rows = [cells.row(result) for result in report]
    yield from table_lines(rows)
    yield from detail_blocks(report)
    yield ""
    yield cells.summary(report)


def table_lines(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Aligned columns.

    >>> print(next(table_lines([("a-claim", "0 / 1e-10", "no rival", "VERIFIED", "0.1")])).rstrip())
    claim    error / tolerance  nearest rival (x needed)  verdict     s
    """
    if not rows:
        return
    table = [cells.HEADINGS, *rows]
    widths = [max(len(row[k]) for row in table) for k in range(len(cells.HEADINGS))]
    for row in table:
        yield "  ".join(
            cell.rjust(width) if k == _RIGHT else cell.ljust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()


def detail_blocks(report: Report) -> Iterator[str]:
    """A block for every result that is not verified."""
    for result in report:
        if result.verdict is not Verdict.VERIFIED:
            yield ""
            yield from detail_lines(result)


def detail_lines(result: Result) -> Iterator[str]:
    """One screen about one result: statement, evidence, rivals, how to run it again."""
    outcome, claim = result.worst, result.claim
    where = f"seed {outcome.seed}" + (f", instance {outcome.instance}" if len(result.outcomes) > 1 else "")
    yield f"{result.verdict.value}  {claim.id}  ({claim.source}; {where})"
    yield from _wrapped(claim.statement)
    if outcome.message:
        yield from _wrapped(outcome.message)
    for name, holds in outcome.hypotheses.items():
        yield from _wrapped(f"hypothesis {name}: {'holds' if holds else 'does not hold'}")
    for evidence in outcome.evidence:
        yield from _wrapped(evidence_text(evidence))
        if evidence.reason and evidence.agreement is not Agreement.INSIDE:
            yield from _wrapped(f"tolerance: {evidence.reason}", 4)
    for name in claim.rivals:
        rival = outcome.rivals.get(name)
        if rival is None:
            continue
        yield from _wrapped(f"rival {name}: {rival_text(rival)}")
    for note in outcome.notes:
        yield from _wrapped(f"note: {note}")
    yield f"  again: {reproduce(result, outcome)}"


def evidence_text(evidence: Evidence) -> str:
    """One piece of evidence in a line."""
    text = f"{evidence.kind} {evidence.agreement.value}: "
    if evidence.kind != "symbolic":
        text += f"error {cells.number(evidence.error, 3)}, tolerance {cells.number(evidence.tolerance, 3)}"
    numbers = ", ".join(f"{name} {value:.6g}" for name, value in evidence.numbers.items())
    text += f" ({numbers})" if numbers else ""
    return f"{text}: {evidence.note}" if evidence.note else text.removesuffix(": ")


def rival_text(rival: Rival) -> str:
    """Whether a rival is rejected, and how clearly.

    >>> rival_text(Rival.at("plain l1", 12.0))
    'rejected (12 tolerances away, 10 needed)'
    """
    state = "rejected" if rival.rejected else "NOT rejected"
    how = f"{cells.away(rival)} tolerances away, {cells.number(rival.required)} needed"
    return f"{state} ({rival.note or how})"


def reproduce(result: Result, outcome: Outcome) -> str:
    """The command that runs this outcome again."""
    words = ["solvable", "verify", result.target or result.id]
    if outcome.seed:
        words += ["--seed", str(outcome.seed)]
    if result.data:
        words += ["--data", result.data]
    return shlex.join(words)


def _wrapped(text: str, indent: int = 2) -> list[str]:
    pad = " " * indent
    return textwrap.wrap(text, WIDTH, initial_indent=pad, subsequent_indent=pad + "  ", break_long_words=False)
