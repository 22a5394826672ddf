"""What comes before the claims on the page: the contents, all verdicts at a glance, and the findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from ..citations import entries, fields_of, keys_of, short_name
from ..declaration import Claim
from ..errors import UsageError
from ..results import Report, Result
from . import cells
from .claim_section import Picture, badge, links, shown_in, verdict_classes
from .mathematics import Typesetter


def contents(papers: Mapping[str, Sequence[Result]], typeset: Typesetter) -> str:
    """The papers, with the number of their claims."""
    items = "".join(
        f'<li class="{verdict_classes(results)}"><a href="#{escape(paper)}">{escape(heading(results[0].claim))}</a> '
        f'<span class="quiet">{len(results)}'
        f'<span class="title">{typeset.html(_title(results[0].claim))}</span></span></li>'
        for paper, results in papers.items()
    )
    first = '<li><a href="#glance">All claims at a glance</a></li>'
    if any(result.claim.errata for results in papers.values() for result in results):
        first += '<li><a href="#findings">Findings</a></li>'
    return f'<nav id="contents"><h2>Contents</h2><ul class="columns">{first}{items}</ul></nav>'


def glance(report: Report, typeset: Typesetter) -> str:
    """One row a claim, as ``solvable verify`` prints it; folded."""
    head = "".join(f"<th>{name}</th>" for name in ("claim", *cells.HEADINGS[1:]))
    rows = []
    for result in report:
        _, error, rival, verdict, seconds = map(escape, cells.row(result))
        name = f'<a href="#{escape(result.id)}">{typeset.html(result.claim.title or result.id)}</a>'
        texts = zip(cells.HEADINGS[1:], (error, rival, badge(result.verdict, verdict.lower()), seconds), strict=True)
        numbers = "".join(f'<td data-name="{heading}">{text}</td>' for heading, text in texts)
        rows.append(f'<tr class="{verdict_classes([result])}"><td>{name}</td>{numbers}</tr>')
    table = f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    return (
        f'<section id="glance"><h2>All claims at a glance</h2><details><summary>{len(report)} claims, error against '
        f"tolerance, and the rival that comes closest</summary>{table}</details></section>"
    )


def findings(report: Report, typeset: Typesetter, pictures: Sequence[Picture]) -> str:
    """The errata, each under the claim that holds instead."""
    found = [result for result in report if result.claim.errata]
    if not found:
        return ""
    items = "".join(
        f'<li class="{verdict_classes([result])}"><h3><a href="#{escape(result.id)}">'
        f"{typeset.html(result.claim.title or result.id)}</a> {badge(result.verdict)}</h3>"
        f"<p>{typeset.html(result.claim.errata or '')}</p>{links(shown_in(result, pictures))}</li>"
        for result in found
    )
    return (
        f'<section class="{verdict_classes(found)}" id="findings"><h2>Findings</h2><p>What papers or folklore say, '
        "where measurement narrowed or refuted it. Each under the claim that holds instead.</p>"
        f'<ol class="findings">{items}</ol></section>'
    )


def heading(claim: Claim) -> str:
    """What a claim's paper is called."""
    entry = _entry(claim)
    return short_name(entry) if entry else claim.paper


def keys(claim: Claim) -> list[str]:
    """The entries of the bibliography for a claim."""
    try:
        return keys_of(claim, entries())
    except UsageError:
        # A user's claim may rest on a paper that the package does not cite.
        return []


def _title(claim: Claim) -> str:
    return fields_of(_entry(claim)).get("title", "")


def _entry(claim: Claim) -> str:
    """The entry that is named like the claim's paper, or else the first that it cites; empty if there is none."""
    cited = keys(claim)
    return entries()[claim.paper if claim.paper in cited else cited[0]] if cited else ""
