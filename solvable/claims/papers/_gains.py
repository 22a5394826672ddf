r"""Gradients along saved paths of the network ``beta = u^2 - v^2``, and the check that several papers share.

A formula for the gain ``(q, R)`` of a method is compared with the ledger of its run, and with what it means: beta_k
minimizes the hyperbolic entropy of scale ``a_0 e^q`` and shift ``xi_0 + R`` among all b with ``X b = X beta_k``, at
whatever step k the run was stopped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from solvable import DiagonalLinearNetwork, Trajectory
from solvable.theory import Gain, hypentropy_minimum, stability_threshold

from ._problems import coefficient_size

ROUNDING = "exact: rounding only"


def network(X: np.ndarray, y: np.ndarray, share: float = 0.3) -> tuple[DiagonalLinearNetwork, np.ndarray, float]:
    """(model, balanced start of product scale ``share^2`` times the size of beta, largest stable step at the end)."""
    scale = share * np.sqrt(coefficient_size(X, y))
    model = DiagonalLinearNetwork(X, y)
    end = stability_threshold(X, hypentropy_minimum(X, y, a=scale**2).point, scale**2)
    return model, model.init(scale), end.step_size


def slopes(X: np.ndarray, y: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """``g = X^T (X beta - y) / n`` at every row of ``theta (..., 2d)``."""
    u, v = np.split(theta, 2, axis=-1)
    return ((u**2 - v**2) @ X.T - y) @ X / y.size


def gradients(X: np.ndarray, y: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """``grad L = (2 u g, -2 v g)`` at every row of ``theta (..., 2d)``."""
    u, v = np.split(theta, 2, axis=-1)
    return 2 * np.concatenate([u, -v], axis=-1) * np.tile(slopes(X, y, theta), 2)


def ascended(X: np.ndarray, y: np.ndarray, theta: np.ndarray, reach: Any) -> np.ndarray:
    """g at ``theta + reach grad L``; `reach` is a number or one a row."""
    return slopes(X, y, theta + np.asarray(reach)[..., None] * gradients(X, y, theta))


def curved(X: np.ndarray, y: np.ndarray, theta: np.ndarray) -> np.ndarray:
    """The derivative of `ascended` at reach 0: ``(4/n) X^T X ((u^2 + v^2) g)``."""
    u, v = np.split(theta, 2, axis=-1)
    return 4 * ((u**2 + v**2) * slopes(X, y, theta)) @ X.T @ X / y.size


def check_gain(
    lab: Any,
    run: Trajectory,
    gain: Gain,
    rivals: Mapping[str, Gain],
    *,
    tolerance: float = 1e-10,
    reason: str = ROUNDING,
) -> None:
    """`gain` against the ledger of `run` if it keeps one, the factors at its end, and the minimum that it predicts."""
    if run.has_ledger:
        books = run.ledger()
        lab.identity(books.q, gain.q, scale=np.maximum(1.0, np.abs(gain.q)), tolerance=tolerance, reason=reason)
        lab.identity(books.R, gain.R, scale=np.maximum(1.0, np.abs(gain.R)), tolerance=tolerance, reason=reason)
    check_end(lab, run.model, run.theta[0], run.final, gain, rivals, tolerance=tolerance, reason=reason)


def check_end(
    lab: Any,
    model: DiagonalLinearNetwork,
    start: np.ndarray,
    end: np.ndarray,
    gain: Gain,
    rivals: Mapping[str, Gain],
    *,
    tolerance: float = 1e-10,
    reason: str = ROUNDING,
) -> None:
    """`gain` against the factors at `end`, reached from `start` in any way, and the minimum that it predicts."""
    X, beta = model.X, model.predictor(end)
    log_a, xi = model.potential_coordinates(start)
    end_log_a, end_xi = model.potential_coordinates(end)
    lab.identity(
        end_log_a - log_a,
        gain.q,
        rivals={name: other.q for name, other in rivals.items()},
        scale=np.maximum(1.0, np.abs(gain.q)),
        tolerance=tolerance,
        reason=reason,
    )
    shift = outside(X, end_xi - xi - gain.R)
    size = max(1.0, float(np.max(np.abs(gain.R))))
    lab.identity(shift, np.zeros_like(shift), scale=size, tolerance=tolerance, reason=reason)

    def minimum(q: Any, R: Any) -> Any:
        return hypentropy_minimum(X, X @ beta, log_a=log_a + q, xi0=xi + R)

    lab.optimum(
        beta,
        minimum(*gain),
        rivals={name: minimum(*other) for name, other in rivals.items()},
        tolerance=tolerance,
        reason=reason,
    )


def outside(X: np.ndarray, values: np.ndarray) -> np.ndarray:
    """What remains of `values` outside the row space of X."""
    return values - X.T @ np.linalg.lstsq(X.T, values, rcond=None)[0]
