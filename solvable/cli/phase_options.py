"""What the commands of `solvable phase` that measure have in common: their options, and how the work is done.

Progress is on standard error, results are data on standard output. Work goes to spawned worker processes by default, so
that an interruption is answered at once whatever the compiled code is doing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from .options import intermix

if TYPE_CHECKING:
    from ..phase.phase_boundary import PhaseBoundary
    from ..phase.phase_map import PhaseMap
    from ..phase.plan import Plan
    from ..phase.refinement import Refinement

    Found = TypeVar("Found", PhaseMap, PhaseBoundary, Refinement)

ERROR, INTERRUPTED = 3, 130
SUFFIXES = (".npz", ".csv")


def declare(commands: Any, name: str, *, words: str, **about: Any) -> argparse.ArgumentParser:
    """The parser of a command, which takes a measure and axes; `words` are its help."""
    raw = argparse.RawDescriptionHelpFormatter
    parser: argparse.ArgumentParser = commands.add_parser(name, help=words, formatter_class=raw, **about)
    parser.add_argument("measure", metavar="NAME", help="a named diagram, FILE.py or FILE.py::FUNCTION")
    parser.add_argument("axes", nargs="*", metavar="name=values", help="low:high:count[:log] or [v1,v2,...]")
    intermix(parser)
    return parser


def logarithmic(words: Sequence[str]) -> list[str]:
    """The names of the axes that end with ``:log``.

    >>> logarithmic(["x=0:1:2", "h = 0.1:1:2:log"])
    ['h']
    """
    parts = (word.partition("=") for word in words)
    return [name.strip() for name, _, text in parts if text.strip().endswith(":log")]


def add_execution_options(parser: argparse.ArgumentParser, *, stored: bool = True) -> None:
    """Where work goes and, if it can be `stored`, is kept, and what is made of it."""
    if stored:
        parser.add_argument(
            "--store", metavar="DIR", help="keep every finished chunk in this folder, and resume from it"
        )
        parser.add_argument("--fresh", action="store_true", help="discard what the store holds")
        parser.add_argument("--fine", action="store_true", help="the fine axes of a named diagram")
    else:
        parser.set_defaults(store=None, fresh=False)
    parser.add_argument(
        "--executor",
        default="processes",
        metavar="E",
        help="serial, threads[:N], processes[:N] (default), loky[:N], dask[:ADDRESS], mpi",
    )
    parser.add_argument("--jobs", type=int, metavar="N", help="workers (default: one a core)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="seed of the random numbers")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    parser.add_argument(
        "--out", metavar="FILE", help=f"also save what was found ({' or '.join(SUFFIXES if stored else SUFFIXES[1:])})"
    )
    parser.add_argument("--picture", metavar="FILE.png", help="also draw it, with the theory of a named diagram")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")


def check_options(args: argparse.Namespace, suffixes: Sequence[str] = SUFFIXES) -> None:
    """Refuse early what could not be carried out at the end.

    Raises
    ------
    UsageError : no workers, nothing to discard, a file of another kind, or no such folder.
    """
    from ..claims.errors import UsageError

    if args.jobs is not None and args.jobs < 1:
        raise UsageError(f"--jobs must be an integer >= 1, got {args.jobs}")
    if args.fresh and args.store is None:
        raise UsageError("--fresh needs --store")
    for option, path, allowed in (("--out", args.out, suffixes), ("--picture", args.picture, (".png",))):
        if path is None:
            continue
        if Path(path).suffix.lower() not in allowed:
            raise UsageError(f"{option} must be a {' or '.join(allowed)} file, got {path}")
        if not Path(path).resolve().parent.is_dir():
            raise UsageError(f"there is no folder for {option} {path}")


def carry_out(
    args: argparse.Namespace,
    plan: Plan,
    compute: Callable[[Executor | None], Found],
    picture: Callable[[Found], Any],
    text: Callable[[Found], str],
    how: str = "--store DIR keeps what is done",
) -> int:
    """Compute with the executor asked for, write and print what was found; the exit code.

    `how` one goes on after an interruption, without a store.
    """
    from concurrent.futures import BrokenExecutor

    from ..claims.executors import THREADED_KINDS, close_executor, open_executor
    from ..phase.store import open_store
    from .interruption import interrupt_once

    if args.fresh and (old := open_store(args.store)).exists():
        old.remove()
    alone = plan.n_chunks == 1 and args.executor.partition(":")[0] == "processes"
    spec = "serial" if alone else args.executor
    executor = open_executor(spec, jobs=args.jobs, tasks=plan.n_chunks, kinds=THREADED_KINDS)
    how = f"the same command with --store {args.store} goes on" if args.store else how
    interrupted = True
    try:
        with interrupt_once():
            found = compute(executor)
        interrupted = found.provenance["interrupted"]
        # Before the workers have gone, which takes longer than an answer should.
        _write(found, args, picture, text)
        if interrupted:
            print(f"solvable: interrupted with {found.state}; {how}", file=sys.stderr, flush=True)
    except BrokenExecutor as error:
        print(f"solvable: error: a worker died ({type(error).__name__}); {how}", file=sys.stderr)
        return ERROR
    finally:
        close_executor(executor, interrupted=interrupted)
    return INTERRUPTED if interrupted else 0


def _write(
    found: Found, args: argparse.Namespace, picture: Callable[[Found], Any], text: Callable[[Found], str]
) -> None:
    """The files asked for, and the text: before the picture, which may be refused."""
    if args.out is not None:
        getattr(found, f"to_{Path(args.out).suffix.lower()[1:]}")(args.out)
    print(text(found), flush=True)
    if args.picture is not None and found.provenance["finished"]:
        from ..plotting import save_png

        save_png(picture(found), Path(args.picture))
