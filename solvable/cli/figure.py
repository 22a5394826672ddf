"""``solvable figure NAME|all``: make the figures of the package, with the data behind them."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path
from typing import Any


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command."""
    parser: argparse.ArgumentParser = subparsers.add_parser("figure", help="make figures, with their data")
    parser.add_argument("name", nargs="?", metavar="NAME", help="a figure, or all")
    parser.add_argument("--list", action="store_true", help="name the figures")
    parser.add_argument("--out", default=".", metavar="DIR", help="where the files go (default: here)")
    parser.add_argument("--from-data", action="store_true", help="draw again from NAME.npz in that folder")
    return parser


def run(args: argparse.Namespace) -> int:
    """Make them and print the files that were written."""
    from ..claims.errors import UsageError
    from ..claims.tasks import limit_threads
    from .catalog import match
    from .siblings import sibling

    limit_threads()
    figures = sibling("figures")
    if args.list:
        width = max(map(len, figures.NAMES))
        for name in figures.NAMES:
            print(f"{name.ljust(width)}  {figures.module_of(name).TITLE}")
        return 0
    if args.name is None:
        raise UsageError(f"name a figure, or all (known: {', '.join(figures.NAMES)})")
    out = Path(args.out)
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out must be a folder, {out} is a file")
    names = figures.NAMES if args.name == "all" else [match("figure", args.name, figures.NAMES)]
    make = import_module("figures.making").make
    for name in names:
        print(f"solvable: figure {name} ...", file=sys.stderr, flush=True)
        for path in make(name, out, from_data=args.from_data):
            print(path, flush=True)
    return 0
