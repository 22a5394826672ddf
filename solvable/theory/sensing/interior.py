r"""Interior points of trace programs: a predictor-corrector method that stays dual feasible.

The program is the lifted one of `solvable.theory.sensing.trace_programs`, ``Y >= 0`` with ``K Y + delta mu = l``, and
``S = C - K* mu >= 0``. Its central path is ``Y S = t`` for ``t -> 0``. A Newton step for ``Y S = T`` that gives up a
residual ``rho = l - K Y - delta mu`` on the way is

    dY = sym( (T - Y dS) S^-1 ) - Y,        dS = -K* dmu,
    ( <K_i, Y K_j S^-1> + delta ) dmu = rho - K( sym(T S^-1) - Y ),

where ``sym`` is the symmetric part: the direction of Helmberg, Kojima and Monteiro, with Mehrotra's choice of T by a
predictor. The start ``mu = 0``, ``S = C`` is dual feasible, and S is always formed from mu, so that **every**
``l . mu - (delta/2) |mu|^2`` is a lower bound of the optimal value. Without damping so is every ``l . mu / s``, with
s > 0 the largest eigenvalue of ``K* mu`` in units of C. If no X is feasible this goes to infinity, along the steps dmu
first.

Ten to fifteen steps take the gap to 1e-8, more where the problem is degenerate. The system becomes singular as
``t -> 0``; the last digits are therefore left to `solvable.theory.sensing.faces`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import cho_factor, cho_solve, cholesky, solve_triangular

from .trace_programs import TraceProgram

STEPS = 80
PATIENCE = 10  # steps without progress after which rounding has won
ENOUGH = 1e-9
UNBOUNDED = 1e8  # lower bound, in units of the level, at which a program is infeasible


@dataclass(frozen=True)
class Interior:
    """A point near the central path: Y and S, shape (D, D), and mu (m,); and whether the program can be feasible."""

    Y: np.ndarray
    S: np.ndarray
    mu: np.ndarray
    feasible: bool = True


def interior_point(program: TraceProgram) -> Interior:
    """The best point that rounding allows. The level should have size one."""
    cost, level, delta = program.cost, program.level, program.damping
    size = float(np.max(np.abs(level)))
    Y, mu = 2.0 * float(np.linalg.norm(level)) * np.eye(cost.shape[0]), np.zeros(level.size)
    best, least, bound, since = Interior(Y, cost, mu), float("inf"), 0.0, 0
    for _ in range(STEPS):
        S = cost - program.adjoint(mu)
        rho = level - program.measured(Y) - delta * mu
        value = float(np.sum(cost * Y)) + (float(np.sum((rho + delta * mu) ** 2)) / (2.0 * delta) if delta > 0 else 0.0)
        error = max(float(np.sum(Y * S)) / value, float(np.max(np.abs(rho))) / size)
        since += 1
        if error < least:
            best, least, since = Interior(Y, S, mu), error, 0
        if error < ENOUGH or since > PATIENCE:
            break
        try:
            dY, dmu = _step(program, Y, S, rho)
        except np.linalg.LinAlgError:
            break
        Y, mu = Y + dY, mu + dmu
        if not (np.all(np.isfinite(Y)) and np.all(np.isfinite(mu))):
            break
        if delta == 0:
            proven = max(_lower_bound(program, mu), _lower_bound(program, dmu)) / size
            if proven > UNBOUNDED:
                return replace(best, feasible=False)
            if proven > 1.2 * bound:
                bound, since = proven, 0
    return best


def _lower_bound(program: TraceProgram, mu: np.ndarray) -> float:
    """The most that any multiple of mu proves about the optimal value of a program without damping."""
    gain = float(program.level @ mu)
    # An eigenvalue that rounding has made zero must not prove anything.
    steepest = max(program.largest(mu), 1e-14 * float(np.linalg.norm(mu)))
    return gain / steepest if gain > 0 else 0.0


def _step(program: TraceProgram, Y: np.ndarray, S: np.ndarray, rho: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    unit = np.eye(S.shape[0])
    inverse = _symmetric(cho_solve(cho_factor(S, lower=True), unit))
    system = _System(_symmetric(program.coupling(Y, inverse)), program.damping)

    def direction(target: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        dmu = system.solve(rho - program.measured(_symmetric(target @ inverse) - Y))
        dS = -program.adjoint(dmu)
        return _symmetric((target - Y @ dS) @ inverse) - Y, dS, dmu

    t = float(np.sum(Y * S)) / S.shape[0]
    dY, dS, _ = direction(0.0 * unit)
    ahead = float(np.sum((Y + _room(Y, dY) * dY) * (S + _room(S, dS) * dS))) / S.shape[0]
    center = min(max(ahead / t, 0.01), 1.0) ** 3
    dY, dS, dmu = direction(center * t * unit - dY @ dS)
    longest = _room(Y, dY), _room(S, dS)
    short = 0.9 + 0.09 * min(longest)
    return min(1.0, short * longest[0]) * dY, min(1.0, short * longest[1]) * dmu


class _System:
    """Cholesky of the scaled coupling, damped as much as rounding demands, with refinement."""

    def __init__(self, coupling: np.ndarray, damping: float):
        self._matrix = coupling + damping * np.eye(coupling.shape[0])
        self._scale = 1.0 / np.sqrt(np.diag(self._matrix))
        self._matrix = self._matrix * self._scale * self._scale[:, None]
        if not np.all(np.isfinite(self._matrix)):
            raise np.linalg.LinAlgError
        extra = 0.0
        while True:
            try:
                self._factor = cho_factor(self._matrix + extra * np.eye(coupling.shape[0]), lower=True)
                return
            except np.linalg.LinAlgError:
                extra = max(10.0 * extra, 1e-15)

    def solve(self, right: np.ndarray) -> np.ndarray:
        right = right * self._scale
        solution = cho_solve(self._factor, right)
        for _ in range(2):
            solution = solution + cho_solve(self._factor, right - self._matrix @ solution)
        return solution * self._scale


def _symmetric(matrix: np.ndarray) -> np.ndarray:
    return (matrix + matrix.T) / 2.0


def _room(matrix: np.ndarray, change: np.ndarray) -> float:
    """The longest step <= 1 that keeps ``matrix + step change`` positive semidefinite."""
    root = cholesky(matrix, lower=True)
    half = solve_triangular(root, change, lower=True)
    lowest = float(np.linalg.eigvalsh(_symmetric(solve_triangular(root, half.T, lower=True)))[0])
    return min(1.0, -1.0 / lowest) if lowest < 0 else 1.0
