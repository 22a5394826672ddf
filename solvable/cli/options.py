"""Options that several commands have."""

from __future__ import annotations

import argparse


def add_data_option(parser: argparse.ArgumentParser) -> None:
    """``--data FILE``, as `solvable.claims.datafiles` reads it."""
    parser.add_argument(
        "--data",
        metavar="FILE",
        help="your own data: npz with X (or A) and y, or CSV with the columns of X and then y (or a column named y)",
    )
