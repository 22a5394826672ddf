"""``solvable phase boundary``: where an event begins along one parameter, as a function of the others."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .options import intermix
from .phase_map import INTERRUPTED, SUFFIXES, add_execution_options, check_destination

if TYPE_CHECKING:
    from typing import Any

    from ..phase.phase_boundary import PhaseBoundary

_EXAMPLES = """\
examples:
  solvable phase boundary scalar-map y=0:4:2 --level 1e2 --picture scalar.png
  solvable phase boundary mine.py::diverges step_size=0.01:10:2:log scale=0.1:2:41 --picture mine.png
  solvable phase boundary mine.py along=scale step_size=0.1:1:20 scale=0:4:2 --value loss --level 1e-6
The event is that a value exceeds a level. The parameter that is searched is the first one, or along=NAME; of its values
the first and the last are the bracket, which is halved in logarithms with :log. An axis is name=low:high:count[:log] or
name=[v1,v2,...]. Columns in which the event changes more than once, or not at all, are listed as such.
"""


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "boundary",
        help="find by bisection where an event begins",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("measure", metavar="NAME", help="a named diagram, FILE.py or FILE.py::FUNCTION")
    parser.add_argument(
        "axes", nargs="*", metavar="name=values", help="low:high:count[:log] or [v1,v2,...]; along=NAME"
    )
    parser.add_argument("--value", metavar="NAME", help="the value that is compared (default: the first)")
    parser.add_argument("--level", type=float, default=0.5, metavar="L", help="the event is value > L (default: 0.5)")
    parser.add_argument(
        "--tolerance",
        type=float,
        default=1e-3,
        metavar="T",
        help="width of the last bracket as a share (default: 1e-3)",
    )
    parser.add_argument(
        "--probes", type=int, default=8, metavar="K", help="points drawn in each column as a check (default: 8)"
    )
    add_execution_options(parser)
    parser.add_argument("--out", metavar="FILE", help="also save the boundary (.npz or .csv)")
    parser.add_argument("--picture", metavar="FILE.png", help="also draw it, with the theory of a named diagram")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    intermix(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """Search and print what was found."""
    from ..claims.errors import UsageError
    from ..claims.executors import THREADED_KINDS, close_executor, open_executor
    from ..phase.boundaries import boundary
    from ..phase.boundary_plan import make_boundary_plan
    from .interruption import interrupt_once
    from .measures import find_measure, parse_axes

    if args.jobs is not None and args.jobs < 1:
        raise UsageError(f"--jobs must be an integer >= 1, got {args.jobs}")
    check_destination("--out", args.out, SUFFIXES)
    check_destination("--picture", args.picture, (".png",))
    measure = find_measure(args.measure)
    along, words = _along(args.axes)
    axes = parse_axes(words, measure, fine=args.fine)
    settings = {name: getattr(args, name) for name in ("value", "level", "tolerance", "probes", "seed")}
    settings |= {"along": along, "scale": _scale(along, words)}
    plan = make_boundary_plan(measure, axes, **settings)
    if args.picture and len(plan.axes) != 1:
        raise UsageError(f"--picture needs columns over one parameter, got {len(plan.axes)}")
    alone = plan.chunks == 1 and args.executor.partition(":")[0] == "processes"
    spec = "serial" if alone else args.executor
    executor = open_executor(spec, jobs=args.jobs, tasks=plan.chunks, kinds=THREADED_KINDS)
    interrupted = True
    try:
        with interrupt_once():
            progress = None if args.quiet else True
            found = boundary(measure, axes, **settings, executor=executor, store=args.store, progress=progress)
        interrupted = found.provenance["interrupted"]
    finally:
        close_executor(executor, interrupted=interrupted)
    _write(found, args)
    return INTERRUPTED if interrupted else 0


def _along(words: list[str]) -> tuple[str | None, list[str]]:
    """The parameter to search, if a word names it, and the other words."""
    from ..claims.errors import UsageError

    named = [word.partition("=")[2].strip() for word in words if word.partition("=")[0].strip() == "along"]
    if len(named) > 1:
        raise UsageError("along is given twice")
    rest = [word for word in words if word.partition("=")[0].strip() != "along"]
    return (named[0] if named else None), rest


def _scale(along: str | None, words: list[str]) -> str | None:
    """``"log"`` if the word of the parameter to search says so."""
    chosen = [word for word in words if along is None or word.partition("=")[0].strip() == along][:1]
    return "log" if chosen and chosen[0].strip().endswith(":log") else None


def _write(found: PhaseBoundary, args: argparse.Namespace) -> None:
    from .boundary_text import as_json, as_text

    if args.out is not None:
        save = found.to_npz if Path(args.out).suffix.lower() == ".npz" else found.to_csv
        save(args.out)
    if args.picture is not None:
        from ..plotting import save_png

        save_png(found.plot(), Path(args.picture))
    print(as_json(found) if args.json else as_text(found))
    if found.provenance["interrupted"]:
        how = f"the same command with --store {args.store} goes on" if args.store else "without --store, all is lost"
        done, columns = int(found.computed.sum()), found.computed.size
        print(f"solvable: interrupted with {done} of {columns} columns finished; {how}", file=sys.stderr)
