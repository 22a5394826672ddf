"""``solvable phase map``: a named diagram, or a function in a file of yours, over a grid of parameters."""

from __future__ import annotations

import argparse
from typing import Any

from .phase_options import add_execution_options, carry_out, check_options, declare

_EXAMPLES = """\
examples:
  solvable phase map scalar-map --store scalar --picture scalar.png
  solvable phase map scalar-map x=-3:3:200 y=-3:3:200 --executor threads --picture sharp.png --value sharpness
  solvable phase map mine.py step_size=0.01:1:40:log scale=[0.1,0.2,0.5] --store mine --out mine.csv
An axis is name=low:high:count, with :log for values spaced in logarithm, or name=[v1,v2,...]; the first is drawn
upwards. Run again with the same --store, a map goes on where it stopped.

On a cluster, the same command with another executor (pip install distributed mpi4py); with Slurm, for example:
  srun --ntasks 65 --cpus-per-task 1 --mpi=pmix python -m mpi4py.futures -m solvable.cli phase map NAME \\
    --store DIR --executor mpi
or with a dask scheduler that is running there:  --executor dask:tcp://HOST:8786
"""


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command."""
    parser = declare(subparsers, "map", words="measure every cell of a grid, resumable", epilog=_EXAMPLES)
    parser.add_argument("--value", metavar="NAME", help="the value that is drawn (default: the first)")
    add_execution_options(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """Map and print the summary."""
    from ..claims.errors import UsageError
    from ..common.checks import choice
    from ..phase.diagram import Diagram
    from ..phase.mapping import grid
    from ..phase.plan import make_plan
    from .map_text import as_json, as_text
    from .measures import find_measure, parse_axes

    check_options(args)
    measure = find_measure(args.measure)
    axes = parse_axes(args.axes, measure, fine=args.fine)
    plan = make_plan(measure, axes, args.seed)
    if args.value is not None and args.picture is None:
        raise UsageError("--value needs --picture")
    if args.value is not None and isinstance(measure, Diagram):
        choice("value", args.value, measure.values)
    if args.picture and len(plan.axes) != 2:
        raise UsageError(f"--picture needs two axes, got {len(plan.axes)}")
    settings = {"seed": args.seed, "store": args.store, "progress": None if args.quiet else True}
    return carry_out(
        args,
        plan,
        lambda executor: grid(measure, axes, executor=executor, **settings),
        lambda found: found.plot(args.value),
        as_json if args.json else as_text,
    )
