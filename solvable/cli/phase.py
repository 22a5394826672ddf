"""``solvable phase``: maps over parameters; each of its commands is a module ``phase_COMMAND``."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import Any

COMMANDS = ("list", "map", "boundary", "refine")


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the commands."""
    parser: argparse.ArgumentParser = subparsers.add_parser("phase", help="maps over parameters, with the theory")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="phase_command", required=True)
    for name in COMMANDS:
        _module(name).add_parser(commands)
    return parser


def run(args: argparse.Namespace) -> int:
    """Run the one that was asked for."""
    return int(_module(args.phase_command).run(args))


def _module(name: str) -> Any:
    return import_module(f".phase_{name}", __package__)
