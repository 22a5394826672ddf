r"""Stochastic gradient descent:

    theta_{k+1} = theta_k - (h / b) sum_{i in B_k} (f(x_i) - y_i) grad f(x_i)

``B_k`` holds b *distinct* samples. Order "replacement" draws it afresh at every step; order "shuffle" goes through a
new random order of all samples every ``n // b`` steps and drops the ``n % b`` left over. The batch is a function of
(seed, replica, step) alone, so a trajectory can be replayed alone and continued exactly. Time is ``t = h k``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..common.checks import choice, hyperparameter, integer
from ..integrators.stochastic import wander
from .base import Dynamics
from .factors import Factors, has_ledger, multiplicative_data
from .stepper import DiscreteStepper, Tile, as_callable


@dataclass(frozen=True, eq=False)
class SGD(Dynamics):
    """SGD with ``step_size`` h > 0 (a number or ``(R,)``), ``batch_size`` b and ``order`` "replacement" or "shuffle".

    >>> SGD(0.1, batch_size=2, order="shuffle")
    SGD(step_size=0.1, batch_size=2, order='shuffle')
    """

    step_size: Any
    batch_size: int = 1
    order: str = "replacement"

    clock: ClassVar[str] = "steps"

    def __post_init__(self) -> None:
        object.__setattr__(self, "step_size", hyperparameter("step_size", self.step_size, above=0))
        object.__setattr__(self, "batch_size", integer("batch_size", self.batch_size, minimum=1))
        choice("order", self.order, ("replacement", "shuffle"))

    def stepper(self, model: Any, tile: Tile) -> DiscreteStepper:
        self.need_loss(model)
        integer("batch_size", self.batch_size, minimum=1, maximum=model.n_samples)
        kind = _DiagonalRows if has_ledger(model) else _Rows
        return kind(model, tile, self)


class _RowStepper(DiscreteStepper):
    """Abstract: single-sample steps on ``rows (B, m)``, one trajectory a row."""

    rows: np.ndarray

    def __init__(self, model: Any, tile: Tile, dynamics: SGD) -> None:
        step_size = dynamics.at("step_size", tile.lanes)
        super().__init__(model, tile, step_size, np.zeros_like(step_size), tile.lanes.size)
        self.compiled = model.compiled()
        self.step_size = step_size
        self.replicas = tile.replicas.astype(np.int64)
        self.seed = np.uint64(tile.seed)
        self.batch = dynamics.batch_size, int(dynamics.order == "shuffle")

    def take_out(self, b: int) -> None:
        """Rows are independent: the status alone keeps a row where it is."""

    def looks(self, count: int) -> bool:
        return count % self.model.n_samples == 0


class _Rows(_RowStepper):
    """Any model, through one example at a time."""

    def __init__(self, model: Any, tile: Tile, dynamics: SGD) -> None:
        super().__init__(model, tile, dynamics)
        self.rows = np.array(tile.theta)
        self.functions = as_callable(self.compiled.example), as_callable(self.compiled.loss)

    def advance(self, steps: int) -> None:
        wander(
            *self.functions,
            self.rows,
            self.compiled.data,
            self.control,
            self.record,
            self.replicas,
            self.seed,
            *self.batch,
            steps,
        )

    def parameters(self) -> np.ndarray:
        return self.rows.copy()


class _DiagonalRows(_RowStepper):
    """A depth-2 diagonal network: multiplicative, with the ledger."""

    def __init__(self, model: Any, tile: Tile, dynamics: SGD) -> None:
        super().__init__(model, tile, dynamics)
        from ..integrators.fused.diagonal_sgd import wander_diagonal

        self.kernel = as_callable(wander_diagonal)
        self.factors = Factors(model, tile)
        self.data = multiplicative_data(model)
        self.rows = self.factors.rows.copy()

    def advance(self, steps: int) -> None:
        self.kernel(self.rows, self.data, self.control, self.record, self.replicas, self.seed, *self.batch, steps)

    def parameters(self) -> np.ndarray:
        return self.factors.parameters(self.rows)

    def state(self) -> dict[str, np.ndarray]:
        return super().state() | {"rows": self.rows.copy()}

    def ledger(self) -> dict[str, np.ndarray]:
        return self.factors.ledger(self.rows, self.step_size)
