r"""Stochastic gradient descent:

    theta_{k+1} = theta_k - (h / b) sum_{i in B_k} (f(x_i) - y_i) grad f(x_i)

``B_k`` holds b *distinct* samples. Order "replacement" draws it afresh at every step; order "shuffle" goes through a
new random order of all samples every ``n // b`` steps and drops the ``n % b`` left over. The batch is a function of
(seed, replica, step) alone, so a trajectory can be replayed alone and continued exactly. Time is ``t = h k``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..common.checks import choice, hyperparameter, integer
from ..integrators.draws import REPLACEMENT, SHUFFLE
from .row_descent import RowDescent


@dataclass(frozen=True, eq=False)
class SGD(RowDescent):
    """SGD with ``step_size`` h > 0 (a number or ``(R,)``), ``batch_size`` b and ``order`` "replacement" or "shuffle".

    >>> SGD(0.1, batch_size=2, order="shuffle")
    SGD(step_size=0.1, batch_size=2, order='shuffle')
    """

    step_size: Any
    batch_size: int = 1
    order: str = "replacement"

    def __post_init__(self) -> None:
        object.__setattr__(self, "step_size", hyperparameter("step_size", self.step_size, above=0))
        object.__setattr__(self, "batch_size", integer("batch_size", self.batch_size, minimum=1))
        choice("order", self.order, ("replacement", "shuffle"))

    @property
    def mode(self) -> int:
        return SHUFFLE if self.order == "shuffle" else REPLACEMENT
