r"""Alternating gradient steps of two players, the second one reading the first one's move:

    phi_{k+1} = phi_k + s_1 F(phi_k, theta_k),   theta_{k+1} = theta_k + s_2 G(phi_{k+1}, theta_k)

With ``s = (a h, b h)`` the second component of the drift is ``-(h/2) b (-a G_phi F + b G_theta G)``: the cross term
has changed its sign against simultaneous steps (Rosca et al., arXiv:2105.13922).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .players import Players


@dataclass(frozen=True, eq=False)
class Alternating(Players):
    """The players move in turn, with ``step_sizes`` ``(s_1, s_2)``, both > 0. Time is the mean step times k.

    >>> Alternating((0.1, 0.1))
    Alternating(step_sizes=(0.1, 0.1))
    """

    alternating: ClassVar[bool] = True
