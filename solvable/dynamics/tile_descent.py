"""Full-batch methods on a tile, one trajectory a column: what their steppers share.

A kernel advances ``state (rows, width)`` whose first p rows are the parameters; the next are the method's memory, which
starts at zero. On a depth-2 diagonal network, a method that multiplies its factors moves these instead, and its ledger
takes the last rows (``integrators.ledger``). What differs from lane to lane besides the step size sits in ``hyper (k,
width)``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from ..integrators.eight_rows import aligned
from ..integrators.status import HORIZON, RUNNING
from ..integrators.tile import STATUS
from ..models.base import CompiledModel, compiled_once
from .factors import Factors, has_ledger, multiplicative_data
from .stepper import DiscreteStepper, Tile, as_callable, pad, tile_width


class TileDescent(DiscreteStepper):
    """Abstract: full-batch steps on ``moving (rows, width)``, one trajectory a column.

    ``by_sample``: whether the method, though it takes all samples at once, tells them apart.
    """

    moving: np.ndarray
    by_sample: ClassVar[bool] = False

    def __init__(self, model: Any, tile: Tile, step_size: np.ndarray, decay: np.ndarray | None = None) -> None:
        width = tile_width(tile.lanes.size)
        super().__init__(model, tile, step_size, decay, width)
        self.compiled = compiled_once(model) if self.by_sample else compiled_once(model).for_full_batch
        self.residual = aligned(self.compiled.n_residuals, width)

    def place(self, rows: np.ndarray) -> None:
        """Load ``rows (B, rows)`` as the columns of the tile."""
        self.moving = aligned(rows.shape[1], self.width)
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
        self.stand_still(b)


class Parameters:
    """A tile of any model: ``rows (B, (1 + memory) p)``, the parameters and a method's memory. No ledger."""

    def __init__(self, model: Any, tile: Tile, memory: int = 0) -> None:
        self.size = tile.theta.shape[1]
        rows = np.hstack([tile.theta, np.zeros((tile.theta.shape[0], memory * self.size))])
        self.rows = tile.state.get("rows", rows)

    def parameters(self, rows: np.ndarray) -> np.ndarray:
        """Network parameters ``(B, p)``."""
        return rows[:, : self.size].copy()

    def ledger(self, rows: np.ndarray, weight: Any) -> dict[str, np.ndarray]:
        """Empty: no identity is known."""
        return {}


def coordinates(
    model: Any, compiled: CompiledModel, tile: Tile, *, factors: bool, memory: int = 0
) -> tuple[Parameters | Factors, np.ndarray]:
    """The tile as a method moves it, its factors where there are any and it multiplies them; and the data vector."""
    if factors and has_ledger(model):
        return Factors(model, tile, memory), multiplicative_data(model)
    return Parameters(model, tile, memory), compiled.data


class KernelDescent(TileDescent):
    """A tile moved by ``kernel(*functions, state, data, scratch, residual, work, hyper, control, ...)``.

    `functions` names those of the compiled model that the kernel takes. `memory` is the number of memory rows and
    `work` that of work rows, both in units of p. ``weight (B,)`` is the step that the first-order terms of the ledger
    have (``factors``); None for a method that does not multiply factors.
    """

    streams: tuple[Any, ...] = ()
    """Where the random numbers of a method come from."""

    def __init__(
        self,
        kernel: Any,
        functions: Sequence[str],
        model: Any,
        tile: Tile,
        step_size: np.ndarray,
        hyper: Sequence[np.ndarray] = (),
        *,
        decay: np.ndarray | None = None,
        weight: np.ndarray | None = None,
        memory: int = 0,
        work: int = 1,
    ) -> None:
        super().__init__(model, tile, step_size, decay)
        self.kernel = as_callable(kernel)
        self.functions = [as_callable(getattr(self.compiled, name)) for name in functions]
        self.weight: Any = weight
        factors = weight is not None
        self.coordinates, self.data = coordinates(model, self.compiled, tile, factors=factors, memory=memory)
        self.place(self.coordinates.rows)
        self.scratch = np.empty(max(1, self.compiled.scratch * self.width))
        self.work = [aligned(work * model.n_params, self.width)]
        self.hyper = [np.stack([pad(row, self.width) for row in hyper])] if hyper else []

    def advance(self, steps: int) -> None:
        self.kernel(
            *self.functions,
            self.moving,
            self.data,
            self.scratch,
            self.residual,
            *self.work,
            *self.hyper,
            self.control,
            self.record,
            *self.streams,
            self.final,
            steps,
        )

    def parameters(self) -> np.ndarray:
        return self.coordinates.parameters(self.columns())

    def state(self) -> dict[str, np.ndarray]:
        rows = self.columns()
        more = rows.shape[1] > self.model.n_params  # where there is none, the parameters say it all
        return super().state() | ({"rows": rows} if more else {})

    def ledger(self) -> dict[str, np.ndarray]:
        return self.coordinates.ledger(self.columns(), self.weight)


class NoisyDescent(KernelDescent):
    """A method with `noise` Gaussians a step and lane: the random streams of its trajectories come on top."""

    by_sample = True

    def __init__(
        self,
        kernel: Any,
        functions: Sequence[str],
        model: Any,
        tile: Tile,
        step_size: np.ndarray,
        hyper: Sequence[np.ndarray],
        *,
        noise: int,
        weight: np.ndarray | None = None,
        memory: int = 0,
    ) -> None:
        super().__init__(kernel, functions, model, tile, step_size, hyper, weight=weight, memory=memory)
        self.work.append(aligned(noise, self.width))
        self.streams = pad(tile.replicas.astype(np.int64), self.width), np.uint64(tile.seed)
        self.finish(np.arange(self.lanes_used, self.width), HORIZON)  # lanes that only fill the tile need no draws
