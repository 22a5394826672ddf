r"""Simultaneous gradient steps of two players:

    phi_{k+1} = phi_k + s_1 F(phi_k, theta_k),   theta_{k+1} = theta_k + s_2 G(phi_k, theta_k)

With ``s = (a h, b h)`` their drift away from the flow is ``-(h/2) (a (a F_phi F + b F_theta G), b (a G_phi F + b
G_theta G))`` (Rosca et al., arXiv:2105.13922).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .players import Players


@dataclass(frozen=True, eq=False)
class Simultaneous(Players):
    """Both players move at once, with ``step_sizes`` ``(s_1, s_2)``, both > 0. Time is the mean step times k.

    >>> Simultaneous((0.25, 0.75)).step_size
    0.5
    """

    alternating: ClassVar[bool] = False
