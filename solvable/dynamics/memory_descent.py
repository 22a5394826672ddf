"""Full-batch methods beyond plain descent: what their steppers share.

A kernel advances ``state (rows, width)`` whose first p rows are the parameters; the next are the method's memory, which
starts at zero. On a depth-2 diagonal network, a method that multiplies its factors moves these instead, and its ledger
takes the last rows (``integrators.ledger``). What differs from lane to lane besides the step size sits in ``hyper (k,
width)``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..models.base import CompiledModel
from .factors import Factors, has_ledger, multiplicative_data
from .gradient_descent import TileDescent
from .stepper import Tile, aligned, as_callable, pad


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


class MemoryDescent(TileDescent):
    """A tile moved by ``kernel(*functions, state, data, scratch, residual, work, hyper, control, ...)``.

    `memory` is the number of memory rows and `work` that of work rows, both in units of p. ``weight (B,)`` is the
    step that the first-order terms of the ledger have (``factors``); None for a method that does not multiply factors.
    """

    def __init__(
        self,
        kernel: Any,
        functions: tuple[Any, ...],
        model: Any,
        tile: Tile,
        step_size: np.ndarray,
        hyper: list[np.ndarray],
        *,
        weight: np.ndarray | None,
        memory: int = 0,
        work: int = 1,
    ) -> None:
        super().__init__(model, tile, step_size, np.zeros_like(step_size))
        self.kernel = as_callable(kernel)
        self.functions = tuple(as_callable(function) for function in functions)
        self.weight: Any = weight
        factors = weight is not None
        self.coordinates, self.data = coordinates(model, self.compiled, tile, factors=factors, memory=memory)
        self.place(self.coordinates.rows)
        self.scratch = np.empty(max(1, self.compiled.scratch * self.width))
        self.work = aligned((work * model.n_params, self.width))
        self.hyper = np.stack([pad(row, self.width) for row in hyper])

    def advance(self, steps: int) -> None:
        self.kernel(
            *self.functions,
            self.moving,
            self.data,
            self.scratch,
            self.residual,
            self.work,
            self.hyper,
            self.control,
            self.record,
            self.final,
            steps,
        )

    def parameters(self) -> np.ndarray:
        return self.coordinates.parameters(self.columns())

    def state(self) -> dict[str, np.ndarray]:
        return super().state() | {"rows": self.columns()}

    def ledger(self) -> dict[str, np.ndarray]:
        return self.coordinates.ledger(self.columns(), self.weight)
