"""``solvable falsify CLAIM``: search for the problem that a claim survives most narrowly, and keep it."""

from __future__ import annotations

import argparse
import sys
from typing import Any


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "falsify", help="search for the problem on which a claim comes nearest to failing"
    )
    parser.add_argument("claim", metavar="CLAIM", help="an id, or FILE.py::CLAIM")
    parser.add_argument("--trials", type=int, default=100, metavar="N", help="how many problems (default: 100)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="seed of the search (default: 0)")
    parser.add_argument("--out", default=".", metavar="DIR", help="where the npz goes (default: here)")
    return parser


def run(args: argparse.Namespace) -> int:
    """Search, print what was found; the exit code is that of the worst instance."""
    from ..claims.falsification import falsify
    from ..claims.tasks import limit_threads
    from ..claims.verdicts import exit_code
    from .interruption import interrupt_once
    from .targets import resolve_one

    limit_threads()
    claim, target = resolve_one(args.claim)
    step = max(1, args.trials // 10)

    def report_trial(done: int, margin: float) -> None:
        if done % step == 0:
            print(f"[{done}/{args.trials}] smallest margin {margin:.3g}", file=sys.stderr, flush=True)

    with interrupt_once():
        found = falsify(claim, trials=args.trials, seed=args.seed, out=args.out, target=target, on_trial=report_trial)
    print(found)
    return 130 if found.interrupted else exit_code([found.verdict])
