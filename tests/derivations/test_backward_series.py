"""Coefficients of backward error series: routes against each other, enumeration, and the literature."""

from fractions import Fraction
from itertools import product

import pytest
import sympy

from derivations import RootedTree, bseries, modified_field, rooted_trees
from derivations.differentials import elementary_differential
from derivations.tree_routes import lie_recursion, logarithm_weights, multistep_recursion, order_polynomial

LEAF = RootedTree()
TALL3, BUSHY3 = RootedTree(RootedTree(LEAF)), RootedTree(LEAF, LEAF)
beta, c, e = sympy.symbols("beta c e")
R = sympy.Rational


def weights(series):
    """b / sigma: the coefficients that the literature prints."""
    return {tree: sympy.factor(b / tree.symmetry) for tree, b in series.items()}


def bushy(leaves):
    return RootedTree(*[LEAF] * leaves)


def tall(order):
    tree = LEAF
    for _ in range(order - 1):
        tree = RootedTree(tree)
    return tree


def euler_by_cuts(order):
    return lie_recursion(lambda tree: Fraction(tree.order == 1), order, Fraction(1))


def euler_by_bernoulli(order):
    numbers = [Fraction(int(x.p), int(x.q)) for x in (sympy.bernoulli(j) / sympy.factorial(j) for j in range(order))]
    if order > 1:
        numbers[1] = Fraction(-1, 2)  # the sign of B_1 is a convention
    return multistep_recursion(numbers, order, Fraction(1))


def test_three_routes_agree_exactly():
    assert order_polynomial(9) == euler_by_cuts(9) == euler_by_bernoulli(9)
    assert {t: R(b.numerator, b.denominator) for t, b in order_polynomial(9).items()} == bseries("gradient_descent", 9)


@pytest.mark.slow
def test_three_routes_agree_at_order_twelve():
    assert order_polynomial(12) == euler_by_cuts(12) == euler_by_bernoulli(12)


def test_partial_sums_and_size():
    series = bseries("gradient_descent", 10)
    assert len(series) == 1205
    assert list(series) == [t for n in range(1, 11) for t in rooted_trees(n)]
    sums = [sum(b for t, b in series.items() if t.order <= n) for n in range(4, 11)]
    assert sums == [R(1, 2), R(31, 30), R(29, 60), R(143, 140), R(31, 60), R(143, 140), R(77, 180)]


def test_zeros_are_kept():
    assert bseries("gradient_descent", 4)[bushy(3)] == 0


def test_literature_to_order_four():
    found = weights(bseries("gradient_descent", 4))
    assert found == {
        LEAF: 1,
        tall(2): R(-1, 2),
        TALL3: R(1, 3),
        BUSHY3: R(1, 12),
        bushy(3): 0,
        RootedTree(LEAF, tall(2)): R(-1, 12),
        RootedTree(BUSHY3): R(-1, 12),
        tall(4): R(-1, 4),
    }


def test_bushy_trees_have_bernoulli_numbers_and_tall_trees_the_logarithm():
    series = bseries("gradient_descent", 10)
    assert [series[bushy(m)] for m in range(2, 10)] == [sympy.bernoulli(m) for m in range(2, 10)]
    assert [series[tall(n)] for n in range(1, 11)] == [R((-1) ** (n + 1), n) for n in range(1, 11)]


@pytest.mark.parametrize("tree", [t for n in range(1, 6) for t in rooted_trees(n)], ids=str)
def test_order_polynomial_by_enumeration(tree):
    """b is the derivative at 0 of the number of maps to {0..n-1} that strictly decrease away from the root."""
    parents = []

    def visit(node, parent):
        own = len(parents)
        parents.append(parent)
        for child in node.children:
            visit(child, own)

    visit(tree, None)
    size = tree.order
    counts = []
    for n in range(size + 1):
        labelings = product(range(n), repeat=size)
        counts.append(sum(all(p is None or x < lab[p] for x, p in zip(lab, parents, strict=True)) for lab in labelings))
    slope = sympy.interpolate(list(enumerate(counts)), sympy.Symbol("n")) if size > 1 else sympy.Symbol("n")
    assert bseries("gradient_descent", size)[tree] == sympy.diff(slope, sympy.Symbol("n")).subs(sympy.Symbol("n"), 0)


def test_logarithm_weights_differentiate_polynomials():
    for degree in range(1, 8):
        assert sum(w * Fraction(n) ** degree for n, w in enumerate(logarithm_weights(7))) == (degree == 1)


def test_heavy_ball_to_order_four():
    one = 1 - beta
    expected = {
        LEAF: 1 / one,
        tall(2): -(1 + beta) / (2 * one**3),
        BUSHY3: (1 + 10 * beta + beta**2) / (12 * one**5),
        TALL3: (1 + 4 * beta + beta**2) / (3 * one**5),
        bushy(3): -beta * (1 + beta) / (2 * one**7),
        RootedTree(LEAF, tall(2)): -(1 + beta) * (1 + 28 * beta + beta**2) / (12 * one**7),
        RootedTree(BUSHY3): -(1 + beta) * (1 + 16 * beta + beta**2) / (12 * one**7),
        tall(4): -(1 + beta) * (1 + 8 * beta + beta**2) / (4 * one**7),
    }
    found = weights(bseries("heavy_ball", 4))
    assert set(found) == set(expected)
    assert all(sympy.simplify(found[t] - expected[t]) == 0 for t in expected)


