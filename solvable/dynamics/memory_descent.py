"""Full-batch methods beyond plain descent: what their steppers share.

A kernel advances ``state (rows, width)`` whose first p rows are the parameters; the others are the method's memory,
which starts at zero. What differs from lane to lane besides the step size sits in ``hyper (k, width)``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .gradient_descent import TileDescent
from .stepper import Tile, aligned, as_callable, pad


class MemoryDescent(TileDescent):
    """A tile moved by ``kernel(*functions, state, data, scratch, residual, work, hyper, control, ...)``.

    `memory` is the number of memory rows and `work` that of work rows, both in units of p.
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
        memory: int = 0,
        work: int = 1,
    ) -> None:
        super().__init__(model, tile, step_size, np.zeros_like(step_size))
        self.kernel = as_callable(kernel)
        self.functions = tuple(as_callable(function) for function in functions)
        self.size = tile.theta.shape[1]
        rows = np.hstack([tile.theta, np.zeros((tile.theta.shape[0], memory * self.size))])
        self.place(tile.state.get("rows", rows))
        self.scratch = np.empty(max(1, self.compiled.scratch * self.width))
        self.work = aligned((work * self.size, self.width))
        self.hyper = np.stack([pad(row, self.width) for row in hyper])

    def advance(self, steps: int) -> None:
        self.kernel(
            *self.functions,
            self.moving,
            self.compiled.data,
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
        return self.columns()[:, : self.size].copy()

    def state(self) -> dict[str, np.ndarray]:
        return super().state() | {"rows": self.columns()}
