"""Steps on batches of samples, one trajectory a row: what SGD and label-noise SGD share.

    theta_{k+1} = theta_k - (h/b) sum_{i in B_k} (f(x_i) - y_i - s xi_{k,i}) grad f(x_i) + m (theta_k - theta_{k-1})

The batch is a function of (seed, replica, k), and the noise xi of these and of the place in the batch: see
``integrators.draws`` and ``integrators.label_noise``.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

import numpy as np

from ..common.checks import integer
from ..integrators.draws import WHOLE, batch_indices
from ..integrators.eight_rows import aligned
from ..integrators.stochastic import MOMENTUM, wander
from ..models.base import compiled_once
from .base import Dynamics
from .factors import Factors, kappa_of
from .loops import own_stepper
from .stepper import DiscreteStepper, RowStepper, Tile, as_callable, sample_functions


class RowDescent(Dynamics):
    """Abstract: a method with a ``step_size`` h and a ``batch_size`` b (None: all samples), here without s and m."""

    step_size: Any
    batch_size: int | None

    clock: ClassVar[str] = "steps"
    random: ClassVar[bool] = True
    memory: ClassVar[bool] = False
    smooth: ClassVar[bool] = True

    @property
    @abstractmethod
    def mode(self) -> int:
        """How batches come about: a code of ``integrators.draws``."""

    @property
    def gaussian(self) -> bool:
        """Whether the noise is Gaussian; else it is a sign."""
        return False

    @property
    def rolls(self) -> bool:
        """Whether any trajectory has momentum."""
        return False

    def noise_and_momentum(self, lanes: np.ndarray) -> np.ndarray:
        """s and m of the trajectories `lanes`, ``(2, B)``."""
        return np.zeros((2, lanes.size))

    def batches(self, n_samples: int, steps: int, *, seed: int = 0, replica: int = 0) -> np.ndarray:
        """The samples ``(steps, b)`` that the first `steps` steps of one trajectory use, as `simulate` draws them.

        >>> from solvable import SGD
        >>> SGD(0.1, batch_size=2, order="shuffle").batches(4, 2).ravel().tolist()  # one epoch: each sample once
        [2, 3, 0, 1]
        """
        b = self._batch(n_samples)
        order, found = np.empty(n_samples, dtype=np.int64), np.empty((steps, b), dtype=np.int64)
        for k in range(steps):
            batch_indices(seed, replica, k, b, self.mode, order)
            found[k] = order[:b]
        return found

    def _batch(self, n_samples: int) -> int:
        """b, which has to be one for `n_samples`."""
        if self.batch_size is None:
            return n_samples
        return integer("batch_size", self.batch_size, minimum=1, maximum=n_samples)

    def stepper(self, model: Any, tile: Tile) -> DiscreteStepper:
        self.need_loss(model)
        return (own_stepper("RowDescent", self, model, tile.lanes.size) or Rows)(model, tile, self)


class BatchStepper(RowStepper):
    """Abstract: with momentum, the last change of the parameters is part of the state."""

    def __init__(self, model: Any, tile: Tile, dynamics: RowDescent) -> None:
        step_size = dynamics.at("step_size", tile.lanes)
        super().__init__(model, tile, step_size)
        self.compiled = compiled_once(model)
        self.step_size = step_size
        self.hyper = dynamics.noise_and_momentum(tile.lanes)
        self.streams = tile.replicas.astype(np.int64), np.uint64(tile.seed)
        self.batch = dynamics._batch(model.n_samples), dynamics.mode, int(dynamics.gaussian)
        self.period = 1 if dynamics.mode == WHOLE else model.n_samples
        self.rolls = dynamics.rolls
        start = np.zeros((tile.lanes.size if self.rolls else 0, model.n_params))
        self.velocity = np.array(tile.state.get("velocity", start))

    def looks(self, count: Any) -> Any:
        return count % self.period == 0


class Rows(BatchStepper):
    """Any model, through one sample at a time."""

    def __init__(self, model: Any, tile: Tile, dynamics: RowDescent) -> None:
        super().__init__(model, tile, dynamics)
        self.functions = *sample_functions(self.compiled), self.compiled.outputs, as_callable(self.compiled.loss)

    def advance(self, steps: int) -> None:
        wander(
            *self.functions,
            self.rows,
            self.velocity,
            self.compiled.data,
            self.hyper,
            self.control,
            self.record,
            *self.streams,
            *self.batch,
            steps,
        )

    def state(self) -> dict[str, np.ndarray]:
        return super().state() | ({"velocity": self.velocity.copy()} if self.rolls else {})


class DiagonalRows(BatchStepper):
    """A depth-2 diagonal network: multiplicative, with the ledger."""

    def __init__(self, model: Any, tile: Tile, dynamics: RowDescent) -> None:
        super().__init__(model, tile, dynamics)
        from ..integrators.eight import WIDTH
        from ..integrators.fused.diagonal_sgd import wander_diagonal

        self.kernel = as_callable(wander_diagonal)
        self.factors = Factors(model, tile)
        self.d, self.padded = model.n_features, -(-model.n_features // WIDTH) * WIDTH
        stored, gathered, debts = self.factors.split(self.factors.rows)
        self.stored, self.debts, self.changes = (self._pad(pair) for pair in (stored, debts, self.velocity))
        self.gathered = gathered.copy()
        self.design, self.labels = aligned(model.n_samples, self.padded), np.array(model.y)
        self.design[:, : self.d] = model.X
        self.design[:, self.d :] = 0.0

    def _pad(self, pairs: np.ndarray) -> np.ndarray:
        """``(B, 2d)``, pairs such as u and v, with each of the two padded by zeros to whole eights."""
        padded = aligned(pairs.shape[0], 2, self.padded)
        padded[:, :, : self.d] = pairs.reshape(-1, 2, self.d)
        padded[:, :, self.d :] = 0.0
        return padded

    def _strip(self, padded: np.ndarray) -> np.ndarray:
        """The reverse of `_pad`."""
        return padded[:, :, : self.d].reshape(-1, 2 * self.d)

    def stacked(self) -> np.ndarray:
        """The rows of ``Factors``."""
        return np.hstack([self._strip(self.stored), self.gathered, self._strip(self.debts)])

    def advance(self, steps: int) -> None:
        self.kernel(
            self.stored.ravel(),
            self.debts.ravel(),
            self.changes.ravel(),
            self.gathered,
            self.design.ravel(),
            self.labels,
            kappa_of(self.model),
            self.hyper,
            self.control,
            self.record,
            *self.streams,
            *self.batch,
            steps,
        )

    def parameters(self) -> np.ndarray:
        return self.factors.parameters(self.stacked())

    def state(self) -> dict[str, np.ndarray]:
        own = {"velocity": self._strip(self.changes)} if self.rolls else {}
        return super().state() | {"rows": self.stacked()} | own

    def ledger(self) -> dict[str, np.ndarray]:
        return self.factors.ledger(self.stacked(), self.step_size / (1 - self.hyper[MOMENTUM]))
