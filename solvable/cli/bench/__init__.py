"""``solvable bench``: how fast, against whom, on this machine.

A workload names the work and its contenders: this package first, then rivals that do the same work as other people
would write it. All of them run in turn, A B C A B C, on one core; the answers are compared before anything is timed.
Workloads are modules of ``workloads``, rivals functions of ``rivals``; what has no rival (start, memory, growth with
size) is a module of ``reports``. ``--gate`` fails if we have become slower than the record.
"""

from __future__ import annotations

import argparse
from typing import Any

DEFAULT_SECONDS = 20.0


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command."""
    parser: argparse.ArgumentParser = subparsers.add_parser("bench", help="speed, against other ways to do it")
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help="names (default: all; see --list)")
    parser.add_argument("--list", action="store_true", help="name the workloads")
    parser.add_argument(
        "--rivals", metavar="LIST", help="jax, torch, diffrax, numbalsoda (default: all installed; NumPy, SciPy always)"
    )
    parser.add_argument(
        "--gate", action="store_true", help="exit 1 if we are 1.3 times slower, against NumPy, than on record"
    )
    parser.add_argument("--json", action="store_true", help="a JSON object on standard output")
    parser.add_argument(
        "--seconds", type=float, default=DEFAULT_SECONDS, metavar="S", help="for each workload (default: 20)"
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """Measure and print; exit 1 if a rival gives another answer, or if the gate is shut."""
    import math

    from ...claims.errors import UsageError
    from ...claims.tasks import limit_threads

    if not (math.isfinite(args.seconds) and args.seconds > 0):
        raise UsageError(f"--seconds must be > 0, got {args.seconds:g}")
    limit_threads()  # before numpy is loaded
    from .session import listed, run_gate, run_session

    if args.list:
        print("\n".join(listed()))
        return 0
    return run_gate(args) if args.gate else run_session(args)
