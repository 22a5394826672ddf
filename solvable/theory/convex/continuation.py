"""Interpolation with least separable potential: damped Newton on the dual, followed along the scale.

Minimize ``sum_j F_j(b_j)`` subject to ``X b = y``. Stationarity reads ``F_j'(b_j) = z_j`` with
``z = X^T nu``, so that the unknown is the dual vector ``nu`` of n entries, the primal point is
``b_j = (F_j')^-1(z_j)``, and Newton's method for ``X b(nu) = y`` is

    X W X^T dnu = y - X b,        W = diag(db_j / dz_j) > 0.

**Damping.** Both potentials of this package have ``|d log w / d(distance)|`` bounded by a constant, when the
distance of a step is measured in the coordinate's own unit (1 for the hyperbolic potential, the distance to
the wall for the depth-D potential). For such functions the step ``t = log(1 + l)/l``, with l the longest
relative displacement, is a descent step of the dual from anywhere, and it becomes a full Newton step near the
solution.

**Continuation.** A potential of scale ``1e-60`` is nearly nonsmooth, and Newton from a distance crawls. The
scale is followed from the size of the least-l2 solution to the target. Along the way b approaches a limit
while z becomes *linear* in the logarithm of the scale; hence the stages grow geometrically, by 1.35, and some
60 Newton steps suffice for any target. The predictor holds b and moves the dual to the nearest point, in the
norm of W, of the row space.

**Failure is an outcome.** Where fewer than n coordinates carry the solution, the others shrink below rounding
and nu is no longer determined by the residual (`solvable.theory.convex.graded`). `follow` then stops with the status
DEGENERATE.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from enum import Enum
from typing import ClassVar, Self

import numpy as np

from .graded import GradedFactor, rounding, sensitivity

GROWTH = 0.35  # relative growth of a stage
CLOSE = 1e8  # residual, in units of its rounding error, below which weights are trusted
LIMIT = 80  # Newton steps of one stage


@dataclass(frozen=True)
class Coordinates(ABC):
    """The d dual coordinates of one potential at one stage of its continuation (immutable)."""

    vectors: ClassVar[tuple[str, ...]]
    """Names of the fields that have one entry a coordinate."""
    signed = True  # whether the primal point can have either sign: then ``|z|`` orders its coordinates, otherwise z

    @abstractmethod
    def primal(self) -> np.ndarray:
        """``b(z)``, shape (d,)."""

    @abstractmethod
    def weight(self) -> np.ndarray:
        """``db/dz > 0``, shape (d,)."""

    @abstractmethod
    def distance(self, dz: np.ndarray) -> float:
        """Longest displacement of `dz`, each in the coordinate's own unit."""

    def wall(self, dz: np.ndarray) -> float:
        """Longest step <= 1 along `dz` that stays inside the domain (of the whole line, by default)."""
        return 1.0

    @abstractmethod
    def moved(self, dz: np.ndarray) -> Coordinates:
        """The dual displaced by `dz`."""

    @abstractmethod
    def at(self, stage: float) -> tuple[Coordinates, np.ndarray]:
        """The same primal point at another stage in [0, 1], and the shift of ``z - base`` that this takes."""

    @abstractmethod
    def final(self, range_part: np.ndarray) -> Coordinates:
        """Stage 1 with ``z = base + range_part``."""

    @abstractmethod
    def mismatch(self, range_part: np.ndarray) -> np.ndarray:
        """``|z - base - range_part|``: how far the dual has drifted from the row space."""

    def synchronized(self, range_part: np.ndarray) -> Coordinates:
        """The state with its accumulated drift removed, where the dual can be recomputed without loss."""
        return self

    @abstractmethod
    def grain(self, size: np.ndarray) -> np.ndarray:
        """Rounding error of a dual that is a sum of terms of total size `size`, shape (d,)."""

    @abstractmethod
    def heights(self) -> tuple[np.ndarray, np.ndarray]:
        """``base`` and offset at stage 1: ``|z_j| + offset_j`` orders the coordinates by size.

        ``z_j + offset_j`` if not `signed`.
        """

    @abstractmethod
    def magnified(self, height: float) -> Coordinates:
        """The potential with its scale multiplied such that height `height` has size one."""

    def take(self, columns: np.ndarray) -> Self:
        """The coordinates `columns` only."""
        return replace(self, **{name: getattr(self, name)[columns] for name in self.vectors})

    def join(self, mine: np.ndarray, other: Coordinates, others: np.ndarray) -> Self:
        """Inverse of `take`: my coordinates at positions `mine`, those of `other` at `others`."""
        assert isinstance(other, type(self))
        joined = {name: np.empty(mine.size + others.size) for name in self.vectors}
        for name, whole in joined.items():
            whole[mine], whole[others] = getattr(self, name), getattr(other, name)
        return replace(self, **joined)

    @abstractmethod
    def divergence(self, point: np.ndarray) -> np.ndarray:
        """Fenchel-Young terms ``F(p) + F*(z) - p z >= 0``, shape (d,), without cancellation."""

    @property
    @abstractmethod
    def nats(self) -> float:
        """Length of the whole continuation, in logarithmic units of the scale."""


