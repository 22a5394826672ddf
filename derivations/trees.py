r"""Rooted trees: the alphabet in which derivatives of a vector field along itself are written.

Differentiate ``theta' = f(theta)`` repeatedly along itself. Every term that appears is an *elementary differential*,

    F(dot) = f,        F([t1, ..., tm]) = f^(m) ( F(t1), ..., F(tm) ),

one for each rooted tree: a vertex with m children is an m-th derivative of f, filled by what hangs below it. Children
are not ordered, since mixed derivatives commute. Three numbers belong to a tree t = [t1, ..., tm]:

    order     |t| = 1 + |t1| + ... + |tm|, the power of the step that comes with F(t);
    symmetry  sigma(t), the number of ways to permute equal branches: product of sigma(t_i) and of multiplicities!;
    density   gamma(t) = |t| gamma(t1) ... gamma(tm), so that the exact flow is sum of h^|t| F(t) / (sigma gamma).

There are 1, 1, 2, 4, 9, 20, 48, 115, 286, 719 trees with 1, ..., 10 vertices (Cayley).
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from math import factorial
from typing import ClassVar, final


@final
class RootedTree:
    """A rooted tree, given by its branches; equal trees are one and the same object.

    Attributes:
        children: the branches, in a canonical order.
        order: number of vertices.
        symmetry: order of the automorphism group.
        density: product over the vertices of the sizes of the subtrees below them.
        levels: depths of the vertices in canonical preorder; names the tree.

    Source: Butcher; Hairer, Lubich and Wanner, Geometric Numerical Integration, chapter III.

    >>> leaf = RootedTree()
    >>> tree = RootedTree(leaf, RootedTree(leaf))
    >>> str(tree), tree.order, tree.symmetry, tree.density
    ("f''(f'f, f)", 4, 1, 8)
    >>> tree is RootedTree(RootedTree(leaf), leaf)
    True
    """

    __slots__ = ("children", "density", "levels", "order", "symmetry")

    children: tuple[RootedTree, ...]
    order: int
    symmetry: int
    density: int
    levels: tuple[int, ...]

    _known: ClassVar[dict[tuple[RootedTree, ...], RootedTree]] = {}

    def __new__(cls, *children: RootedTree) -> RootedTree:
        key = tuple(sorted(children, key=_levels, reverse=True)) if len(children) > 1 else children
        found = cls._known.get(key)
        if found is None:
            found = super().__new__(cls)
            order, symmetry, density, levels = 1, 1, 1, [0]
            for child, multiplicity in Counter(key).items():
                symmetry *= child.symmetry**multiplicity * factorial(multiplicity)
            for child in key:
                order += child.order
                density *= child.density
                levels += [level + 1 for level in child.levels]
            for name, value in zip(cls.__slots__, (key, order * density, tuple(levels), order, symmetry), strict=True):
                object.__setattr__(found, name, value)
            found = cls._known.setdefault(key, found)
        return found

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a tree is immutable: cannot set {name}")

    def __reduce__(self) -> tuple[type[RootedTree], tuple[RootedTree, ...]]:
        return RootedTree, self.children

    def __str__(self) -> str:
        if not self.children:
            return "f"
        if len(self.children) == 1:
            return f"f'{self.children[0]}"
        primes = "'" * len(self.children) if len(self.children) < 4 else f"^({len(self.children)})"
        return f"f{primes}({', '.join(map(str, self.children))})"

    def __repr__(self) -> str:
        return f"RootedTree({', '.join(map(repr, self.children))})"

    def latex(self) -> str:
        """The elementary differential in LaTeX."""
        if not self.children:
            return "f"
        if len(self.children) == 1:
            return f"f'{self.children[0].latex()}"
        primes = "'" * len(self.children) if len(self.children) < 4 else f"^{{({len(self.children)})}}"
        return f"f{primes}({', '.join(child.latex() for child in self.children)})"

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"


def _levels(tree: RootedTree) -> tuple[int, ...]:
    return tree.levels


@cache
def rooted_trees(order: int) -> tuple[RootedTree, ...]:
    """All rooted trees with exactly `order` vertices, the tall tree first.

    Raises:
        ValueError: order < 1.

    >>> [len(rooted_trees(n)) for n in range(1, 9)]
    [1, 1, 2, 4, 9, 20, 48, 115]
    """
    if isinstance(order, bool) or not isinstance(order, int) or order < 1:
        raise ValueError(f"order must be a positive integer, got {order!r}")
    return tuple(RootedTree(*forest) for forest in _forests(order - 1, order - 1))


@cache
def _forests(vertices: int, largest: int) -> tuple[tuple[RootedTree, ...], ...]:
    """Multisets of trees with `vertices` vertices in all, none larger than `largest`."""
    if vertices == 0:
        return ((),)
    found: list[tuple[RootedTree, ...]] = []
    for size in range(min(vertices, largest), 0, -1):
        for copies in range(vertices // size, 0, -1):
            for group in _multisets(size, copies):
                found += [group + rest for rest in _forests(vertices - size * copies, size - 1)]
    return tuple(found)


@cache
def _multisets(size: int, copies: int) -> tuple[tuple[RootedTree, ...], ...]:
    """Multisets of `copies` trees, each with `size` vertices."""
    trees = rooted_trees(size)

    def extend(first: int, left: int) -> list[tuple[RootedTree, ...]]:
        if left == 0:
            return [()]
        return [(trees[i], *rest) for i in range(first, len(trees)) for rest in extend(i, left - 1)]

    return tuple(extend(0, copies))


@cache
def cuts(tree: RootedTree) -> tuple[tuple[RootedTree, RootedTree, int], ...]:
    """Cuts of one edge: ``(trunk with the root, branch that falls, number of edges that do so)``.

    >>> leaf = RootedTree()
    >>> [(str(trunk), str(branch), edges) for trunk, branch, edges in cuts(RootedTree(leaf, leaf))]
    [("f'f", 'f', 2)]
    """
    found: Counter[tuple[RootedTree, RootedTree]] = Counter()
    for child, multiplicity in Counter(tree.children).items():
        rest = list(tree.children)
        rest.remove(child)
        found[RootedTree(*rest), child] += multiplicity
        for trunk, branch, edges in cuts(child):
            found[RootedTree(*rest, trunk), branch] += multiplicity * edges
    return tuple((trunk, branch, edges) for (trunk, branch), edges in found.items())
