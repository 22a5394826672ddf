r"""Heavy-ball momentum (Polyak):

    theta_{k+1} = theta_k - h grad L(theta_k) + beta (theta_k - theta_{k-1}),   theta_{-1} = theta_0

the usual ``m <- beta m + g, theta <- theta - h m``. To first order it is gradient flow at the effective step ``h / (1
- beta)``; the next term of its modified loss is ``h (1 + beta) / (4 (1 - beta)^2) |grad L|^2`` (arXiv:2302.00849).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .momentum import Momentum


@dataclass(frozen=True, eq=False)
class HeavyBall(Momentum):
    """Heavy ball with ``step_size`` h > 0 and ``momentum`` 0 <= beta < 1 (numbers or ``(R,)``). Clock: ``t = h k``.

    >>> HeavyBall(0.1, 0.9)
    HeavyBall(step_size=0.1, momentum=0.9)
    """

    lookahead: ClassVar[bool] = False
