"""The ledger ``(q, R, log a, xi)`` of a trajectory on a depth-2 diagonal network.

See ``factors`` for the identity that it states, and for the first-order term that each method contributes to R.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

LOGARITHMS = "log_plus", "log_minus"
SMALL = 1e-280
"""A smaller |beta| may have lost digits to underflow."""


class Ledger(NamedTuple):
    """Each entry ``(d,)``, or ``(R, d)`` for an ensemble.

    ``log_a = log a_0 + q`` and ``xi = log|u/v|`` are where the run is; ``R`` is the shift that its steps left behind.
    """

    q: np.ndarray
    R: np.ndarray
    log_a: np.ndarray
    xi: np.ndarray


def ledger(trajectory: Any) -> Ledger:
    state = _state(trajectory)
    log_a = state["log_plus"] + state["log_minus"] + _log_kappa(trajectory.model)
    xi = state["log_plus"] - state["log_minus"]
    with np.errstate(invalid="ignore"):  # members that diverged
        R = (xi - state["start_xi"]) + 2 * state["first_order"]
    entries = Ledger(q=log_a - state["start_log_a"], R=R, log_a=log_a, xi=xi)
    return entries if trajectory.final.ndim == 2 else Ledger(*(entry[0] for entry in entries))


def effective_init(trajectory: Any) -> tuple[np.ndarray, np.ndarray]:
    entries = ledger(trajectory)
    start = trajectory.state["start_xi"]
    return entries.log_a, (start if trajectory.final.ndim == 2 else start[0]) + entries.R


def range_residual(trajectory: Any) -> Any:
    log_a, xi = effective_init(trajectory)
    beta = trajectory.model.predictor(trajectory.final)
    # A beta that left the range of floating point says nothing; the factors, whose logarithms are known, still do.
    ratio = np.where(np.abs(beta) > SMALL, asinh_of_ratio(beta, log_a), ledger(trajectory).xi)
    gap = ratio - xi
    _, sizes, rows = np.linalg.svd(trajectory.model.X, full_matrices=False)
    rows = rows[sizes > sizes[0] * max(trajectory.model.X.shape) * np.finfo(float).eps]
    outside = gap - (gap @ rows.T) @ rows
    worst = np.max(np.abs(outside), axis=-1)
    return float(worst) if worst.ndim == 0 else worst


def asinh_of_ratio(beta: np.ndarray, log_a: np.ndarray) -> np.ndarray:
    """``asinh(beta / 2a)`` for any log a, also where a or the ratio leaves the range of floating point."""
    with np.errstate(divide="ignore"):
        z = np.log(np.abs(beta)) - math.log(2) - log_a
    large = np.maximum(z, 0) + np.log1p(np.sqrt(1 + np.exp(-2 * np.maximum(z, 0))))
    return np.sign(beta) * np.where(z > 0, large, np.arcsinh(np.exp(np.minimum(z, 0))))


def _log_kappa(model: Any) -> float:
    return -math.log(2) if model.is_product else 0.0


def _state(trajectory: Any) -> dict[str, np.ndarray]:
    if not trajectory.has_ledger:
        what = f"{trajectory.provenance['dynamics']} on {trajectory.provenance['model']}"
        raise ValueError(
            f"no effective initialization is known for {what}: "
            "it needs a diagonal network of depth 2, moved by a method that multiplies its factors "
            "(added noise does not; a flow with inertia or strength needs method 'auto')"
        )
    if not np.isfinite(trajectory.state["start_log_a"]).all():
        raise ValueError("theta0 must have no zero factor (u, v, or u +- v for 'product'): its logarithm has no ledger")
    if trajectory.final.ndim == 1 and any(np.isneginf(trajectory.state[name]).any() for name in LOGARITHMS):
        raise ValueError("a factor became exactly zero on the way: its logarithm has no ledger")
    return trajectory.state
