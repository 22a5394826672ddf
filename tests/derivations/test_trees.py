"""Rooted trees against two classical counts, and the cuts of their edges."""

import pickle
from fractions import Fraction
from math import factorial

import pytest

from derivations import RootedTree, rooted_trees
from derivations.trees import cuts


def test_cayley_numbers():
    assert [len(rooted_trees(n)) for n in range(1, 11)] == [1, 1, 2, 4, 9, 20, 48, 115, 286, 719]
    assert len(set(rooted_trees(9))) == 286


@pytest.mark.parametrize("order", range(1, 9))
def test_symmetry_counts_labeled_trees(order):
    """There are n^(n-1) labeled rooted trees, and n!/sigma labelings of each shape."""
    assert sum(Fraction(factorial(order), t.symmetry) for t in rooted_trees(order)) == order ** (order - 1)


@pytest.mark.parametrize("order", range(1, 9))
def test_density_counts_increasing_trees(order):
    """There are (n-1)! trees with labels that increase from the root, and n!/(sigma gamma) for each shape."""
    found = sum(Fraction(factorial(order), t.symmetry * t.density) for t in rooted_trees(order))
    assert found == factorial(order - 1)


def test_equal_trees_are_one_object():
    leaf = RootedTree()
    left, right = RootedTree(leaf, RootedTree(leaf, leaf)), RootedTree(RootedTree(leaf, leaf), leaf)
    assert left is right
    assert pickle.loads(pickle.dumps(left)) is left
    assert left in rooted_trees(5)
    with pytest.raises(AttributeError, match="immutable"):
        left.order = 3


def test_text():
    leaf = RootedTree()
    tree = RootedTree(leaf, leaf, leaf, RootedTree(leaf))
    assert str(tree) == "f^(4)(f'f, f, f, f)"
    assert tree._repr_latex_() == "$f^{(4)}(f'f, f, f, f)$"
    assert eval(repr(tree), {"RootedTree": RootedTree}) is tree


@pytest.mark.parametrize("order", range(1, 8))
def test_every_edge_is_cut_once(order):
    for tree in rooted_trees(order):
        assert sum(edges for _, _, edges in cuts(tree)) == order - 1
        assert all(trunk.order + branch.order == order for trunk, branch, _ in cuts(tree))


@pytest.mark.parametrize("order", [0, -1, 2.0, True, "3"])
def test_bad_order(order):
    with pytest.raises(ValueError, match="order must be a positive integer"):
        rooted_trees(order)
