"""The multistep generating function against Bernoulli numbers, its own values, and characteristic roots."""

import mpmath
import pytest
import sympy
from sympy.polys.ring_series import rs_exp, rs_mul
from sympy.polys.rings import ring

from derivations import multistep_coefficients
from derivations.multistep import RECURSIONS, recursion_coefficients

beta = sympy.Symbol("beta")


def test_gradient_descent_has_bernoulli_numbers():
    found = recursion_coefficients("gradient_descent", sympy.Integer(0), 12)
    expected = [sympy.bernoulli(j) / sympy.factorial(j) for j in range(12)]
    expected[1] = sympy.Rational(-1, 2)
    assert list(found) == expected


@pytest.mark.parametrize("name", ["heavy_ball", "nesterov"])
@pytest.mark.parametrize("momentum", [sympy.Rational(1, 2), sympy.Rational(1, 5)])
def test_series_sums_to_the_function(name, momentum):
    rho, sigma = RECURSIONS[name](momentum)
    coefficients = recursion_coefficients(name, momentum, 24)
    with mpmath.workdps(30):
        z = mpmath.mpf(1) / 50
        shift = mpmath.e**z
        exact = z * mpmath.polyval(list(map(mpmath.mpmathify, sigma[::-1])), shift)
        exact /= mpmath.polyval(list(map(mpmath.mpmathify, rho[::-1])), shift)
        total = sum(mpmath.mpf(c.p) / c.q * z**j for j, c in enumerate(coefficients))
        assert abs(total - exact) < 1e-24 * abs(exact)


@pytest.mark.parametrize("name", ["heavy_ball", "nesterov"])
def test_slow_characteristic_root_with_symbolic_momentum(name):
    """On f = -theta the modified rate mu solves ``mu = -c(h mu)``; then exp(h mu) is a root of rho + h sigma."""
    order = 6
    R, x = ring("h", sympy.QQ.frac_field(beta))
    coefficients = [R(R.domain.from_sympy(c)) for c in recursion_coefficients(name, beta, order)]
    mu = R.zero
    for _ in range(order):
        power, total = R.one, R.zero
        for c in coefficients:
            total, power = total - c * power, rs_mul(power, x * mu, x, order)
        mu = total
    root = rs_exp(x * mu, x, order + 2)
    rho, sigma = ([R(R.domain.from_sympy(sympy.sympify(e))) for e in side] for side in RECURSIONS[name](beta))
    residual = sum(r * root**k for k, r in enumerate(rho)) + x * sum(s * root**k for k, s in enumerate(sigma))
    assert min(power for (power,) in residual) == order + 1


def test_refusals():
    with pytest.raises(ValueError, match="momentum 1"):
        recursion_coefficients("heavy_ball", sympy.Integer(1), 3)
    with pytest.raises(ValueError, match="rho\\(1\\) = 0"):
        multistep_coefficients((1, 1), (1,), 3)
    with pytest.raises(ValueError, match="does not see f"):
        multistep_coefficients((-1, 1), (-1, 1), 3)
