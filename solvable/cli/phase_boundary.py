"""``solvable phase boundary``: where an event begins along one parameter, as a function of the others."""

from __future__ import annotations

import argparse
from typing import Any

from .phase_options import add_execution_options, carry_out, check_options, declare, logarithmic

_EXAMPLES = """\
examples:
  solvable phase boundary scalar-map y=0:4:2 --picture scalar.png
  solvable phase boundary mine.py::diverges step_size=0.01:10:2:log scale=0.1:2:41 --picture mine.png
  solvable phase boundary mine.py step_size=0.1:1:20 scale=0:4:2 --along scale --value loss --level 1e-6
The event is that a value exceeds a level. Of the parameter that is searched, the first one or that of --along, the
first and the last value are the bracket, which is halved in logarithms with :log. An axis is name=low:high:count[:log]
or name=[v1,v2,...]. Columns in which the event changes more than once, or not at all, are listed as such.
"""


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command."""
    parser = declare(subparsers, "boundary", words="find by bisection where an event begins", epilog=_EXAMPLES)
    parser.add_argument("--along", metavar="NAME", help="the parameter that is searched (default: the first)")
    parser.add_argument("--value", metavar="NAME", help="the value that is compared (default: the first)")
    parser.add_argument(
        "--level", type=float, metavar="L", help="the event is value > L (default: the diagram's, or 0.5)"
    )
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
    return parser


def run(args: argparse.Namespace) -> int:
    """Search and print what was found."""
    from ..claims.errors import UsageError
    from ..phase.boundaries import boundary
    from ..phase.boundary_plan import make_boundary_plan
    from .boundary_text import as_json, as_text
    from .measures import find_measure, parse_axes

    check_options(args)
    measure = find_measure(args.measure)
    axes = parse_axes(args.axes, measure, fine=args.fine)
    settings = {name: getattr(args, name) for name in ("along", "value", "level", "tolerance", "probes", "seed")}
    settings |= {"spacing": _spacing(args, measure)}
    plan = make_boundary_plan(measure, axes, **settings)
    if args.picture and len(plan.axes) != 1:
        raise UsageError(f"--picture needs columns over one parameter, got {len(plan.axes)}")
    keeping = {"store": args.store, "progress": None if args.quiet else True}
    return carry_out(
        args,
        plan,
        lambda executor: boundary(measure, axes, executor=executor, **settings, **keeping),
        lambda found: found.plot(),
        as_json if args.json else as_text,
    )


def _spacing(args: argparse.Namespace, measure: Any) -> str | None:
    """``"log"`` if the word of the parameter to search says so."""
    from ..phase.diagram import Diagram

    words = (word.partition("=")[0].strip() for word in args.axes)
    first = next(iter(measure.axes if isinstance(measure, Diagram) else words), "")
    return "log" if (args.along or first) in logarithmic(args.axes) else None
