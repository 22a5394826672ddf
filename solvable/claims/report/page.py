"""The whole report as one HTML file that loads nothing: no script, no font, no picture from elsewhere.

Formulas are drawings (see `mathematics`), figures are embedded, and the choice of verdicts is a style sheet that looks
at which button is pressed.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from html import escape
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

from ..citations import entries, keys_of, reference, short_name
from ..declaration import Claim
from ..errors import UsageError
from ..results import Report, Result
from ..source import notes
from ..verdicts import Verdict
from . import cells, prose
from .claim_section import Picture, badge, claim_section, links, shown_in, slug
from .mathematics import Typesetter

STYLE = Path(__file__).with_name("page.css")
LIBRARIES = ("solvable", "numpy", "scipy", "numba", "matplotlib")
_KINDS = (
    "Each claim makes predictions by one road and measures by another. It is verified if every measurement is inside its "
    "tolerance of the prediction <em>and</em> at least ten tolerances (for a slope, a bound or a statistic: what its kind "
    "asks for) away from what each rival says. An error is relative for an identity or an optimum, the distance of "
    "exponents for an order, the excess for a bound."
)


def to_page(report: Report, pictures: Sequence[Picture] = ()) -> str:
    """The page.

    Parameters
    ----------
    report : the results, of claims of the package or of the user's own.
    pictures : figures; each is embedded once, at the first claim that it names among those of the report.
    """
    typeset = Typesetter()
    home = {picture.name: next((i for i in picture.claims if i in _ids(report)), None) for picture in pictures}

    def article(result: Result) -> str:
        named = shown_in(result, pictures)
        own = [picture for picture in named if home[picture.name] == result.id]
        return claim_section(result, typeset, own, [picture for picture in named if picture not in own])

    papers = [(paper, list(group)) for paper, group in groupby(report, key=lambda result: result.claim.paper)]
    sections = "".join(_paper(paper, results, typeset, map(article, results)) for paper, results in papers)
    content = _contents(papers) + _glance(report, typeset) + _findings(report, typeset, pictures) + sections
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>solvable: report</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{STYLE.read_text(encoding='utf-8')}{_filter_rules(report)}</style></head><body>"
        f"{typeset.definitions()}{_head(report)}<main>{content}</main></body></html>\n"
    )


def _ids(report: Report) -> set[str]:
    return {result.id for result in report}


def _head(report: Report) -> str:
    made = ", ".join(f"{library} {version(library)}" for library in LIBRARIES)
    choices = "".join(
        f'<label><input type="radio" name="shown" id="show-{name}"{" checked" if name == "all" else ""}>'
        f"{text}</label>"
        for name, text in [("all", f"all {len(report)}"), *_choices(report)]
    )
    return (
        f'<header><h1>Implicit regularization, verified</h1><p class="summary">{escape(cells.summary(report))}.</p>'
        f'<p>{_KINDS}</p><p class="quiet">{escape(made)}; Python {platform.python_version()}, {platform.machine()}</p>'
        f'<fieldset class="filter"><legend>show</legend>{choices}</fieldset></header>'
    )


def _choices(report: Report) -> list[tuple[str, str]]:
    return [(slug(verdict), f"{verdict.value.lower()} {count}") for verdict, count in report.counts.items()]


def _filter_rules(report: Report) -> str:
    """For each verdict that occurs, hide all else while its button is pressed."""
    return "".join(
        f"body:has(#show-{name}:checked) :is(article,tr,li.entry):is({others}){{display:none}}"
        f"body:has(#show-{name}:checked) section.paper:not(:has(article.{name})){{display:none}}"
        for name in (slug(verdict) for verdict in report.counts)
        for others in [",".join(f".{slug(verdict)}" for verdict in Verdict if slug(verdict) != name)]
    )


def _contents(papers: Sequence[tuple[str, list[Result]]]) -> str:
    items = "".join(
        f'<li><a href="#{escape(paper)}">{escape(_heading(results[0].claim))}</a> <span class="quiet">'
        f"{len(results)}</span></li>"
        for paper, results in papers
    )
    return (
        f'<nav id="contents"><h2>Contents</h2><ul class="columns"><li><a href="#glance">All claims at a glance</a></li>'
        f'<li><a href="#findings">Findings</a></li>{items}</ul></nav>'
    )


def _glance(report: Report, typeset: Typesetter) -> str:
    head = "".join(f"<th>{name}</th>" for name in ("claim", *cells.HEADINGS[1:]))
    rows = []
    for result in report:
        _, error, rival, verdict, seconds = map(escape, cells.row(result))
        name = f'<a href="#{escape(result.id)}">{typeset.html(result.claim.title or result.id)}</a>'
        cells_of = [name, error, rival, badge(result.verdict, verdict.lower()), seconds]
        rows.append(f'<tr class="{slug(result.verdict)}">' + "".join(f"<td>{text}</td>" for text in cells_of) + "</tr>")
    table = f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    return (
        f'<section id="glance"><h2>All claims at a glance</h2><details><summary>{len(report)} claims, error against '
        f"tolerance, and the rival that comes closest</summary>{table}</details></section>"
    )


def _findings(report: Report, typeset: Typesetter, pictures: Sequence[Picture]) -> str:
    found = [result for result in report if result.claim.errata]
    if not found:
        return ""
    items = "".join(
        f'<li class="entry {slug(result.verdict)}"><h3><a href="#{escape(result.id)}">'
        f"{typeset.html(result.claim.title or result.id)}</a> {badge(result.verdict)}</h3>"
        f"<p>{typeset.html(result.claim.errata or '')}</p>{links(shown_in(result, pictures))}</li>"
        for result in found
    )
    return (
        '<section id="findings"><h2>Findings</h2><p>What papers or folklore say, where measurement narrowed or '
        f'refuted it. Each under the claim that holds instead.</p><ol class="findings">{items}</ol></section>'
    )


def _paper(paper: str, results: Sequence[Result], typeset: Typesetter, articles: Iterable[str]) -> str:
    first = results[0].claim
    cited = dict.fromkeys(key for result in results for key in _keys(result.claim))
    references = "".join(f'<p class="reference">{typeset.html(reference(entries()[key]))}</p>' for key in cited)
    texts = dict.fromkeys(filter(None, (notes(result.claim) for result in results)))
    lecture = "".join(prose.to_html(text) for text in texts)
    folded = f'<details class="notes"><summary>notes</summary>{lecture}</details>' if lecture else ""
    return (
        f'<section class="paper" id="{escape(paper)}"><h2>{escape(_heading(first))} '
        f'<a class="up" href="#contents" aria-label="contents">&uarr;</a></h2>'
        f"{references}{folded}{''.join(articles)}</section>"
    )


def _heading(claim: Claim) -> str:
    keys = _keys(claim)
    named = claim.paper if claim.paper in keys else keys[0] if keys else ""
    return short_name(entries()[named]) if named else claim.paper


def _keys(claim: Claim) -> list[str]:
    try:
        return keys_of(claim, entries())
    except UsageError:
        # A user's claim may rest on a paper that the package does not cite.
        return []
