r"""Three roads from a method to the B-series of its modified field.

Write ``h f~ = sum_t h^|t| / sigma(t) b(t) F(t)``. In this normalization the derivative of a series c along a series b
is a sum over the edges of a tree: cut one, let the branch fall, keep the trunk with the root,

    (D_b c)(t) = sum over edges of  c(trunk) b(branch).

**Lie recursion.** The time-h flow of f~ is ``exp(D_b)``: it moves theta by ``b + D_b b / 2! + D_b^2 b / 3! + ...``.
This must be the step, whose coefficients a(t) are known; every D_b on the right sees smaller trees only, so

    b(t) = a(t) - sum_(j>=1) (D_b^j b)(t) / (j+1)!.

**Multistep recursion.** ``f~ = sum_j c_j h^j D^j f`` (see `derivations.multistep`), with f the one-vertex tree:
``b(t) = sum_j c_j (D_b^j e)(t)``, e(dot) = 1. For momentum beta the denominators are known in advance: with
``c_j = C_j / (1 - beta)^(j+1)`` one has ``b(t) = B(t) / (1 - beta)^(2|t| - 1)``, B the same recursion in C. So no
fraction is ever reduced. (The powers are homogeneous: one factor for each vertex, one for each edge.)

**Order polynomial**, Euler's method only. After n Euler steps of size one the coefficient of t is
``a_n([t1 ... tm]) = sum_(k<n) a_k(t1) ... a_k(tm)``: it counts the maps of the vertices to {0, ..., n-1} that strictly
decrease away from the root, the strict order polynomial of t. The flow interpolates n, so b is its derivative at n = 0,
``b(t) = sum_k (-1)^(k-1)/k (Delta^k a)(0)``: integers, no cuts, no rationals until the last line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import comb, factorial, lcm
from typing import Any

from derivations.trees import RootedTree, cuts, rooted_trees

Coefficients = dict[RootedTree, Any]


def lie_recursion(step: Callable[[RootedTree], Any], order: int, one: Any) -> Coefficients:
    """b(t) of the method whose step has the coefficients ``step(t)``; `one` is the unit of their domain.

    >>> euler = lie_recursion(lambda tree: Fraction(tree.order == 1), 3, Fraction(1))
    >>> {str(tree): str(b) for tree, b in euler.items()}
    {'f': '1', "f'f": '-1/2', "f'f'f": '1/3', "f''(f, f)": '1/6'}
    """
    inverse = [one / factorial(j + 1) for j in range(order)]
    found: Coefficients = {}
    powers: dict[RootedTree, list[Any]] = {}
    for size in range(1, order + 1):
        for tree in rooted_trees(size):
            rows = _along(tree, powers, found, one)
            found[tree] = step(tree) - sum((inverse[j] * row for j, row in enumerate(rows) if row), one - one)
            rows[0] = found[tree]
            powers[tree] = rows
    return found


def multistep_recursion(coefficients: Sequence[Any], order: int, one: Any) -> Coefficients:
    """b(t) of the method with ``f~ = sum_j c_j h^j D^j f``.

    >>> euler = multistep_recursion([Fraction(1), Fraction(-1, 2), Fraction(1, 12)], 3, Fraction(1))
    >>> [str(b) for b in euler.values()]
    ['1', '-1/2', '1/3', '1/6']
    """
    found: Coefficients = {}
    powers: dict[RootedTree, list[Any]] = {}
    for size in range(1, order + 1):
        for tree in rooted_trees(size):
            rows = _along(tree, powers, found, one)
            rows[0] = one if size == 1 else one - one
            found[tree] = sum((c * row for c, row in zip(coefficients, rows, strict=False) if row), one - one)
            powers[tree] = rows
    return found


def _along(tree: RootedTree, powers: dict[RootedTree, list[Any]], b: Coefficients, one: Any) -> list[Any]:
    """``(D_b^j c)(tree)`` for j = 1, ..., |tree| - 1 (entry 0 is left zero), given the same of all smaller trees."""
    rows = [one - one] * tree.order
    for trunk, branch, edges in cuts(tree):
        weight = b[branch] * edges
        if weight:
            for j, value in enumerate(powers[trunk]):
                if value:
                    rows[j + 1] += weight * value
    return rows


def order_polynomial(order: int) -> Coefficients:
    """b(t) of Euler's method as derivatives of strict order polynomials at zero.

    >>> [str(b) for b in order_polynomial(3).values()]
    ['1', '-1/2', '1/3', '1/6']
    """
    weights = logarithm_weights(order)
    denominator = lcm(*(w.denominator for w in weights))
    numerators = [int(w * denominator) for w in weights]
    values: dict[RootedTree, list[int]] = {}
    found: Coefficients = {}
    for size in range(1, order + 1):
        for tree in rooted_trees(size):
            row, total = [], 0
            for n in range(order + 1):
                row.append(total)
                product = 1
                for child in tree.children:
                    product *= values[child][n]
                total += product
            values[tree] = row
            found[tree] = Fraction(sum(w * value for w, value in zip(numerators, row, strict=True)), denominator)
    return found


def logarithm_weights(order: int) -> tuple[Fraction, ...]:
    """Weights w with ``p'(0) = sum_n w_n p(n)``, n = 0, ..., order, for polynomials of that degree: ``log(1 + Delta)``.

    >>> [str(w) for w in logarithm_weights(2)]
    ['-3/2', '2', '-1/2']
    """
    weights = [Fraction(0)] * (order + 1)
    for k in range(1, order + 1):
        for n in range(k + 1):
            weights[n] += Fraction((-1) ** (n + 1) * comb(k, n), k)
    return tuple(weights)
