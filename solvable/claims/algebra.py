"""Symbolic evidence: an expression that must vanish while the same expression under each rival does not.

Zero is decided in both directions. Exact evaluation at a few rational points can only show that an expression
is *not* zero; simplification can only show that it is. When neither speaks the evidence stays open.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from .errors import ClaimError
from .evidence import Evidence, Rival
from .verdicts import Agreement

_DIGITS = 40
_NONZERO = 1e-25
_POINTS = 3


def vanishes(expression: Any) -> bool | None:
    """Whether an expression (number, sympy expression, or several of them) is identically zero.

    >>> import sympy
    >>> x = sympy.Symbol("x")
    >>> vanishes(sympy.sin(x)**2 + sympy.cos(x)**2 - 1), vanishes(x - 1)
    (True, False)
    """
    if isinstance(expression, (list, tuple)) or hasattr(expression, "flat"):
        entries = expression if isinstance(expression, (list, tuple)) else _flat(expression)
        found = [vanishes(entry) for entry in entries]
        if not found:
            raise ClaimError("symbolic evidence needs at least one expression")
        return False if False in found else (None if None in found else True)
    if isinstance(expression, str):
        raise ClaimError("symbolic evidence takes expressions, not strings")
    import sympy

    value = sympy.sympify(expression)
    if value.is_zero is not None:
        return bool(value.is_zero)
    if _nonzero_somewhere(value):
        return False
    simple = sympy.simplify(value)
    return None if simple.is_zero is None else bool(simple.is_zero)


def symbolic(zero: Any, rivals: Mapping[str, Any], reason: str | None = None) -> Evidence:
    """Evidence that `zero` is identically zero; a rival is rejected when its expression is provably not."""
    found = vanishes(zero)
    agreement = {True: Agreement.INSIDE, False: Agreement.OUTSIDE, None: Agreement.OPEN}[found]
    compared = tuple(Rival.at(name, math.inf if vanishes(value) is False else 0.0) for name, value in rivals.items())
    note = "the expression was neither simplified to zero nor shown to differ from it" if found is None else ""
    error = {True: 0.0, False: math.inf, None: math.nan}[found]
    margin = {True: 1.0, False: -math.inf, None: 0.0}[found]
    return Evidence("symbolic", agreement, error, 0.0, margin, compared, {}, reason, note)


def _flat(matrix: Any) -> list[Any]:
    return list(matrix.flat() if callable(matrix.flat) else matrix.flat)


def _nonzero_somewhere(value: Any) -> bool:
    import sympy

    symbols = sorted(value.free_symbols, key=str)
    for point in range(_POINTS):
        # Small positive rationals satisfy the usual assumptions and avoid special points such as 0 and 1.
        at = {
            symbol: sympy.Integer(2 + point + k) if symbol.is_integer else sympy.Rational(3 + 7 * k + point, 11 + 2 * k)
            for k, symbol in enumerate(symbols)
        }
        try:
            number = sympy.N(value.subs(at), _DIGITS)
            size = abs(complex(number))
        except (TypeError, ValueError, ZeroDivisionError):
            continue
        if math.isfinite(size) and size > _NONZERO:
            return True
    return False
