r"""Simultaneous gradient steps of two players:

    phi_{k+1} = phi_k + s_1 F(phi_k, theta_k),   theta_{k+1} = theta_k + s_2 G(phi_k, theta_k)

With ``s = (a h, b h)`` their drift away from the flow is ``-(h/2) (a (a F_phi F + b F_theta G), b (a G_phi F + b
G_theta G))`` (Rosca et al., arXiv 2105.13922).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from ..common.checks import real_array
from .base import Dynamics
from .players import GameStepper
from .stepper import DiscreteStepper, Tile


@dataclass(frozen=True, eq=False)
class Simultaneous(Dynamics):
    """Both players move at once, with ``step_sizes`` ``(s_1, s_2)``, both > 0. Time is the mean step times k.

    >>> Simultaneous((0.25, 0.75)).step_size
    0.5
    """

    step_sizes: Any

    clock: ClassVar[str] = "steps"

    def __post_init__(self) -> None:
        object.__setattr__(self, "step_sizes", two_steps(self.step_sizes))

    @property
    def step_size(self) -> float:
        """The mean of the two step sizes: the length of a step on the clock."""
        return sum(self.step_sizes) / 2

    def stepper(self, model: Any, tile: Tile) -> DiscreteStepper:
        return GameStepper(model, tile, self, alternating=False)


def two_steps(step_sizes: Any) -> tuple[float, float]:
    """Two step sizes > 0."""
    values = real_array("step_sizes", step_sizes, ndim=1)
    if values.shape != (2,) or not (values > 0).all():
        raise ValueError(f"step_sizes must be two numbers > 0, one a player, got {values.tolist()}")
    return float(values[0]), float(values[1])
