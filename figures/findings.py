"""The findings: what papers or folklore say, and measurement narrowed or refuted.

They are the ``errata`` of the claims. A registry claim states what is true, so each finding stands under the claim that
holds instead; a published statement that fails is among the rivals that this claim rejects. The registry is read, not
imported, and a test compares the committed page with the one made here, so the page cannot fall behind the claims.
"""

from __future__ import annotations

import re

from . import figures_of, module_of

_HEAD = """\
# Findings

What papers or folklore say, where measurement narrowed or refuted it: {count} statements. Each stands under the claim
that holds instead, which `solvable verify` tests together with the rivals that it rejects. Made by
`python -m figures pages` from the claims themselves.
"""


def findings_text(place: str) -> str:
    """The page, with the figures in the folder `place`."""
    from solvable.claims.citations import entries, keys_of, short_name
    from solvable.claims.registry import all_claims

    claims = [claim for claim in all_claims() if claim.errata]
    parts = [_HEAD.format(count=len(claims))]
    parts += [f"- [{claim.title}](#{_anchor(claim.title or claim.id)})" for claim in claims]
    for claim in claims:
        papers = ", ".join(short_name(entries()[key]) for key in keys_of(claim, entries()))
        parts += ["", f"## {claim.title}", "", _line(claim.errata), ""]
        parts += [f"**Holds instead** ({papers}; {claim.source}): {_line(claim.statement)}", ""]
        parts += [f"**Rejected**: {'; '.join(claim.rivals)}.", "", f"`solvable verify {claim.id}`"]
        for name in figures_of(claim.id):
            parts += ["", f"![{module_of(name).TITLE}]({place}/{name}.png)"]
    return "\n".join(parts) + "\n"


def _line(text: str | None) -> str:
    return " ".join((text or "").split())


def _anchor(title: str) -> str:
    """The anchor that a page of Markdown gives to a heading.

    >>> _anchor("One point, tanh: k")
    'one-point-tanh-k'
    """
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
