"""One sparse regression on a diagonal network ``beta = u^2 - v^2``: what several diagrams share."""

from __future__ import annotations

from functools import cache

import numpy as np

SAMPLES, FEATURES, NONZEROS = 20, 40, 4
UNSETTLED = 1e-4
"""Residual, relative to the targets, above which a run has not arrived."""


@cache
def sparse_data() -> tuple[np.ndarray, np.ndarray]:
    """(X, y): a Gaussian design, targets of a vector with four unit entries, which least l1 finds."""
    from ...claims.papers._problems import sparse_regression

    data = sparse_regression(np.random.default_rng(0), SAMPLES, FEATURES, NONZEROS)
    return data["X"], data["y"]


def sharpness(X: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Largest eigenvalue of the Hessian at interpolants of ``u^2 + v^2 = sizes (R, d)``."""
    return np.linalg.eigvalsh((X * sizes[:, None, :]) @ X.T)[:, -1] * 4 / X.shape[0]


def flow_edge(X: np.ndarray, y: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """``2 / sharpness`` where gradient flow from ``u = v = scale (R,)`` ends: the largest stable step there."""
    from ...theory import hypentropy_minima

    limits = hypentropy_minima(X, y, 2 * np.log(scale)).point
    return 2 / sharpness(X, np.hypot(limits, 2 * scale[:, None] ** 2))


def descend(scale: np.ndarray, step_size: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Descent on the sparse data from ``u = v = scale (R,)``: ends ``(R, 2 d)``, diverged, unresolved.

    A run that did neither diverge nor arrive is slow, or bounces for ever.
    """
    import solvable
    from solvable.dynamics.trajectory import Status

    X, y = sparse_data()
    model = solvable.DiagonalLinearNetwork(X, y)
    start = np.repeat(scale[:, None], model.n_params, axis=1)
    run = solvable.simulate(model, solvable.GradientDescent(step_size), start, steps=steps)
    lost = np.isin(run.status, (Status.DIVERGED, Status.NONFINITE))
    with np.errstate(over="ignore", invalid="ignore"):  # of runs that diverged
        residual = np.linalg.norm(model.residuals(run.final), axis=1) / np.linalg.norm(y)
    return run.final, lost, ~lost & ~(residual <= UNSETTLED)
