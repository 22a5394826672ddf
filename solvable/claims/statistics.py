"""The mean of independent replicas, with Student's interval at every stage of the sequential test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .errors import ClaimError
from .evidence import Evidence
from .replicas import Replicas
from .sequential import CHECK_LEVEL, Estimate, Plan, sequential_test, student_interval

FIRST_STAGE = 64
WRONG_CONTROLS = "the controls do not have the declared mean"


def statistic(
    sampler: Callable[[int, int], Any],
    predicted: float,
    margin: float,
    rivals: Mapping[str, Any],
    plan: Plan,
    control_mean: Any = None,
    reason: str | None = None,
) -> Evidence:
    """Evidence about a mean; ``sampler(first_replica, count)`` returns `count` independent replicas.

    With a `control_mean` it returns rows, value and controls; a pilot as large as the first stage fixes their
    coefficient and is drawn before it.
    """
    controlled = control_mean is not None
    replicas = Replicas(sampler, control_mean, pilot=plan.first if controlled else 0)

    def estimate(size: int, level: float) -> Estimate:
        values = replicas.values(size)
        # Equal values would pass for the exact mean: of a rare event, which has not occurred yet, they are not.
        if not controlled and np.all((values == 0) | (values == 1)):
            raise ClaimError("all values are 0 or 1: the frequency of an event is a proportion")
        interval = student_interval(values, level)
        numbers = {"replicas": float(size)}
        if not controlled:
            return Estimate(interval, numbers)
        numbers |= {"pilot": float(plan.first), "variance ratio": replicas.variance_ratio()}
        if not replicas.controls_hold(CHECK_LEVEL):
            return Estimate.refused(interval.mean, numbers, WRONG_CONTROLS)
        return Estimate(interval, numbers)

    return sequential_test("statistic", estimate, predicted, margin, rivals, plan, reason)
