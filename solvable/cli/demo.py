"""``solvable demo [NAME]``: a page with sliders for a lecture, opened in the browser (extra ``demo``)."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from typing import Any


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command."""
    parser: argparse.ArgumentParser = subparsers.add_parser("demo", help="demonstrations with sliders, in the browser")
    parser.add_argument("name", nargs="?", metavar="NAME", help="a demonstration (default: name them)")
    parser.add_argument("--port", type=int, metavar="N", help="where it listens (default: a free port from 2718)")
    parser.add_argument("--no-browser", action="store_true", help="print the address only")
    return parser


def run(args: argparse.Namespace) -> int:
    """Name them, or serve one until interrupted."""
    from ..claims.errors import UsageError
    from ..claims.tasks import limit_threads
    from ..common.optional import missing
    from .catalog import match
    from .siblings import sibling

    sibling("figures")
    demos = import_module("figures.demos")
    if args.name is None:
        width = max(map(len, demos.NAMES))
        for name in demos.NAMES:
            print(f"{name.ljust(width)}  {demos.logic_of(name).TITLE}")
        return 0
    name = match("demonstration", args.name, demos.NAMES)
    if args.port is not None and not 1 <= args.port <= 65535:
        raise UsageError(f"--port must be from 1 to 65535, got {args.port}")
    if not _has_marimo():
        raise UsageError(missing("marimo", "a demonstration"))
    limit_threads()
    words = f"solvable: preparing {name} (the first time this compiles, for half a minute) ..."
    print(words, file=sys.stderr, flush=True)
    demos.warm_up(name)
    return _serve(["run", str(demos.file_of(name))], args.port, browser=not args.no_browser)


def _has_marimo() -> bool:
    from importlib.util import find_spec

    return find_spec("marimo") is not None


def _serve(words: list[str], port: int | None, *, browser: bool) -> int:
    """``marimo`` in this process: what was compiled stays ready, and there is one process to end."""
    import runpy

    words += [] if port is None else ["--port", str(port)]
    words += [] if browser else ["--headless"]
    before = sys.argv
    sys.argv = ["marimo", *words]
    try:
        runpy.run_module("marimo", run_name="__main__", alter_sys=True)
    finally:
        sys.argv = before
    return 0
