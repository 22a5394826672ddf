"""The command line: one module a command, each with ``add_parser(subparsers)`` and ``run(args) -> int``.

Command modules import what they need inside ``run``, so that help and the registry commands stay quick. To
add a command, write such a module and add its name to `COMMANDS`. Standard output is data, standard error is
for people; a usage error is one line and exit code 2.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

from ..common.naming import nearest

COMMANDS = (
    "list_claims",
    "show",
    "verify",
    "falsify",
    "derive",
    "simulate",
    "phase",
    "figure",
    "animate",
    "report",
    "demo",
    "bench",
    "cite",
    "warmup",
    "doctor",
)
USAGE, INTERRUPTED, BROKEN_PIPE = 2, 130, 141

_FIRST_STEPS = """\
try first:
  solvable list                    every claim of the package
  solvable verify                  verify them all
  solvable show CLAIM              one claim: statement, hypotheses, rivals, source
"""


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Print the one line and exit with 2."""
        self.exit(USAGE, f"{self.prog}: error: {' '.join(message.split())}\n")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is not None and value not in action.choices and (near := nearest(value, action.choices)):
            known = ", ".join(map(str, action.choices))
            raise argparse.ArgumentError(action, f"unknown {value!r} (did you mean {near}? known: {known})")
        super()._check_value(action, value)


class _Version(argparse.Action):
    """Prints the version, read from the metadata of the distribution only when asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *unused: object) -> NoReturn:
        from importlib.metadata import version

        print(f"solvable {version('solvable')}")
        parser.exit()


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code.

    0 all verified or not applicable, 1 something refuted, 2 usage, 3 something inconclusive or an error, 130
    interrupted.
    """
    try:
        words = sys.argv[1:] if argv is None else list(argv)
        args = make_parser(words[0] if words else None).parse_args(words)
        if args.command is None:
            make_parser().print_help()
            return 0
        code = int(args.run(args))
        sys.stdout.flush()
        return code
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else USAGE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has gone (as in `solvable list | head`); Python must not complain again when it flushes
        # at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except ValueError as error:
        # Bad input is a ValueError of one line everywhere in the package; anything else is a fault and shows
        # itself.
        if os.environ.get("SOLVABLE_DEBUG"):
            raise
        print(f"solvable: error: {' '.join(str(error).split())}", file=sys.stderr)
        return USAGE


def make_parser(command: str | None = None) -> Parser:
    """The parser of all commands; if `command` is one of them, of that alone, so that no other is imported."""
    parser = Parser(
        prog="solvable",
        description="Verify theorems about implicit regularization on models that can be solved.",
        epilog=_FIRST_STEPS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", parser_class=Parser)
    modules = {name.partition("_")[0]: name for name in COMMANDS}
    for name in [modules[command]] if command in modules else COMMANDS:
        module = import_module(f"{__name__}.{name}")
        module.add_parser(subparsers).set_defaults(run=module.run)
    return parser
