r"""Trace programs to the last digit: Newton's method on the face that carries the minimum.

Let the lifted minimum be ``Y = F F^T`` with F of r columns. The conditions of `solvable.theory.sensing.trace_programs`
are then equations without a sign,

    (C - K* mu) F = 0,        K(F F^T) + delta mu = l,

and Newton's method for F and mu converges quadratically. Its matrix is symmetric,

    [ S x 1_r   -B ] [ dF  ]   [ -S F                  ]
    [ -B^T      -delta/2 ] [ dmu ] = [ (K Y + delta mu - l)/2 ],     B = (K_1 F, ..., K_m F),

and always singular: F may be rotated from the right. Of all solutions the shortest is taken, which also serves minima
that are not unique and multipliers that are not.

The rank r is read from an interior point, where the eigenvalues of Y and S in a common basis multiply to t: those of
Y above those of S belong to the face. A wrong r gives a solution of the equations that is no minimum, or none. So
neighbors of r are tried, and what counts is the certificate alone: mu is divided by the largest eigenvalue of ``K*
mu`` (relative to C) where that exceeds 1, and the gap is evaluated with the result.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from scipy.linalg import lstsq

from .interior import Interior
from .trace_programs import TraceProgram

STEPS = 12
NEIGHBORS = (0, 1, 2, -1, 3)
PRECISE = 1e-12
# Of the singular values: away from the minimum, rotations of F and other free directions are not exactly zero, so that
# the first threshold is coarse; the second is for directions that are merely weak.
THRESHOLDS = (1e-9, 1e-13)


@dataclass(frozen=True)
class Candidate:
    """A factor, a feasible multiplier, the objective, its duality gap, and the residual relative to the level."""

    F: np.ndarray
    mu: np.ndarray
    value: float
    gap: float
    residual: float

    @property
    def error(self) -> float:
        return max(self.gap / self.value if self.value > 0 else self.gap, self.residual)


def polished(program: TraceProgram, start: Interior) -> Candidate:
    """The best certified candidate on faces near the one that `start` indicates."""
    values, vectors = np.linalg.eigh(start.Y)
    values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
    against = np.sum(vectors * (start.S @ vectors), axis=0)
    rank = min(int(np.sum(values > against)), program.rank_limit)
    best = _assess(program, vectors * np.sqrt(values), start.mu)
    ranks = dict.fromkeys(min(max(rank + k, 0), program.rank_limit) for k in NEIGHBORS)
    for r, threshold in itertools.product(ranks, THRESHOLDS):
        found = _newton(program, vectors[:, :r] * np.sqrt(values[:r]), start.mu, threshold)
        best = min(best, found, key=lambda candidate: candidate.error)
        if best.error < PRECISE:
            break
    return best


def _newton(program: TraceProgram, F: np.ndarray, mu: np.ndarray, threshold: float) -> Candidate:
    best = _assess(program, F, mu)
    for _ in range(STEPS):
        S, B = program.cost - program.adjoint(mu), program.columns(F).reshape(mu.size, F.size).T
        # With little damping mu is large: it is solved for in units of S.
        unit = max(1.0, float(np.max(np.abs(S))))
        corner = -0.5 * program.damping * unit * np.eye(mu.size)
        matrix = np.block([[np.kron(S / unit, np.eye(F.shape[1])), -B], [-B.T, corner]])
        right = np.concatenate([-(S @ F).ravel() / unit, -0.5 * program.miss(F, mu)])
        step = lstsq(matrix, right, cond=threshold, lapack_driver="gelsy", check_finite=False)[0]
        F, mu = F + step[: F.size].reshape(F.shape), mu + unit * step[F.size :]
        if not (np.all(np.isfinite(F)) and np.all(np.isfinite(mu))):
            break
        found = _assess(program, F, mu)
        worse = found.error >= best.error
        best = best if worse else found
        if worse and best.error < 1e-14:
            break
    return best


def _assess(program: TraceProgram, F: np.ndarray, mu: np.ndarray) -> Candidate:
    feasible = mu / max(1.0, program.largest(mu))
    misfit = program.miss(F, 0.0 * mu)
    value, residual = float(np.sum(F * (program.cost @ F))), 0.0
    if program.damping > 0:
        value += float(misfit @ misfit) / (2.0 * program.damping)
    else:
        residual = float(np.max(np.abs(misfit)) / np.max(np.abs(program.level)))
    return Candidate(F, feasible, value, program.gap(F, feasible), residual)
