"""``solvable list``: the claims of the package, read from their source text."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from typing import Any

from ..claims.declaration import Claim
from ..claims.errors import UsageError
from ..claims.registry import all_claims

_FIELDS = ("id", "title", "statement", "source", "hypotheses", "rivals", "convention", "tier", "errata")


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command."""
    parser: argparse.ArgumentParser = subparsers.add_parser("list", help="list the claims of the package")
    parser.add_argument("--json", action="store_true", help="all metadata as a JSON list")
    parser.add_argument("--paper", metavar="P", help="only this paper (woodworth2020, or an arXiv number)")
    return parser


def run(args: argparse.Namespace) -> int:
    """Print one line a claim."""
    claims = [claim for claim in all_claims() if args.paper is None or _of_paper(claim, args.paper)]
    if args.paper is not None and not claims:
        papers = ", ".join(sorted({claim.paper for claim in all_claims()})) or "none yet"
        raise UsageError(f"no claim of the paper {args.paper!r} (papers: {papers})")
    if args.json:
        print(json.dumps([{name: getattr(claim, name) for name in _FIELDS} for claim in claims], indent=1))
        return 0
    # Cut for a terminal only: a file or another program gets the whole line.
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    width = max((len(claim.id) for claim in claims), default=0)
    for claim in claims:
        line = f"{claim.id.ljust(width)}  {claim.tier:4}  {claim.title or claim.statement}"
        print(line if room is None or len(line) <= room else line[: room - 3].rstrip() + "...")
    return 0


def _of_paper(claim: Claim, paper: str) -> bool:
    return paper in (claim.paper, claim.arxiv, claim.source)
