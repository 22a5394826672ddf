"""``solvable show CLAIM``: everything that is declared about one claim, as text or as a LaTeX document."""

from __future__ import annotations

import argparse
import re
import textwrap
from typing import Any

from ..claims.declaration import Claim
from ..claims.errors import UsageError
from ..claims.registry import find_claim
from ..claims.source import notes, problem
from .siblings import sibling

_INDENT = 13


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command."""
    parser: argparse.ArgumentParser = subparsers.add_parser("show", help="show one claim")
    parser.add_argument("claim", metavar="CLAIM", help="an id (see solvable list)")
    parser.add_argument("--latex", action="store_true", help="as a LaTeX document that compiles by itself")
    return parser


def run(args: argparse.Namespace) -> int:
    """Print the claim."""
    claim = find_claim(args.claim)
    print(latex(claim) if args.latex else text(claim))
    return 0


def fields(claim: Claim) -> list[tuple[str, str]]:
    """The declared fields with their headings, empty ones left out."""
    pairs = [
        ("statement", claim.statement),
        ("source", claim.source),
        ("hypotheses", "; ".join(claim.hypotheses)),
        ("rivals", "; ".join(claim.rivals) or "no rival"),
        ("data", str(problem(claim) or "")),
        ("convention", claim.convention or ""),
        ("errata", claim.errata or ""),
        ("tier", claim.tier),
    ]
    return [(name, value) for name, value in pairs if value]


def text(claim: Claim) -> str:
    """Plain text, 100 columns."""
    lines = [claim.id + (f": {claim.title}" if claim.title else "")]
    for name, value in fields(claim):
        lines += textwrap.wrap(
            " ".join(value.split()),
            100,
            initial_indent=f"  {name}".ljust(_INDENT),
            subsequent_indent=" " * _INDENT,
            break_long_words=False,
            break_on_hyphens=False,
        )
    lines.append("  code".ljust(_INDENT) + f"{claim.file}:{claim.line}")
    lines.append("  run".ljust(_INDENT) + f"solvable verify {claim.id}")
    lines += ["  figure".ljust(_INDENT) + f"solvable figure {name}" for name in figures(claim)]
    return "\n".join([*lines, "", *lecture(notes(claim))]).rstrip()


def figures(claim: Claim) -> list[str]:
    """The figures that show a claim; none where the figures are not installed."""
    try:
        found: list[str] = sibling("figures").figures_of(claim.id)
    except UsageError:
        return []
    return found


def lecture(text: str) -> list[str]:
    """Notes at 100 columns: paragraphs wrapped, blocks with a margin of their own as they are."""
    lines: list[str] = []
    for block in re.split(r"\n\s*\n", text):
        rows = block.splitlines()
        if all(row.startswith((" ", "- ")) for row in rows):
            lines += [f"  {row}" for row in rows]
        else:
            lines += textwrap.wrap(
                " ".join(block.split()), 100, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
            )
        lines.append("")
    return lines


def latex(claim: Claim) -> str:
    """A complete document."""
    rows = [f"\\item[{name}] {escape(' '.join(value.split()))}" for name, value in fields(claim)]
    return "\n".join(
        [
            r"\documentclass{article}",
            r"\usepackage[T1]{fontenc}",
            r"\usepackage[utf8]{inputenc}",
            r"\usepackage{amsmath,amssymb}",
            r"\begin{document}",
            rf"\section*{{{escape(claim.title or claim.id)}}}",
            rf"\noindent\texttt{{{escape(claim.id)}}}",
            r"\begin{description}",
            *rows,
            r"\end{description}",
            r"\end{document}",
        ]
    )


def escape(value: str) -> str:
    r"""Text for LaTeX: everything outside ``$...$`` escaped.

    >>> escape("a 5% gap in x^2: $x_1$")
    'a 5\\% gap in x\\^{}2: $x_1$'
    """
    parts = re.split(r"(\$[^$]*\$)", value)
    plain = (re.sub(r"([%&#_{}$])", r"\\\1", part).replace("^", r"\^{}").replace("~", r"\~{}") for part in parts)
    return "".join(part if k % 2 else shown for k, (part, shown) in enumerate(zip(parts, plain, strict=True)))
