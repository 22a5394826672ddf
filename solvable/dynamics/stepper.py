"""A tile of trajectories in motion, as the driver sees it.

A driver asks four things of a stepper: advance, say where each trajectory stands, take one out, and hand over
everything that a later run needs to go on as if it had never stopped.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..integrators.eight_rows import aligned
from ..integrators.status import CONVERGED, DIVERGED, HORIZON, NONFINITE, RUNNING
from ..integrators.tile import (
    CALM,
    CALM_FACTOR,
    CONTROL_ROWS,
    COUNT,
    DECAY,
    DIVERGENCE,
    LIMIT,
    LOSS,
    RECORD_ROWS,
    STATUS,
    STEP_SIZE,
    STOP,
    verdicts,
)


@dataclass(frozen=True)
class Tile:
    """What a stepper starts from: ``theta (B, p)``, the numbers of its trajectories, and the state of an earlier run.

    ``lanes (B,)`` are positions in the ensemble (they select hyperparameters), ``replicas (B,)`` the global numbers
    that select random streams. ``state`` is what ``Stepper.state`` returned, empty for a fresh start.
    """

    theta: np.ndarray
    lanes: np.ndarray
    replicas: np.ndarray
    seed: int
    until_loss: float | None
    state: dict[str, np.ndarray] = field(default_factory=dict)


class Stepper(ABC):
    """Abstract: B trajectories, each with parameters ``(p,)``, a status code and a number of steps taken.

    ``failure``: what keeps an exception of Python code that compiled code called (`integrators.callback.Failure`).
    """

    failure: Any = None

    @abstractmethod
    def parameters(self) -> np.ndarray:
        """Where each trajectory is, ``(B, p)``: a fresh array."""

    @abstractmethod
    def status(self) -> np.ndarray:
        """Status codes ``(B,)`` of ``integrators.status``."""

    @abstractmethod
    def counts(self) -> np.ndarray:
        """Steps taken ``(B,)``."""

    @abstractmethod
    def state(self) -> dict[str, np.ndarray]:
        """Everything that a resumed run needs; each array has B leading."""

    @abstractmethod
    def ledger(self) -> dict[str, np.ndarray]:
        """Of a depth-2 diagonal network ``log_plus``, ``log_minus``, ``first_order``, each ``(B, d)``; else empty."""


class DiscreteStepper(Stepper):
    """Abstract: a stepper that counts steps."""

    width: int

    def __init__(self, model: Any, tile: Tile, step_size: np.ndarray, decay: np.ndarray | None, width: int) -> None:
        self.model = model
        first_loss = np.atleast_1d(model.loss(tile.theta))
        self.lanes_used = tile.lanes.size
        self.width = width
        self.control = aligned(CONTROL_ROWS, width)
        self.control[:] = 0.0
        self.record = np.zeros((RECORD_ROWS, width), dtype=np.int64)
        self.control[STEP_SIZE] = pad(step_size, width)
        if decay is not None:
            self.control[DECAY] = pad(decay, width)
        self.control[STOP] = -1.0 if tile.until_loss is None else tile.until_loss
        # The scale of a run is the loss where it began, also after a pause; a start without one counts as scale 1.
        self.first_loss = tile.state.get("first_loss", np.where(np.isfinite(first_loss), first_loss, 0.0))
        start = pad(self.first_loss, width)
        self.control[LIMIT] = np.minimum(DIVERGENCE * (1 + start), np.finfo(float).max)
        self.control[CALM] = CALM_FACTOR * (1 + start)
        self.control[LOSS] = pad(tile.state.get("last_loss", self.first_loss), width)
        if tile.state:
            self.record[COUNT] = pad(tile.state["count"], width)
            failed = np.isin(tile.state["status"], (DIVERGED, NONFINITE))
            self.record[STATUS] = pad(np.where(failed, tile.state["status"], RUNNING), width)

    @abstractmethod
    def advance(self, steps: int) -> None:
        """Take up to `steps` steps with every running trajectory."""

    @abstractmethod
    def take_out(self, b: Any) -> None:
        """Make the trajectories `b` (a number or an array of them) stop here without disturbing the others."""

    def stand_still(self, b: Any) -> None:
        """Give the trajectories `b` nothing to do, and nothing to report."""
        self.control[STEP_SIZE, b] = 0.0
        self.control[DECAY, b] = 0.0
        self.control[STOP, b] = -1.0
        self.control[LIMIT, b] = np.inf

    def finish(self, b: Any, code: Any) -> None:
        """End running trajectories `b` with `code`."""
        self.take_out(b)
        self.record[STATUS, b] = code

    def arrive(self, lanes: np.ndarray, theta: np.ndarray) -> None:
        """End running trajectories that have taken all their steps: HORIZON, or what the loss at `theta` says."""
        losses = np.array(self.model.loss(theta), ndmin=1)
        codes = np.empty(lanes.size, dtype=np.int64)
        verdicts(losses, np.ascontiguousarray(self.control[:, lanes]), codes)
        unseen = (codes == CONVERGED) & np.logical_not(self.looks(self.record[COUNT, lanes]))
        self.finish(lanes, np.where((codes == RUNNING) | unseen, HORIZON, codes))

    def looks(self, count: Any) -> Any:
        """Whether the wanted loss is looked for after `count` steps (a number or an array)."""
        return True

    def status(self) -> np.ndarray:
        return self.record[STATUS, : self.lanes_used].copy()

    def counts(self) -> np.ndarray:
        return self.record[COUNT, : self.lanes_used].copy()

    def state(self) -> dict[str, np.ndarray]:
        last_loss = self.control[LOSS, : self.lanes_used].copy()
        return {"count": self.counts(), "status": self.status(), "first_loss": self.first_loss, "last_loss": last_loss}

    def ledger(self) -> dict[str, np.ndarray]:
        return {}


class RowStepper(DiscreteStepper):
    """Abstract: one trajectory a row; they are independent, so that the status alone keeps one where it is.

    ``rows (B, p)`` are the parameters, unless a stepper says otherwise.
    """

    def __init__(self, model: Any, tile: Tile, step_size: np.ndarray, decay: np.ndarray | None = None) -> None:
        super().__init__(model, tile, step_size, decay, tile.lanes.size)
        self.rows = np.array(tile.theta)

    def take_out(self, b: Any) -> None:
        """Nothing to do."""

    def parameters(self) -> np.ndarray:
        return self.rows.copy()


def pad(values: np.ndarray, width: int) -> np.ndarray:
    """`values` (B, ...) with the last entry repeated up to `width`."""
    return np.concatenate([values, np.repeat(values[-1:], width - values.shape[0], axis=0)])


def tile_width(members: int) -> int:
    """Columns of a full-batch tile: a multiple of 8, so that a matrix product gives each column the same bits."""
    return next((width for width in (8, 16, 32) if members <= width), 64)


def as_callable(function: Any) -> Any:
    """The compiled function behind a kernel, compiling it if need be; other callables as they are."""
    return getattr(function, "compiled", function)


def sample_functions(compiled: Any) -> tuple[Any, Any]:
    """What a loop over samples asks a model: its `EXAMPLE` and its `SAMPLE`."""
    from ..integrators.stochastic import no_sample

    return as_callable(compiled.example), as_callable(compiled.sample or no_sample)
