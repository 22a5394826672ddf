r"""Gradient flow with optional weight decay:

    theta' = -grad L(theta) - lambda theta

The method is chosen by model and stiffness: adaptive DOP853 to begin with; when its step is limited by stability rather
than accuracy, a Rosenbrock method of order 5 with the exact Jacobian, and for depth-2 diagonal networks the dual form
in n unknowns, in which a plateau of length 1e6 at scale 1e-8 costs milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..common.checks import choice, hyperparameter, nonnegative, positive
from ..integrators.rosenbrock_jacobian import no_jacobian
from ..integrators.signatures import WEIGHT_DECAY
from .base import Dynamics
from .factors import has_ledger
from .flow_stepper import FlowStepper, PlainFlow
from .stepper import Tile

ABSOLUTE = 1e-3
"""Absolute tolerance by default, as a share of `rtol` times the root mean square of the start."""


@dataclass(frozen=True, eq=False)
class GradientFlow(Dynamics):
    """Gradient flow to relative accuracy ``rtol`` a step, with ``weight_decay`` lambda >= 0.

    ``atol``: absolute tolerance; None means 0 on depth-2 diagonal networks (their factors may be 1e-200 and matter) and
    ``1e-3 rtol`` times the size of the start elsewhere. ``method``: "auto", or "explicit" (DOP853 throughout) or
    "implicit" (Rosenbrock in the parameters themselves).

    >>> GradientFlow(rtol=1e-8)
    GradientFlow(rtol=1e-08, atol=None, weight_decay=0.0, method='auto')
    """

    rtol: float = 1e-9
    atol: float | None = None
    weight_decay: Any = 0.0
    method: str = "auto"

    clock: ClassVar[str] = "time"

    def __post_init__(self) -> None:
        check_tolerances(self)
        object.__setattr__(self, "weight_decay", hyperparameter("weight_decay", self.weight_decay, minimum=0))
        choice("method", self.method, ("auto", "explicit", "implicit"))

    def stepper(self, model: Any, tile: Tile) -> FlowStepper:
        theta, decay = tile.theta[0], self.at("weight_decay", tile.lanes)[0]
        if has_ledger(model) and self.method == "auto":
            from .diagonal_flow import DiagonalFlow

            return DiagonalFlow(model, theta, tile.until_loss, self.rtol, self.atol or 0.0, decay, tile.state)
        compiled = model.compiled()
        data = compiled.data.copy()
        data[WEIGHT_DECAY] = decay
        functions = {
            "flow": compiled.flow,
            "loss": compiled.loss,
            "flow_jacobian": compiled.flow_jacobian or no_jacobian,
        }
        return plain_flow(functions, data, model, tile, self.rtol, self.atol, self.method)


def check_tolerances(flow: Any) -> None:
    """Put ``rtol`` and ``atol`` of a flow in canonical form."""
    object.__setattr__(flow, "rtol", positive("rtol", flow.rtol))
    if not 1e-14 <= flow.rtol < 1:
        raise ValueError(f"rtol must be in [1e-14, 1), got {flow.rtol:g}")
    if flow.atol is not None:
        object.__setattr__(flow, "atol", nonnegative("atol", flow.atol))


def plain_flow(
    functions: dict[str, Any], data: np.ndarray, model: Any, tile: Tile, rtol: float, atol: float | None, method: str
) -> PlainFlow:
    """The stepper of ``theta' = F(theta)`` for one trajectory of `model`."""
    theta = tile.theta[0]
    size = float(np.sqrt(np.mean(theta**2))) or 1.0
    tolerance = np.full(theta.size, ABSOLUTE * rtol * size if atol is None else atol)
    first_loss = model.loss(theta)
    return PlainFlow(functions, data, theta, first_loss, tile.until_loss, rtol, tolerance, method, tile.state)
