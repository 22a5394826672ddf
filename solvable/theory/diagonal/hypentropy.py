r"""Where gradient flow on a two-layer diagonal network ends.

Train ``beta = u^2 - v^2`` by ``theta' = -grad L``, ``L = 1/(2n) |X beta - y|^2``. With
``g = X^T (X beta - y) / n`` one has ``u' = -2 u g`` and ``v' = 2 v g``, coordinate by coordinate. Hence
``a = |u v|`` is conserved, and ``xi = log|u/v|`` obeys ``xi' = -4 g``, which lies in the row space of X at
all times. So wherever the flow stops,

    beta = 2 a sinh(xi),      xi = xi0 + X^T nu      for some nu,

and if it stops at an interpolant, these are the stationarity conditions of the strictly convex problem

    minimize   sum_j [ b_j asinh(b_j / 2a_j) - sqrt(b_j^2 + 4 a_j^2) - xi0_j b_j ]      subject to  X b = y,

the Bregman divergence from the initialization ``2 a sinh(xi0)``. Large a makes the potential quadratic (least
l2); as ``a -> 0`` it behaves like ``log(1/a) |b|`` (least l1), or, with a scale for each coordinate, like
``sum_j log(1/a_j) |b_j|``. The balanced initialization ``u = v = scale`` has ``a = scale^2`` and ``xi0 = 0``.

The minimum is found through its dual, ``min over nu of sum_j 2 a_j cosh(xi0_j + X_j . nu) - y . nu``, by the
method of `solvable.theory.convex.continuation`. Small coordinates are exponentials of the dual, hence accurate
relative to themselves: at ``a = 1e-60`` a coordinate of size 1e-60 has some ten correct digits.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...common.blas import one_blas_thread
from ...common.checks import interpolable, real_array, regression
from ..convex.graded import EPSILON, power_of_two
from ..convex.handover import Solution, solve
from ..convex.scaled import ScaledCoordinates
from ..minimum import Minimum, is_certified, relative_residual
from .hyperbolic import HyperbolicCoordinates, potential, scaled_sinh


@one_blas_thread()
def hypentropy_minimum(X: Any, y: Any, a: Any = None, xi0: Any = 0.0, *, log_a: Any = None) -> Minimum:
    """The interpolant of least hyperbolic entropy: the limit of gradient flow on ``u^2 - v^2``.

    Args:
        X: design, shape ``(n, d)``, of any rank.
        y: targets, shape ``(n,)``, in the range of X.
        a: product scale ``|u v| > 0``, a number or shape ``(d,)``.
        xi0: shift ``log|u/v|``, a number or shape ``(d,)``.
        log_a: the logarithm of a, instead of a, for scales below the smallest float.

    Returns:
        `Minimum`. ``objective = sum_j b asinh(b/2a) - sqrt(b^2 + 4a^2) - xi0 b``, no constant added;
        ``multiplier`` (n,) satisfies ``asinh(b/2a) = xi0 + X^T multiplier``. Certified: residual <= 1e-10,
        and duality gap <= 1e-10 times the divergence of the point from the initialization. Where the solution
        is carried by fewer coordinates than X has rank, or small coordinates are not determined to 1e-6 of
        their own size, ``message`` says so.

    Raises:
        ValueError: not exactly one of `a` and `log_a`; a <= 0; shapes that do not fit; non-finite entries; y
            outside the range of X; or a minimum that exceeds the range of floats.

    Source: Woodworth et al., arXiv:2002.09277; with a shift, Azulay et al., arXiv:2102.09769.

    >>> import numpy as np
    >>> minimum = hypentropy_minimum([[1.0, 2.0]], [2.0], a=1e-12)
    >>> minimum.certified, np.round(minimum.point, 5).tolist()
    (True, [0.0, 1.0])
    """
    X, y = regression(X, y)
    d = X.shape[1]
    scale = _log_scale(a, log_a, d)
    shift = _per_coordinate("xi0", xi0, d)
    interpolable(X, y)
    rows = power_of_two(np.max(np.abs(X), axis=1))
    unit = float(power_of_two(float(np.max(np.abs(y)))))
    design, right, goal = X / rows[:, None], y / rows / unit, scale - np.log(unit)
    free = np.any(design != 0, axis=0)
    start = _start(design[:, free], right, goal[free], shift[free])
    part = solve(start, design[:, free], right)
    point = scaled_sinh(goal, shift)
    point[free] = part.point
    if not np.all(np.isfinite(point * unit)):
        raise ValueError("a and xi0 must leave the minimum inside the range of floats, but a coordinate overflows")
    gap, size = certificate(start, part, design[:, free])
    return _assemble(X, y, point * unit, scale, shift, part, gap * unit, size * unit, part.nu / rows)


def _log_scale(a: Any, log_a: Any, d: int) -> np.ndarray:
    if (a is None) == (log_a is None):
        given = "neither" if a is None else "both"
        raise ValueError(f"exactly one of a and log_a must be given, got {given}")
    if a is None:
        return _per_coordinate("log_a", log_a, d)
    values = _per_coordinate("a", a, d)
    if not np.all(values > 0):
        raise ValueError(f"a must be > 0, got {float(values.min()):g}")
    return np.log(values)


def _per_coordinate(name: str, value: Any, d: int) -> np.ndarray:
    array = real_array(name, value, ndim=(0, 1))
    if array.ndim == 1 and array.shape != (d,):
        raise ValueError(f"{name} must be a number or have shape ({d},), one entry per column of X, got {array.shape}")
    return np.broadcast_to(array, (d,)).copy()


def _start(X: np.ndarray, y: np.ndarray, goal: np.ndarray, shift: np.ndarray) -> HyperbolicCoordinates:
    """Stage 0: no shift, every scale the size of the least-l2 solution."""
    size = float(np.max(np.abs(np.linalg.lstsq(X, y, rcond=None)[0]), initial=0.0)) if X.size else 0.0
    # For y = 0 the goal sets the only scale.
    origin = float(np.log(size)) if size > 0 else float(np.max(goal)) if goal.size else 0.0
    return HyperbolicCoordinates(goal, shift, origin, 0.0, np.zeros(goal.size))


def certificate(start: ScaledCoordinates, part: Solution, X: np.ndarray) -> tuple[float, float]:
    """Gap of the point against the reported multiplier, and the divergence that measures it."""
    range_part = X.T @ part.nu
    drift = float(np.sum(np.abs(part.point) * part.state.mismatch(range_part)))
    gap = float(np.sum(part.state.divergence(part.point))) + drift
    rest = start.final(np.zeros(range_part.size))
    weight = part.state.weight()
    return gap, float(np.sum(rest.divergence(part.point)) + EPSILON * np.sum(weight[np.isfinite(weight)]))


def _assemble(
    X: np.ndarray, y: np.ndarray, point: np.ndarray, log_a: np.ndarray, shift: np.ndarray, part: Solution,
    gap: float, size: float, nu: np.ndarray,
) -> Minimum:  # fmt: skip
    objective = float(np.sum(potential(point, log_a) - shift * point))
    with np.errstate(under="ignore"):
        residual = relative_residual(X, y, point, np.hypot(point, 2.0 * np.exp(log_a)))
    worst = float(np.max(part.error, initial=0.0))
    message = part.message
    if not message and worst > 1e-6:
        message = f"some coordinates are determined by rounding: relative error up to about {worst:.1g}"
    certified = is_certified(residual, gap, size)
    if not certified:
        # A large shift can ask for coordinates of size exp(|xi0|) that cancel in X b: y is then below its
        # rounding.
        lost = EPSILON * float(np.max(np.abs(X) @ np.abs(point))) > 1e-12 * float(np.max(np.abs(y))) > 0
        large, plain = "coordinates so large that X b cannot resolve y", "residual or gap above the tolerance"
        message = "; ".join(filter(None, (message, large if lost else plain)))
    return Minimum(point, objective, gap, residual, certified, nu, message)
