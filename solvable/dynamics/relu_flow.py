"""Gradient flow of a two-layer ReLU network of one variable, from event to event (`solvable.integrators.knots`)."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..integrators.knots import events, flow, search, series
from ..integrators.signatures import HEADER, WEIGHT_DECAY
from ..integrators.status import CONTROL_SIZE, RUNNING
from ..models.base import compiled_once
from .flow_stepper import FlowStepper
from .gradient_flow import GradientFlow, absolute_tolerance
from .stepper import Tile, as_callable


class EventSolver:
    """A network in motion: ``y (p,)``, the places of its neurons, ``control``; and the events so far."""

    def __init__(self, data: np.ndarray, y: np.ndarray, rtol: float, atol: float, state: dict[str, np.ndarray]) -> None:
        self.data, self.rtol, self.atol = data, rtol, float(state["atol"][0]) if state else atol
        width = int(data[1])
        self.parts = tuple(as_callable(part) for part in (series.start, series.expand, search.earliest))
        if state:
            self.y, self.place, self.control = (state[name][0].copy() for name in ("y", "place", "control"))
            self.events = [state["events"][0]]
        else:
            self.y, self.place, self.control = y.astype(np.float64), np.full(width, -1), np.zeros(CONTROL_SIZE)
            self.events = [np.empty((0, events.LOG_COLUMNS))]
        self.log = np.empty((2 * width + 64, events.LOG_COLUMNS))
        self.found = np.empty_like(self.y)

    def advance(self, target: float, until: float, limit: float, budget: int) -> int:
        """Take steps while they end before `target`; a status code. If it is RUNNING, `found` is the answer there."""
        moving = (self.y, self.place, self.data, self.control, self.log)
        rest = (target, self.rtol, self.atol, until, limit, budget, self.found)
        code = int(flow.advance(*self.parts, *moving, *rest))
        logged = int(self.control[events.LOGGED])
        if logged:
            self.events.append(self.log[:logged].copy())
            self.control[events.LOGGED] = 0.0
        return code

    def history(self) -> np.ndarray:
        """All events, ``(E, LOG_COLUMNS)``."""
        return np.concatenate(self.events)

    def evaluate(self, target: float, out: np.ndarray) -> int:
        """The parameters at `target`, before which `advance` has stopped."""
        out[:] = self.found
        return RUNNING


class ReLUFlow(FlowStepper):
    """One trajectory; ``state`` also keeps the places and the events, samples numbered in increasing order of x."""

    stage = 0
    solver: EventSolver

    def __init__(self, model: Any, tile: Tile, flow: GradientFlow) -> None:
        _need_events_only(flow, tile)
        theta = tile.theta[0]
        super().__init__(tile.state["first_loss"][0] if tile.state else model.loss(theta), tile.until_loss)
        self.size = theta.size
        order = np.argsort(model.x)
        data = compiled_once(model).data.copy()
        data[WEIGHT_DECAY] = flow.forces(tile.lanes).weight_decay
        data[HEADER:] = np.concatenate([model.x[order], model.y[order]])
        atol = absolute_tolerance(flow.rtol, flow.atol, theta)
        self.solver = EventSolver(data, theta, flow.rtol, atol, tile.state)

    def hand_over(self) -> None:
        raise NotImplementedError("a flow from event to event has one stage")

    def parameters(self) -> np.ndarray:
        return self.solver.y[None].copy()

    def evaluate(self, moment: float, out: np.ndarray) -> int:
        return self.solver.evaluate(moment, out)

    def ledger(self, moment: float | None = None) -> dict[str, np.ndarray]:
        return {}

    def state(self) -> dict[str, np.ndarray]:
        history = np.empty(1, dtype=object)
        history[0] = self.solver.history()
        atol = np.array([self.solver.atol])
        return super().state() | {"place": self.solver.place[None], "events": history, "atol": atol}


def _need_events_only(flow: GradientFlow, tile: Tile) -> None:
    """Refuse what would lead across the jumps of the gradient."""
    why = "for UnivariateReLUNetwork, whose gradient jumps where a knot passes a sample"
    forces = flow.forces(tile.lanes)
    for name, value in (("inertia", forces.inertia), ("strength", forces.strength)):
        if value:
            raise ValueError(f"{name} must be 0 {why}, got {value:g}")
    if flow.method != "auto":
        raise ValueError(f"method must be 'auto' {why}, got {flow.method!r}")
