"""``solvable bench``: how fast, against whom, on this machine.

A workload names the work and its contenders: this package first, then rivals that do the same work as other people
would write it. All of them run in turn, A B C A B C, on one core; the answers are compared before anything is timed.
Workloads are modules of ``workloads``, rivals functions of ``rivals``.
"""

from __future__ import annotations

import argparse
import json
import sys
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
    parser.add_argument("--json", action="store_true", help="a JSON object on standard output")
    parser.add_argument(
        "--seconds", type=float, default=DEFAULT_SECONDS, metavar="S", help="for each workload (default: 20)"
    )
    return parser


def run(args: argparse.Namespace) -> int:
    """Measure and print; exit 1 if a rival gives another answer."""
    import math

    from ...claims.errors import UsageError
    from ...claims.tasks import limit_threads

    if not (math.isfinite(args.seconds) and args.seconds > 0):
        raise UsageError(f"--seconds must be > 0, got {args.seconds:g}")
    limit_threads()  # before numpy is loaded
    from ..catalog import match
    from .machine import describe_machine, one_core
    from .measuring import measure
    from .rivals import choose
    from .tables import as_record, as_text
    from .workloads import NAMES, build, title

    if args.list:
        for name in NAMES:
            print(f"{name}  {title(name)}")
        return 0
    names = [match("workload", name, NAMES) for name in args.workloads] or list(NAMES)
    rivals = choose(args.rivals)
    machine, records, equal = describe_machine(rivals), [], True
    if not args.json:
        print("\n".join(f"# {key}: {value}" for key, value in machine.items()), flush=True)
    with one_core():
        for name in names:
            print(f"solvable: bench {name}, about {args.seconds:g} s ...", file=sys.stderr, flush=True)
            measurement = measure(build(name, args.seconds, rivals), args.seconds)
            equal = equal and measurement.equal
            records.append(as_record(name, measurement))
            if not args.json:
                print(as_text(name, measurement), flush=True)
    if args.json:
        print(json.dumps({"machine": machine, "workloads": records}))
    return 0 if equal else 1
