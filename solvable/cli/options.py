"""Options that several commands have, and how words and options mix."""

from __future__ import annotations

import argparse
import functools
from pathlib import Path
from typing import Any


def add_data_option(parser: argparse.ArgumentParser) -> None:
    """``--data FILE``, as `solvable.claims.datafiles` reads it."""
    parser.add_argument(
        "--data",
        metavar="FILE",
        help="your own data: npz with X (or A) and y, or CSV with the columns of X and then y (or a column named y)",
    )


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """The options of the commands that run claims."""
    parser.add_argument("--tier", choices=("fast", "slow", "all"), default="fast", help="which claims (default: fast)")
    parser.add_argument("--instances", type=int, default=1, metavar="N", help="fresh problems for each claim")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="seed of the first problem")
    add_data_option(parser)
    parser.add_argument("--jobs", type=int, metavar="N", help="worker processes (default: one a core)")
    parser.add_argument(
        "--executor",
        default="processes",
        metavar="E",
        help="serial, processes[:N], loky[:N], dask[:ADDRESS], mpi",
    )
    parser.add_argument("--quiet", action="store_true", help="no progress")


def check_run_options(args: argparse.Namespace) -> None:
    """Raise `UsageError` for a count below 1 or a file of data that is not there."""
    from ..claims.errors import UsageError

    for name in ("jobs", "instances"):
        value = getattr(args, name)
        if value is not None and value < 1:
            raise UsageError(f"--{name} must be an integer >= 1, got {value}")
    if args.data is not None and not Path(args.data).is_file():
        raise UsageError(f"there is no file {args.data}")


def intermix(parser: argparse.ArgumentParser) -> None:
    """Let words stand after options: plainly parsed, a ``key=value`` there would be "unrecognized"."""
    setattr(parser, "parse_known_args", functools.partial(_parse_intermixed, parser))  # noqa: B010


def _parse_intermixed(parser: argparse.ArgumentParser, *arguments: Any) -> tuple[argparse.Namespace, list[str]]:
    delattr(parser, "parse_known_args")  # the plain method again, which intermixed parsing is made of
    return parser.parse_known_intermixed_args(*arguments)
