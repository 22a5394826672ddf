r"""How many Gaussian measurements recover a matrix of low rank, by the least trace and by the least nuclear norm.

Both programs recover from about as many as the statistical dimension of their descent cone
(`solvable.theory.statistical_dimension`, exact at this size). That of the semidefinite cone, which is the one for
factorizations ``U U^T``, is about half of that of the nuclear norm. Measured are the minima themselves, with
certificates. Gradient flow from a vanishing scale comes to them where the measurements commute, and not always
elsewhere: see the diagram ``sensing-scale`` for the flow.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping

import numpy as np

from ..diagram import Axis, Curve, Diagram, Quantity
from ..measures import vectorized

DIMENSION, TRIALS = 9, 8
MOST = {"psd": DIMENSION * (DIMENSION + 1) // 2, "nuclear": DIMENSION**2}


@functools.lru_cache(maxsize=4096)
def bracket(cone: str, rank: int, seed: int, trial: int) -> tuple[int, int]:
    """Between which numbers of measurements a random matrix of this rank is recovered, in one of the draws."""
    from solvable.theory import least_nuclear_norm, least_trace

    from ..recovery import recovery_bracket

    rng = np.random.default_rng([seed, trial])
    U, V = rng.standard_normal((2, DIMENSION, DIMENSION))
    A = rng.standard_normal((MOST[cone], DIMENSION, DIMENSION))
    X = U[:, :rank] @ (U if cone == "psd" else V)[:, :rank].T
    return recovery_bracket(A, X, least_trace if cone == "psd" else least_nuclear_norm)


@vectorized
def measure(rank: np.ndarray, measurements: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """The share of the draws that are recovered; unresolved where a minimum that decides lacks its certificate."""
    found, unresolved = {}, np.zeros(rank.size, dtype=bool)
    for cone in MOST:
        ends = [[bracket(cone, int(r), seed, trial) for trial in range(TRIALS)] for r in rank]
        fails, recovers = np.moveaxis(np.array(ends), -1, 0)
        found[cone] = np.mean(recovers <= measurements[:, None], axis=1)
        unresolved |= np.any((fails < measurements[:, None]) & (measurements[:, None] < recovers), axis=1)
    return found | {"unresolved": unresolved}


def theory(axes: Mapping[str, np.ndarray]) -> list[Curve]:
    """The statistical dimensions of the two cones."""
    from solvable.theory import statistical_dimension

    ranks = np.arange(DIMENSION + 1)
    names = {"psd": r"statistical dimension, $X \succeq 0$", "nuclear": "statistical dimension, nuclear norm"}
    return [
        Curve(np.array([statistical_dimension(r, DIMENSION, cone=cone) for r in ranks]), ranks.astype(float), words)
        for cone, words in names.items()
    ]


# Every rank and every number: nothing is finer.
RANKS, NUMBERS = np.arange(1.0, DIMENSION), np.arange(1.0, MOST["nuclear"] + 1)
DIAGRAM = Diagram(
    name="sensing-recovery",
    title=rf"${DIMENSION} \times {DIMENSION}$ matrices of low rank from Gaussian measurements",
    statement="Convex recovery sets in at the statistical dimension; on semidefinite matrices it is about half.",
    source="arXiv:1303.6672",
    axes={
        "rank": Axis("rank  $r$", RANKS, RANKS),
        "measurements": Axis("measurements  $m$", NUMBERS, NUMBERS),
    },
    values={
        "psd": Quantity(r"recovered by the least trace, $X \succeq 0$", "share of draws", limits=(0.0, 1.0)),
        "nuclear": Quantity("recovered by the least nuclear norm", "share of draws", limits=(0.0, 1.0)),
    },
    measure=measure,
    theory=theory,
    chunk=NUMBERS.size,
)
