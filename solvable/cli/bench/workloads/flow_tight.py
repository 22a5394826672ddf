"""As ``flow_longest``, a thousand times more accurate.

The flow forgets: what a solver does wrong early is mended by what follows, so that at T = 1e6 loose tolerances suffice
for an error of 1e-8. Here they do not.
"""

from __future__ import annotations

from collections.abc import Collection

from ..workload import Workload
from .flow_short import until

TITLE = "gradient flow of one diagonal network (n = 20, d = 40, scale 1e-8) to T = 1e6, error <= 1e-11"


def build(seconds: float, rivals: Collection[str]) -> Workload:
    """Implicit solvers."""
    return until(TITLE, 1e6, rivals, ("LSODA", "Radau"), ("Kvaerno5",), ("lsoda",), 1e-11)
