"""Heavy ball and Nesterov's method against their modified equation: the tests that two papers share.

An optimizer with a memory follows its modified flow on the *slow manifold* only. Started with zero memory it comes
there like ``beta^k``, at a point that is off by O(h). So iterates are compared with the flow from a time at which
``beta^k`` is below rounding (at least 128 steps); and the flow that starts at the optimizer's own start has to be
shifted,

    theta_0 + h beta / (1 - beta)^2 grad L(theta_0)        (heavy ball, to first order in h).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import sympy

from ._modified import (
    EXACT,
    EXACT_STEPS,
    LEADING,
    TARGET,
    H,
    X,
    Y,
    compiled_terms,
    decimal,
    defects,
    flow_errors,
    product_problem,
    quartic_problem,
    saved_runs,
    scaled_term,
    sharpness,
)

BETA = sympy.Symbol("beta")
NAIVE = "flow from the optimizer's own start"


def momentum_problem(rng: np.random.Generator) -> dict[str, Any]:
    """A random quartic with a point, and a momentum of two decimals."""
    return {**quartic_problem(rng), "momentum": round(float(rng.uniform(0.3, 0.7)), 2)}


def check_defects(lab: Any, field: Any, point: Any, rivals: Mapping[str, Any]) -> None:
    """Orders p + 1 of the defect on the slow manifold; a rival multiplies the second term by a factor."""
    place = [decimal(c) for c in point]
    for p in range(1, field.order + 1):
        wrong = {name: scaled_term(field, 1, factor) for name, factor in rivals.items()} if p == 2 else {}
        lab.order(
            np.array(EXACT_STEPS, dtype=float),
            defects(field, place, p),
            p + 1,
            rivals={name: defects(other, place, p) for name, other in wrong.items()},
            tolerance=0.01,
            floor=0.0,
            reason=EXACT,
        )


def check_flow(lab: Any, field: Any, optimizer: Callable[..., Any], momentum: float, orders: int = 4) -> None:
    """Orders of the error at fixed time; the flow starts on the slow manifold, or at the shifted start."""
    drawn = lab.instance(product_problem)
    start, target = np.asarray(drawn["start"]), float(drawn["target"])
    time = 1.2 * (1 - momentum) / sharpness(start, target)
    step_sizes = time / np.array([256, 512, 1024, 2048])
    kernels = compiled_terms(field, range(1, orders + 1))

    def numbers(h: float) -> tuple[float, ...]:
        return h, momentum, target

    def descend(h: float) -> Any:
        return optimizer(h, momentum)

    later = saved_runs(descend, target, start, step_sizes, time, wait=time / 2)
    for p, kernel in kernels.items():
        kept = 4 if p < 4 else 3  # the smallest step would bring the fourth order to rounding level
        errors = flow_errors(kernel, target, step_sizes[:kept], later[:kept], numbers)
        lab.order(step_sizes[:kept], errors, p, reason=LEADING)
    shift = sympy.lambdify((X, Y, TARGET, H, BETA), field.start_shift())
    runs = saved_runs(descend, target, start, step_sizes, time)
    lab.order(
        step_sizes,
        flow_errors(
            kernels[2],
            target,
            step_sizes,
            runs,
            numbers,
            lambda h, z: z + np.array(shift(*z, target, h, momentum)),
        ),
        2,
        rivals={NAIVE: flow_errors(kernels[2], target, step_sizes, runs, numbers)},
        reason=LEADING,
    )
