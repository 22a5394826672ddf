r"""All the steps that a stochastic method may take on linear regression, read off the compiled one.

A step with given draws is an affine map ``theta+ = M theta + v``. Draws depend on the seed, the replica and the number
of the step alone, so that the first step of one replica from 0 and from the unit vectors shows its map. Among many
replicas all outcomes of the draws appear; the outcomes are equally likely, and the number of them is known. Averages
over the set of their maps are therefore exact expectations over the draws of the compiled method: stationary
covariances and moments at any time follow without a sample, up to rounding.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from solvable import LabelNoiseSGD, LinearRegression, simulate
from solvable.theory import Moments, second_moment_radius

FULL_RANK = "X has full column rank"
STABLE = "the step is stable in mean square"
ENUMERABLE = "the outcomes of the draws of a step can be enumerated"


def noisy_regression(rng: np.random.Generator, n: int = 4, d: int = 2) -> dict[str, Any]:
    """Gaussian X with ``max |x_i|^2 = 2``, labels that no theta fits, and a size of their noise."""
    X = rng.standard_normal((n, d))
    X *= np.sqrt(2 / np.max(np.sum(X**2, axis=1)))
    return {"X": X, "y": rng.standard_normal(n), "noise_std": np.array(rng.uniform(0.5, 1.0))}


def unit_step(X: np.ndarray) -> float:
    """``1 / max |x_i|^2``, at which one sample fits its label in one step."""
    return float(1 / np.max(np.sum(X**2, axis=1)))


def full_rank(X: np.ndarray) -> bool:
    """Whether the fit is unique, and not by a hair."""
    return bool(np.linalg.cond(X) < 10 and X.shape[0] >= X.shape[1])


def stable(X: np.ndarray, step_size: float) -> bool:
    """Whether one example a step is stable in mean square, and not by a hair."""
    return second_moment_radius(X, step_size) < 0.995


def outcomes(n: int, batch_size: int | None, noise_std: float) -> int:
    """How many maps there are: batches, times the signs of their labels."""
    b = batch_size or n
    return math.comb(n, b) * (2**b if noise_std > 0 else 1)


def enumerable(n: int, batch_size: int | None = None) -> bool:
    """Whether there are so few maps that all of them appear among a moderate number of replicas."""
    return outcomes(n, batch_size, 1.0) <= 512


class Steps(NamedTuple):
    """The maps ``theta -> matrices[k] theta + shifts[k]``, ``(K, d, d)`` and ``(K, d)``, all of probability 1/K."""

    matrices: np.ndarray
    shifts: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """The mean of the matrices."""
        return np.mean(self.matrices, axis=0)

    def centered(self) -> Steps:
        """The same maps about the fixed point of their mean."""
        fixed = np.linalg.solve(np.eye(len(self.mean)) - self.mean, np.mean(self.shifts, axis=0))
        return Steps(self.matrices, self.shifts + self.matrices @ fixed - fixed)

    def stationary_covariance(self) -> np.ndarray:
        """The fixed point of ``S -> E (M e + v)(M e + v)^T`` where ``E e = 0``, in the coordinates of `centered`."""
        e, d = self.centered(), len(self.mean)
        square = np.einsum("kij,klm->iljm", e.matrices, e.matrices).reshape(d * d, d * d) / len(e.shifts)
        noise = e.shifts.T @ e.shifts / len(e.shifts)
        return np.linalg.solve(np.eye(d * d) - square, noise.ravel()).reshape(d, d)

    def averaged_pairs(self) -> Steps:
        """The means of two maps, drawn independently."""
        d = len(self.mean)
        matrices = (self.matrices[:, None] + self.matrices) / 2
        return Steps(matrices.reshape(-1, d, d), ((self.shifts[:, None] + self.shifts) / 2).reshape(-1, d))

    def moments(self, theta0: np.ndarray, steps: int) -> Moments:
        """Mean and covariance after a number of steps."""
        m, S = theta0, np.zeros((theta0.size, theta0.size))
        for _ in range(steps):
            moved = self.matrices @ m + self.shifts
            spread = np.einsum("kij,jl,kml->im", self.matrices, S, self.matrices) / len(moved)
            m = np.mean(moved, axis=0)
            S = spread + (moved - m).T @ (moved - m) / len(moved)
        return Moments(m, S)


def compiled_steps(X: np.ndarray, y: np.ndarray, method: LabelNoiseSGD, seed: int = 0) -> Steps:
    """The maps of `method`, plain numbers as hyperparameters and signs as noise; NaN if an outcome never appeared."""
    n, d = X.shape
    count = outcomes(n, method.batch_size, float(method.noise_std))
    replicas = 32 * count
    ends = [
        simulate(LinearRegression(X, y), method, np.tile(start, (replicas, 1)), steps=1, seed=seed).final
        for start in np.vstack([np.zeros(d), np.eye(d)])
    ]
    maps = distinct(np.concatenate(ends, axis=1)).reshape(-1, d + 1, d)
    if len(maps) != count:
        return Steps(np.full((1, d, d), np.nan), np.full((1, d), np.nan))
    return Steps(np.swapaxes(maps[:, 1:] - maps[:, :1], 1, 2), maps[:, 0])


def distinct(rows: np.ndarray) -> np.ndarray:
    """The different rows of ``(R, q)``; a batch in another order is the same but for rounding."""
    left, found = np.unique(rows, axis=0), []
    close = 1e-11 * np.max(np.abs(rows))
    while len(left):
        found.append(left[0])
        left = left[np.max(np.abs(left - left[0]), axis=1) > close]
    return np.array(found)
