r"""Steps that look at the gradient a little way uphill or downhill: their modified fields.

Sharpness-aware minimization and finite-difference gradient regularization are one family,

    theta+ = theta - h [ g + (mu/eps) ( g(theta + eps g) - g ) ],       g = grad L,

with ``mu = c h``, ``eps = e h``. With ``f = -g`` the update is ``h f - c h^2 f'f + (c e/2) h^3 f''(f,f) + ...``. The
flow of ``f + h f_1 + h^2 f_2`` is ``h f + h^2 (f_1 + f'f/2) + h^3 (f_2 + (f_1'f + f'f_1)/2 + (f''(f,f) + f'f'f)/6)``.
Matching powers,

    f_1 = -(c + 1/2) f'f,        f_2 = (c e/2 + c/2 + 1/12) f''(f,f) + (c + 1/3) f'f'f.

So ``f_1 = -grad (c/2 + 1/4) |g|^2`` whatever e: forward (e > 0), backward (e < 0) and exact (e = 0) differences part at
h^2 only, by ``c e/2`` in one slot. ``e = c`` is unnormalized SAM of radius ``c h``; ``c = 0`` is gradient descent; and
``c = e = -1/2``, for which f_1 vanishes, is the explicit midpoint rule for the gradient flow.

Normalized SAM moves the gradient by ``rho g/|g|``, ``rho = c h``. The update is ``h f - c h^2 H g/|g|``, hence
``f_1 = -c H g/|g| - H g/2 = -grad ( c |g| + |g|^2/4 )``, where g does not vanish.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...common.checks import integer, positive_array, real_array

Field = Callable[[np.ndarray], np.ndarray]


def ascent_descent_coefficients(strength: Any, ascent_step: Any) -> tuple[Any, Any, Any]:
    """Coefficients of ``f'f``, ``f''(f,f)`` and ``f'f'f`` in the modified field.

    Args:
        strength, ascent_step: mu and eps in units of the step size; numbers, fractions or symbols.

    Source: derived in this module; the optimizers are those of arXiv:2301.08203 and arXiv:2210.02720.

    >>> from fractions import Fraction
    >>> [str(c) for c in ascent_descent_coefficients(Fraction(2), Fraction(1))]
    ['-5/2', '25/12', '7/3']
    """
    c, e = strength, ascent_step
    one = c - c + 1  # of the type of c: exact numbers stay exact
    return -c - one / 2, c * e / 2 + c / 2 + one / 12, c + one / 3


def ascent_descent_field(
    gradient: Field,
    hessian_product: Callable[[np.ndarray, np.ndarray], np.ndarray],
    third_product: Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray],
    step_size: Any,
    strength: Any,
    ascent_step: Any,
    order: int = 3,
) -> Field:
    """The modified field with 1, 2 or 3 terms.

    Args:
        gradient: ``theta (..., p) -> (..., p)``.
        hessian_product: ``(theta, v) -> H v``.
        third_product: ``(theta, v, w) -> sum_jk d_ijk L v_j w_k``.
        step_size: h, a number or an array that broadcasts against the leading axes of theta.
        strength, ascent_step: mu and eps themselves (eps = 0: exact gradient regularization); numbers or such arrays.
        order: how many terms.

    Returns:
        a callable ``theta (..., p) -> (..., p)``.

    Raises:
        ValueError: step_size <= 0, numbers that are not finite, an order other than 1, 2, 3.

    Source: derived in this module.

    >>> field = ascent_descent_field(lambda x: x, lambda x, v: v, lambda x, v, w: 0 * v, 0.1, 0.0, 0.0)
    >>> bool(abs(field(np.array([1.0]))[0] - np.log(0.9) / 0.1) < 0.1**3 / 3)
    True
    """
    terms = integer("order", order, minimum=1, maximum=3)
    h = positive_array("step_size", step_size)[..., None]
    c, e = (
        real_array(name, value)[..., None] / h for name, value in (("strength", strength), ("ascent_step", ascent_step))
    )
    first, bend, twice = ascent_descent_coefficients(c, e)

    def field(theta: np.ndarray) -> np.ndarray:
        g = gradient(theta)
        total = -g
        if terms > 1:
            Hg = hessian_product(theta, g)
            total = total + h * first * Hg
        if terms > 2:
            total = total - h**2 * (bend * third_product(theta, g, g) + twice * hessian_product(theta, Hg))
        return total

    return field


def normalized_ascent_field(
    gradient: Field, hessian_product: Callable[[np.ndarray, np.ndarray], np.ndarray], step_size: Any, radius: Any
) -> Field:
    """``-grad (L + rho |grad L| + (h/4) |grad L|^2)``: the two-term modified field of SAM, ``rho = radius``.

    Arguments as in `ascent_descent_field`, with rho >= 0; where the gradient vanishes the field is not defined.

    Raises:
        ValueError: step_size <= 0, radius < 0, numbers that are not finite.

    Source: derived in this module; the drift ``rho |grad L|`` is that of arXiv:2301.08203.

    >>> field = normalized_ascent_field(lambda x: x, lambda x, v: v, 0.2, 0.5)
    >>> field(np.array([2.0])).tolist()
    [-2.7]
    """
    h, rho = positive_array("step_size", step_size)[..., None], real_array("radius", radius)[..., None]
    if np.any(rho < 0):
        raise ValueError(f"radius must be >= 0, got {rho.min():g}")

    def field(theta: np.ndarray) -> np.ndarray:
        g = gradient(theta)
        size = np.sqrt(np.sum(g * g, axis=-1, keepdims=True))
        return -g - (rho / size + h / 2) * hessian_product(theta, g)

    return field
