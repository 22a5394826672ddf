"""``solvable cite``: BibTeX for the papers behind claims, or for the software and everything it draws on."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from ..claims.declaration import Claim
from ..claims.errors import UsageError
from ..claims.registry import select_claims

CITATIONS = Path(__file__).parent.parent / "citations.bib"
SOFTWARE = "solvable"


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command."""
    parser: argparse.ArgumentParser = subparsers.add_parser("cite", help="BibTeX of claims, or of everything")
    parser.add_argument("claims", nargs="*", metavar="CLAIM", help="ids, papers or patterns (default: everything)")
    return parser


def run(args: argparse.Namespace) -> int:
    """Print the entries."""
    entries = split_entries(CITATIONS.read_text(encoding="utf-8"))
    if args.claims:
        keys = dict.fromkeys(key for claim in select_claims(args.claims, tier="all") for key in keys_of(claim, entries))
        print("\n\n".join(entries[key] for key in keys))
    else:
        print("\n\n".join(entries.values()))
    return 0


def split_entries(text: str) -> dict[str, str]:
    """The entries of a bibliography by key, cut where a line starts with ``@``.

    >>> list(split_entries("@misc{a2020,\\n}\\n\\n@misc{b2021,\\n}\\n"))
    ['a2020', 'b2021']
    """
    entries = {}
    for block in re.split(r"(?m)^(?=@)", text):
        found = re.match(r"@\w+\{([^,\s]+),", block)
        if found:
            entries[found.group(1)] = block.strip()
    return entries


def keys_of(claim: Claim, entries: dict[str, str]) -> list[str]:
    """Keys of the entries that a claim's source names by arXiv number, and of the one named like its paper.

    The software's for its own results.
    """
    numbers = re.findall(r"\d{4}\.\d{4,5}", claim.source)
    keys = [
        key
        for key, entry in entries.items()
        if key == claim.paper or any(f"{{{number}}}" in entry for number in numbers)
    ]
    if not numbers and not keys:
        keys = [SOFTWARE]
    if not keys:
        raise UsageError(f"{CITATIONS.name} has no entry for {claim.source} (claim {claim.id})")
    return keys
