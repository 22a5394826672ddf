"""Momentum and gradient regularization as flows of any model: its own field, called by a field around it.

See `solvable.integrators.fields.forced` for the equations and the state ``(theta, theta + m theta')``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..integrators.addresses import address_of
from ..integrators.fields import forced
from ..integrators.rosenbrock_jacobian import no_jacobian
from ..models.base import compiled_once


def compose(
    model: Any, decay: float, inertia: float, strength: float, ascent: float
) -> tuple[dict[str, Any], np.ndarray]:
    """(functions, data vector) of the flow with these four numbers."""
    compiled = compiled_once(model)
    tail = np.zeros(forced.TAIL)
    tail[forced.FLOW_AT], tail[forced.LOSS_AT] = address_of(compiled.flow), address_of(compiled.loss)
    tail[[forced.DECAY, forced.INERTIA, forced.STRENGTH, forced.ASCENT]] = decay, inertia, strength, ascent
    functions = {"flow": forced.regularized_flow, "loss": compiled.loss, "flow_jacobian": no_jacobian}
    if strength:
        tail[forced.CURVATURE_AT], tail[forced.SCRATCH] = address_of(compiled.curvature), compiled.scratch
    if inertia:
        functions |= {"flow": forced.inertial_flow, "loss": forced.inertial_loss}
        if compiled.flow_jacobian is not None and not strength:
            tail[forced.JACOBIAN_AT] = address_of(compiled.flow_jacobian)
            functions["flow_jacobian"] = forced.inertial_jacobian
    return functions, np.concatenate([compiled.data, tail])
