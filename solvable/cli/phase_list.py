"""``solvable phase list``: the named diagrams."""

from __future__ import annotations

import argparse
from typing import Any


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command."""
    parser: argparse.ArgumentParser = subparsers.add_parser("list", help="the named diagrams")
    return parser


def run(args: argparse.Namespace) -> int:
    """Print one line a diagram: its name, paper, axes with the number of their values, and title."""
    from ..phase.diagrams import diagram_names, find_diagram

    rows = []
    for name in diagram_names():
        diagram = find_diagram(name)
        axes = " x ".join(f"{axis} ({values.size})" for axis, values in diagram.axis_values().items())
        rows.append((name, diagram.source, axes, diagram.title))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0
