"""``solvable animate NAME``: make an animation of the package."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path
from typing import Any


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command."""
    parser: argparse.ArgumentParser = subparsers.add_parser("animate", help="make an animation")
    parser.add_argument("name", nargs="?", metavar="NAME", help="an animation, or all")
    parser.add_argument("--list", action="store_true", help="name the animations")
    parser.add_argument("--out", default=".", metavar="DIR", help="where the file goes (default: here)")
    parser.add_argument("--format", default="gif", metavar="F", help="gif (default), or mp4, which needs ffmpeg")
    return parser


def run(args: argparse.Namespace) -> int:
    """Make it and print the file that was written."""
    from ..claims.errors import UsageError
    from ..claims.tasks import limit_threads
    from .catalog import match
    from .siblings import sibling

    limit_threads()
    animations = import_module(f"{sibling('figures').__name__}.animations")
    if args.list:
        width = max(map(len, animations.NAMES))
        for name in animations.NAMES:
            print(f"{name.ljust(width)}  {animations.module_of(name).TITLE}")
        return 0
    if args.name is None:
        raise UsageError(f"name an animation, or all (known: {', '.join(animations.NAMES)})")
    out = Path(args.out)
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out must be a folder, {out} is a file")
    names = animations.NAMES if args.name == "all" else [match("animation", args.name, animations.NAMES)]
    making = import_module(f"{animations.__name__}.making")
    making.check_format(args.format)
    for name in names:
        print(f"solvable: animation {name} ...", file=sys.stderr, flush=True)
        print(making.make(name, out, args.format), flush=True)
    return 0
