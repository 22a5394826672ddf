r"""What an optimizer's step may do to a number, so that one function runs on every kind of number.

A step adds, subtracts, multiplies, divides and, if it normalizes, takes ``x^(-1/2)``. Floats, mpmath numbers and exact
rationals can do the first four by themselves; series (`derivations.ring_series`) and trees (`derivations.tree_series`)
define them. `inverse_root` is the one function that has to be told apart.

`Dual` carries a tangent along: ``x + e x'`` with ``e^2 = 0``. Run a step on duals and its derivative in one direction
comes out exact, over rationals as well as over series.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import numpy as np
import sympy


def inverse_root(x: Any) -> Any:
    """``x^(-1/2)``, entry by entry for arrays.

    Raises:
        ValueError: x is not positive; or x is a rational that is not the square of one.

    >>> inverse_root(Fraction(9, 4)), inverse_root(4.0)
    (Fraction(2, 3), 0.5)
    """
    if isinstance(x, np.ndarray):
        if x.dtype != object:
            return 1.0 / np.sqrt(x)
        return np.array([inverse_root(entry) for entry in x], dtype=object)
    if hasattr(x, "inverse_root"):
        return x.inverse_root()
    if isinstance(x, (int, Fraction)):
        value = Fraction(x)
        if value <= 0:
            raise ValueError(f"inverse_root needs a positive number, got {value}")
        top, bottom = math.isqrt(value.numerator), math.isqrt(value.denominator)
        if top * top != value.numerator or bottom * bottom != value.denominator:
            raise ValueError(f"{value} is not the square of a rational: use mpmath numbers")
        return Fraction(bottom, top)
    if isinstance(x, float):
        return 1.0 / math.sqrt(x)
    return 1 / x**0.5  # mpmath


def rational(x: Any) -> Any:
    """An exact coefficient: fractions, and floats as the decimals that they show, become rationals of sympy.

    >>> str(rational(0.1)), rational(3)
    ('1/10', 3)
    """
    if isinstance(x, float):
        x = Fraction(repr(float(x)))
    return sympy.QQ(x.numerator, x.denominator) if isinstance(x, Fraction) else x


def exact(value: Any) -> sympy.Expr:
    """A sympy expression without floats: 0.1 is one tenth.

    >>> exact(0.1)
    1/10
    """
    expression = sympy.sympify(value)
    if not isinstance(expression, sympy.Expr):
        raise ValueError(f"expected a number or a sympy expression, got {value!r}")
    floats = {number: sympy.Rational(repr(float(number))) for number in expression.atoms(sympy.Float)}
    return expression.xreplace(floats)


def inner(x: Any, y: Any) -> Any:
    """``sum_i x_i y_i`` of two vectors, whatever their entries.

    >>> inner(np.array([Fraction(1), Fraction(2)]), np.array([Fraction(3), Fraction(4)]))
    Fraction(11, 1)
    """
    products = x * y
    total = products[0]
    for entry in products[1:]:
        total = total + entry
    return total


def mean(vectors: Any) -> Any:
    """The mean of numbers, or of vectors.

    >>> mean([Fraction(1), Fraction(2)])
    Fraction(3, 2)
    """
    vectors = list(vectors)
    return sum(vectors) / len(vectors)


def vector(entries: Any) -> np.ndarray:
    """A vector of numbers of any kind, as an object array.

    >>> vector([Fraction(1, 2)]) * 2
    array([Fraction(1, 1)], dtype=object)
    """
    entries = list(entries)
    made = np.empty(len(entries), dtype=object)
    for i, entry in enumerate(entries):  # np.array would look inside entries that resemble sequences
        made[i] = entry
    return made


@final
@dataclass(frozen=True, eq=False, slots=True)
class Dual:
    """``value + e tangent`` with ``e^2 = 0``.

    >>> x = Dual(Fraction(3), Fraction(1))
    >>> (1 / (x * x)).tangent
    Fraction(-2, 27)
    """

    value: Any
    tangent: Any

    def __add__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return NotImplemented
        if isinstance(other, Dual):
            return Dual(self.value + other.value, self.tangent + other.tangent)
        return Dual(self.value + other, self.tangent)

    __radd__ = __add__

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.tangent)

    def __sub__(self, other: Any) -> Any:
        return NotImplemented if isinstance(other, np.ndarray) else self + (-other)

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return NotImplemented
        if isinstance(other, Dual):
            return Dual(self.value * other.value, self.value * other.tangent + self.tangent * other.value)
        return Dual(self.value * other, self.tangent * other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, np.ndarray):
            return NotImplemented
        if isinstance(other, Dual):
            ratio = self.value / other.value
            return Dual(ratio, (self.tangent - ratio * other.tangent) / other.value)
        return Dual(self.value / other, self.tangent / other)

    def __rtruediv__(self, other: Any) -> Any:
        ratio = other / self.value
        return Dual(ratio, -ratio * self.tangent / self.value)

    def __pow__(self, exponent: int) -> Any:
        return Dual(self.value**exponent, exponent * self.value ** (exponent - 1) * self.tangent)

    def inverse_root(self) -> Dual:
        root = inverse_root(self.value)
        return Dual(root, root * root * root * self.tangent / -2)


def values(entries: Any) -> np.ndarray:
    """The vector without its tangents."""
    return vector(entry.value if isinstance(entry, Dual) else entry for entry in entries)


def tangents(entries: Any) -> np.ndarray:
    """The tangents of a vector; zero for entries that carry none."""
    return vector(entry.tangent if isinstance(entry, Dual) else 0 * entry for entry in entries)
