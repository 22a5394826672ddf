r"""Means over Gaussian measurements, by the moments of one standard normal number.

A polynomial in independent standard normal numbers has the mean that replaces every power by its moment,
``E g^(2k) = (2k-1)!!`` and ``E g^(2k+1) = 0``. Applied to the flatness of matrix sensing with ``f = <G, U U^T>``, G
with independent entries, it gives ``(2d+2) |U|^2``: for Gaussian measurements label noise minimizes the plain trace.
"""

from __future__ import annotations

from collections.abc import Iterable

import sympy


def gaussian_mean(expression: sympy.Expr, symbols: Iterable[sympy.Symbol]) -> sympy.Expr:
    """The mean of a polynomial over independent standard normal symbols.

    Raises:
        ValueError: the expression is not a polynomial in them.

    >>> x, y, a = sympy.symbols("x y a")
    >>> gaussian_mean(a * x**4 + x * y + y**2, (x, y))
    3*a + 1
    """
    variables = tuple(symbols)
    try:
        polynomial = sympy.Poly(expression, *variables)
    except sympy.PolynomialError as error:
        raise ValueError(f"the mean needs a polynomial in {', '.join(map(str, variables))}") from error
    total = sympy.Integer(0)
    for monomial, coefficient in polynomial.terms():
        if all(power % 2 == 0 for power in monomial):
            total += coefficient * sympy.prod([sympy.factorial2(power - 1) for power in monomial])
    return sympy.expand(total)
