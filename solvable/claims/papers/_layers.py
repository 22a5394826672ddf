"""Regression by deep linear networks, as the papers on their layers share it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from solvable import DeepLinearNetwork

DEPTHS = (2, 3, 4)


def matrix_regression(rng: np.random.Generator) -> dict[str, Any]:
    """Columns X, targets Y of the same number of columns, and the seed of a start."""
    return {
        "X": rng.standard_normal((4, 10)),
        "Y": rng.standard_normal((3, 10)),
        "start": int(rng.integers(2**31)),
    }


def network(problem: dict[str, Any], depth: int) -> DeepLinearNetwork:
    """The network of this depth, all its hidden layers as wide as its input."""
    return DeepLinearNetwork(problem["X"], problem["Y"], (problem["X"].shape[0],) * (depth - 1))


def descent_direction(problem: dict[str, Any]) -> Callable[[np.ndarray], np.ndarray]:
    """``W -> grad`` of ``1/(2n) |W X - Y|^2``."""
    X, Y = problem["X"], problem["Y"]
    second, cross = X @ X.T / X.shape[1], Y @ X.T / X.shape[1]
    return lambda W: W @ second - cross


def rate(problem: dict[str, Any]) -> float:
    """The unit of inverse time: the largest eigenvalue of the inputs' second moment, and at least the gradient at 0."""
    X, Y = problem["X"], problem["Y"]
    return float(max(np.linalg.norm(X, 2) ** 2, np.linalg.norm(Y @ X.T, 2)) / X.shape[1])
