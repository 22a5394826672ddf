r"""Measurements against the scale of the start: which matrices gradient flow on ``U U^T`` recovers, and from where.

From ``U = s I`` the flow comes to an interpolant that is nearer to the truth of low rank the smaller s is. With more
measurements than `solvable.theory.feasibility_dimension` the truth is the only positive semidefinite interpolant, so
that it is recovered from any start, and no implicit bias is at work. There the flow is slow, of the order 1/t, for its
limit is on the edge of the cone: a run goes on until its loss is `SOLVED` of that of zero, or is unresolved. The flow
is not the least trace, whose statistical dimension is drawn for comparison (measurements that do not commute).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..diagram import Axis, Curve, Diagram, Quantity
from ..measures import vectorized
from .outcomes import converged

DIMENSION, RANK, TRIALS = 8, 1, 4
SOLVED, LONGEST = 1e-14, 1e9
RECOVERED = 1e-2


def errors(measurements: int, scales: np.ndarray, seed: int, trial: int) -> tuple[np.ndarray, np.ndarray]:
    """Relative errors of the limits from these scales, and whether they were reached; nested measurements."""
    from solvable import GradientFlow, MatrixSensing, simulate

    rng = np.random.default_rng([seed, trial])
    U = rng.standard_normal((DIMENSION, RANK))
    A = rng.standard_normal((measurements, DIMENSION, DIMENSION))  # rows of one sequence, however many
    X = U @ U.T / np.linalg.norm(U.T @ U)
    model = MatrixSensing(A, np.tensordot(A, X, 2))
    starts = scales[:, None] * np.eye(DIMENSION).ravel()
    zero = float(np.mean(model.y**2)) / 2
    run = simulate(model, GradientFlow(rtol=1e-6), starts, time=LONGEST, until_loss=SOLVED * zero)
    return np.array([np.linalg.norm(model.predictor(theta) - X) for theta in run.final]), converged(run)


@vectorized
def measure(measurements: np.ndarray, scale: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Geometric mean of the relative errors, and the share of those below `RECOVERED`."""
    found, reached = np.empty((TRIALS, scale.size)), np.empty((TRIALS, scale.size), dtype=bool)
    for m in np.unique(measurements):
        (cells,) = np.nonzero(measurements == m)
        for trial in range(TRIALS):
            found[trial, cells], reached[trial, cells] = errors(int(m), scale[cells], seed, trial)
    return {
        "error": np.exp(np.mean(np.log(found), axis=0)),
        "recovered": np.mean(found < RECOVERED, axis=0),
        "unresolved": ~np.all(reached, axis=0),
    }


def theory(axes: Mapping[str, np.ndarray]) -> list[Curve]:
    """Where the truth is the only semidefinite interpolant, and where the least trace recovers it."""
    from solvable.theory import feasibility_dimension, statistical_dimension

    ends = np.array([np.min(axes["scale"]) / 10, 10 * np.max(axes["scale"])])
    lines = {
        "the only semidefinite interpolant": feasibility_dimension(RANK, DIMENSION),
        "least trace recovers": statistical_dimension(RANK, DIMENSION),
    }
    return [Curve(ends, np.full(2, m), words) for words, m in lines.items()]


DIAGRAM = Diagram(
    name="sensing-scale",
    title=rf"Gradient flow on $UU^T$ from $U = sI$: ${DIMENSION} \times {DIMENSION}$ matrices of rank {RANK}",
    statement="Small starts recover from few measurements; any start does where one semidefinite matrix is left.",
    source="arXiv:1712.09203",
    axes={
        "measurements": Axis("measurements  $m$", np.arange(3.0, 31), np.arange(1.0, 33)),
        "scale": Axis("scale  $s$", np.geomspace(1e-3, 3, 16), np.geomspace(1e-4, 10, 60), "log"),
    },
    values={
        "error": Quantity("relative error", "geometric mean of draws", "log", (1e-5, 1.0)),
        "recovered": Quantity("recovered to 1 %", "share of draws", limits=(0.0, 1.0)),
    },
    measure=measure,
    theory=theory,
    chunk=16,
)
