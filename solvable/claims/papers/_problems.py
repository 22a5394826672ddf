"""Problems and runs that several papers share.

A regression problem is drawn by ``make(rng, n, d)``, so that data of the user's can take the place of X and y.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from solvable import GradientFlow, Trajectory, simulate
from solvable.theory import hypentropy_minimum

INTERPOLATES = "the data can be interpolated, in more than one way"
CONVERGES = "the run reaches zero loss"
COLUMNS = "no column of X is zero"
TARGETS = "the targets are not all zero"
RESIDUAL = 1e-13
"""Residual, relative to the targets, at which a run counts as having reached zero loss."""


def dense_regression(rng: np.random.Generator, n: int = 8, d: int = 20) -> dict[str, Any]:
    """Gaussian X and y: the interpolant of least l1 norm has n nonzero entries."""
    return {"X": rng.standard_normal((n, d)), "y": rng.standard_normal(n)}


def sparse_regression(rng: np.random.Generator, n: int = 20, d: int = 40, k: int = 4) -> dict[str, Any]:
    """Gaussian X and targets of a vector with k unit entries."""
    X = rng.standard_normal((n, d))
    beta = np.zeros(d)
    beta[rng.choice(d, size=min(k, d), replace=False)] = 1.0
    return {"X": X, "y": X @ beta}


def sparse_problem(rng: np.random.Generator, n: int = 10, d: int = 24) -> dict[str, Any]:
    """Three unit coefficients."""
    return sparse_regression(rng, n, d, k=3)


def many_interpolants(X: np.ndarray, y: np.ndarray) -> bool:
    """Whether ``X b = y`` has a solution, and not only one."""
    solution, _, rank, _ = np.linalg.lstsq(X, y, rcond=None)
    return bool(rank < X.shape[1] and np.linalg.norm(X @ solution - y) <= 1e-10 * np.linalg.norm(y) > 0)


def no_zero_column(X: np.ndarray) -> bool:
    """Whether every coefficient matters."""
    return bool(np.all(np.any(X, axis=0)))


def coefficient_size(X: np.ndarray, y: np.ndarray) -> float:
    """Largest entry of the least-norm least-squares solution: the natural unit of beta."""
    return float(np.max(np.abs(np.linalg.lstsq(X, y, rcond=None)[0])))


def zero_loss(y: np.ndarray) -> float:
    """The loss of a residual RESIDUAL times the targets."""
    return 0.5 * RESIDUAL**2 * float(np.mean(y**2))


def flow_limit(model: Any, theta0: np.ndarray, *, rtol: float = 1e-10, slow: float = 1.0, **options: Any) -> Trajectory:
    """Gradient flow until the loss is zero, or for a very long time.

    The unit of time is the inverse of the largest gradient in beta at the start, stretched by `slow`.
    """
    unit = model.n_samples / np.max(np.abs(model.X.T @ model.y))
    flow = GradientFlow(rtol=rtol, **options)
    return simulate(model, flow, theta0, time=1e10 * slow * unit, until_loss=zero_loss(model.y))


def reached_zero(run: Trajectory) -> bool:
    """Whether the final residual is at rounding level."""
    return bool(run.final_loss <= 100 * zero_loss(run.model.y))


def gauss_rule(edges: np.ndarray, points: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Increasing nodes and weights of the composite Gauss-Legendre rule with these panels."""
    nodes, weights = np.polynomial.legendre.leggauss(points)
    half = np.diff(edges) / 2
    centers = edges[:-1] + half
    return (centers[:, None] + half[:, None] * nodes).ravel(), (half[:, None] * weights).ravel()


def decay_rates(X: np.ndarray, beta: np.ndarray, a: float) -> np.ndarray:
    """Nonzero eigenvalues of the Hessian at an interpolant of scale a, falling: rates of the last approach."""
    rates = np.linalg.svd(X * np.sqrt(np.hypot(beta, 2 * a)), compute_uv=False) ** 2 * 4 / len(X)
    return rates[rates > 1e-10 * rates[0]]


def gain_per_step_size(model: Any, scale: float) -> np.ndarray:
    """``4 int g_j^2 dt`` along the flow from ``u = v = scale``: what gradient descent takes from log a, over its step.

    By quadrature, until the slowest mode has fallen by e^14.
    """
    rates = decay_rates(model.X, hypentropy_minimum(model.X, model.y, a=scale**2).point, scale**2)
    edges = np.append(0, np.geomspace(0.3 / rates[0], 14 / rates[-1], 24))
    nodes, weights = gauss_rule(edges, 4)
    run = simulate(model, GradientFlow(rtol=1e-10), model.init(scale), time=edges[-1], save=nodes)
    gradients = (run.predictor() @ model.X.T - model.y) @ model.X / model.n_samples
    return 4 * weights @ gradients**2
