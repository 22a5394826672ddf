"""The whole report as one HTML file that loads nothing: no script, no font, no picture from elsewhere.

Formulas are drawings (see `mathematics`), figures are embedded, and the choice of verdicts is a style sheet that looks
at which button is pressed.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Sequence
from html import escape
from importlib.metadata import version
from pathlib import Path

from ..citations import entries, reference
from ..results import Report, Result
from ..source import notes
from . import cells, prose
from .claim_section import Picture, claim_section, shown_in, slug, verdict_classes
from .mathematics import Typesetter
from .overview import contents, findings, glance, heading, keys

STYLE = Path(__file__).with_name("page.css")
LIBRARIES = ("solvable", "numpy", "scipy", "numba", "matplotlib")
_KINDS = (
    "Each claim predicts by one road and measures by another. It is verified if every measurement is inside its "
    "tolerance of the prediction <em>and</em> far outside that of each rival: as a rule ten tolerances away, a slope "
    "by a half. An error is relative for an identity or an optimum, the distance of exponents for an order, the excess "
    "for a bound; where a comparison is of many numbers, the worst is shown."
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

    papers: dict[str, list[Result]] = {}
    for result in report:
        papers.setdefault(result.claim.paper, []).append(result)
    sections = "".join(_paper(paper, found, typeset, map(article, found)) for paper, found in papers.items())
    content = contents(papers, typeset) + glance(report, typeset) + findings(report, typeset, pictures) + sections
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
        f'<label><input type="radio" name="shown" id="show-{name}"{" checked" if name == "all" else ""}>{text}</label>'
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
    """While a button is pressed, hide what holds no claim of that verdict."""
    names = [slug(verdict) for verdict in report.counts]
    return "".join(f"body:has(#show-{name}:checked) .may:not(.{name}){{display:none}}" for name in names)


def _paper(paper: str, results: Sequence[Result], typeset: Typesetter, articles: Iterable[str]) -> str:
    first = results[0].claim
    cited = dict.fromkeys(key for result in results for key in keys(result.claim))
    references = "".join(f'<p class="reference">{typeset.html(reference(entries()[key]))}</p>' for key in cited)
    texts = dict.fromkeys(filter(None, (notes(result.claim) for result in results)))
    lecture = "".join(prose.to_html(text) for text in texts)
    folded = f'<details class="notes"><summary>notes</summary>{lecture}</details>' if lecture else ""
    return (
        f'<section class="{verdict_classes(results)}" id="{escape(paper)}"><h2>{escape(heading(first))} '
        f'<a class="up" href="#contents" aria-label="contents">&uarr;</a></h2>'
        f"{references}{folded}{''.join(articles)}</section>"
    )
