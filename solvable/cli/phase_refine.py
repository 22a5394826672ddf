"""``solvable phase refine``: samples of a map where it changes, in place of all cells of a grid."""

from __future__ import annotations

import argparse
from typing import Any

from .phase_options import add_execution_options, carry_out, check_options, declare, logarithmic

_EXAMPLES = """\
examples:
  solvable phase refine scalar-map --points 2000 --picture scalar.png
  solvable phase refine mine.py step_size=0.01:1:2:log scale=0.1:2:2 --level 0.5 --out samples.csv
Of an axis only the first and the last value count, and :log. The samples are chosen one after another, by the package
adaptive, and cannot be resumed. The picture is interpolated between them; they are its dots.
"""


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command."""
    parser = declare(subparsers, "refine", words="sample a map where it changes", epilog=_EXAMPLES)
    parser.add_argument("--points", type=int, default=1000, metavar="N", help="how many samples (default: 1000)")
    parser.add_argument("--value", metavar="NAME", help="the value that is learned and drawn (default: the first)")
    parser.add_argument("--level", type=float, metavar="L", help="learn only where the value exceeds L")
    add_execution_options(parser, stored=False)
    return parser


def run(args: argparse.Namespace) -> int:
    """Sample and print the summary."""
    from ..claims.errors import UsageError
    from ..common.optional import optional
    from ..phase.refining import make_refinement_plan, refine
    from .map_text import as_json, as_text
    from .measures import find_measure, parse_axes

    optional("adaptive", "phase refine", UsageError)
    check_options(args, (".csv",))
    measure = find_measure(args.measure)
    axes = parse_axes(args.axes, measure)
    settings = {name: getattr(args, name) for name in ("points", "level", "value", "seed")}
    settings |= {"spacings": dict.fromkeys(logarithmic(args.axes), "log")}
    return carry_out(
        args,
        make_refinement_plan(measure, axes, **settings),
        lambda executor: refine(measure, axes, executor=executor, progress=None if args.quiet else True, **settings),
        lambda found: found.plot(args.value),
        as_json if args.json else as_text,
        how="samples cannot be resumed",
    )
