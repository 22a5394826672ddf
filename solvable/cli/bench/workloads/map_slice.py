"""A slice of a phase diagram of 100 x 100 points: all of its trajectories, 1,000 of their 10,000 steps."""

from __future__ import annotations

from collections.abc import Collection

from ..workload import Workload
from .descent_ensemble import sized

TITLE = "gradient descent, 10,000 diagonal networks (n = 20, d = 40): 1,000 steps of a phase diagram of 100 x 100"
MEMBERS, STEPS = 10_000, 1000


def build(seconds: float, rivals: Collection[str]) -> Workload:
    """As ``descent_ensemble``."""
    return sized(TITLE, seconds, rivals, MEMBERS, STEPS)
