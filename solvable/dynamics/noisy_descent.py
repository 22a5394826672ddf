"""What full-batch methods with Gaussian noise share: a tile with the random streams of its trajectories."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..integrators.status import HORIZON
from .gradient_descent import TileDescent
from .stepper import Tile, aligned, as_callable, pad


class NoisyDescent(TileDescent):
    """A tile moved by a kernel like those of `solvable.integrators.noise`; ``rows (B, ...)`` start with theta.

    `data` is the model's data vector in the coordinates of the rows, `noise` the number of Gaussians a step and lane,
    `functions` are those of the model that the kernel takes, by default its residuals and their pullback.
    """

    by_sample = True

    def __init__(
        self,
        kernel: Any,
        model: Any,
        tile: Tile,
        step_size: np.ndarray,
        hyper: list[np.ndarray],
        *,
        rows: np.ndarray,
        data: np.ndarray,
        noise: int,
        functions: tuple[Any, ...] = (),
    ) -> None:
        super().__init__(model, tile, step_size, np.zeros_like(step_size))
        self.kernel = as_callable(kernel)
        functions = functions or (self.compiled.residuals, self.compiled.pullback)
        self.functions = tuple(as_callable(function) for function in functions)
        self.data, self.size = data, tile.theta.shape[1]
        self.place(rows)
        self.scratch = np.empty(max(1, self.compiled.scratch * self.width))
        self.slope = aligned((self.size, self.width))
        self.noise = aligned((noise, self.width))
        self.hyper = np.stack([pad(row, self.width) for row in hyper])
        self.replicas, self.seed = pad(tile.replicas.astype(np.int64), self.width), np.uint64(tile.seed)
        self.finish(np.arange(self.lanes_used, self.width), HORIZON)  # lanes that only fill the tile need no draws

    def advance(self, steps: int) -> None:
        self.kernel(
            *self.functions,
            self.moving,
            self.data,
            self.scratch,
            self.residual,
            self.slope,
            self.noise,
            self.hyper,
            self.control,
            self.record,
            self.replicas,
            self.seed,
            self.final,
            steps,
        )

    def parameters(self) -> np.ndarray:
        return self.columns()[:, : self.size].copy()

    def state(self) -> dict[str, np.ndarray]:
        return super().state() | {"rows": self.columns()}
