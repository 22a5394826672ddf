r"""The modified flow of an optimizer, from its own iterates: no symbols, any model.

If ``theta_j`` are N iterates of a one-step method ``Phi`` from theta, with forward differences ``Delta``, then

    h f~(theta) = log(1 + Delta) theta = sum_{k=1}^{N} (-1)^(k-1) / k  Delta^k theta_0  +  O(h^(N+1))

because ``Phi = exp(h f~)`` shifts the index by one. In weights on the iterates: ``h f~ = sum_j w_j (theta_{j+1} -
theta_j)`` with w = (3/2, -1/2) for N = 2, (11/6, -7/6, 1/3) for N = 3, ... ; their absolute sum grows slowly, so
nothing is amplified by 1/h. The field agrees with the exact truncation of N terms (``derivations.modified_field``) to
O(h^N).
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..common.checks import integer
from ..integrators.callback import Callback, Failure
from ..integrators.fields.user import ATTACHED, attached_flow
from ..integrators.rosenbrock_jacobian import no_jacobian
from ..models.base import compiled_once
from .base import Dynamics
from .flow_stepper import FlowStepper
from .gradient_flow import check_tolerances, plain_flow
from .stepper import Tile


def increment_weights(order: int) -> np.ndarray:
    """The w of the module text: ``log(1 + Delta) theta = sum_j w_j (theta_{j+1} - theta_j)``.

    >>> increment_weights(2).tolist()
    [1.5, -0.5]
    """
    weights = np.zeros(order)
    for k in range(1, order + 1):  # (-1)^(k-1)/k Delta^(k-1) applied to the increments
        for j in range(k):
            weights[j] += (-1) ** (k - 1) / k * (-1) ** (k - 1 - j) * math.comb(k - 1, j)
    return weights


@dataclass(frozen=True, eq=False)
class ModifiedFlow(Dynamics):
    """Flow of the N-term modified field of a deterministic optimizer without memory.

    ``optimizer``: ``GradientDescent``, ``GradientRegularized``, ``SharpnessAware``, or a game's ``Simultaneous`` or
    ``Alternating``, with one step size. ``order`` N >= 1 (1 is the flow of the increment itself). Clock: ``t = h k``.

    >>> from solvable import GradientDescent
    >>> ModifiedFlow(GradientDescent(0.1), order=3).order
    3
    """

    optimizer: Any
    order: int = 2
    rtol: float = 1e-9
    atol: float | None = None

    clock: ClassVar[str] = "time"

    def __post_init__(self) -> None:
        if not isinstance(self.optimizer, Dynamics) or self.optimizer.clock != "steps":
            raise ValueError(f"optimizer must be an optimizer such as GradientDescent(0.1), got {self.optimizer!r}")
        name = type(self.optimizer).__name__
        if self.optimizer.random:
            raise ValueError(f"optimizer must be deterministic, got {name}: a random step is the flow of no field")
        if self.optimizer.memory:
            why = "its modified field lives on a slow manifold (derivations.modified_field)"
            raise ValueError(f"optimizer must be without memory, got {name}: {why}")
        if not self.optimizer.smooth:
            raise ValueError(f"optimizer must be smooth, got {name}: its step jumps, and a flow cannot")
        if self.optimizer.members() is not None:
            raise ValueError("optimizer must have single numbers for hyperparameters here, got arrays")
        object.__setattr__(self, "order", integer("order", self.order, minimum=1, maximum=12))
        check_tolerances(self)

    def field(self, model: Any, theta: Any) -> np.ndarray:
        """The modified field at ``theta (p,)``."""
        point = model.parameters(theta)
        weights = increment_weights(self.order) / self.optimizer.step_size
        lane = np.zeros(1, dtype=np.int64)
        stepper = self.optimizer.stepper(model, Tile(point[None], lane, lane, 0, None))
        total, before = np.zeros_like(point), point
        for weight in weights:
            stepper.advance(1)
            after = stepper.parameters()[0]
            total += weight * (after - before)
            before = after
        return total

    def stepper(self, model: Any, tile: Tile) -> FlowStepper:
        self.need_continuity(model)
        self.field(model, tile.theta[0])  # an optimizer that cannot move this model says so here, not by NaN
        compiled = compiled_once(model)
        failure = Failure()
        callback = Callback(functools.partial(self.field, model), "field", (model.n_params,), failure)
        data = compiled.data.copy()
        data[ATTACHED] = callback.address
        functions = {"flow": attached_flow, "loss": compiled.loss, "flow_jacobian": no_jacobian}
        stepper = plain_flow(functions, data, model, tile, self.rtol, self.atol, "auto")
        stepper.kept, stepper.failure = (callback,), failure
        return stepper
