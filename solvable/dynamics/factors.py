"""The multiplicative factors of a depth-2 diagonal network, and what they say about its implicit bias.

Every gradient step multiplies the coordinates ``u_j`` and ``v_j`` ("product": ``(u +- v)/sqrt 2``) by factors ``A, B``.
With ``s_k`` in the row space of X put ``q = sum log|A B|`` and ``R = sum (log|A / B| + 2 s_k)``. Then, exactly, at
every step and with no assumption on the step size,

    log a_k = log a_0 + q,      asinh(beta_k / 2 a_k) - xi_0 - R = -2 sum s_k  in  range(X^T),

so that ``beta_k`` minimizes the hyperbolic entropy of scale ``a_k`` and shift ``xi_0 + R`` among all b with the same
``X b``. ``s_k`` is the step's own first-order term; with ``s_k = 0`` the statement would be empty. With ``beta = kappa
(u^2 - v^2)`` and the residual weights ``sigma_k`` that a step gathers, ``s_k = 2 kappa h' X^T sigma_k``:

    method                          sigma_k                                   h'
    GradientDescent (and decay)     r / n                                     h
    SGD                             r_i / b, i in the batch                   h
    LabelNoiseSGD                   (r_i - noise) / b, i in the batch         h / (1 - momentum)
    GradientFlow (and inertia)      r / n, integrated over time               1
    GradientFlow with strength      (r + (mu/eps) (r+ - r)) / n, likewise     1
    StochasticGradientFlow          r dt / n + its noise in residual space    1
    HeavyBall, Nesterov             r / n                                     h / (1 - momentum)
    GradientRegularized, eps != 0   (r + (mu/eps) (r+ - r)) / n               h
    GradientRegularized, exact      (r + mu J grad L) / n                     h
    SharpnessAware                  r+ / n  (per sample: r_i+ / n)            h
    Flooding                        sign(L - level) r / n                     h

r are the residuals where the step begins, r+ where it looks a second time, J their Jacobian. That heavy ball's sum is
divided by ``1 - momentum`` puts its boundary term (what the last change of the factors still holds) into R, so that the
identity holds at every step. Adam divides each coordinate by a number of its own: it multiplies nothing.

A factor is kept as a number and a power of two (``integrators.scaled``), so its logarithm survives any underflow.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..models.base import compiled_once
from ..models.diagonal import DiagonalLinearNetwork
from .stepper import Tile


def has_ledger(model: Any) -> bool:
    """Whether `model` is a diagonal network of depth 2."""
    return isinstance(model, DiagonalLinearNetwork) and model.depth == 2


def multiplicative_data(model: Any) -> np.ndarray:
    """The data vector of `model` in multiplicative coordinates: ``beta = kappa (u^2 - v^2)``."""
    data = compiled_once(model).data.copy()
    data[3], data[4] = 0.0, kappa_of(model)
    return data


def kappa_of(model: Any) -> float:
    """The factor in front of ``u^2 - v^2`` in multiplicative coordinates."""
    return 0.5 if model.is_product else 1.0


class Factors:
    """A tile in multiplicative coordinates.

    ``rows (B, 4d + n)``: u, v, the residuals gathered so far, the powers of two of u and v. A method with `memory`
    keeps it behind u and v, ``memory * 2d`` entries in their units. One that rotates the samples says what becomes of
    X: its rows are the `design` ``(n, d)``.
    """

    def __init__(self, model: Any, tile: Tile, memory: int = 0, design: np.ndarray | None = None) -> None:
        self.model = model
        self.d = model.n_features
        self.design = model.X if design is None else design
        if "rows" in tile.state:
            self.rows = tile.state["rows"]
            return
        u, v = model.to_multiplicative(tile.theta[:, : self.d], tile.theta[:, self.d :])
        stored, exponent = _raise(np.hstack([u, v]))
        later = np.zeros((tile.theta.shape[0], memory * stored.shape[1] + self.design.shape[0]))
        self.rows = np.hstack([stored, later, exponent])

    def split(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(stored factors, gathered residuals, powers of two)."""
        debts = rows.shape[1] - 2 * self.d
        gathered = rows[:, debts - self.design.shape[0] : debts]
        return rows[:, : 2 * self.d], gathered, rows[:, debts:].astype(np.int64)

    def parameters(self, rows: np.ndarray) -> np.ndarray:
        """Network parameters ``(B, p)``; factors below 1e-308 become 0 here, and only here."""
        stored, _, exponent = self.split(rows)
        factors = np.ldexp(stored, exponent) if exponent.any() else stored
        return np.hstack(self.model.to_network(factors[:, : self.d], factors[:, self.d :]))

    def ledger(self, rows: np.ndarray, weight: np.ndarray) -> dict[str, np.ndarray]:
        """log|u|, log|v|, and ``sum_k s_k = 2 kappa weight X^T (gathered residuals)``, each ``(B, d)``."""
        stored, gathered, exponent = self.split(rows)
        logs = _log(stored, exponent)
        # One product a member: the same bits alone and in any ensemble.
        first_order = (self.design.T @ (2 * kappa_of(self.model) * weight[:, None] * gathered)[..., None])[..., 0]
        return {
            "log_plus": logs[:, : self.d],
            "log_minus": logs[:, self.d :],
            "first_order": first_order,
        }


def _log(stored: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    """``log|stored 2^exponent|``: the same bits however the factor is divided among the two."""
    mantissa, place = np.frexp(np.abs(stored))
    place = place + exponent
    near = place > -1000
    with np.errstate(divide="ignore"):
        return np.where(
            near, np.log(np.ldexp(mantissa, np.where(near, place, 0))), np.log(mantissa) + place * math.log(2)
        )


def _raise(factors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(stored, power of two) with stored at least FLOOR."""
    from ..integrators.scaled import FLOOR

    mantissa, place = np.frexp(factors)
    low = (np.abs(factors) < FLOOR) & (factors != 0)
    exponent = np.where(low, place + 499, 0)
    return np.ldexp(mantissa, place - exponent), exponent.astype(float)
