r"""The weights that training puts on the curvature of a univariate network.

With the outer weight a, the inner weight w and the bias b of a neuron balanced as each penalty prefers, a jump G at t
costs ``h(t) |G|``:

* ``"uniform"``: h = 1; half the sum of squares of a and w (Savarese et al., arXiv:1902.05040).
* ``"bias"``: h = sqrt(1 + t^2); the biases count as well (Boursier and Flammarion, arXiv:2303.01353).
* ``"label-noise"``: h = min(phi+, phi-); n/2 times what R = (1/n) sum_j |grad f(x_j)|^2 charges, for a neuron that is
  active on the right or on the left,

      phi+(t)^2 = sum_(x_j > t) (x_j - t)^2 * sum_(x_j > t) (1 + x_j^2),    phi- mirrored

  (after Blanc et al., arXiv:1904.09080; derived here from the balance of a neuron).
* ``"stability"``: h = min(g+, g-); what a jump adds, times 2, to the sharpness of an interpolating minimum,

      g+(t) = P(X > t)^2 E[X - t | X > t] sqrt(1 + E[X | X > t]^2),    g- mirrored,

  with X uniform on the data (Mulayoff et al., NeurIPS 2021; constants derived again).

The last two are zero outside the data and jump at them. Over k active points with mean m and squared deviations V,
``sum (x_j - t)^2 = k (t - m)^2 + V``, so that all of them are made of hyperbolas between data points.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...common.checks import choice
from .sampled_weight import Sampled
from .univariate import inputs
from .weights import Hyperbolic, Weight

NAMES = ("uniform", "bias", "label-noise", "stability")


def curvature_weight(x: Any, weight: Any = "uniform") -> Callable[[Any], np.ndarray]:
    """The weight h of ``int h |f''|`` as a function.

    Args:
        x: data points, at least two, distinct, in any order.
        weight: ``"uniform"``, ``"bias"``, ``"label-noise"`` or ``"stability"``, as above; or a callable ``h(t) >= 0``.

    Returns:
        A callable of arrays. At data points it is lower semicontinuous: the smallest of the value and the two limits.

    >>> h = curvature_weight([-1.0, 0.0, 2.0], "label-noise")
    >>> bool(np.isclose(h(1.0), np.sqrt(5.0 * 1.0))), h([-1.0, 3.0]).tolist()
    (True, [0.0, 0.0])
    """
    return on_data(inputs(x)[0], weight)


def on_data(x: np.ndarray, weight: Any) -> Weight:
    """The weight on increasing data points, at least two."""
    if x.size < 2:
        raise ValueError(f"x must have at least 2 entries, got {x.size}")
    if callable(weight):
        return Sampled(x, weight)
    choice("weight", weight, NAMES)
    if weight in ("uniform", "bias"):
        one = np.ones((x.size - 1, 1))
        return Hyperbolic(x, one if weight == "bias" else 0.0 * one, 0.0 * one, one)
    parts = [[(x[i + 1 :], x[: i + 1])[side] for side in (0, 1)] for i in range(x.size - 1)]
    branches = np.array([[_branch(active, x.size, weight) for active in gap] for gap in parts])
    alpha, center, beta = np.moveaxis(branches, 2, 0)
    return Hyperbolic(x, alpha, center, beta, zero_outside=True)


def _branch(active: np.ndarray, n: int, weight: str) -> tuple[float, float, float]:
    """``(alpha, center, beta)`` of a neuron that is active on these points."""
    k, mean = active.size, float(np.mean(active))
    if weight == "stability":
        return (k / n) ** 4 * (1.0 + mean**2), mean, 0.0
    size = float(np.sum(1.0 + active**2))
    return k * size, mean, float(np.sum((active - mean) ** 2)) * size
