"""Gradient flow of a depth-2 diagonal network, with its ledger.

Explicit stage: the factors themselves, ``y = (u, v, sigma)`` with ``sigma' = r / n``, so that what the flow conserves
is measured, not assumed. When stability limits the step (long after the loss has left its plateaus) the run goes on in
the dual form (``integrators.dual``): few variables, symmetric Jacobian, ``(log a, xi)`` exact at any scale. It does so,
too, before a factor could underflow: at once from a start below `TINY`, and with weight decay when a has fallen by
``e^-DECAYED``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..common.once import once
from ..integrators import dual
from ..integrators.signatures import WEIGHT_DECAY
from ..integrators.status import BUDGET, DETECT_STIFFNESS, N_STEPS, RUNNING, H, new_control
from ..models.base import compiled_once
from .factors import kappa_of, multiplicative_data
from .flow_stepper import EXPLICIT, FlowStepper, Solver
from .gradient_flow import GradientFlow
from .stepper import Tile

DUAL = 2
TINY = 1e-100
DECAYED = 100.0
FLOOR = 1e-290
"""Absolute tolerance of a factor at least: a network with a zero factor stays explicit, and the others may fade out."""


class DiagonalFlow(FlowStepper):
    """One trajectory; ``state`` pads the dual vector to the length of the explicit one."""

    solver: Solver
    _known: tuple[float, tuple[np.ndarray, np.ndarray, np.ndarray]] | None = None
    """A moment since the last step, and its `_logs`."""

    def __init__(self, model: Any, tile: Tile, flow: GradientFlow) -> None:
        theta, state = tile.theta[0], tile.state
        super().__init__(state["first_loss"][0] if state else model.loss(theta), tile.until_loss)
        rtol, atol, weight_decay = flow.rtol, flow.atol or 0.0, flow.forces(tile.lanes).weight_decay
        self.model, self.rtol, self.decay = model, rtol, weight_decay
        self.size, self.d, self.kappa = theta.size, model.n_features, kappa_of(model)
        self.data = multiplicative_data(model)
        self.data[WEIGHT_DECAY] = weight_decay
        compiled = compiled_once(model)
        self.functions = {"flow": compiled.flow, "loss": compiled.loss, "flow_jacobian": compiled.flow_jacobian}
        # Pure relative accuracy for the factors, which span hundreds of orders of magnitude; sigma enters exponents.
        self.atol = np.full(self.size + model.n_samples, rtol)
        self.atol[: self.size] = max(atol, FLOOR)
        self.base = np.zeros((6, self.d))
        if state:
            self._restore(state)
            return
        self.stage = EXPLICIT
        plus, minus = model.to_multiplicative(theta[: self.d], theta[self.d :])
        self.signs = np.sign(plus), np.sign(minus)
        y = np.concatenate([plus, minus, np.zeros(model.n_samples)])
        self._explicit(y, new_control(detect_stiffness=True))
        if np.abs(y[: self.size]).min() < TINY:
            self.hand_over()

    def advance(self, target: float, budget: int) -> int:
        self._known = None
        # The last explicit step is the last one before this time, wherever the targets are: no pause leaves a trace.
        last = DECAYED / (2 * self.decay) if self.decay > 0 else np.inf
        if self.stage != EXPLICIT or target <= last or self.solver.control[DETECT_STIFFNESS] == 0.0:
            return super().advance(target, budget)
        code = super().advance(last, budget)
        if code == RUNNING and self.stage == EXPLICIT:
            self.hand_over()
            return BUDGET
        return code

    def _explicit(self, y: np.ndarray, control: np.ndarray) -> None:
        self.solver = Solver(self.functions, self.data, y, control, self.rtol, self.atol, implicit=False)

    def _dual(self, y: np.ndarray, control: np.ndarray) -> None:
        form, scales = _dual_form(self.model)
        packed = dual.repack(form, self.base[0], self.base[1], self.decay)
        rtol, atol = dual.dual_tolerances(packed, self.rtol, scales)
        functions = {"flow": dual.dual_field, "loss": dual.dual_loss, "flow_jacobian": dual.dual_jacobian}
        size = dual.dual_size(packed)
        self.solver = Solver(functions, packed, y[:size], control, rtol, atol, implicit=True)

    def hand_over(self) -> None:
        before = self.solver.control
        plus, minus, first_order = self._logs(self.now)
        base = np.array([plus + minus, plus - minus, first_order, np.full(self.d, self.now), *self.signs])
        if not np.isfinite(base).all():
            before[DETECT_STIFFNESS] = 0.0  # a factor is zero and has no logarithm: stay explicit
            return
        self.stage, self.base, self._known = DUAL, base, None
        control = new_control(self.now, step=before[H], symmetric=self.decay == 0.0)
        control[N_STEPS] = before[N_STEPS]
        self._dual(np.zeros(self.size + self.model.n_samples + 1), control)

    def _logs(self, moment: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """log|u|, log|v| and the summed first-order terms."""
        if self._known is None or self._known[0] != moment:
            y = self.solver.at(moment)[1]
            self._known = moment, self._logs_at(y, moment)
        return self._known[1]

    def _logs_at(self, y: np.ndarray, moment: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        if self.stage == EXPLICIT:
            with np.errstate(divide="ignore"):
                logs = np.log(np.abs(y[: self.size]))
            return logs[: self.d], logs[self.d :], 2 * self.kappa * (y[self.size :] @ self.model.X)
        log_a, xi = dual.dual_state(y, moment - self.base[3, 0], self.solver.data)
        return (log_a + xi) / 2, (log_a - xi) / 2, self.base[2] + (self.base[1] - xi) / 2

    def _network(self, moment: float) -> np.ndarray:
        if self.stage == EXPLICIT:
            y = self.solver.at(moment)[1]
            return np.concatenate(self.model.to_network(y[: self.d], y[self.d : self.size]))
        plus, minus, _ = self._logs(moment)
        return np.concatenate(self.model.to_network(self.base[4] * np.exp(plus), self.base[5] * np.exp(minus)))

    def parameters(self) -> np.ndarray:
        return self._network(self.now)[None]

    def evaluate(self, moment: float, out: np.ndarray) -> int:
        out[:] = self._network(moment)
        return self.solver.at(moment)[0]

    def ledger(self, moment: float | None = None) -> dict[str, np.ndarray]:
        logs = self._logs(self.now if moment is None else max(moment, self.now))
        return dict(zip(("log_plus", "log_minus", "first_order"), (entry[None] for entry in logs), strict=True))

    def state(self) -> dict[str, np.ndarray]:
        y = np.zeros((1, self.size + self.model.n_samples + 1))
        y[0, : self.solver.y.size] = self.solver.y
        return super().state() | {"y": y, "base": self.base[None]}

    def _restore(self, state: dict[str, np.ndarray]) -> None:
        self.stage, self.base = int(state["stage"][0]), state["base"][0].copy()
        y, control = state["y"][0].copy(), state["control"][0].copy()
        if self.stage == EXPLICIT:
            y = y[:-1]
            self.signs = np.sign(y[: self.d]), np.sign(y[self.d : self.size])
            self._explicit(y, control)
        else:
            self.signs = self.base[4], self.base[5]
            self._dual(y, control)


@once
def _dual_form(model: Any) -> tuple[np.ndarray, tuple[float, float]]:
    """The dual data vector of `model`, for ``dual.repack``, and its ``dual.scales``."""
    form = dual.pack_dual(model.X, model.y, 0.0, 0.0, kappa_of(model))
    return form, dual.scales(form)
