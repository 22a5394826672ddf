r"""Gradient flow, with optional weight decay, inertia and gradient regularization:

    m theta'' + theta' = -(g + (mu/eps) (g(theta + eps g) - g)) - lambda theta,      g = grad L(theta)

from rest, with inertia m, strength mu, ascent step eps (0: its limit ``g + mu H g``, the flow on ``L + (mu/2)
|grad L|^2``) and weight decay lambda. Momentum (arXiv:2403.05293): heavy ball of step h and momentum b tends to inertia
``m = h / (1-b)^2`` in the time ``h k / (1-b)``. Gradient regularization: arXiv:2210.02720; ``strength = ascent_step``
is the flow of unnormalized SAM.

The method is chosen by model and stiffness: adaptive DOP853 to begin with; when its step is limited by stability rather
than accuracy, a Rosenbrock method of order 5. On a depth-2 diagonal network plain gradient flow then takes its dual
form in n unknowns, in which a plateau of length 1e6 at scale 1e-8 costs milliseconds. The gradient of a
`UnivariateReLUNetwork` jumps where a knot passes a sample: its flow is integrated from event to event, with knots that
stay at a sample (Filippov's solution), and `Trajectory.events` lists what happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from ..common.checks import choice, hyperparameter, nonnegative, positive
from ..integrators.rosenbrock_jacobian import no_jacobian
from ..integrators.signatures import WEIGHT_DECAY
from ..models.base import Model, compiled_once
from .base import Dynamics
from .flow_stepper import FlowStepper, PlainFlow
from .loops import own_stepper
from .stepper import Tile

ABSOLUTE = 1e-3
"""Absolute tolerance by default, as a share of `rtol` times the root mean square of the start."""

LEAST_INERTIA = 1e-15
"""Below, ``m theta'`` is lost in the rounding of ``theta + m theta'``, and no step would be short enough."""


@dataclass(frozen=True, eq=False)
class GradientFlow(Dynamics):
    """Gradient flow to relative accuracy ``rtol`` a step. The others may be ``(R,)``, one number a member:

    ``weight_decay`` lambda >= 0; ``inertia`` m, 0 or at least 1e-15; ``strength`` mu >= 0 of gradient regularization,
    with ``ascent_step`` eps of any sign. ``inertia`` and ``strength`` are each zero for all members or for none.

    ``atol``: absolute tolerance; None means 0 on depth-2 diagonal networks (their factors may be 1e-200 and matter) and
    ``1e-3 rtol`` times the size of the start elsewhere; with inertia or strength these networks move in the logarithms
    of their factors, to absolute accuracy `rtol` whatever `atol`. ``method``: "auto", or "explicit" (DOP853 throughout)
    or "implicit" (Rosenbrock), both in the parameters themselves.

    On a `UnivariateReLUNetwork` ``rtol`` is relative to the norm of each neuron, and for the residuals to the largest
    target or residual, to which ``atol`` is added; inertia, strength and other methods than "auto" are refused.

    >>> GradientFlow(rtol=1e-8, inertia=0.1).inertia
    0.1
    """

    rtol: float = 1e-9
    atol: float | None = None
    weight_decay: Any = 0.0
    inertia: Any = 0.0
    strength: Any = 0.0
    ascent_step: Any = 0.0
    method: str = "auto"

    clock: ClassVar[str] = "time"

    def __post_init__(self) -> None:
        check_tolerances(self)
        for name in ("weight_decay", "inertia", "strength"):
            object.__setattr__(self, name, hyperparameter(name, getattr(self, name), minimum=0))
        object.__setattr__(self, "ascent_step", hyperparameter("ascent_step", self.ascent_step))
        self.members()
        for name in ("inertia", "strength"):
            given = getattr(self, name)
            if isinstance(given, np.ndarray) and 0 < np.count_nonzero(given) < given.size:
                raise ValueError(f"{name} must be zero for all members or for none, got both")
        least = self.inertia.min() if isinstance(self.inertia, np.ndarray) else self.inertia
        if 0 < least < LEAST_INERTIA:
            raise ValueError(f"inertia must be 0 or at least {LEAST_INERTIA:g}, got {least:g}")
        choice("method", self.method, ("auto", "explicit", "implicit"))

    def forces(self, lanes: np.ndarray) -> Forces:
        """Those of the one trajectory `lanes`."""
        numbers = (self.weight_decay, self.inertia, self.strength, self.ascent_step)
        return Forces(*(float(x[lanes[0]]) if isinstance(x, np.ndarray) else x for x in numbers))

    def stepper(self, model: Any, tile: Tile) -> FlowStepper:
        forces = self.forces(tile.lanes)
        if forces.strength and not isinstance(model, Model):
            raise ValueError(f"strength must be 0 for a model without a loss such as {type(model).__name__}")
        kind = own_stepper("GradientFlow", self, model, tile.lanes.size)
        if kind is not None:
            return kind(model, tile, self)
        self.need_continuity(model)
        if forces.inertia or forces.strength:
            from .forced_flow import compose

            functions, data = compose(model, *forces)
        else:
            compiled = compiled_once(model)
            data = compiled.data.copy()
            data[WEIGHT_DECAY] = forces.weight_decay
            functions = {
                "flow": compiled.flow,
                "loss": compiled.loss,
                "flow_jacobian": compiled.flow_jacobian or no_jacobian,
            }
        theta = tile.theta[0]
        start = np.concatenate([theta, theta]) if forces.inertia else theta
        return plain_flow(functions, data, model, tile, self.rtol, self.atol, self.method, start)


class Forces(NamedTuple):
    """What moves one trajectory besides the gradient."""

    weight_decay: float
    inertia: float
    strength: float
    ascent_step: float


def absolute_tolerance(rtol: float, atol: float | None, theta: np.ndarray) -> float:
    """`atol`, or by default a share of `rtol` times the size of the start."""
    size = float(np.sqrt(np.mean(theta**2))) or 1.0
    return ABSOLUTE * rtol * size if atol is None else atol


def check_tolerances(flow: Any) -> None:
    """Put ``rtol`` and ``atol`` of a flow in canonical form."""
    object.__setattr__(flow, "rtol", positive("rtol", flow.rtol))
    if not 1e-14 <= flow.rtol < 1:
        raise ValueError(f"rtol must be in [1e-14, 1), got {flow.rtol:g}")
    if flow.atol is not None:
        object.__setattr__(flow, "atol", nonnegative("atol", flow.atol))


def plain_flow(
    functions: dict[str, Any],
    data: np.ndarray,
    model: Any,
    tile: Tile,
    rtol: float,
    atol: float | None,
    method: str,
    start: np.ndarray | None = None,
) -> PlainFlow:
    """The stepper of ``y' = F(y)`` for one trajectory of `model`; the state starts as `start`, or the parameters."""
    theta = tile.theta[0]
    y = theta if start is None else start
    tolerance = np.full(y.size, absolute_tolerance(rtol, atol, theta))
    first_loss = model.loss(theta)
    return PlainFlow(functions, data, y, theta.size, first_loss, tile.until_loss, rtol, tolerance, method, tile.state)
