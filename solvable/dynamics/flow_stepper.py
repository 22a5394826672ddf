"""One trajectory of a flow: explicit as long as that pays, then implicit.

The explicit method says when its step is limited by stability; then the run is handed over, at the last accepted
state, to a stiff method that never hands back. Both keep an internal sequence of steps that no save time or horizon
touches, so a resumed run has the bits of one that never stopped.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Protocol

import numpy as np

from ..integrators import dop853, rosenbrock
from ..integrators.eight_rows import aligned
from ..integrators.rosenbrock_jacobian import no_jacobian
from ..integrators.status import BUDGET, N_STEPS, NONFINITE, RUNNING, STALLED, STIFF, H, T, new_control
from ..integrators.tile import DIVERGENCE
from .stepper import Stepper, as_callable

EXPLICIT, IMPLICIT = 0, 1


class Motion(Protocol):
    """A state in motion, as a `FlowStepper` sees it."""

    y: np.ndarray
    control: np.ndarray

    def advance(self, target: float, until: float, limit: float, budget: int) -> int:
        """Accept steps while they end before `target`; a status code."""


class Solver:
    """A state in motion under one method: ``y (m,)`` and ``control``, the whole memory of the run."""

    def __init__(
        self,
        functions: dict[str, Any],
        data: np.ndarray,
        y: np.ndarray,
        control: np.ndarray,
        rtol: float,
        atol: np.ndarray,
        implicit: bool,
    ) -> None:
        self.field = as_callable(functions["flow"])
        self.loss = as_callable(functions["loss"])
        self.jacobian = as_callable(functions["flow_jacobian"]) if implicit else None
        self.data, self.y, self.control = aligned(data.size), y, control
        self.data[:] = data
        self.rtol, self.atol = rtol, atol
        method = rosenbrock if implicit else dop853
        self._advance, self._evaluate = as_callable(method.advance), as_callable(method.evaluate)
        self.work = aligned(method.work_size(y.size))
        self._found: tuple[float, int, np.ndarray] | None = None

    def advance(self, target: float, until: float, limit: float, budget: int) -> int:
        """Accept steps while they end before `target`; a status code."""
        self._found = None
        first = (self.field,) if self.jacobian is None else (self.field, self.jacobian)
        rest = (self.y, self.data, self.control, self.work, target, self.rtol, self.atol, until, limit, budget)
        return self._advance(*first, self.loss, *rest)

    def at(self, target: float) -> tuple[int, np.ndarray]:
        """(status code, state) at `target`, which lies before the end of the next step; to be read before that step."""
        if target == self.control[T]:
            return RUNNING, self.y
        if self._found is None or self._found[0] != target:
            out = np.empty_like(self.y)
            first = (self.field,) if self.jacobian is None else (self.field, self.jacobian)
            rest = (self.y, self.data, self.control, self.work, target, self.rtol, self.atol, out)
            self._found = target, self._evaluate(*first, *rest), out
        return self._found[1:]


class FlowStepper(Stepper):
    """Abstract: one flow trajectory with parameters ``(p,)``."""

    size: int
    solver: Motion
    stage: int

    def __init__(self, first_loss: float, until_loss: float | None) -> None:
        self.first_loss = first_loss
        self.until = -1.0 if until_loss is None else until_loss
        self.code = RUNNING

    @abstractmethod
    def hand_over(self) -> None:
        """Go on, from the present state, with a stiff method."""

    @property
    def now(self) -> float:
        """Time of the internal state."""
        return float(self.solver.control[T])

    @property
    def steps(self) -> int:
        """Accepted steps of the integrator so far."""
        return int(self.solver.control[N_STEPS])

    def advance(self, target: float, budget: int) -> int:
        """Move on while steps end before `target`; RUNNING, BUDGET, or why the run ended."""
        limit = DIVERGENCE * (1 + self.first_loss)
        code = self.solver.advance(target, self.until, limit, budget)
        if code == STIFF:
            self.hand_over()
            return BUDGET
        self.code = NONFINITE if code == STALLED else code
        return self.code

    def status(self) -> np.ndarray:
        return np.array([self.code])

    def counts(self) -> np.ndarray:
        return np.array([self.steps])

    def state(self) -> dict[str, np.ndarray]:
        return {
            "stage": np.array([self.stage]),
            "y": self.solver.y[None],
            "control": self.solver.control[None],
            "first_loss": np.array([self.first_loss]),
        }

    @abstractmethod
    def evaluate(self, moment: float, out: np.ndarray) -> int:
        """Parameters at `moment` into ``out (p,)``."""

    @abstractmethod
    def ledger(self, moment: float | None = None) -> dict[str, np.ndarray]:
        """The ledger at `moment` (see `Stepper.ledger`)."""


class PlainFlow(FlowStepper):
    """``y' = F(y)`` in its own coordinates, of which the first ``size`` are the parameters."""

    solver: Solver
    kept: tuple[Any, ...] = ()
    """What must live as long as the data vector holds its address."""

    def __init__(
        self,
        functions: dict[str, Any],
        data: np.ndarray,
        y: np.ndarray,
        size: int,
        first_loss: float,
        until_loss: float | None,
        rtol: float,
        atol: np.ndarray,
        method: str,
        state: dict[str, np.ndarray],
    ) -> None:
        first_loss = state["first_loss"][0] if state else first_loss
        super().__init__(first_loss, until_loss)
        self.size = size
        self.functions, self.data, self.rtol, self.atol = functions, data, rtol, atol
        if state:
            self.stage = int(state["stage"][0])
            y, control, self.atol = (state[name][0].copy() for name in ("y", "control", "atol"))
        else:
            self.stage = IMPLICIT if method == "implicit" else EXPLICIT
            y, control = y.astype(np.float64), self._control(0.0, method)
        self._start(y, control)

    def _control(self, t: float, method: str) -> np.ndarray:
        differences = self.functions["flow_jacobian"] is no_jacobian
        return new_control(t, detect_stiffness=method == "auto", finite_differences=differences)

    def _start(self, y: np.ndarray, control: np.ndarray) -> None:
        self.solver = Solver(self.functions, self.data, y, control, self.rtol, self.atol, self.stage == IMPLICIT)

    def hand_over(self) -> None:
        before = self.solver.control
        self.stage = IMPLICIT
        control = self._control(self.now, "implicit")
        control[H], control[N_STEPS] = before[H], before[N_STEPS]
        self._start(self.solver.y.copy(), control)

    def state(self) -> dict[str, np.ndarray]:
        return super().state() | {"atol": self.atol[None]}

    def network(self, y: np.ndarray) -> np.ndarray:
        """The parameters ``(p,)`` of a state."""
        return y[: self.size].copy()

    def parameters(self) -> np.ndarray:
        return self.network(self.solver.y)[None]

    def evaluate(self, moment: float, out: np.ndarray) -> int:
        code, y = self.solver.at(moment)
        out[:] = self.network(y)
        return code

    def ledger(self, moment: float | None = None) -> dict[str, np.ndarray]:
        return {}
