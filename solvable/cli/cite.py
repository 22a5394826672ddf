"""``solvable cite``: BibTeX for the papers behind claims, or for the software and everything it draws on."""

from __future__ import annotations

import argparse
from typing import Any

from ..claims.citations import entries, keys_of
from ..claims.registry import select_claims


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command."""
    parser: argparse.ArgumentParser = subparsers.add_parser("cite", help="BibTeX of claims, or of everything")
    parser.add_argument("claims", nargs="*", metavar="CLAIM", help="ids, papers or patterns (default: everything)")
    return parser


def run(args: argparse.Namespace) -> int:
    """Print the entries."""
    found = entries()
    if args.claims:
        keys = dict.fromkeys(key for claim in select_claims(args.claims, tier="all") for key in keys_of(claim, found))
        print("\n\n".join(found[key] for key in keys))
    else:
        print("\n\n".join(found.values()))
    return 0
