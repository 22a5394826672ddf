r"""Two orthogonal samples: the training of a small ReLU network after its alignment, in closed form.

In one dimension the lifted inputs ``X_j = (x_j, 1)`` of two samples are orthogonal exactly if ``x_1 x_2 = -1``; no
third one is orthogonal to both. If y_1 and y_2 differ in sign, small neurons that grow turn to the X_j of the sample
that has their sign: there the other sample just goes inactive. (If the signs agree they turn to ``y_1 X_1 + y_2
X_2``.) Let each neuron have got there and be balanced, ``|a_i| = |(w_i, b_i)|``. It stays blind to the other sample,
and for ``f_j = f(x_j) = |X_j| sum_{i of j} a_i |(w_i, b_i)|`` the gradient flow of ``L = 1/(2n) sum (f_j - y_j)^2``,
n = 2, is logistic,

    f_j' = (2/n) |X_j| |f_j| (y_j - f_j),        f_j(t) = y_j / ( 1 + (y_j/f_j(0) - 1) exp(-2 |X_j| |y_j| t / n) ).

**Blind only below the targets.** A neuron of sample j sits on the edge ``u . X_k = 0`` of the other sample k. Beyond
the edge, where it sees X_k, ``(u . X_k)' = -a (f_k - y_k) |X_k|^2 / n``, and a has the sign of y_j, opposite to that of
y_k: for ``|f_k| < |y_k|`` this drives it back, and the edge attracts. For ``|f_k| > |y_k|`` it drives it away at once,
and of the two flows that start there, one stays only if every pre-activation is exactly 0, so that not even rounding
may enter. A logistic f_k that starts above its target stays above it. So the closed form is the flow of the network if
and only if ``|f_k(0)| <= |y_k|`` for both samples.

It ends at ``sum_i |a_i| |(w_i, b_i)| = |y_1|/|X_1| + |y_2|/|X_2|``. No interpolant has less: ``p_j =
sign(y_j)/|X_j|`` obeys ``|sum_j p_j relu(u . X_j)| <= 1`` for all unit u, and bounds that size from below by ``sum_j
p_j y_j``.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...common.checks import real_array

ORTHOGONAL = 1e-12


class OrthogonalPairFlow(NamedTuple):
    """``outputs``: f at the samples, shape ``(..., 2)``; ``sizes``: ``sum_i |a_i| |(w_i, b_i)|`` of their neurons."""

    outputs: np.ndarray
    sizes: np.ndarray


def orthogonal_pair_flow(x: Any, y: Any, start: Any, t: Any) -> OrthogonalPairFlow:
    """The outputs of an aligned, balanced network at two orthogonal samples under gradient flow.

    Args:
        x: the two inputs, ``x_1 x_2 = -1``.
        y: targets of different signs, shape ``(2,)``.
        start: outputs at time 0, nonzero, of the signs of y and not beyond them, shape ``(2,)``.
        t: times >= 0, of any shape.

    Raises:
        ValueError: shapes that do not fit, inputs that are not orthogonal, signs that do not fit, a start beyond its
            target, t < 0.

    Source: Boursier, Pillaud-Vivien and Flammarion, arXiv:2206.00939 (theorem number unverified); derived in this
    module.

    >>> flow = orthogonal_pair_flow([-0.5, 2.0], [1.0, -1.0], [1e-3, -1e-3], [0.0, 50.0])
    >>> np.allclose(flow.outputs, [[1e-3, -1e-3], [1.0, -1.0]]), round(float(flow.sizes[1].sum()), 9)
    (True, 1.341640786)
    """
    x, y, start = (real_array(name, value, ndim=1) for name, value in (("x", x), ("y", y), ("start", start)))
    t = real_array("t", t)
    for name, value in (("x", x), ("y", y), ("start", start)):
        if value.shape != (2,):
            raise ValueError(f"{name} must have two entries, got shape {value.shape}")
    size = np.hypot(1.0, x)
    if abs(1.0 + x[0] * x[1]) > ORTHOGONAL * size[0] * size[1]:
        raise ValueError(f"x must be two inputs with x_1 x_2 = -1, got the product {x[0] * x[1]:.12g}")
    if not y[0] * y[1] < 0:
        raise ValueError(f"y must have two entries of different signs, got {y.tolist()}")
    if not np.all(start * np.sign(y) > 0):
        raise ValueError(f"start must be nonzero, of the signs of y = {y.tolist()}, got {start.tolist()}")
    if np.any(np.abs(start) > np.abs(y)):
        raise ValueError(f"start must not exceed y = {y.tolist()} in size, got {start.tolist()}")
    if np.any(t < 0):
        raise ValueError(f"t must be >= 0, got {t.min():g}")
    decay = np.exp(-size * np.abs(y) * t[..., None])  # n = 2
    outputs = y * (start / (start + (y - start) * decay))
    return OrthogonalPairFlow(outputs, np.abs(outputs) / size)
