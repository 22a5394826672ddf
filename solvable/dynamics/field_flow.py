"""The flow of any compiled field: ``theta' = F(theta)``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ..integrators.rosenbrock_jacobian import no_jacobian
from ..models.base import compiled_once
from .base import Dynamics
from .flow_stepper import FlowStepper
from .gradient_flow import check_tolerances, plain_flow
from .stepper import Tile


@dataclass(frozen=True, eq=False)
class Flow(Dynamics):
    """Flow of ``field``, a numba function ``void(theta, data, out)`` of contiguous float64 vectors.

    ``theta (p,)``, ``out (p,)``; ``data`` is the data vector of the model. Loss and `until_loss` are the model's.
    A field that was compiled by sympy (``ModifiedField.compile()``) or written by hand with ``numba.njit`` will do.
    """

    field: Any
    rtol: float = 1e-9
    atol: float | None = None

    clock: ClassVar[str] = "time"

    def __post_init__(self) -> None:
        from numba.extending import is_jitted

        if not is_jitted(getattr(self.field, "compiled", self.field)):
            raise ValueError(
                f"field must be a numba-compiled function void(theta, data, out), got {type(self.field).__name__}"
            )
        check_tolerances(self)

    def stepper(self, model: Any, tile: Tile) -> FlowStepper:
        compiled = compiled_once(model)
        functions = {"flow": self.field, "loss": compiled.loss, "flow_jacobian": no_jacobian}
        return plain_flow(functions, compiled.data.copy(), model, tile, self.rtol, self.atol, "auto")