class Status(Enum):
    """How an iteration ended."""

    CONVERGED = "converged"
    DEGENERATE = "degenerate"
    STUCK = "stuck"


@dataclass(frozen=True)
class Iterate:
    """State, multiplier and status."""

    state: Coordinates
    nu: np.ndarray
    status: Status


def newton(state: Coordinates, nu: np.ndarray, X: np.ndarray, y: np.ndarray, allowed: float) -> Iterate:
    """Damped Newton at one stage. X (n, d) has full row rank; `allowed` bounds the dual error of rounding."""
    previous = np.inf
    for _ in range(LIMIT):
        point, weight = state.primal(), state.weight()
        if not (np.all(np.isfinite(point)) and np.all(np.isfinite(weight))):
            return Iterate(state, nu, Status.STUCK)
        factor, miss = GradedFactor(X, weight), y - X @ point
        noise = rounding(X, y, point)
        error = sensitivity(factor, X, noise)
        # Far from the solution weak weights are transient. Close to it a weak direction, in which the step is
        # noise, spoils the strong ones through the rounding of X^T dnu; so "close" must not mean "at
        # rounding".
        close = np.max(np.abs(miss)) <= CLOSE * np.max(noise)
        if not np.isfinite(error) or (error > allowed and close):
            return Iterate(state, nu, Status.DEGENERATE)
        dnu = factor.solve(miss)
        if not np.all(np.isfinite(dnu)):
            return Iterate(state, nu, Status.STUCK)
        dz = X.T @ dnu
        distance = state.distance(dz)
        if not np.isfinite(distance):
            return Iterate(state, nu, Status.STUCK)
        step = 1.0 if distance <= 0.3 else float(np.log1p(distance)) / distance
        # A wall at relative distance 1 must not be crossed; the logarithm alone allows it only for distance <
        # 1.
        step = min(step, state.wall(dz))
        state, nu = state.moved(step * dz), nu + step * dnu
        # Quadratic convergence makes the next error the square of this one; a step that no longer shrinks is
        # noise.
        if distance <= 1e-9 or (distance < 1e-4 and distance > 0.5 * previous):
            return Iterate(state, nu, Status.CONVERGED)
        previous = distance
    return Iterate(state, nu, Status.STUCK)


def follow(start: Coordinates, X: np.ndarray, y: np.ndarray, allowed: float) -> Iterate:
    """From stage 0 to stage 1. `start` has ``z = base`` (zero multiplier)."""
    here = newton(start, np.zeros(X.shape[0]), X, y, allowed)
    first = 1.0 / max(start.nats, 1.0)
    stage, width = 0.0, first
    while here.status is Status.CONVERGED and stage < 1.0:
        target = min(1.0, stage + width)
        guess = _predict(here, target, X)
        there = guess if guess is None else newton(*guess, X, y, allowed)
        if there is None or there.status is Status.STUCK:
            width /= 3.0
            if width < 1e-4 * first:
                return Iterate(here.state, here.nu, Status.STUCK)
            continue
        here, stage = there, target
        width = min(3.0 * width, first + GROWTH * stage)
    return here


def _predict(here: Iterate, stage: float, X: np.ndarray) -> tuple[Coordinates, np.ndarray] | None:
    held, shift = here.state.at(stage)
    weight = held.weight()
    if not np.all(np.isfinite(weight)):
        return None
    factor = GradedFactor(X, weight)
    if not factor.weakest > 0:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        dnu = factor.solve(X @ (weight * shift))
    if not np.all(np.isfinite(dnu)):
        return None
    dz = X.T @ dnu - shift
    if not np.all(np.isfinite(dz)) or held.wall(dz) < 1.0:
        return None
    return held.moved(dz), here.nu + dnu
