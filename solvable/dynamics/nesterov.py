r"""Nesterov momentum, stored at the lookahead point:

    m_{k+1} = beta m_k + g(theta_k),   theta_{k+1} = theta_k - h (g(theta_k) + beta m_{k+1})

``theta`` is the lookahead variable, the one whose gradient is taken (and the one that deep learning libraries store).
In it the first term of the modified equation is that of heavy ball; the second differs: ``1 - beta + 2 beta^2`` in
place of ``1 + beta``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .momentum import Momentum


@dataclass(frozen=True, eq=False)
class Nesterov(Momentum):
    """Nesterov's method: ``step_size`` h > 0, ``momentum`` 0 <= beta < 1 (numbers or ``(R,)``). Clock: ``t = h k``.

    >>> Nesterov(0.1, 0.9)
    Nesterov(step_size=0.1, momentum=0.9)
    """

    lookahead: ClassVar[bool] = True
