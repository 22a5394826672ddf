"""Options that several commands have, and how words and options mix."""

from __future__ import annotations

import argparse
import functools
from typing import Any


def add_data_option(parser: argparse.ArgumentParser) -> None:
    """``--data FILE``, as `solvable.claims.datafiles` reads it."""
    parser.add_argument(
        "--data",
        metavar="FILE",
        help="your own data: npz with X (or A) and y, or CSV with the columns of X and then y (or a column named y)",
    )


def intermix(parser: argparse.ArgumentParser) -> None:
    """Let words stand after options: plainly parsed, a ``key=value`` there would be "unrecognized"."""
    setattr(parser, "parse_known_args", functools.partial(_parse_intermixed, parser))  # noqa: B010


def _parse_intermixed(parser: argparse.ArgumentParser, *arguments: Any) -> tuple[argparse.Namespace, list[str]]:
    delattr(parser, "parse_known_args")  # the plain method again, which intermixed parsing is made of
    return parser.parse_known_intermixed_args(*arguments)