def test_nesterov_to_order_three():
    one = 1 - beta
    found = weights(bseries("nesterov", 3))
    expected = {
        LEAF: 1 / one,
        tall(2): -(1 - beta + 2 * beta**2) / (2 * one**3),
        BUSHY3: (1 - 2 * beta + 13 * beta**2) / (12 * one**5),
        TALL3: (1 - 2 * beta + 7 * beta**2 - 3 * beta**3 + 3 * beta**4) / (3 * one**5),
    }
    assert all(sympy.simplify(found[t] - expected[t]) == 0 for t in expected)


def test_momentum_zero_is_gradient_descent():
    plain = bseries("gradient_descent", 6)
    assert bseries("heavy_ball", 6, momentum=0) == plain == bseries("nesterov", 6, momentum=0)
    symbolic = bseries("heavy_ball", 6)
    assert {t: b.subs(beta, 0) for t, b in symbolic.items()} == plain
    assert {t: b.subs(beta, R(1, 2)) for t, b in symbolic.items()} == bseries("heavy_ball", 6, momentum=0.5)


@pytest.mark.parametrize(
    ("radius", "expected"),
    [(R(1, 2), (-1, R(11, 24), R(5, 6))), (2, (R(-5, 2), R(37, 12), R(7, 3))), (R(-1, 2), (0, R(-1, 24), R(-1, 6)))],
)
def test_unnormalized_sam(radius, expected):
    found = weights(bseries("usam", 3, radius=radius))
    assert (found[tall(2)], found[BUSHY3], found[TALL3]) == expected


@pytest.mark.parametrize(
    ("strength", "ascent", "expected"),
    [(2, 1, (R(-5, 2), R(25, 12), R(7, 3))), (2, -1, (R(-5, 2), R(1, 12), R(7, 3)))],
)
def test_finite_difference_gradient_regularization(strength, ascent, expected):
    found = weights(bseries("gradient_regularized", 3, strength=strength, ascent_step=ascent))
    assert (found[tall(2)], found[BUSHY3], found[TALL3]) == expected


def test_gradient_regularization_with_ascent_equal_to_strength_is_unnormalized_sam():
    regularized = bseries("gradient_regularized", 6, strength=2, ascent_step=2)
    assert regularized == bseries("usam", 6, radius=2)


def test_forward_and_backward_differ_by_the_bushy_slot_alone():
    """F-GR less B-GR at order h^2 is c e f''(f, f) for all c and e."""
    forward = weights(bseries("gradient_regularized", 3, strength=c, ascent_step=e))
    backward = weights(bseries("gradient_regularized", 3, strength=c, ascent_step=-e))
    difference = {t: sympy.expand(forward[t] - backward[t]) for t in forward}
    assert difference == {LEAF: 0, tall(2): 0, TALL3: 0, BUSHY3: c * e}


def test_a_step_of_ones_own():
    """Heun's method on the gradient flow has order two: its first correction vanishes."""

    def heun(theta, state, gradient, h):
        slope = gradient(theta)
        return theta - h * (slope + gradient(theta - h * slope)) * Fraction(1, 2), state

    found = weights(bseries(heun, 3))
    assert found[LEAF] == 1
    assert found[tall(2)] == 0
    assert (found[BUSHY3], found[TALL3]) == (R(1, 12), R(-1, 6))


def test_trees_give_the_modified_field(ab):
    loss, params, step = ab
    field = modified_field("usam", loss, params, 4, step, radius=2 * step)
    force = [-sympy.diff(loss, s) for s in params]
    series = weights(bseries("usam", 4, radius=2))
    for k in range(4):
        for i in range(2):
            total = sum(
                w * elementary_differential(t, force, params)[i] for t, w in series.items() if t.order == k + 1 and w
            )
            assert sympy.expand(total - field.terms[k][i]) == 0


@pytest.mark.parametrize(
    ("name", "given", "reason"),
    [
        ("adam", {"beta1": 0.9, "beta2": 0.99, "epsilon": 1}, "memory"),
        ("sam", {"radius": 1}, "linear maps"),
        ("alternating", {"rates": (1, 1)}, "several fields"),
        ("heavy_ball", {"momentum": 1}, "forgets nothing"),
        ("gradient_descent", {"weight_decay": 1}, "part of the loss"),
        ("gradient_descent", {"momentum": 1}, "takes weight_decay"),
        ("no_such", {}, "must be one of"),
    ],
)
def test_refusals(name, given, reason):
    with pytest.raises(ValueError, match=reason):
        bseries(name, 3, **given)


def test_a_radius_that_does_not_shrink_is_refused():
    def fixed(theta, state, gradient, h):
        return theta - h * gradient(theta + 2 * gradient(theta)), state

    with pytest.raises(ValueError, match="different powers of h"):
        bseries(fixed, 3)
