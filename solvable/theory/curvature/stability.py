r"""Which interpolants of a univariate ReLU network gradient descent can stay at.

At an interpolating minimum of ``L = 1/(2n) sum_j (f(x_j) - y_j)^2`` the Hessian is ``(1/n) sum_j grad f_j grad
f_j^T``, and its top eigenvalue is at least the square of the *mean* gradient, ``|(1/n) sum_j grad f_j|^2``. Let X be
uniform on the inputs. A neuron ``a relu(w x + b)``, w > 0, with its knot at t, so with the jump of slope ``G = a
|w|``, contributes

    E[relu]^2 + a^2 ( E[X 1]^2 + E[1]^2 )  >=  2 |G| g+(t),
    g+(t) = P(X > t)^2 E[X - t | X > t] sqrt(1 + E[X | X > t]^2),

1 the event that it is active, with equality if it is balanced, ``E[relu] = |a| sqrt(E[X 1]^2 + E[1]^2)``. For w < 0 the
mirror image g-. An output bias contributes 1, a free linear unit with bias ``1 + E[X]^2``. With ``g = min(g+, g-)``

    lambda_max >= 1 + 2 sum_i |G_i| g(t_i) >= 1 + 2 int |f''| g,

and ``lambda_max <= 2/h``, the stability of gradient descent of step h, leaves ``int |f''| g <= 1/h - 1/2`` (1/h
without output bias). g vanishes outside the data, and steps down to its one-sided limit at data: where a sample stops
being active. For the loss ``(1/n) sum`` the bound is ``1/(2h) - 1/2``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...common.checks import flag, positive, real_array


@dataclass(frozen=True, eq=False, repr=False)
class StabilityWeight:
    """The weight g of the bound, and its two one-sided parts; each takes t of any shape.

    Attributes:
        inputs: the x of the data in increasing order, shape ``(n,)``.
    """

    inputs: np.ndarray

    def __call__(self, t: Any) -> np.ndarray:
        return np.minimum(self.right(t), self.left(t))

    def right(self, t: Any) -> np.ndarray:
        """``g+``: of neurons that are active to the right of their knot."""
        return _one_sided(self.inputs, real_array("t", t))

    def left(self, t: Any) -> np.ndarray:
        """``g-``: of neurons that are active to the left of their knot."""
        return _one_sided(-self.inputs[::-1], -real_array("t", t))


def stability_weight(x: Any) -> StabilityWeight:
    """The weight g under which ``int |f''| g`` bounds the sharpness of an interpolating minimum from below.

    Args:
        x: inputs of the data, shape ``(n,)``, in any order; an input may appear more than once.

    Raises:
        ValueError: x that is empty or not finite.

    Source: Mulayoff, Michaeli and Soudry, NeurIPS 2021 (theorem number unverified); constants derived in this module.

    >>> g = stability_weight([-1.0, 1.0])
    >>> bool(np.isclose(g(0.0), 0.25 * np.sqrt(2.0))), g([-1.5, 1.5]).tolist()
    (True, [0.0, 0.0])
    """
    inputs = real_array("x", x, ndim=1)
    if inputs.size == 0:
        raise ValueError("x must have at least one entry, got shape (0,)")
    inputs = np.sort(inputs)
    inputs.setflags(write=False)
    return StabilityWeight(inputs)


def stable_curvature_bound(step_size: Any, output_bias: Any = True) -> float:
    """The most that ``int |f''| g`` can be at an interpolating minimum where gradient descent is linearly stable.

    Args:
        step_size: h > 0.
        output_bias: whether the network has one; with it every minimum is unstable for ``h > 2``, where the bound is
            negative.

    Raises:
        ValueError: step_size <= 0.

    Source: Mulayoff, Michaeli and Soudry, NeurIPS 2021 (theorem number unverified); constants derived in this module.

    >>> stable_curvature_bound(0.25), stable_curvature_bound(0.25, output_bias=False)
    (3.5, 4.0)
    """
    return 1.0 / positive("step_size", step_size) - (0.5 if flag("output_bias", output_bias) else 0.0)


def sharpness_lower_bound(
    x: Any, knots: Any, jumps: Any, orientations: Any = None, *, output_bias: Any = True, skip: Any = False
) -> float:
    """A lower bound of lambda_max at an interpolating minimum with these neurons, for the loss ``1/(2n) sum``.

    Args:
        x: inputs, shape ``(n,)``.
        knots, jumps: ``-b/w`` and ``a |w|`` of each neuron, shape ``(m,)``; or the knots and jumps of slope of the
            function, for a bound that holds for every network of this function.
        orientations: None, or the signs of w, nonzero, shape ``(m,)``, for a larger bound.
        output_bias: whether the output has a bias.
        skip: whether the output has a trained linear unit with bias.

    Raises:
        ValueError: shapes that do not fit, or orientations that vanish.

    Source: Mulayoff, Michaeli and Soudry, NeurIPS 2021 (theorem number unverified); constants derived in this module.

    >>> round(sharpness_lower_bound([-1.0, 1.0], [0.0], [-4.0]), 12)
    3.828427124746
    """
    weight = stability_weight(x)
    knots, jumps = real_array("knots", knots, ndim=1), real_array("jumps", jumps, ndim=1)
    if knots.shape != jumps.shape:
        raise ValueError(f"jumps must have one entry per knot: knots have shape {knots.shape}, jumps {jumps.shape}")
    if orientations is None:
        g = weight(knots)
    else:
        signs = real_array("orientations", orientations, ndim=1)
        if signs.shape != knots.shape or not np.all(signs):
            raise ValueError(f"orientations must be nonzero, one per knot, got {signs.tolist()}")
        g = np.where(signs > 0, weight.right(knots), weight.left(knots))
    mean = float(np.mean(weight.inputs))
    own = 1.0 + mean**2 if flag("skip", skip) else float(flag("output_bias", output_bias))
    return own + 2.0 * float(np.abs(jumps) @ g)


def _one_sided(x: np.ndarray, t: np.ndarray) -> np.ndarray:
    """``E[(X - t)_+] sqrt(P(X > t)^2 + E[X; X > t]^2)`` for increasing x."""
    first = np.searchsorted(x, t, side="right")  # the samples from here on are active
    count = x.size - first
    start = np.append(x, 0.0)[first]
    # sums of distances from the first active sample: no cancellation far from the origin
    gaps = np.append(np.diff(x) * np.arange(x.size - 1, 0, -1), 0.0)
    beyond = np.append(np.cumsum(gaps[::-1])[::-1], 0.0)[first]
    relu = np.where(count > 0, beyond + count * (start - t), 0.0)
    return relu * np.hypot(count, beyond + count * start) / x.size**2
