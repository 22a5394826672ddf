"""What a fresh process waits for: imports, a command, the first result from a warm cache and from an empty one."""

from __future__ import annotations

import tempfile
import time

import numpy as np

from . import Report
from .children import SETTING, cost_of

TITLE = "fresh processes, medians; processor time over that of a bare interpreter"
FIRST = SETTING + "simulate(model, GradientDescent(0.01), model.init(scale=0.1), steps=100)"
LINES = {
    "python": "pass",
    "import numpy": "import numpy",
    "import solvable": "import solvable",
    "solvable list": "from solvable.cli import main; main(['list'])",
    "first simulate, warm cache": FIRST,
}
COLD = "first simulate, cold cache"
LEAST_ROUNDS = 3


def measure(seconds: float) -> Report:
    """Rounds of all lines in turn, at least three; the cold one, which compiles, runs once."""
    cost_of(FIRST)  # fills the cache
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in LINES}
    deadline = time.perf_counter() + seconds
    while len(found["python"]) < LEAST_ROUNDS or time.perf_counter() < deadline:
        for name, lines in LINES.items():
            found[name].append(cost_of(lines)[:2])
    with tempfile.TemporaryDirectory() as folder:
        found[COLD] = [cost_of(FIRST, {"NUMBA_CACHE_DIR": folder})[:2]]
    middle = {name: np.median(np.array(costs), axis=0) for name, costs in found.items()}
    bare, numpy = middle["python"][1], middle["import numpy"][1]
    rows = tuple(
        (name, 1e3 * float(wall), 1e3 * float(spent), float((spent - bare) / (numpy - bare)))
        for name, (wall, spent) in middle.items()
    )
    return Report(("in a fresh process", "wall ms", "processor ms", "over python, in imports of numpy"), rows)
