"""The exact defect of every optimizer has order p + 1; a wrong field is found out."""

from dataclasses import replace
from fractions import Fraction

import pytest
import sympy

from derivations import modified_field

h = sympy.Symbol("h")
R = sympy.Rational

CASES = [
    ("gradient_descent", 6, {}),
    ("gradient_descent", 4, {"weight_decay": 0.3}),
    ("heavy_ball", 4, {"momentum": R(1, 4)}),
    ("nesterov", 4, {"momentum": R(1, 4)}),
    ("adam", 3, {"beta1": 0.5, "beta2": 0.6, "epsilon": 0.25}),
    ("rmsprop", 3, {"beta2": 0.6, "epsilon": 0.25}),
    ("sam", 3, {"radius": h}),
    ("usam", 4, {"radius": h / 2}),
    ("usam", 2, {"radius": R(1, 10)}),
    ("gradient_regularized", 3, {"strength": 2 * h, "ascent_step": h}),
    ("gradient_regularized", 3, {"strength": 2 * h, "ascent_step": -h}),
    ("gradient_regularized", 3, {"strength": R(1, 10), "ascent_step": R(1, 20)}),
    ("gradient_regularized", 3, {"strength": R(1, 10)}),
]


@pytest.mark.parametrize(("name", "order", "given"), CASES, ids=str)
def test_order_of_the_defect(ab, defect_slopes, name, order, given):
    field = modified_field(name, *ab[:2], order, h, **given)
    assert defect_slopes(field) == pytest.approx([p + 1 for p in range(1, order + 1)], abs=0.2)


def batches(params):
    a, b = params
    return [(1 - a * b) ** 2 / 2, (a - 2 * b + 1) ** 2 / 2, (a**2 - b) ** 2 / 2]


def test_order_of_the_defect_with_reshuffling(ab, defect_slopes):
    field = modified_field("random_reshuffling", batches(ab[1]), ab[1], 3, h)
    assert defect_slopes(field, coarse=640) == pytest.approx([2, 3, 4], abs=0.1)


@pytest.mark.parametrize("name", ["simultaneous", "alternating"])
def test_order_of_the_defect_of_games(ab, defect_slopes, name):
    a, b = ab[1]
    alpha = sympy.Symbol("alpha")
    field = modified_field(name, (a * b - a**3, b - a - a * b**2), (a, b), 3, h, rates=(alpha, 3))
    assert defect_slopes(field, coarse=640, alpha=1) == pytest.approx([2, 3, 4], abs=0.2)


def test_game_with_several_parameters_for_a_player(defect_slopes):
    x, y, z = sympy.symbols("x y z")
    fields = ((y * z - x**2, x - y * z), x * y - z)
    field = modified_field("alternating", fields, ((x, y), z), 2, h, rates=(1, 2))
    point = (Fraction(1, 2), Fraction(3, 4), Fraction(1, 3))
    assert defect_slopes(field, point) == pytest.approx([2, 3], abs=0.2)


def test_arithmetic_is_exact_without_roots(ab):
    exact = modified_field("heavy_ball", *ab[:2], 3, h, momentum=0.5).defect((1.4, 0.3), 0.1)
    assert all(isinstance(e, Fraction) for e in exact)
    rooted = modified_field("sam", *ab[:2], 2, h, radius=h).defect((1.4, 0.3), 0.1)
    assert all(type(e).__name__ == "mpf" for e in rooted)


def test_losses_that_are_not_polynomials(ab, defect_slopes):
    a, b = ab[1]
    for loss in ((1 - a * sympy.tanh(b)) ** 2 / 2, sympy.log(1 + sympy.exp(-a * b)), sympy.sqrt(1 + (a * b) ** 2)):
        assert defect_slopes(modified_field("gradient_descent", loss, (a, b), 3, h)) == pytest.approx(
            [2, 3, 4], abs=0.2
        )


def test_a_wrong_term_is_found(ab, defect_slopes):
    """Dropping a third of f_2's coefficients leaves the defect at the order of two terms."""
    field = modified_field("gradient_descent", *ab[:2], 3, h)
    wrong = tuple(e * 2 for e in field.flow.fields[2])
    spoiled = replace(field, flow=replace(field.flow, fields=(*field.flow.fields[:2], wrong)))
    assert defect_slopes(spoiled) == pytest.approx([2, 3, 3], abs=0.2)


def test_bad_input(ab):
    y = sympy.Symbol("y")
    a, b = ab[1]
    field = modified_field("gradient_descent", (y - a * b) ** 2, (a, b), 2, h)
    with pytest.raises(ValueError, match="give a number for y"):
        field.defect((1, 2), 0.1)
    with pytest.raises(ValueError, match="no symbol is named 'x'"):
        field.defect((1, 2), 0.1, y=1, x=2)
    with pytest.raises(ValueError, match="point must have 2 numbers"):
        field.defect((1, 2, 3), 0.1, y=1)
    with pytest.raises(ValueError, match="order must be from 1 to 2"):
        field.defect((1, 2), 0.1, order=3, y=1)


def test_symbolic_hyperparameters_may_meet_roots():
    """Adam's coefficients are quotients: their parts may be a Fraction and a number of 60 digits."""
    a, b, h, first, second, inside = sympy.symbols("a b h first second inside")
    loss, point, step = (1 - a * b) ** 2 / 2, (Fraction(7, 5), Fraction(3, 10)), Fraction(1, 50)
    numbers = {"first": Fraction(1, 2), "second": Fraction(3, 5), "inside": Fraction(1, 4)}
    symbolic = modified_field("adam", loss, (a, b), 2, h, beta1=first, beta2=second, epsilon=inside)
    exact = modified_field(
        "adam",
        loss,
        (a, b),
        2,
        h,
        **dict(zip(("beta1", "beta2", "epsilon"), map(sympy.Rational, ("1/2", "3/5", "1/4")), strict=True)),
    )
    for left, right in zip(symbolic.defect(point, step, **numbers), exact.defect(point, step), strict=True):
        assert abs(left - right) < 1e-30
