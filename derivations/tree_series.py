r"""Arithmetic of B-series, on which an affine-equivariant optimizer's step runs unchanged.

A one-step method that commutes with affine maps is a B-series, ``theta+ = theta + sum h^|t| / sigma(t) a(t) F(t)``. Its
coefficients need no theory of their own: hand the step an object that *is* a B-series. With ``f = -g`` and a series B
that starts with theta,

    h f(B) = sum_t h^|t| / sigma(t) b(t) F(t),        b([t1, ..., tm]) = a(t1) ... a(tm),

so a gradient plants a new root; and along a direction D with coefficients d, the derivative plants one under the sum
over i of ``d(t_i)`` times the other ``a(t_j)``. Powers of h are counted beside the series: g is ``h^(-1)`` times trees,
a radius ``rho = c h`` is a number times h, and two terms may only be added if they agree. So a radius that does not
shrink with h, or a normalization, is refused: neither has an expansion in trees.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, final

import numpy as np
import sympy

from derivations.numbers import rational
from derivations.trees import RootedTree, rooted_trees


@final
@dataclass(frozen=True, eq=False, slots=True)
class Power:
    """The number ``value * h^power``.

    >>> step = Power(sympy.QQ(1), 1)
    >>> ratio = (3 * step) / (2 * step)
    >>> str(ratio.value), ratio.power
    ('3/2', 0)
    """

    value: Any
    power: int

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, (TreeSeries, np.ndarray)):
            return NotImplemented
        factor = other if isinstance(other, Power) else Power(rational(other), 0)
        return Power(self.value * factor.value, self.power + factor.power)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Power:
        divisor = other if isinstance(other, Power) else Power(rational(other), 0)
        return Power(self.value / divisor.value, self.power - divisor.power)


@final
@dataclass(frozen=True, eq=False, slots=True)
class TreeSeries:
    """``h^power ( constant * theta + sum_t h^|t| / sigma(t) coefficients[t] F(t) )``, truncated.

    >>> theta = TreeSeries(1, {}, 0)
    >>> moved = theta - Power(1, 1) * TreeGradient(2, 1)(theta)
    >>> {str(tree): a for tree, a in moved.coefficients.items()}
    {'f': 1}
    """

    constant: Any
    coefficients: Mapping[RootedTree, Any] = field(repr=False)
    power: int

    def __add__(self, other: Any) -> TreeSeries:
        if not isinstance(other, TreeSeries):
            return NotImplemented
        if self.power != other.power and not self.is_zero() and not other.is_zero():
            raise ValueError(
                "the step adds terms of different powers of h: give radius, strength and ascent step as multiples of h"
            )
        total = dict(self.coefficients)
        for tree, value in other.coefficients.items():
            total[tree] = total[tree] + value if tree in total else value
        kept = {tree: value for tree, value in total.items() if value}
        return TreeSeries(self.constant + other.constant, kept, other.power if self.is_zero() else self.power)

    def is_zero(self) -> bool:
        return not self.constant and not self.coefficients

    def __neg__(self) -> TreeSeries:
        return self * -1

    def __sub__(self, other: Any) -> TreeSeries:
        return self + (-other)

    def __mul__(self, other: Any) -> TreeSeries:
        if isinstance(other, TreeSeries):
            raise ValueError(
                "a product of two vectors has no B-series: the optimizer does not commute with linear maps"
            )
        scale = other if isinstance(other, Power) else Power(rational(other), 0)
        scaled = {tree: scale.value * value for tree, value in self.coefficients.items() if scale.value}
        return TreeSeries(scale.value * self.constant, scaled, self.power + scale.power)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> TreeSeries:
        divisor = other if isinstance(other, Power) else Power(rational(other), 0)
        return self * Power(sympy.QQ(1) / divisor.value, -divisor.power)

    def inverse_root(self) -> TreeSeries:
        raise ValueError("a normalized gradient has no B-series: the optimizer does not commute with linear maps")


@final
@dataclass(frozen=True)
class TreeGradient:
    """The gradient on B-series with up to `order` vertices; `one` is the unit of the coefficients."""

    order: int
    one: Any

    def __call__(self, theta: TreeSeries) -> TreeSeries:
        return self._planted(theta, lambda a, children: _product((a(child) for child in children), self.one))

    def derivative(self, theta: TreeSeries, direction: TreeSeries) -> TreeSeries:
        """The Hessian at `theta` applied to `direction`; its power of h is that of the direction, less one."""
        if direction.constant:
            raise ValueError("a direction must not contain theta itself")
        d = direction.coefficients.get

        def coefficient(a: Callable[[RootedTree], Any], children: tuple[RootedTree, ...]) -> Any:
            total = self.one * 0
            for i, child in enumerate(children):
                others = children[:i] + children[i + 1 :]
                total += d(child, 0) * _product((a(other) for other in others), self.one)
            return total

        planted = self._planted(theta, coefficient)
        return TreeSeries(planted.constant, planted.coefficients, planted.power + direction.power)

    def _planted(self, theta: TreeSeries, coefficient: Callable[..., Any]) -> TreeSeries:
        if theta.power != 0 or theta.constant != 1:
            raise ValueError(
                "the gradient is taken at a point other than theta plus a small displacement: "
                "give radius and ascent step as multiples of h"
            )
        known = theta.coefficients

        def a(tree: RootedTree) -> Any:
            return known.get(tree, 0)

        found = {}
        for size in range(1, self.order + 1):
            for tree in rooted_trees(size):
                value = coefficient(a, tree.children)
                if value:
                    found[tree] = -value
        return TreeSeries(0, found, -1)


def _product(factors: Any, one: Any) -> Any:
    total = one
    for factor in factors:
        if not factor:
            return one * 0
        total = total * factor
    return total
