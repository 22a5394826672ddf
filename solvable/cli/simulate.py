"""``solvable simulate MODEL DYNAMICS key=value ...``: one run or one ensemble, as a table.

Every key goes to the one whose parameter it is: the model, the dynamics, the start (``scale``) or the run (``steps``,
``time``, ``save``, ...). A list given to a hyperparameter or to ``scale`` makes an ensemble.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .options import add_data_option, intermix

if TYPE_CHECKING:
    from ..dynamics.trajectory import Trajectory

INTERRUPTED = 130
SAVES = 21
SUFFIXES = (".npz", ".csv")

_EXAMPLES = """\
examples:
  solvable simulate DiagonalLinearNetwork GradientFlow scale=0.01 time=1000
  solvable simulate diagonal-linear-network gradient-descent step_size=[0.01,0.02] scale=0.1 steps=5000
  solvable simulate DiagonalLinearNetwork SGD step_size=0.01 scale=0.1 steps=20000 --data diabetes.csv
  solvable simulate DeepLinearNetwork GradientFlow widths=[4,4] scale=0.01 time=1000
  solvable simulate univariate-relu-network gradient-descent width=100 step_size=0.01 steps=100000

Without --data a model that learns from (X, y) gets a sparse regression problem: X Gaussian, n=20 rows, d=40
columns, y = X b with b = (1, -1, 1, 0, ..., 0); choose n=, d= and data_seed=. MatrixSensing learns from (A, y), A
(n, d1, d2), and gets Gaussian measurements of b b^T, n=10 and d=6. DeepLinearNetwork learns from (X, Y), a sample a
column, and gets Y = diag(2, 1, 0, ..., 0) X, n=20 and d=4. One that learns from (x, y) gets n=8 points x in [-1, 1] and
y = sin(3 x).
"""


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Declare the command."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "simulate",
        help="run a dynamics on a model",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", metavar="MODEL", help="such as DiagonalLinearNetwork")
    parser.add_argument("dynamics", metavar="DYNAMICS", help="such as GradientFlow, GradientDescent, SGD")
    parser.add_argument("settings", nargs="*", metavar="key=value", help="numbers, names, lists [0.1,0.2]")
    add_data_option(parser)
    parser.add_argument("--out", metavar="FILE", help="also save the trajectory (.npz or .csv)")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    intermix(parser)
    return parser


def run(args: argparse.Namespace) -> int:
    """Simulate and print what was saved."""
    from ..claims.tasks import limit_threads

    if args.out is not None:
        _check_destination(Path(args.out))
    limit_threads()
    trajectory, origin = _simulate(args)
    if args.out is not None:
        save = trajectory.to_npz if Path(args.out).suffix.lower() == ".npz" else trajectory.to_csv
        save(args.out)
    from .trajectory_text import as_json, as_text

    print(as_json(trajectory, origin) if args.json else as_text(trajectory, origin))
    return INTERRUPTED if _was_interrupted(trajectory) else 0


def _check_destination(path: Path) -> None:
    from ..claims.errors import UsageError

    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"--out must be a .npz or .csv file, got {path}")
    if not path.resolve().parent.is_dir():
        raise UsageError(f"there is no folder for --out {path}")


def _simulate(args: argparse.Namespace) -> tuple[Trajectory, str]:
    """The trajectory, and in words where the data came from."""
    import numpy as np

    from ..dynamics.simulation import simulate
    from .catalog import DEFAULT_PROBLEMS, data_names, find_dynamics, find_model
    from .routing import parameters_of, parse_assignments, route

    kind, motion = find_model(args.model), find_dynamics(args.dynamics)
    wanted = data_names(kind)
    make = DEFAULT_PROBLEMS[wanted] if wanted and args.data is None else None
    takers = {
        kind.__name__: parameters_of(kind, without=wanted),
        motion.__name__: parameters_of(motion),
        "start": dict.fromkeys(parameters_of(kind.init), False),
        "run": dict.fromkeys(parameters_of(simulate, without=_PROGRAMS_OWN), False),
        "data": parameters_of(make) if make else {},
    }
    parts = route(parse_assignments(args.settings), takers)
    data, origin = _data(wanted, args.data, make, parts["data"])
    model = kind(**data, **parts[kind.__name__])
    dynamics = motion(**parts[motion.__name__])
    theta0 = _start(model, parts["start"])
    ensemble = np.ndim(theta0) == 2 or dynamics.members() is not None
    bar = True if ensemble and sys.stderr.isatty() else None
    settings = {"save": SAVES} | parts["run"]
    return simulate(model, dynamics, theta0, progress=bar, **settings), origin


_PROGRAMS_OWN = ("model", "dynamics", "theta0", "resume", "progress")


def _data(wanted: tuple[str, ...], file: str | None, make: Any, settings: dict[str, Any]) -> tuple[dict[str, Any], str]:
    from ..claims.datafiles import input_columns, read_data
    from ..claims.errors import UsageError

    if file is not None:
        if not wanted:
            raise UsageError("--data has no use here: this model takes its numbers as key=value")
        found = read_data(file)
        if "x" in wanted and file.lower().endswith(".csv") and "X" in found:
            columns = input_columns(file)
            if len(columns) > 1:
                raise UsageError(f"this model needs one input column, {file} has {', '.join(columns)}")
            found["x"] = found["X"][:, 0]
        if not set(wanted) <= set(found):
            raise UsageError(f"{file} must hold {' and '.join(wanted)}, it holds {', '.join(sorted(found))}")
        return {name: found[name] for name in wanted}, file
    if make is None:
        return {}, "none"
    drawn = make(**settings)
    shape = " x ".join(map(str, drawn[wanted[0]].shape))
    return drawn, f"{make.__name__.replace('_', ' ')} {shape}, data_seed={settings.get('data_seed', 0)}"


def _start(model: Any, settings: dict[str, Any]) -> Any:
    """theta0: one start, or one for each entry of a list of scales."""
    import numpy as np

    scales = settings.get("scale")
    if not isinstance(scales, list):
        return model.init(**settings)
    return np.stack([model.init(**{**settings, "scale": scale}) for scale in scales])


def _was_interrupted(trajectory: Trajectory) -> bool:
    import numpy as np

    from ..dynamics.trajectory import Status

    return bool(np.any(np.asarray(trajectory.status) == Status.INTERRUPTED))
