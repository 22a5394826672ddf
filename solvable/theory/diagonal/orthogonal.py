r"""Two-layer diagonal networks on an orthogonal design, solved in time.

If ``X^T X / n = diag(h)`` the coordinates decouple. Each obeys ``xi' = -4 h (2 a sinh xi - b)`` with b its
target, a conserved, and ``beta = 2 a sinh xi``. Let ``E = exp(xi) = u/v`` (in absolute values):

    E' = -4 h a (E - E+)(E - E-),     E+- = (b +- s)/(2a),     s = sqrt(b^2 + 4 a^2),     E+ E- = -1,
    (E - E+)/(E - E-) = (E0 - E+)/(E0 - E-) exp(-4 h s t).

``E+ = exp(x)`` with ``x = asinh(b/2a)``, the target in the dual coordinate. In the distance ``eta = xi - x``,
with ``q = exp(-2x)`` and ``k = exp(-4 h s t)``, the solution reads

    exp(eta) = [ e0 (1 + k q) + q (1 - k) ] / [ e0 (1 - k) + q + k ],          e0 = exp(eta0),

where every term is positive for b >= 0 (for b < 0 mirror: ``beta -> -beta, xi -> -xi``). So it is evaluated
in logarithms, at any scale. Where numerator and denominator nearly agree their difference is used instead;
with the same denominator ``[...]``,

    late   exp(eta) - 1 = k (1 + q) (e0 - 1) / [...],
    early  exp(eta - eta0) - 1 = (1 - k) (1 - e0) (e0 + q) / (e0 [...]).

From a balanced start at small scale nothing happens until ``t ~ log(b/a) / (4 h b)``, then the coordinate
appears: the time at which ``beta = b/2`` follows from the same formula solved for k.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...common.checks import broadcast, real_array
from .hyperbolic import dual_of, scaled_cosh, scaled_sinh


def orthogonal_flow(h: Any, target: Any, t: Any, a: Any = None, xi0: Any = 0.0, *, log_a: Any = None) -> np.ndarray:
    """``beta(t)`` of gradient flow on ``u^2 - v^2``, one coordinate of an orthogonal design.

    Args:
        h: curvatures ``(1/n) sum_i x_ij^2`` > 0.
        target: least-squares solutions b, any sign.
        t: times >= 0.
        a: product scale ``|u v| > 0``.
        xi0: initial ``log|u/v|``.
        log_a: logarithm of a, instead of a. All arguments broadcast.

    Returns:
        beta, of the broadcast shape.

    Raises:
        ValueError: shapes that do not broadcast, non-finite entries, t < 0, h <= 0, a <= 0, not exactly one
            of a and log_a.

    Source: derived in this module; the scalar case is classical.

    >>> bool(abs(orthogonal_flow(1.0, -2.0, 1e3, a=1e-6) + 2.0) < 1e-15)
    True
    """
    h, b, times, log_scale, shift = _arguments(h, target, t, a, xi0, log_a)
    mirror = np.where(b < 0, -1.0, 1.0)
    goal, start = np.abs(dual_of(b, log_scale)), mirror * shift
    eta0 = start - goal
    rate = 4.0 * h * scaled_cosh(log_scale, goal)
    decay = -rate * times
    with np.errstate(divide="ignore", under="ignore", over="ignore"):
        log_q, log_rise = -2.0 * goal, np.log(-np.expm1(decay))
        top = np.logaddexp(eta0 + np.log1p(np.exp(decay + log_q)), log_q + log_rise)
        bottom = np.logaddexp(eta0 + log_rise, np.logaddexp(log_q, decay))
        distance = _log_abs_expm1(eta0)
        to_go = decay + np.log1p(np.exp(log_q)) + distance - bottom
        done = log_rise + distance + np.logaddexp(eta0, log_q) - eta0 - bottom
        late = goal + np.log1p(np.sign(eta0) * np.exp(np.minimum(to_go, -0.7)))
        early = start + np.log1p(-np.sign(eta0) * np.exp(np.minimum(done, -0.7)))
    xi = np.where(to_go < -0.7, late, goal + top - bottom)
    xi = np.where((done < -0.7) & (done < to_go), early, xi)
    return mirror * scaled_sinh(log_scale, xi)


def half_time(h: Any, target: Any, a: Any = None, xi0: Any = 0.0, *, log_a: Any = None) -> np.ndarray:
    """Time at which ``beta = target / 2``; asymptotically ``log(|target|/a) / (4 h |target|)`` for small a.

    Args:
        h, target, a, xi0, log_a: as for `orthogonal_flow`; the start must lie below half the target.

    Returns:
        times, of the broadcast shape.

    Raises:
        ValueError: as for `orthogonal_flow`; target = 0; a start at or beyond half the target.

    Source: derived in this module.

    >>> import math
    >>> round(float(half_time(1.0, 1.0, a=1e-6)) / (math.log(1e6) / 4), 3)
    1.0
    """
    h, b, _, log_scale, shift = _arguments(h, target, 0.0, a, xi0, log_a)
    if np.any(b == 0):
        raise ValueError("target must be nonzero, got 0")
    start, goal = np.where(b < 0, -1.0, 1.0) * shift, np.abs(dual_of(b, log_scale))
    half = np.abs(dual_of(b / 2.0, log_scale))
    if np.any(start >= half):
        raise ValueError("xi0 must put the start below half the target, but some coordinate starts beyond it")

    def log_ratio(eta: np.ndarray) -> np.ndarray:
        """``log |(E - E+)/(E - E-)|``."""
        return _log_abs_expm1(eta) - np.logaddexp(eta, -2.0 * goal)

    rate = 4.0 * h * scaled_cosh(log_scale, goal)
    return np.asarray((log_ratio(start - goal) - log_ratio(half - goal)) / rate)


def _log_abs_expm1(x: np.ndarray) -> np.ndarray:
    """``log |exp(x) - 1|`` without overflow."""
    with np.errstate(divide="ignore"):
        return np.maximum(x, 0.0) + np.log(-np.expm1(-np.abs(x)))


def _arguments(h: Any, target: Any, t: Any, a: Any, xi0: Any, log_a: Any) -> tuple[np.ndarray, ...]:
    if (a is None) == (log_a is None):
        raise ValueError(f"exactly one of a and log_a must be given, got {'neither' if a is None else 'both'}")
    h, b, times, shift = (real_array(k, v) for k, v in (("h", h), ("target", target), ("t", t), ("xi0", xi0)))
    scale = real_array("log_a", log_a) if a is None else real_array("a", a)
    if np.any(times < 0):
        raise ValueError(f"t must be >= 0, got {float(times.min()):g}")
    if not np.all(h > 0):
        raise ValueError(f"h must be > 0, got {float(h.min()):g}")
    if a is not None and not np.all(scale > 0):
        raise ValueError(f"a must be > 0, got {float(scale.min()):g}")
    log_scale = scale if a is None else np.log(scale)
    return broadcast(h=h, target=b, t=times, a=log_scale, xi0=shift)
