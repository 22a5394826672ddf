"""How straight the output of a two-layer ReLU network is between two inputs (after Kubo et al., arXiv:1903.01997).

Along ``X_t = (1 - t) x0 + t x1`` the output f is piecewise linear in t, with slope g(t). The definitions are this
package's own, made from what the abstract of the paper names:

* *breakpoints*: the t_k in (0, 1) at which g jumps; *gradient gaps*: the jumps ``G_k = sum_i a_i |w_i . (x1 - x0)|``
  over the neurons whose knot is at t_k. Twins that cancel have no gap and make no breakpoint;
* *gap deviation*: the root mean square of the gaps (their mean is 0 at a random start, whose a is symmetric);
* *deflection*: ``(int_0^1 (g(t) - f(x1) + f(x0))^2 dt)^(1/2)``, how far the gradient is from that of the chord;
* *straightness*: ``max_t |D(t)|``, 0 for a straight output, with ``D(t) = f(X_t) - (1 - t) f(x0) - t f(x1)``.

D is a random walk of the gaps tied to 0 at both ends: ``D(t) = -sum_k G_k min(t, t_k) (1 - max(t, t_k))``, with the
Green function of ``-d^2/dt^2``. So K gaps of deviation s make a straightness of order ``s sqrt(K)``, not ``s K``.
Everything is exact, by sums over breakpoints; nothing is sampled on a grid.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.breakpoints import aggregate
from ..common.checks import real_array
from ..common.piecewise_linear import PiecewiseLinear


@dataclass(frozen=True, eq=False)
class SegmentStatistics:
    """What `segment_statistics` finds: ``breakpoints`` and ``gradient_gaps`` ``(K,)``, and three numbers.

    ``bridge`` is D, a function on [0, 1]; ``neuron_gaps`` are the gaps ``a_i |w_i . (x1 - x0)|`` of the single neurons
    that change their activation on the way, in the order of the neurons: more than K where knots coincide.
    """

    breakpoints: np.ndarray
    gradient_gaps: np.ndarray
    gap_deviation: float
    deflection: float
    straightness: float
    bridge: PiecewiseLinear
    neuron_gaps: np.ndarray


def segment_statistics(a: Any, w: Any, b: Any, x0: Any, x1: Any) -> SegmentStatistics:
    """Breakpoints, gaps, deflection and straightness of ``sum_i a_i relu(w_i . x + b_i)`` from x0 to x1.

    ``a (m,)``, ``w (m, d)``, ``b (m,)``, two different points ``(d,)``. An affine part of the network changes nothing.
    A neuron counts if ``w_i . x + b_i`` has opposite signs at x0 and x1; one that is 0 at an end does not.

    >>> found = segment_statistics([1.0, 2.0], [[1.0, 0.0], [0.0, 1.0]], [-1.0, 3.0], [0.0, 0.0], [4.0, 4.0])
    >>> found.breakpoints, found.gradient_gaps, found.straightness
    (array([0.25]), array([4.]), 0.75)
    """
    a, w, b = real_array("a", a, ndim=1), real_array("w", w, ndim=2), real_array("b", b, ndim=1)
    if not a.shape == b.shape == w.shape[:1]:
        raise ValueError(f"a, w and b must have one row a neuron, got shapes {a.shape}, {w.shape} and {b.shape}")
    start, end = (real_array(name, value, ndim=1) for name, value in (("x0", x0), ("x1", x1)))
    for name, point in (("x0", start), ("x1", end)):
        if point.shape != w.shape[1:]:
            raise ValueError(f"{name} must have shape {w.shape[1:]}, one entry a column of w, got {point.shape}")
    if np.array_equal(start, end):
        raise ValueError(f"x1 must differ from x0, got {end.tolist()} for both")
    # Sums along rows, not matrix products: equal neurons must have equal bits, to be seen as twins.
    before, after, change = (np.sum(w * v, axis=1) for v in (start, end, end - start))
    before, after = before + b, after + b
    crossing = ((before < 0) & (after > 0)) | ((before > 0) & (after < 0))
    gaps = (a * np.abs(change))[crossing]
    t, jumps = aggregate(np.clip(-before[crossing] / change[crossing], 0.0, 1.0), gaps)
    slopes = -math.fsum(jumps * (1.0 - t)) + np.append(0.0, np.cumsum(jumps))  # of D: its values at 0 and 1 are 0
    bridge = PiecewiseLinear.from_knots(t, jumps, left_slope=slopes[0])
    return SegmentStatistics(
        breakpoints=t,
        gradient_gaps=jumps,
        gap_deviation=math.sqrt(np.mean(jumps**2)) if jumps.size else 0.0,
        deflection=math.sqrt(math.fsum(np.diff(t, prepend=0.0, append=1.0) * slopes**2)),
        straightness=float(np.max(np.abs(bridge.values), initial=0.0)),
        bridge=bridge,
        neuron_gaps=gaps,
    )
