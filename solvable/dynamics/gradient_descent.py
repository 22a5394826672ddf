r"""Gradient descent with optional weight decay:

    theta_{k+1} = theta_k - h (grad L(theta_k) + lambda theta_k)

Its flow is ``theta' = -grad L - lambda theta`` at time ``t = h k``; the first correction of backward error analysis is
``-(h/4) grad |grad L|^2`` (Barrett and Dherin, arXiv:2009.11162).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..common.checks import hyperparameter
from ..integrators.descent import descend
from ..integrators.status import RUNNING
from ..integrators.tile import DECAY, LIMIT, STATUS, STEP_SIZE, STOP
from ..models.base import compiled_once
from ..models.relu import UnivariateReLUNetwork
from .base import Dynamics
from .block_descent import BLOCK_TILE, BlockDescent
from .factors import Factors, has_ledger, multiplicative_data
from .sensing_descent import SensingDescent, goes_alone
from .stepper import DiscreteStepper, Tile, aligned, as_callable, pad, tile_width


@dataclass(frozen=True, eq=False)
class GradientDescent(Dynamics):
    """Full-batch gradient descent with ``step_size`` h > 0 and ``weight_decay`` lambda >= 0 (numbers or ``(R,)``).

    >>> GradientDescent(step_size=0.1)
    GradientDescent(step_size=0.1, weight_decay=0.0)
    """

    step_size: Any
    weight_decay: Any = 0.0

    clock: ClassVar[str] = "steps"
    random: ClassVar[bool] = False
    memory: ClassVar[bool] = False
    smooth: ClassVar[bool] = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "step_size", hyperparameter("step_size", self.step_size, above=0))
        object.__setattr__(self, "weight_decay", hyperparameter("weight_decay", self.weight_decay, minimum=0))
        self.members()

    def tile_sizes(self, model: Any) -> tuple[int, int]:
        least, most = super().tile_sizes(model)
        return least, BLOCK_TILE if self._fused(model) else most

    def stepper(self, model: Any, tile: Tile) -> DiscreteStepper:
        self.need_loss(model)
        rates = self.at("step_size", tile.lanes), self.at("weight_decay", tile.lanes)
        if has_ledger(model):
            return _DiagonalDescent(model, tile, *rates)
        if isinstance(model, UnivariateReLUNetwork):
            from .relu_rows import ReluDescent

            return ReluDescent(model, tile, *rates)
        if goes_alone(model, tile):
            return SensingDescent(model, tile, *rates)
        fused = self._fused(model)
        return BlockDescent(fused, model, tile, *rates) if fused else _Descent(model, tile, *rates)

    def _fused(self, model: Any) -> Any:
        """The loop that `model` brings along for this method, or None."""
        return compiled_once(model).fused.get("GradientDescent")


class TileDescent(DiscreteStepper):
    """Abstract: full-batch steps on ``moving (rows, width)``, one trajectory a column.

    ``by_sample``: whether the method, though it takes all samples at once, tells them apart.
    """

    moving: np.ndarray
    by_sample: ClassVar[bool] = False

    def __init__(self, model: Any, tile: Tile, step_size: np.ndarray, decay: np.ndarray) -> None:
        width = tile_width(tile.lanes.size)
        super().__init__(model, tile, step_size, decay, width)
        self.compiled = compiled_once(model) if self.by_sample else compiled_once(model).for_full_batch
        self.residual = aligned((self.compiled.n_residuals, width))

    def place(self, rows: np.ndarray) -> None:
        """Load ``rows (B, rows)`` as the columns of the tile."""
        self.moving = aligned((rows.shape[1], self.width))
        self.moving[:] = pad(rows, self.width).T
        self.final = self.moving.copy()
        failed = np.flatnonzero(self.record[STATUS] != RUNNING)  # before the pause: out of the way
        self.take_out(failed)
        self.moving[:, failed] = 0.0

    def columns(self) -> np.ndarray:
        """Where each trajectory is or ended, ``(B, rows)``."""
        ended = self.record[STATUS] != RUNNING
        return np.where(ended, self.final, self.moving).T[: self.lanes_used].copy()

    def take_out(self, b: Any) -> None:
        self.moving[:, b], self.final[:, b] = self.final[:, b].copy(), self.moving[:, b].copy()
        self.control[STEP_SIZE, b] = 0.0
        self.control[DECAY, b] = 0.0
        self.control[STOP, b] = -1.0
        self.control[LIMIT, b] = np.inf


class _Descent(TileDescent):
    """Any model, through its residuals and their pullback."""

    def __init__(self, model: Any, tile: Tile, step_size: np.ndarray, decay: np.ndarray) -> None:
        super().__init__(model, tile, step_size, decay)
        self.place(tile.theta)
        self.scratch = np.empty(max(1, self.compiled.scratch * self.width))
        self.slope = aligned(self.moving.shape)
        self.functions = as_callable(self.compiled.residuals), as_callable(self.compiled.pullback)

    def advance(self, steps: int) -> None:
        descend(
            *self.functions,
            self.moving,
            self.compiled.data,
            self.scratch,
            self.residual,
            self.slope,
            self.control,
            self.record,
            self.final,
            steps,
        )

    def parameters(self) -> np.ndarray:
        return self.columns()


class _DiagonalDescent(TileDescent):
    """A depth-2 diagonal network: multiplicative, with the ledger."""

    def __init__(self, model: Any, tile: Tile, step_size: np.ndarray, decay: np.ndarray) -> None:
        super().__init__(model, tile, step_size, decay)
        from ..integrators.fused.diagonal_descent import descend_diagonal

        self.kernel = as_callable(descend_diagonal)
        self.factors = Factors(model, tile)
        data = multiplicative_data(model)
        self.data = aligned(data.shape)
        self.data[:] = data
        self.step_size = step_size
        self.place(self.factors.rows)
        self.slope = aligned((model.n_features, self.width))

    def advance(self, steps: int) -> None:
        self.kernel(
            self.moving,
            self.data,
            self.residual,
            self.slope,
            self.control,
            self.record,
            self.final,
            steps,
        )

    def parameters(self) -> np.ndarray:
        return self.factors.parameters(self.columns())

    def state(self) -> dict[str, np.ndarray]:
        return super().state() | {"rows": self.columns()}

    def ledger(self) -> dict[str, np.ndarray]:
        return self.factors.ledger(self.columns(), self.step_size / self.model.n_samples)
