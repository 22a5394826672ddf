"""``solvable verify``: run claims and report their verdicts.

The table is the data, on standard output; progress is on standard error. Claims run in spawned worker
processes, so that an interruption is answered at once whatever the compiled code is doing.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .options import add_run_options, check_run_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..claims.declaration import Claim
    from ..claims.results import Report, Result


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command."""
    parser: argparse.ArgumentParser = subparsers.add_parser("verify", help="verify claims, the package's or your own")
    parser.add_argument(
        "claims",
        nargs="*",
        metavar="CLAIM",
        help="ids, papers, patterns, FILE.py or FILE.py::CLAIM (default: all)",
    )
    add_run_options(parser)
    parser.add_argument("--json", action="store_true", help="a JSON list on standard output")
    parser.add_argument("--junit", metavar="FILE", help="also write JUnit XML")
    return parser


def run(args: argparse.Namespace) -> int:
    """Verify and print the report."""
    from ..claims.errors import UsageError
    from .targets import resolve, slow_left_out

    check_run_options(args)
    if args.junit is not None and not Path(args.junit).resolve().parent.is_dir():
        raise UsageError(f"there is no folder for --junit {args.junit}")
    claims, names = resolve(args.claims, tier=args.tier)
    report = carry_out(args, claims, names)
    if args.junit:
        Path(args.junit).write_text(report.to_junit(), encoding="utf-8")
    write(report, as_json=args.json)
    if not args.quiet and (slow := slow_left_out(args.claims, tier=args.tier)):
        print(f"{slow} slow claim{'s'[: slow > 1]} not run (--tier all)", file=sys.stderr)
    return report.exit_code


def carry_out(args: argparse.Namespace, claims: list[Claim], targets: dict[str, str]) -> Report:
    """Run `claims` as the options of `add_run_options` say, with progress on standard error."""
    from ..claims.errors import UsageError
    from ..claims.executors import close_executor, open_executor
    from ..claims.loading import PAPERS_PACKAGE
    from ..claims.tasks import limit_threads
    from ..claims.verification import CHUNKS, run_claims
    from .interruption import interrupt_once
    from .warmup import warm_if_cold

    limit_threads()
    if args.data is not None and not args.claims:
        raise UsageError("--data needs the claims to run on the data")
    pieces = len(claims) * min(args.instances, CHUNKS)
    executor = open_executor(args.executor, jobs=args.jobs, tasks=max(1, pieces))
    packaged = any((claim.module or "").startswith(PAPERS_PACKAGE) for claim in claims)
    interrupted = True
    try:
        if executor is not None and pieces > 1 and packaged:
            warm_if_cold()
        with interrupt_once(), _progress(len(claims), quiet=args.quiet) as on_result:
            report = run_claims(
                claims,
                seed=args.seed,
                instances=args.instances,
                data=args.data,
                executor=executor,
                on_result=on_result,
                targets=targets,
            )
        interrupted = report.interrupted
    finally:
        close_executor(executor, interrupted=interrupted)
    return report


def write(report: Report, *, as_json: bool = False) -> None:
    """Print a report: JSON, a drawn table on a terminal, plain lines otherwise."""
    if as_json:
        print(report.to_json())
    elif sys.stdout.isatty():
        from ..claims.report.terminal import draw_report

        draw_report(report)
    else:
        print(report)


@contextlib.contextmanager
def _progress(total: int, *, quiet: bool) -> Iterator[Callable[[Result], None] | None]:
    if quiet:
        yield None
    elif sys.stderr.isatty():
        from ..claims.report.terminal import progress_bar

        with progress_bar(total) as on_result:
            yield on_result
    else:
        from ..claims.report.cells import seconds, verdict_cell

        done = 0

        def line(result: Result) -> None:
            nonlocal done
            done += 1
            text = f"[{done}/{total}] {result.id} {verdict_cell(result)} {seconds(result.seconds)} s"
            print(text, file=sys.stderr, flush=True)

        yield line
