"""One claim on the page: statement, hypotheses, predicted against measured, rivals, errata, figures, how to run it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from ..declaration import Claim
from ..evidence import Evidence, Outcome
from ..results import Result
from ..source import problem
from ..verdicts import Agreement, Verdict
from . import cells, plain, prose
from .mathematics import Typesetter

FEW = 4
"""As many comparisons are shown at once; more are folded below the tightest."""
_COLUMNS = ("comparison", "measured", "predicted", "error", "tolerance")


@dataclass(frozen=True)
class Picture:
    """A figure that a page embeds: its name, what it shows, the claims that it belongs to, and where its bytes are."""

    name: str
    title: str
    caption: str
    claims: tuple[str, ...]
    source: str

    @property
    def anchor(self) -> str:
        """The id of the figure on the page."""
        return f"figure-{self.name}"


def shown_in(result: Result, pictures: Sequence[Picture]) -> list[Picture]:
    """The figures that name the claim of a result."""
    return [picture for picture in pictures if result.id in picture.claims]


def links(pictures: Sequence[Picture]) -> str:
    """Where on the page figures are."""
    found = (f'<a href="#{picture.anchor}">{escape(picture.title)}</a>' for picture in pictures)
    return f'<span class="figures">{", ".join(found)}</span>' if pictures else ""


def slug(verdict: Verdict) -> str:
    """A verdict as the name of a class.

    >>> slug(Verdict.NOT_APPLICABLE)
    'not-applicable'
    """
    return verdict.value.lower().replace(" ", "-")


def verdict_classes(results: Iterable[Result]) -> str:
    """The classes of an element that may be hidden: it is shown with the verdicts of the results that it holds."""
    return " ".join(["may", *dict.fromkeys(slug(result.verdict) for result in results)])


def badge(verdict: Verdict, text: str = "") -> str:
    """The verdict as a colored word."""
    return f'<b class="badge {slug(verdict)}">{escape(text or verdict.value.lower())}</b>'


def claim_section(result: Result, typeset: Typesetter, own: Sequence[Picture], other: Sequence[Picture]) -> str:
    """The article about one result; figures of its `own` are embedded in it, `other` ones are linked."""
    claim, outcome = result.claim, result.worst
    rows = [
        ("Hypotheses", _items(_hypotheses(claim, outcome))),
        ("Rivals", _items(_rivals(claim, outcome))),
        ("Data", prose.inline(str(problem(claim) or ""))),
        ("Convention", typeset.html(claim.convention or "")),
        ("Errata", typeset.html(claim.errata or "")),
        ("Notes", _items(escape(note) for note in outcome.notes)),
        ("Source", typeset.html(claim.source)),
        ("Run", f"<code>{escape(plain.reproduce(result, outcome))}</code>"),
        ("Figure", links(other)),
    ]
    body = "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in rows if text)
    message = f'<p class="message">{escape(outcome.message)}</p>' if outcome.message else ""
    return (
        f'<article id="{escape(claim.id)}" class="claim {verdict_classes([result])}">'
        f'<h3><a href="#{escape(claim.id)}">{typeset.html(claim.title or claim.id)}</a> '
        f"{badge(result.verdict, cells.verdict_cell(result).lower())}</h3>"
        f'<p class="id">{escape(claim.id)}</p><p class="statement">{typeset.html(claim.statement)}</p>'
        f"{message}{_evidence(outcome)}<dl>{body}</dl>{''.join(map(figure, own))}</article>"
    )


def figure(picture: Picture) -> str:
    """A figure with its caption."""
    return (
        f'<figure id="{picture.anchor}"><img src="{picture.source}" alt="{escape(picture.title)}" loading="lazy">'
        f"<figcaption><b>{escape(picture.title)}.</b> {escape(picture.caption)} "
        f"<code>solvable figure {picture.name}</code></figcaption></figure>"
    )


def _hypotheses(claim: Claim, outcome: Outcome) -> Iterable[str]:
    for name in claim.hypotheses:
        state = {True: "", False: " <b>(does not hold)</b>"}.get(outcome.hypotheses.get(name, True), "")
        yield escape(name) + state


def _rivals(claim: Claim, outcome: Outcome) -> Iterable[str]:
    for name in claim.rivals:
        rival = outcome.rivals.get(name)
        how = plain.rival_text(rival) if rival else "not tested"
        text = escape(how) if rival and rival.rejected else f"<b>{escape(how)}</b>"
        yield f'{escape(name)}: <span class="quiet">{text}</span>'


def _evidence(outcome: Outcome) -> str:
    pieces = outcome.evidence
    if not pieces:
        return ""
    if len(pieces) <= FEW:
        return _table(pieces)
    tightest = min(pieces, key=lambda piece: piece.margin)
    folded = f"<details><summary>all {len(pieces)} comparisons</summary>{_table(pieces)}</details>"
    return _table([tightest]) + folded


def _table(pieces: Iterable[Evidence]) -> str:
    head = "".join(f"<th>{name}</th>" for name in _COLUMNS)
    body = "".join(_row(piece) for piece in pieces)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _row(piece: Evidence) -> str:
    if piece.kind == "symbolic":
        exact = {0.0: "0, exactly", float("inf"): "not 0"}.get(piece.error, "undecided")
        numbers = [exact, "0", "", ""]
    else:
        values = [piece.numbers.get(name) for name in ("measured", "predicted")]
        numbers = ["" if value is None else f"{value:.6g}" for value in values]
        # An inequality that holds has no error; what is left of it is in the margin.
        error = "0" if piece.error <= 0 else cells.number(piece.error)
        numbers += [error, cells.number(piece.tolerance)]
    words = "; ".join(filter(None, [piece.note, piece.reason]))
    what = f'{piece.kind}<span class="quiet">{": " if words else ""}{escape(words)}</span>'
    if piece.agreement is not Agreement.INSIDE:
        what = f"<b>{piece.agreement.value}</b> {what}"
    named = zip(_COLUMNS[1:], numbers, strict=True)
    return f"<tr><td>{what}</td>" + "".join(f'<td data-name="{name}">{text}</td>' for name, text in named) + "</tr>"


def _items(texts: Iterable[str]) -> str:
    found = [f"<li>{text}</li>" for text in texts]
    return f"<ul>{''.join(found)}</ul>" if found else ""
