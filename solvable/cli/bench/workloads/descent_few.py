"""As ``descent_ensemble``, with 16 trajectories: too few to fill a matrix product."""

from __future__ import annotations

from collections.abc import Collection

from ..workload import Workload
from .descent_ensemble import sized

TITLE = "gradient descent, 16 diagonal networks (n = 20, d = 40), a step size each"
MEMBERS, STEPS = 16, 100_000


def build(seconds: float, rivals: Collection[str]) -> Workload:
    """As ``descent_ensemble``."""
    return sized(TITLE, seconds, rivals, MEMBERS, STEPS)
