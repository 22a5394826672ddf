r"""Flows of diagonal networks with a quadratic penalty on their factors, run until they rest at a lasso.

The flow of ``L + sum_j c_j (u_j^2 + v_j^2)`` ends where ``1/(2n) |X b - y|^2 + sum_j w_j |b_j|`` is least, with w = c
for ``beta = u^2 - v^2`` and w = 2 c for ``beta = u v`` (where ``u^2 + v^2 >= 2 |beta|``). Off the support it gets there
at the rate ``4 (w_j - |g_j|)``, on it at those of ``4 |b|^(1/2) X^T X / n |b|^(1/2)`` ("product": half of both).

What injected noise penalizes follows from the heat equation, ``E L(theta + s xi) = exp(s^2 Laplacian / 2) L``. L has
degree four in the factors, so that this is ``L + (s^2/2) trace(Hessian)`` and a constant, and the trace is a weighted
sum of squares of the factors.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from solvable import DiagonalLinearNetwork, ResidualModel
from solvable.theory import Minimum

from ._problems import coefficient_size, sparse_problem

STRICT = "zeros of the lasso are strict: no multiplier is at its bound"
RESTS = "the flow has come to rest"
PARAMETRIZATIONS = ("squares", "product")
LIFETIMES = 300
"""Length of a run in units of the slowest rate at its end; coordinates may first have to grow out of tiny values."""


def fewer_columns(rng: np.random.Generator, n: int = 8, d: int = 16) -> dict[str, Any]:
    """Three unit coefficients, and a smaller problem than `sparse_problem`."""
    return sparse_problem(rng, n, d)


def networks(X: np.ndarray, y: np.ndarray) -> list[tuple[DiagonalLinearNetwork, np.ndarray]]:
    """Both parametrizations, each with a balanced start of the size of beta."""
    models = [DiagonalLinearNetwork(X, y, parametrization=name) for name in PARAMETRIZATIONS]
    return [(model, model.init(0.3 * np.sqrt(coefficient_size(X, y)))) for model in models]


def unit_of_time(X: np.ndarray, y: np.ndarray) -> float:
    """The inverse of the largest gradient in beta at ``beta = 0``."""
    return float(y.size / np.max(np.abs(X.T @ y)))


def critical(X: np.ndarray, y: np.ndarray, shape: Any = 1.0) -> float:
    """The least c for which the lasso with weights ``c shape`` is zero."""
    return float(np.max(np.abs(X.T @ y) / shape) / y.size)


def smoothed(model: DiagonalLinearNetwork, penalties: np.ndarray) -> ResidualModel:
    """The model with loss ``L + sum_j penalties_j (u_j^2 + v_j^2)``: least squares with 2d more residuals."""
    n, p = model.n_samples, model.n_params
    share, root = np.sqrt((n + p) / n), np.sqrt(2 * (n + p) * np.tile(penalties, 2))

    def residuals(theta: np.ndarray) -> np.ndarray:
        return np.concatenate([share * model.residuals(theta), root * theta])

    def jacobian(theta: np.ndarray) -> np.ndarray:
        return np.vstack([share * model.jacobian(theta), np.diag(root)])

    return ResidualModel(residuals, jacobian, n_params=p, n_samples=n + p)


def injected(model: DiagonalLinearNetwork, std: float) -> np.ndarray:
    """The penalties of injected noise by the heat equation, from the Hessian of `model` where only ``u_j = 1``."""
    points = np.eye(model.n_features, model.n_params)
    flat = np.trace(model.hessian(np.zeros(model.n_params)))
    return std**2 / 2 * np.array([np.trace(model.hessian(point)) - flat for point in points])


def strict(X: np.ndarray, y: np.ndarray, weights: Any, minimum: Minimum) -> bool:
    """Whether every zero of this lasso has a multiplier strictly inside its bound."""
    off = minimum.point == 0
    return bool(np.all(_slack(X, y, weights, minimum)[off] > 1e-3))


def rest_time(X: np.ndarray, y: np.ndarray, weights: Any, minimum: Minimum) -> float:
    """LIFETIMES over the slowest rate of ``beta = u^2 - v^2`` at this lasso, twice that to be long enough for both."""
    on = minimum.point != 0
    columns = X[:, on] * np.sqrt(np.abs(minimum.point[on]))
    rates = np.concatenate(
        [
            (_slack(X, y, weights, minimum) * weights)[~on],
            np.linalg.svd(columns, compute_uv=False)[: int(np.sum(on))] ** 2 / y.size,
        ]
    )
    return 2 * LIFETIMES / (4 * float(np.min(rates)))


def _slack(X: np.ndarray, y: np.ndarray, weights: Any, minimum: Minimum) -> np.ndarray:
    """``1 - |g| / w`` at the lasso: zero on its support."""
    return 1 - np.abs(X.T @ (X @ minimum.point - y)) / y.size / weights


def rests(slope: np.ndarray, first: np.ndarray) -> bool:
    """Whether a gradient has vanished in comparison with the first one."""
    return bool(np.max(np.abs(slope)) <= 1e-8 * np.max(np.abs(first)))
