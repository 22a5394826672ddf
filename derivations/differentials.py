r"""Elementary differentials on a concrete field: trees become polynomials.

``F([t1, ..., tm]) = f^(m)(F(t1), ..., F(tm))``, the m-th derivative in m directions, which are themselves not
differentiated. So directions are collected first, as weights of the partial derivatives, and f is differentiated last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sympy
from sympy.polys.rings import PolyElement

from derivations.differential_ring import DifferentialRing
from derivations.trees import RootedTree

Components = tuple[PolyElement, ...]


def elementary_differential(tree: RootedTree, field: Sequence[Any], params: Sequence[sympy.Symbol]) -> tuple[Any, ...]:
    """F(tree) for the field, an expression for each parameter, as expressions.

    >>> x = sympy.Symbol("x")
    >>> leaf = RootedTree()
    >>> elementary_differential(RootedTree(leaf, leaf), (x**3,), (x,))
    (6*x**7,)
    """
    space = DifferentialRing.containing(map(sympy.sympify, field), tuple(params))
    elements = tuple(space.element(e) for e in field)
    return tuple(space.expression(e) for e in differential_elements(space, elements, tree, {}))


def differential_elements(
    space: DifferentialRing, field: Components, tree: RootedTree, known: dict[RootedTree, Components]
) -> Components:
    """F(tree) as ring elements; `known` remembers those of smaller trees."""
    if tree not in known:
        weights: dict[tuple[int, ...], PolyElement] = {(): space.ring.one}
        for child in tree.children:
            branch = differential_elements(space, field, child, known)
            spread: dict[tuple[int, ...], PolyElement] = {}
            for index, weight in weights.items():
                for a, component in enumerate(branch):
                    if component:
                        key = tuple(sorted((*index, a)))
                        spread[key] = spread.get(key, space.ring.zero) + weight * component
            weights = spread
        known[tree] = tuple(_weighted(space, f, weights) for f in field)
    return known[tree]


def _weighted(
    space: DifferentialRing, element: PolyElement, weights: Mapping[tuple[int, ...], PolyElement]
) -> PolyElement:
    total = space.ring.zero
    for index, weight in weights.items():
        slope = element
        for a in index:
            slope = space.derivative(slope, a)
        total = total + weight * slope
    return total
