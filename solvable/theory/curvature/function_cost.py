r"""What label noise charges for a function.

Label noise on a small step descends ``R(theta) = (1/n) sum_j |grad f(x_j)|^2`` along the minima of the loss. A neuron
``a relu(w x + b)`` contributes ``(1/n) [ sum_j relu(w x_j + b)^2 + a^2 sum_(active) (1 + x_j^2) ]``, a trained affine
part ``(1/n) sum_j (1 + x_j^2)``. Rescaling ``(a, w, b) -> (a / k, k w, k b)`` leaves f alone; the best k makes the two
terms equal, and with the knot t and the jump ``G = a |w|`` they add up to ``(2/n) |G| phi(t)``, phi the weight
``"label-noise"`` of `solvable.theory.curvature.named_weights`. The affine part makes up for the side on which a neuron
is active, and neurons of one knot and sign cost what their sum costs, so that over all networks of a function

    R(f) = (1/n) sum_j (1 + x_j^2) + (2/n) int |f''| phi.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...common.piecewise_linear import PiecewiseLinear
from .named_weights import on_data
from .univariate import inputs


def label_noise_function_cost(f: PiecewiseLinear, x: Any) -> float:
    """The least ``(1/n) sum_j |grad f(x_j)|^2`` over the networks with a trained affine part that realize f.

    Args:
        f: the function.
        x: data points, shape ``(n,)``, at least two, distinct, in any order.

    Source: in the spirit of Blanc, Gupta, Valiant and Valiant, arXiv:1904.09080; derived here.

    >>> label_noise_function_cost(PiecewiseLinear.through([-1, 0, 1], [0, 0, 0]), [-1.0, 0.0, 1.0])
    1.6666666666666667
    """
    x, _ = inputs(x)
    return float(np.mean(1.0 + x**2)) + 2.0 / x.size * f.weighted_variation(on_data(x, "label-noise"))
