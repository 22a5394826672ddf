"""As ``flow_short``, ten thousand times longer."""

from __future__ import annotations

from collections.abc import Collection

from ..workload import Workload
from .flow_short import until

TITLE = "gradient flow of one diagonal network (n = 20, d = 40, scale 1e-8) to T = 1e6, error <= 1e-8"


def build(seconds: float, rivals: Collection[str]) -> Workload:
    """Implicit solvers."""
    return until(TITLE, 1e6, rivals, ("LSODA", "Radau"), ("Kvaerno5",), ("lsoda",))
