r"""Two players, two step sizes: where they settle if they move at once, and if they take turns.

The first player descends and the second ascends ``mu (phi^2 - theta^2)/2 + phi theta``. Their flow settles at any
damping mu > 0. Simultaneous steps spiral out unless one player is slow or both are; alternating ones settle up to
``s_1 s_2`` of about 4 (`solvable.theory.settling_steps`, exact).

The game is linear, so that what counts is the mean growth of its logarithm, measured over the second half of a run.
All cells of a chunk are one game with a parameter of each player for each cell. They are put back to the size of one
by powers of two whenever one of them may have grown too much, which changes no other bit of any.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..diagram import Axis, Curve, Diagram, Quantity
from ..measures import vectorized

DAMPING, COUPLING = 0.25, 1.0
STEPS = 1000
ROOM, ROUND = 250.0, 50
"""Binary digits by which players may grow at a time, and most steps at a time."""
GROWN = np.log(10.0)
"""A pair that has neither grown nor shrunk by a factor of ten is unresolved."""


def growth(method: Any, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Logarithm of the growth in `STEPS` steps, after as many; one entry a pair of step sizes."""
    from solvable import TwoPlayerGame, simulate

    cells, most = first.size, DAMPING + COUPLING
    game = TwoPlayerGame(
        lambda phi, theta: -first * (DAMPING * phi + COUPLING * theta),
        lambda phi, theta: second * (COUPLING * phi - DAMPING * theta),
        sizes=(cells, cells),
    )
    digits = np.log2((1 + most * first) * (1 + most * second))  # more than one step can add
    together = int(np.clip(ROOM // np.max(digits), 1, ROUND))
    pair, lengths, power = np.full((2, cells), 0.5), [], np.zeros(cells, dtype=int)
    for _ in range(2):
        power[:] = 0
        for done in range(0, STEPS, together):
            run = simulate(game, method((1.0, 1.0)), pair.ravel(), steps=min(together, STEPS - done))
            pair = run.final.reshape(2, cells)
            exponent = np.frexp(np.max(np.abs(pair), axis=0))[1]
            pair, power = np.ldexp(pair, -exponent), power + exponent
        lengths.append(np.log(np.maximum(np.hypot(pair[0], pair[1]), np.finfo(float).tiny)))
    return np.asarray(lengths[1] - lengths[0] + np.log(2.0) * power)


@vectorized
def measure(second: np.ndarray, first: np.ndarray) -> dict[str, np.ndarray]:
    """Growth in a step of simultaneous and of alternating players."""
    from solvable import Alternating, Simultaneous

    grown = {"simultaneous": growth(Simultaneous, first, second), "alternating": growth(Alternating, first, second)}
    unresolved = np.any([np.abs(total) < GROWN for total in grown.values()], axis=0)
    return {name: total / STEPS for name, total in grown.items()} | {"unresolved": unresolved}


def theory(axes: Mapping[str, np.ndarray]) -> list[Curve]:
    """Where each kind of play settles, exactly; and where the drift lets simultaneous play settle."""
    from solvable.theory import settling_steps, settling_steps_of_drift

    lowest, highest = float(np.min(axes["first"])) / 1.2, 1.2 * float(np.max(axes["first"]))
    first = np.geomspace(lowest, highest, 2000)
    pair = DAMPING, DAMPING
    curves = []
    for words, alternating in (("simultaneous, exactly", False), ("alternating, exactly", True)):
        least, largest = settling_steps(first, pair, COUPLING, alternating=alternating)
        settle = least < largest
        for end in (largest, least):
            if np.any(inside := settle & (end > 0) & np.isfinite(end)):
                curves.append(Curve(first, np.where(inside, end, np.nan), words))
    drift = settling_steps_of_drift(first, pair, COUPLING)
    return [*curves, Curve(first, np.where(np.isfinite(drift), drift, np.nan), "simultaneous, by its drift")]


DIAGRAM = Diagram(
    name="games",
    title=r"Two players of $\mu(\phi^2 - \theta^2)/2 + \phi\theta$ with $\mu = " + f"{DAMPING:g}$",
    statement="Simultaneous players spiral out unless a step size is small; alternating ones settle much further.",
    source="arXiv:2105.13922",
    axes={
        "second": Axis(
            "step size of the second  $s_2$", np.geomspace(0.03, 10, 100), np.geomspace(0.03, 10, 400), "log"
        ),
        "first": Axis("step size of the first  $s_1$", np.geomspace(0.03, 10, 100), np.geomspace(0.03, 10, 400), "log"),
    },
    values={
        "simultaneous": Quantity("growth, simultaneous", "logarithm, a step", "diverging", (-0.6, 0.6), levels=(0.0,)),
        "alternating": Quantity("growth, alternating", "logarithm, a step", "diverging", (-0.6, 0.6), levels=(0.0,)),
    },
    measure=measure,
    theory=theory,
    chunk=2048,
)
