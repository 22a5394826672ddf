"""Regularized and inertial flow of a depth-2 diagonal network, with its ledger.

The state holds the logarithms of the factors (with inertia, an angle each), so that none underflows, and the gathered
weights sigma of the driving, so that what the run did to ``(log a, xi)`` is measured. The equations are those of
`solvable.integrators.fields.diagonal_factors`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..integrators.fields import diagonal_factors
from ..integrators.rosenbrock_jacobian import no_jacobian
from .factors import kappa_of, multiplicative_data
from .flow_stepper import PlainFlow
from .gradient_flow import GradientFlow
from .stepper import Tile

ROUNDING = 1e-14
"""Relative tolerance of logarithms, angles and sigma, which forgives rounding: what counts is the absolute one."""


class FactorFlow(PlainFlow):
    """One trajectory; ``state`` also keeps the signs with which the factors started."""

    def __init__(self, model: Any, tile: Tile, flow: GradientFlow) -> None:
        self.model, self.d, self.kappa = model, model.n_features, kappa_of(model)
        decay, inertia, strength, ascent = flow.forces(tile.lanes)
        self.turning = inertia != 0.0
        theta = tile.theta[0]
        factors = np.concatenate(model.to_multiplicative(theta[: self.d], theta[self.d :]))
        self.signs = tile.state["signs"][0] if tile.state else np.sign(factors)
        data = np.concatenate([multiplicative_data(model), [strength, ascent, decay, inertia], self.signs])
        functions = {
            "flow": diagonal_factors.factor_flow,
            "loss": diagonal_factors.factor_loss,
            "flow_jacobian": no_jacobian,
        }
        logs = np.log(np.abs(factors, out=np.ones(2 * self.d), where=factors != 0))
        y = np.concatenate([logs, np.zeros((2 * self.d if self.turning else 0) + model.n_samples)])
        atol = np.full(y.size, flow.rtol)
        first_loss = model.loss(theta)
        super().__init__(
            functions, data, y, theta.size, first_loss, tile.until_loss, ROUNDING, atol, "auto", tile.state
        )

    def _split(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Every factor is ``exp(log) * share``: (logs, shares, sigma)."""
        count = 2 * self.d
        sigma = y[y.size - self.model.n_samples :]
        if not self.turning:
            return y[:count], self.signs, sigma
        psi = y[count : 2 * count]
        return y[:count], self.signs * (np.cos(psi) - np.sin(psi)), sigma

    def network(self, y: np.ndarray) -> np.ndarray:
        logs, shares, _ = self._split(y)
        factors = np.exp(logs) * shares
        return np.concatenate(self.model.to_network(factors[: self.d], factors[self.d :]))

    def ledger(self, moment: float | None = None) -> dict[str, np.ndarray]:
        y = self.solver.y if moment is None or moment <= self.now else self.solver.at(moment)[1]
        logs, shares, sigma = self._split(y)
        with np.errstate(divide="ignore"):
            logs = logs + np.log(np.abs(shares))
        return {
            "log_plus": logs[None, : self.d],
            "log_minus": logs[None, self.d :],
            "first_order": 2 * self.kappa * (sigma @ self.model.X)[None],
        }

    def state(self) -> dict[str, np.ndarray]:
        return super().state() | {"signs": self.signs[None]}
