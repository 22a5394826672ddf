"""The ring's derivatives, values and zero test against sympy's own; series against exact expansions."""

from fractions import Fraction

import mpmath
import pytest
import sympy

from derivations.differential_ring import DifferentialRing, MissingFunction
from derivations.numbers import vector
from derivations.ring_series import RingGradient, Series

x, y, c = sympy.symbols("x y c")
R = sympy.Rational

FUNCTIONS = [
    x**3 * y - c * x,
    sympy.sqrt(1 + x**2 * y**2),
    1 / (1 + sympy.exp(-x * y)),
    sympy.tanh(x) * sympy.tanh(x * y),
    sympy.log(2 + sympy.sin(x + y)) * sympy.cos(y),
    (1 + x**2) ** R(-2, 3) * sympy.exp(c * y),
    sympy.exp(sympy.sqrt(1 + sympy.tanh(x * y))),
]


@pytest.mark.parametrize("function", FUNCTIONS, ids=str)
def test_derivatives_and_values(function):
    space = DifferentialRing.containing([function], (x, y))
    element = space.element(function)
    point = {x: R(7, 10), y: R(3, 5), c: R(1, 3)}
    numbers = {s: mpmath.mpf(int(v.p)) / int(v.q) for s, v in point.items()}
    for a, s in enumerate((x, y)):
        expected = sympy.N(sympy.diff(function, s).subs(point), 30)
        assert abs(sympy.N(space.expression(space.derivative(element, a)).subs(point), 30) - expected) < 1e-25
    assert abs(space.evaluate(element, numbers) - sympy.N(function.subs(point), 15)) < 1e-13


def test_rationals_stay_rational():
    space = DifferentialRing.containing([x / (1 + y)], (x, y))
    value = space.evaluate(space.element(x / (1 + y)), {x: Fraction(1, 2), y: Fraction(1, 3)})
    assert value == Fraction(3, 8)
    assert isinstance(value, Fraction)


def test_equality_of_functions_is_decided_where_polynomials_differ():
    space = DifferentialRing.containing([sympy.sin(x), sympy.sqrt(1 + x**2)], (x, y))
    one = space.element(sympy.sin(x) ** 2 + sympy.cos(x) ** 2) - 1
    root = space.element(sympy.sqrt(1 + x**2)) ** 2 - space.element(1 + x**2)
    assert one
    assert space.vanishes(one)
    assert root
    assert space.vanishes(root)
    assert not space.vanishes(one + space.element(x) / 10**20)


def test_a_finer_root_serves_for_a_coarser_one():
    space = DifferentialRing.containing([1 / sympy.sqrt(1 + x**2), 1 / (1 + x**2)], (x,))
    assert len(space.adjoined) == 1


def test_refusals():
    with pytest.raises(ValueError, match="no derivative rule"):
        DifferentialRing.containing([sympy.erf(x)], (x,))
    with pytest.raises(ValueError, match="rational number"):
        DifferentialRing.containing([x**y], (x, y))
    with pytest.raises(ValueError, match="neither a symbol nor a rational"):
        DifferentialRing.containing([sympy.pi * x], (x,))
    space = DifferentialRing((x,))
    with pytest.raises(MissingFunction, match="lacks"):
        space.element(sympy.exp(x))
    with pytest.raises(ValueError, match="no expansion around it"):
        space.power(space.ring.zero, 2)


def series_of(expression, length):
    space = DifferentialRing((x, y))
    coefficients = sympy.Poly(expression, c).all_coeffs()[::-1]
    return space, Series.of(space, {k: space.element(e) for k, e in enumerate(coefficients)}, length)


def test_series_arithmetic_against_sympy():
    space, s = series_of(2 + x * c + y * c**2, 5)
    for found, function in ((1 / s, lambda e: 1 / e), (s**3, lambda e: e**3), (s * s - s, lambda e: e * e - e)):
        expected = sympy.series(function(2 + x * c + y * c**2), c, 0, 5).removeO()
        for k, coefficient in enumerate(found.coefficients):
            assert sympy.expand(space.expression(coefficient) - expected.coeff(c, k)) == 0


def test_known_length_follows_the_orders():
    _, h = series_of(c + 0 * x, 5)
    assert len((h * h).coefficients) == 6
    assert len((h / h).coefficients) == 4
    assert len((h * (h / h)).coefficients) == 5
    with pytest.raises(ValueError, match="divides by h"):
        _ = (h - h + 1) / h
    with pytest.raises(ValueError, match="divides by zero"):
        _ = 1 / (h - h)


def test_taylor_of_a_gradient():
    loss = x**3 * y**2 + x * y
    components = [sympy.diff(loss, s) for s in (x, y)]
    space = DifferentialRing((x, y))
    gradient = RingGradient(space, tuple(map(space.element, components)))
    moved = {x: x + 2 * c * y + c**2, y: y - c * x}
    theta = vector(
        Series.of(space, {k: space.element(e) for k, e in enumerate(sympy.Poly(m, c).all_coeffs()[::-1])}, 4)
        for m in moved.values()
    )
    for found, component in zip(gradient(theta), components, strict=True):
        expected = sympy.Poly(component.subs(moved, simultaneous=True), c)
        for k, coefficient in enumerate(found.coefficients):
            assert sympy.expand(space.expression(coefficient) - expected.coeff_monomial(c**k)) == 0
