"""``solvable derive NAME``: a derivation step by step, from the definition of an optimizer or a model to its formula.

``--check`` also tests every statement by a second route (another recursion, another number system, an exact defect).
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from typing import Any

FAILED = 1

_EXAMPLES = """\
examples:
  solvable derive gradient-descent --order 4
  solvable derive heavy-ball --check
  solvable derive mirror --order 3 --latex
"""


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "derive",
        help="derive a modified equation or an implicit regularizer",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="an optimizer, curl, mirror, ... (see --list)")
    parser.add_argument("--list", action="store_true", help="name the derivations")
    parser.add_argument("--order", type=int, metavar="N", help="terms of a modified equation; depth of a mirror")
    parser.add_argument("--latex", action="store_true", help="as LaTeX source")
    parser.add_argument("--check", action="store_true", help="test every statement; exit 1 if one fails")
    return parser


def run(args: argparse.Namespace) -> int:
    """Print the derivation, and with ``--check`` what its tests found."""
    from ..claims.errors import UsageError
    from .catalog import match
    from .siblings import sibling

    derivations = sibling("derivations")
    topics = import_module("derivations.derivation").TOPICS
    if args.list:
        print("\n".join(topics))
        return 0
    if args.name is None:
        raise UsageError(f"name a derivation (known: {', '.join(topics)})")
    derivation = derivations.derive(match("derivation", args.name, list(topics)), order=args.order)
    print(derivation.latex() if args.latex else derivation, flush=True)
    if not args.check:
        print(f"solvable: {len(derivation.checks)} statement(s) can be tested: add --check", file=sys.stderr)
        return 0
    return _check(derivation, comment="% " if args.latex else "")


def _check(derivation: Any, comment: str) -> int:
    outcomes = derivation.check()
    print()
    for outcome in outcomes:
        mark = "passed" if outcome.passed else "FAILED"
        print(f"{comment}{mark}  {outcome.statement} ({outcome.found})")
    return 0 if outcomes and all(outcome.passed for outcome in outcomes) else FAILED
