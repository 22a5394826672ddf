r"""The generating function of a linear multistep optimizer: all its modified equation in one function of z.

Gradient descent, heavy ball and Nesterov's method obey a linear recursion in the iterates and in ``f = -grad L``,

    rho(E) theta = h sigma(E) f(theta),        E theta_k = theta_(k+1).

On a solution of ``theta' = f~(theta)`` the shift is ``E = e^(hD)``, D the derivative along f~. Hence
``rho(e^(hD)) theta = h sigma(e^(hD)) f``, and since ``D theta = f~``,

    f~ = c(hD) f = sum_j c_j h^j D^j f,          c(z) = z sigma(e^z) / rho(e^z).

Gradient descent (rho = E - 1, sigma = 1) has ``c_j = B_j / j!``, the Bernoulli numbers. Momentum beta has

    heavy ball   theta_(k+1) - theta_k - beta (theta_k - theta_(k-1)) = h f(theta_k):
                 rho = (E - 1)(E - beta), sigma = E;
    Nesterov     in the stored (lookahead) variable:   rho = (E - 1)(E - beta), sigma = (1 + beta) E - beta.

The method must be consistent (``rho(1) = 0``) with a simple root there: at beta = 1 the root is double, nothing is
forgotten, and the iterates follow a second-order equation, not a modified gradient flow.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import factorial
from typing import Any

import sympy

# Coefficients of rho and sigma from the constant term up, as functions of the momentum.
RECURSIONS = {
    "gradient_descent": lambda beta: ((-1, 1), (1,)),
    "heavy_ball": lambda beta: ((beta, -1 - beta, 1), (0, 1)),
    "nesterov": lambda beta: ((beta, -1 - beta, 1), (-beta, 1 + beta)),
}


def multistep_coefficients(rho: Sequence[Any], sigma: Sequence[Any], order: int) -> tuple[sympy.Expr, ...]:
    """The coefficients ``c_0, ..., c_(order-1)`` of ``z sigma(e^z) / rho(e^z)``.

    Args:
        rho, sigma: coefficients from the constant term up; numbers or sympy expressions.
        order: how many.

    Raises:
        ValueError: the recursion is not consistent, or 1 is a multiple root of rho.

    Source: Hairer, Lubich and Wanner, Geometric Numerical Integration, chapter XV; for momentum
    Ghosh et al., arXiv:2302.00849.

    >>> multistep_coefficients((-1, 1), (1,), 5)
    (1, -1/2, 1/12, 0, -1/720)
    """
    left, right = _moments(rho, order + 1), _moments(sigma, order)
    if left[0] != 0:
        raise ValueError("the recursion must keep a constant when f = 0: rho(1) = 0")
    if left[1] == 0:
        raise ValueError(
            "1 is a multiple root of rho (momentum 1): the past is never forgotten and there is no modified flow"
        )
    if right[0] == 0:
        raise ValueError("sigma(1) = 0: the recursion does not see f at leading order")
    found: list[sympy.Expr] = []
    for j in range(order):
        known = sum((left[i + 1] * found[j - i] for i in range(1, j + 1)), sympy.Integer(0))
        found.append(sympy.factor((right[j] - known) / left[1]))
    return tuple(found)


def _moments(coefficients: Sequence[Any], order: int) -> list[sympy.Expr]:
    """Taylor coefficients of ``sum_k a_k e^(kz)``: ``sum_k a_k k^j / j!``."""
    terms = [sympy.sympify(a) for a in coefficients]
    return [
        sympy.expand(sum(a * sympy.Integer(k) ** j for k, a in enumerate(terms)) / factorial(j)) for j in range(order)
    ]


@cache
def recursion_coefficients(name: str, momentum: sympy.Expr, order: int) -> tuple[sympy.Expr, ...]:
    """``c_0, ..., c_(order-1)`` of a named optimizer.

    >>> beta = sympy.Symbol("beta")
    >>> recursion_coefficients("heavy_ball", beta, 2)[1].equals(-(1 + beta) / (2 * (1 - beta) ** 2))
    True
    """
    rho, sigma = RECURSIONS[name](momentum)
    return multistep_coefficients(rho, sigma, order)
