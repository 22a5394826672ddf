"""What the command does once threads are limited: measure one thing after the other and print each at once."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from typing import Any

from ...claims.errors import UsageError
from ..catalog import match
from . import gate as gates
from . import reports, workloads
from .machine import core_name, describe_machine, one_core
from .measuring import measure
from .rivals import choose
from .tables import as_record, as_text

KNOWN = workloads.NAMES + reports.NAMES


def listed() -> Iterator[str]:
    """One line for each workload and report."""
    for name in KNOWN:
        yield f"{name}  {(reports if name in reports.NAMES else workloads).title(name)}"


def run_gate(args: argparse.Namespace) -> int:
    """1 if a workload of the gate is too slow in every try."""
    if args.workloads:
        raise UsageError("--gate has workloads of its own and takes none")
    with one_core():
        found = [gates.passes(name, core_name(), args.seconds) for name in gates.WORKLOADS]
    return 0 if all(found) else 1


def run_session(args: argparse.Namespace) -> int:
    """1 if a contender gives another answer."""
    names = [match("workload", name, KNOWN) for name in args.workloads] or list(KNOWN)
    rivals = choose(args.rivals)
    machine, records, equal = describe_machine(rivals), [], True
    if not args.json:
        print("\n".join(f"# {key}: {value}" for key, value in machine.items()), flush=True)
    with one_core():
        for name in names:
            print(f"solvable: bench {name}, about {args.seconds:g} s ...", file=sys.stderr, flush=True)
            record, text, agree = _one(name, args.seconds, rivals)
            records.append(record)
            equal = equal and agree
            if not args.json:
                print(text, flush=True)
    if args.json:
        print(json.dumps({"machine": machine, "workloads": records}))
    return 0 if equal else 1


def _one(name: str, seconds: float, rivals: frozenset[str]) -> tuple[dict[str, Any], str, bool]:
    """(plain data, text, whether all answers agree)."""
    if name in reports.NAMES:
        report = reports.measure(name, seconds)
        return report.as_record(name), report.as_text(name), True
    measurement = measure(workloads.build(name, seconds, rivals), seconds)
    return as_record(name, measurement), as_text(name, measurement), measurement.equal
