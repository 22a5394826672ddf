"""Regression by deep linear networks, as the papers on their layers share it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from solvable import DeepLinearNetwork

DEPTHS = (2, 3, 4)
REGRESSION = "X and Y have as many columns, and X is not zero"


def matrix_regression(rng: np.random.Generator) -> dict[str, Any]:
    """Columns X, and targets Y of the same number of columns."""
    return {"X": rng.standard_normal((4, 10)), "Y": rng.standard_normal((3, 10))}


def is_regression(problem: dict[str, Any]) -> bool:
    """Whether X and Y go together, and anything moves."""
    X, Y = problem["X"], problem["Y"]
    return X.shape[1] == Y.shape[1] and len(Y) > 0 and bool(np.any(X))


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
