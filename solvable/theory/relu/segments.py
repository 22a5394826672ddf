r"""What a random ReLU network does between two inputs: breakpoints, gradient gaps, deflection, straightness.

Along ``X_t = (1 - t) X_0 + t X_1`` the preactivations ``h_i(t) = w_i . X_t + b_i`` of ``f = sum_i a_i relu(h_i)`` are
affine. A unit has a *breakpoint* where h_i changes sign, at t_i; there the slope ``g = d/dt f(X_t)`` jumps by the
*gradient gap* ``G_i = a_i |h_i(1) - h_i(0)|``. The *deflection* is ``Gamma(t) = g(t) - (f(X_1) - f(X_0))``, and the
distance from the chord

    D(t) = f(X_t) - (1 - t) f(X_0) - t f(X_1) = -sum_i G_i k(t, t_i),        k(t, s) = min(t, s) (1 - max(t, s)).

These are this package's definitions. For independent ``a ~ N(0, sigma_a^2)``, ``w ~ N(0, sigma_w^2 I)``, ``b ~ N(0,
sigma_b^2)``, with ``s_k = |(sigma_w X_k, sigma_b)|`` and theta the angle of these two vectors, only units with a
breakpoint matter, and

    E K = m theta/pi,    E G^2 over breakpoints = (sigma_a^2/theta) [ (s_0^2 + s_1^2) A(theta) + 2 s_0 s_1 B(theta) ],
    E int Gamma^2 dt = (m sigma_a^2/pi) s_0 s_1 B(theta),
    Var D(t) = (m sigma_a^2/pi) [ (1 - t)^2 s_0^2 A(theta_t) + t^2 s_1^2 A(theta - theta_t) ],
    E sum_i |G_i| = (m sigma_a/pi) (s_0 + s_1) (1 - cos theta),

``A = theta - sin theta cos theta`` and ``B = sin theta - theta cos theta``, theta_t the angle from X_0 to X_t: sums
of what is positive, exact for close inputs. (A unit with its breakpoint after t has ``|D_i(t)| = t |a_i h_i(1)|``, one
with it before t ``(1 - t) |a_i h_i(0)|``, and ``int Gamma_i^2 = -a_i^2 h_i(0) h_i(1)``.) With sigma_a^2 ~ 1/m the gaps
are of order ``m^(-1/2)``, K of order m, and D of order one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...common.checks import integer, nonnegative, positive, real_array
from .arc_cosine import angle_excess, sine_excess


@dataclass(frozen=True, eq=False)
class ExpectedSegment:
    """Expectations over the initialization.

    Attributes:
        breakpoints: E K, the number of units with a breakpoint.
        gap_deviation: root mean square of the gradient gaps over breakpoints; 0 if there are none.
        slope_variance: ``Var(g(1) - g(0))``, the sum of the squares of the gaps.
        deflection: ``sqrt(E int Gamma^2)``.
        total_variation: ``E sum_i |G_i|``.
        ends: ``(sigma_w X_0, sigma_b)`` and ``(sigma_w X_1, sigma_b)``, shape ``(2, d + 1)``.
        scale: ``m sigma_a^2 / pi``.
    """

    breakpoints: float
    gap_deviation: float
    slope_variance: float
    deflection: float
    total_variation: float
    ends: np.ndarray
    scale: float

    def straightness(self, t: Any) -> np.ndarray:
        """Standard deviation of the distance D(t) from the chord, for t in [0, 1] of any shape."""
        t = real_array("t", t)
        if np.any((t < 0) | (t > 1)):
            raise ValueError(f"t must lie in [0, 1], got {t.min():g} to {t.max():g}")
        first, last = self.ends
        normal, change = _normal(first, last), last - first
        inner = first + t[..., None] * change
        before = _angle(t * np.linalg.norm(first) * normal, inner @ first)
        after = np.where(before == np.pi, 0.0, _angle((1.0 - t) * np.linalg.norm(first) * normal, inner @ last))
        own = (1.0 - t) ** 2 * (first @ first) * angle_excess(before) + t**2 * (last @ last) * angle_excess(after)
        return np.sqrt(self.scale * own)[()]


def expected_segment_statistics(
    x0: Any, x1: Any, width: Any, *, output_std: Any = 1.0, weight_std: Any = 1.0, bias_std: Any = 1.0
) -> ExpectedSegment:
    """Breakpoints, gradient gaps, deflection and straightness between two inputs, at random initialization.

    Args:
        x0, x1: two different inputs, numbers or shape ``(d,)``.
        width: m.
        output_std, weight_std, bias_std: standard deviations of the independent normal a, w and b; bias_std may be 0 if
            neither input is 0, since a breakpoint at an end is not counted.

    Raises:
        ValueError: shapes that do not fit, equal inputs, or arguments outside these ranges.

    Source: Kubo et al., arXiv:1903.01997 (gaps and deflection; the definitions are this package's); derived in this
        module.

    >>> segment = expected_segment_statistics(-1.0, 1.0, 100, output_std=0.1)
    >>> round(segment.breakpoints, 12), round(segment.gap_deviation**2, 12), round(float(segment.straightness(0.5)), 6)
    (50.0, 0.065464790895, 0.301405)
    """
    x0, x1 = (np.atleast_1d(real_array(name, value, ndim=(0, 1))) for name, value in (("x0", x0), ("x1", x1)))
    if x0.shape != x1.shape or x0.size == 0:
        raise ValueError(f"x0 and x1 must have the same shape, not empty, got {x0.shape} and {x1.shape}")
    m, a = integer("width", width, minimum=1), positive("output_std", output_std)
    w, b = positive("weight_std", weight_std), nonnegative("bias_std", bias_std)
    if np.array_equal(x0, x1):
        raise ValueError(f"x1 must differ from x0, got {x0.tolist()} twice")
    ends = np.column_stack([w * np.vstack([x0, x1]), [b, b]])
    ends.setflags(write=False)
    first, last = ends
    s0, s1 = (float(np.linalg.norm(end)) for end in ends)
    if s0 == 0 or s1 == 0:
        raise ValueError("bias_std must be > 0 if x0 or x1 is 0, got 0")
    scale, theta = m * a**2 / math.pi, float(_angle(s0 * _normal(first, last), first @ last))
    own, mixed = float(angle_excess(theta)), s0 * s1 * float(sine_excess(theta))
    squares = scale * ((s0**2 + s1**2) * own + 2.0 * mixed)
    count = m * theta / math.pi
    return ExpectedSegment(
        breakpoints=count,
        gap_deviation=math.sqrt(squares / count) if count > 0 else 0.0,
        slope_variance=squares,
        deflection=math.sqrt(scale * mixed),
        total_variation=scale / a * (s0 + s1) * 2.0 * math.sin(0.5 * theta) ** 2,
        ends=ends,
        scale=scale,
    )


def _normal(first: np.ndarray, last: np.ndarray) -> float:
    """Length of the part of ``last - first`` normal to the first end, to rounding also at small angles."""
    change, unit = last - first, first / np.linalg.norm(first)
    for _ in range(2):  # a second pass removes what rounding leaves of a long parallel part
        change = change - (change @ unit) * unit
    return float(np.linalg.norm(change))


def _angle(sine: Any, cosine: Any) -> np.ndarray:
    """Angle of the two products; an input on the far side of the origin, or on it, is at the angle pi."""
    return np.where((np.asarray(sine) == 0) & (np.asarray(cosine) <= 0), np.pi, np.arctan2(sine, cosine))
