"""The report in a notebook: the same table, details folded below it."""

from __future__ import annotations

from html import escape

from ..results import Report
from ..verdicts import Verdict
from . import cells

_COLORS = {
    Verdict.VERIFIED: "#1a7f37",
    Verdict.REFUTED: "#cf222e",
    Verdict.INCONCLUSIVE: "#9a6700",
    Verdict.NOT_APPLICABLE: "#656d76",
    Verdict.ERROR: "#8250df",
}


def to_html(report: Report) -> str:
    """An HTML table; the verdict is a word, its color an addition."""
    head = "".join(f"<th style='text-align:left'>{escape(text)}</th>" for text in cells.HEADINGS)
    body, blocks = [], []
    for result in report:
        row = list(map(escape, cells.row(result)))
        row[3] = f"<b style='color:{_COLORS[result.verdict]}'>{row[3]}</b>"
        title = escape(result.claim.title or result.claim.statement, quote=True)
        body.append(f"<tr title='{title}'>" + "".join(f"<td style='text-align:left'>{c}</td>" for c in row) + "</tr>")
        if result.verdict is not Verdict.VERIFIED:
            blocks.append(f"<details><summary>{row[0]}</summary><pre>{escape(str(result))}</pre></details>")
    last = escape(cells.summary(report))
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
    return f"{table}<p>{last}</p>{''.join(blocks)}"
