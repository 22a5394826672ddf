"""A user's file with measures that count their evaluations, and the bits of a map."""

import textwrap

import numpy as np
import pytest

from solvable.claims.loading import load_file

MINE = """\
import numpy as np

import solvable
from solvable.phase import vectorized

CALLS = []


def plain(x, y, seed, replica):
    CALLS.append(replica)
    return {"sum": x + 10 * y, "number": replica, "seed": seed, "unresolved": x > y}


@vectorized
def noisy(step_size, scale, seed, replica):
    CALLS.extend(replica.tolist())
    model = solvable.DiagonalLinearNetwork([[1.0, 2.0, 0.5]], [1.0])
    dynamics = solvable.LabelNoiseSGD(step_size, 0.3)
    start = scale[:, None] * np.ones(6)
    run = solvable.simulate(model, dynamics, start, steps=50, seed=seed, replica=replica)
    return {"loss": run.final_loss, "unresolved": run.final_loss > 0.1}
"""

AXES = {"step_size": np.geomspace(0.01, 0.4, 11), "scale": np.linspace(0.1, 1.0, 13)}


@pytest.fixture
def mine_file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(textwrap.dedent(MINE))
    return path


@pytest.fixture
def mine(mine_file):
    return load_file(mine_file)


@pytest.fixture
def axes():
    return {name: values.copy() for name, values in AXES.items()}


@pytest.fixture
def same():
    """Whether two maps have the same names and bits."""

    def compare(first, second):
        parts = [{**m.axes, **m.values, "unresolved": m.unresolved} for m in (first, second)]
        return [*parts[0]] == [*parts[1]] and all(parts[0][k].tobytes() == parts[1][k].tobytes() for k in parts[0])

    return compare
