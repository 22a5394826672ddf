"""``solvable phase map``: a named diagram, or a function in a file of yours, over a grid of parameters.

The summary is the data, on standard output; progress is on standard error. Cells are computed in spawned worker
processes, so that an interruption is answered at once whatever the compiled code is doing.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .options import intermix

if TYPE_CHECKING:
    from ..phase.phase_map import PhaseMap

ERROR, INTERRUPTED = 3, 130
SUFFIXES = (".npz", ".csv")

_EXAMPLES = """\
examples:
  solvable phase map scalar-map --store scalar --picture scalar.png
  solvable phase map scalar-map x=-3:3:200 y=-3:3:200 --executor threads
  solvable phase map mine.py step_size=0.01:1:40:log scale=[0.1,0.2,0.5] --store mine --out mine.csv
An axis is name=low:high:count, with :log for values spaced in logarithm, or name=[v1,v2,...]; the first is drawn
upwards. Run again with the same --store, a map goes on where it stopped.

On a cluster, the same command with another executor (pip install 'solvable[cluster]'); with Slurm, for example:
  srun --ntasks 65 --cpus-per-task 1 --mpi=pmix python -m mpi4py.futures -m solvable.cli phase map NAME \\
    --store DIR --executor mpi
or with a dask scheduler that is running there:  --executor dask:tcp://HOST:8786
"""


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "map",
        help="measure every cell of a grid, resumable",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("measure", metavar="NAME", help="a named diagram, FILE.py or FILE.py::FUNCTION")
    parser.add_argument("axes", nargs="*", metavar="name=values", help="low:high:count[:log] or [v1,v2,...]")
    add_execution_options(parser)
    parser.add_argument("--fresh", action="store_true", help="discard what the store holds")
    parser.add_argument("--out", metavar="FILE", help="also save the map (.npz or .csv)")
    parser.add_argument("--picture", metavar="FILE.png", help="also draw it, with the theory of a named diagram")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    intermix(parser)
    return parser


def add_execution_options(parser: argparse.ArgumentParser) -> None:
    """What `solvable phase` commands have in common: where work goes and is kept."""
    parser.add_argument("--store", metavar="DIR", help="keep every finished chunk in this folder, and resume from it")
    parser.add_argument(
        "--executor",
        default="processes",
        metavar="E",
        help="serial, threads[:N], processes[:N] (default), loky[:N], dask[:ADDRESS], mpi",
    )
    parser.add_argument("--jobs", type=int, metavar="N", help="workers (default: one a core)")
    parser.add_argument("--fine", action="store_true", help="the fine axes of a named diagram")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="seed of the random numbers")
    parser.add_argument("--quiet", action="store_true", help="no progress")


def run(args: argparse.Namespace) -> int:
    """Map and print the summary."""
    from concurrent.futures import BrokenExecutor

    from ..claims.errors import UsageError
    from ..claims.executors import THREADED_KINDS, close_executor, open_executor
    from ..phase.mapping import grid
    from ..phase.plan import make_plan
    from ..phase.resuming import open_store
    from .interruption import interrupt_once
    from .measures import find_measure, parse_axes

    if args.jobs is not None and args.jobs < 1:
        raise UsageError(f"--jobs must be an integer >= 1, got {args.jobs}")
    if args.fresh and args.store is None:
        raise UsageError("--fresh needs --store")
    check_destination("--out", args.out, SUFFIXES)
    check_destination("--picture", args.picture, (".png",))
    measure = find_measure(args.measure)
    axes = parse_axes(args.axes, measure, fine=args.fine)
    plan = make_plan(measure, axes, args.seed)
    if args.picture and len(plan.axes) != 2:
        raise UsageError(f"--picture needs two axes, got {len(plan.axes)}")
    if args.fresh and (old := open_store(args.store)).exists():
        old.remove()
    alone = plan.chunks == 1 and args.executor.partition(":")[0] == "processes"
    spec = "serial" if alone else args.executor
    executor = open_executor(spec, jobs=args.jobs, tasks=plan.chunks, kinds=THREADED_KINDS)
    interrupted = True
    try:
        with interrupt_once():
            found = grid(
                measure,
                axes,
                executor=executor,
                store=args.store,
                seed=args.seed,
                progress=None if args.quiet else True,
            )
        interrupted = found.provenance["interrupted"]
        write(found, args)  # before the workers have gone, which takes longer than an answer should
    except BrokenExecutor as error:
        kept = f"the same command with --store {args.store} goes on" if args.store else "--store DIR keeps what is done"
        print(f"solvable: error: a worker died ({type(error).__name__}); {kept}", file=sys.stderr)
        return ERROR
    finally:
        close_executor(executor, interrupted=interrupted)
    return INTERRUPTED if interrupted else 0


def write(found: PhaseMap, args: argparse.Namespace) -> None:
    """Print the summary and write the files asked for; say how an interrupted map goes on."""
    from .map_text import as_json, as_text

    if args.out is not None:
        save = found.to_npz if Path(args.out).suffix.lower() == ".npz" else found.to_csv
        save(args.out)
    if args.picture is not None and found.values:
        from ..plotting import save_png

        save_png(found.plot(), Path(args.picture))
    print(as_json(found) if args.json else as_text(found))
    if found.provenance["interrupted"]:
        how = f"the same command with --store {args.store} goes on" if args.store else "--store DIR keeps what is done"
        done, cells = found.provenance["finished"], found.provenance["cells"]
        print(f"solvable: interrupted with {done} of {cells} cells finished; {how}", file=sys.stderr, flush=True)


def check_destination(option: str, path: str | None, suffixes: tuple[str, ...]) -> None:
    """Refuse early a file that cannot be written at the end.

    Raises
    ------
    UsageError : another suffix, or no such folder.
    """
    from ..claims.errors import UsageError

    if path is None:
        return
    if Path(path).suffix.lower() not in suffixes:
        raise UsageError(f"{option} must be a {' or '.join(suffixes)} file, got {path}")
    if not Path(path).resolve().parent.is_dir():
        raise UsageError(f"there is no folder for {option} {path}")
