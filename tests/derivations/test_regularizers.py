"""Potentials, flatness, Gaussian means and stationary covariances against other routes."""

import math

import mpmath
import numpy as np
import pytest
import sympy

from derivations import gaussian_mean, mirror_potential, regularizer, stationary_covariance
from derivations.mirror import BETA, DUAL, SCALE
from derivations.networks import network

R = sympy.Rational


@pytest.mark.parametrize("depth", [2, 3, 4, 5, 6])
def test_the_link_obeys_the_flow(depth):
    found = mirror_potential(depth)
    assert found.residual() == 0
    assert sympy.simplify(sympy.diff(found.dual, DUAL) - found.link) == 0


@pytest.mark.parametrize("depth", [2, 3, 4, 5])
def test_the_link_along_a_simulated_flow(depth):
    """Integrate both factors in s by Taylor's method, and compare beta with the link."""
    alpha, end = 0.7, 0.1
    solution = mpmath.odefun(
        lambda s, w: [depth * w[0] ** (depth - 1), -depth * w[1] ** (depth - 1)], 0, [alpha, alpha]
    )
    plus, minus = solution(end)
    found = mirror_potential(depth)
    z = float(found.rate.subs(SCALE, alpha)) * end
    assert float(found.link.subs({SCALE: alpha, DUAL: z})) == pytest.approx(float(plus**depth - minus**depth), rel=1e-9)


def test_hypentropy():
    potential = mirror_potential(2).potential
    assert sympy.simplify(sympy.diff(potential, BETA) - sympy.asinh(BETA / (2 * SCALE**2))) == 0
    assert mirror_potential(2).value(0.3, 0.5) == pytest.approx(float(potential.subs({BETA: 0.3, SCALE: 0.5})))


@pytest.mark.parametrize("depth", [2, 3, 4, 7])
def test_the_potential_is_even_and_has_the_inverse_link_as_derivative(depth):
    found = mirror_potential(depth)
    for beta in (1e-6, 0.3, 40.0, 1e6):
        width = 1e-4 * beta
        slope = (found.value(beta + width, 0.5) - found.value(beta - width, 0.5)) / (2 * width)
        z = found.dual_variable(beta, 0.5)
        assert slope == pytest.approx(float(z), rel=1e-5, abs=1e-5)
        assert float(found.link.subs({DUAL: sympy.Float(z, 40), SCALE: R(1, 2)})) == pytest.approx(beta, rel=1e-7)
        assert found.value(-beta, 0.5) == found.value(beta, 0.5)


def test_bad_depth():
    for depth in (1, 2.5, True):
        with pytest.raises(ValueError, match="depth must be"):
            mirror_potential(depth)
    with pytest.raises(ValueError, match="scale must be positive"):
        mirror_potential(3).value(1.0, 0.0)


SIZES = [
    ("diagonal", {"features": 3, "samples": 2}),
    ("diagonal", {"depth": 3}),
    ("scalar", {}),
    ("scalar", {"depth": 4}),
    ("sensing", {}),
    ("sensing", {"symmetric": False, "rank": 1}),
    ("deep", {"widths": (2, 3, 2, 1), "samples": 2}),
    ("relu", {"skip": True}),
    ("relu", {"output_bias": True, "samples": 3}),
    ("single_point", {"features": 2}),
    ("single_point", {"activation": "sigmoid"}),
]


@pytest.mark.parametrize(("name", "sizes"), SIZES, ids=str)
def test_flatness_by_finite_differences(name, sizes):
    found, formula = network(name, **sizes), regularizer(name, **sizes)
    symbols = sorted(sympy.Matrix([*found.outputs, formula]).free_symbols | set(found.params), key=str)
    rng = np.random.default_rng(3)
    values = dict(zip(symbols, rng.normal(size=len(symbols)), strict=True))
    outputs = sympy.lambdify(symbols, found.outputs, "numpy")
    total = 0.0
    for s in found.params:
        high, low = ({**values, s: values[s] + e} for e in (1e-6, -1e-6))
        difference = np.array(outputs(*high.values())) - outputs(*low.values())
        total += np.sum((difference / 2e-6) ** 2)
    assert float(formula.subs(values)) == pytest.approx(total / found.samples, rel=1e-6)


def test_closed_forms_of_flatness():
    u, v = sympy.symbols("u0:2", real=True), sympy.symbols("v0:2", real=True)
    x = [[sympy.Symbol(f"x{i}_{j}", real=True) for j in range(2)] for i in range(3)]
    means = [sum(row[j] ** 2 for row in x) / 3 for j in range(2)]
    expected = 4 * sum(m * (p**2 + q**2) for m, p, q in zip(means, u, v, strict=True))
    assert sympy.expand(regularizer("DiagonalLinearNetwork", samples=3) - expected) == 0

    U = sympy.Matrix(2, 2, lambda i, j: sympy.Symbol(f"u{i}_{j}", real=True))
    measurements = [
        sympy.Matrix(2, 2, lambda i, j, k=k: sympy.Symbol(f"a{k}_{min(i, j)}_{max(i, j)}", real=True)) for k in (0, 1)
    ]
    weight = sum((A * A for A in measurements), sympy.zeros(2)) / 2
    assert sympy.expand(regularizer("MatrixSensing") - 4 * (weight * U * U.T).trace()) == 0
    w, c, x0 = sympy.symbols("w0_0 c0 x0", real=True)
    hidden = sympy.tanh(w * x0)
    single = hidden**2 + x0**2 * c**2 * (1 - hidden**2) ** 2
    assert sympy.expand(regularizer("SinglePointNetwork", width=1) - single) == 0


def test_relu_has_slope_zero_at_its_kink():
    formula = regularizer("relu", width=1, samples=1)
    at = {s: 0 for s in formula.free_symbols if s.name[0] in "wb"}
    assert formula.subs(at) == 0


def test_bad_names():
    with pytest.raises(ValueError, match="model_name must be one of"):
        regularizer("transformer")
    with pytest.raises(ValueError, match="scalar takes depth; got width"):
        regularizer("scalar", width=3)
    with pytest.raises(ValueError, match="activation must be"):
        regularizer("single_point", activation="relu")


def test_gaussian_moments_by_quadrature():
    x, y = sympy.symbols("x y")
    polynomial = 3 * x**6 * y**2 - x**3 * y + 2 * x**2 - 5
    nodes, weights = np.polynomial.hermite_e.hermegauss(8)
    grid = sympy.lambdify((x, y), polynomial)(nodes[:, None], nodes[None, :])
    expected = weights @ grid @ weights / (2 * math.pi)
    assert float(gaussian_mean(polynomial, (x, y))) == pytest.approx(expected, rel=1e-12)
    with pytest.raises(ValueError, match="polynomial"):
        gaussian_mean(sympy.exp(x), (x,))


@pytest.mark.parametrize(("rows", "columns"), [(2, 2), (2, 3), (3, 1)])
def test_gaussian_sensing(rows, columns):
    """E |grad <G, U V^T>|^2 = d1 |V|^2 + d2 |U|^2; the sizes are not swapped."""
    G = sympy.Matrix(rows, columns, sympy.symbols(f"g0:{rows * columns}"))
    u, v = sympy.Matrix(sympy.symbols(f"u0:{rows}")), sympy.Matrix(sympy.symbols(f"v0:{columns}"))
    output = (u.T * G * v)[0]
    square = sum(sympy.diff(output, s) ** 2 for s in (*u, *v))
    mean = gaussian_mean(sympy.expand(square), G)
    assert sympy.expand(mean - rows * sum(s**2 for s in v) - columns * sum(s**2 for s in u)) == 0


def test_gaussian_sensing_of_a_symmetric_factor():
    """(2d + 2)|U|^2 for G itself, 4(d + 1)|U|^2 for (G + G^T)/sqrt(2)."""
    d = 3
    G = sympy.Matrix(d, d, sympy.symbols(f"g0:{d * d}"))
    u = sympy.Matrix(sympy.symbols(f"u0:{d}"))
    for A, factor in ((G, 2 * d + 2), ((G + G.T) / sympy.sqrt(2), 4 * (d + 1))):
        output = (u.T * A * u)[0]
        mean = gaussian_mean(sympy.expand(sum(sympy.diff(output, s) ** 2 for s in u)), G)
        assert sympy.expand(mean - factor * sum(s**2 for s in u)) == 0


def test_stationary_covariance_reproduces_itself():
    H, C, h = sympy.Matrix([[2, 1], [1, 3]]), sympy.Matrix([[1, R(1, 2)], [R(1, 2), 2]]), R(1, 10)
    one = sympy.eye(2)
    S = stationary_covariance(H, C, h, discrete=True)
    assert ((one - h * H) * S * (one - h * H) + h**2 * C - S).is_zero_matrix
    flow = stationary_covariance(H, C, h)
    assert (H * flow + flow * H - h * C).is_zero_matrix
    assert flow != S
    iterated = np.zeros((2, 2))
    A = np.array(one - h * H, dtype=float)
    for _ in range(400):
        iterated = A @ iterated @ A + float(h) ** 2 * np.array(C, dtype=float)
    np.testing.assert_allclose(np.array(S, dtype=float), iterated, rtol=1e-10)


def test_label_noise_is_isotropic_on_the_range():
    h, c = sympy.symbols("h c", positive=True)
    a, b = sympy.symbols("a b", positive=True)
    H = sympy.Matrix([[a**2, a * b], [a * b, b**2]])
    S = stationary_covariance(H, c * H, h)
    projector = H / (a**2 + b**2)
    assert (S - h * c / 2 * projector).applyfunc(sympy.simplify).is_zero_matrix


def test_noise_along_a_flat_direction_is_refused():
    with pytest.raises(ValueError, match="flat direction"):
        stationary_covariance([[1, 0], [0, 0]], [[1, 0], [0, 1]], R(1, 10))
    with pytest.raises(ValueError, match="symmetric"):
        stationary_covariance([[1, 1], [0, 1]], [[1, 0], [0, 1]], R(1, 10))
    with pytest.raises(ValueError, match="cancel"):
        stationary_covariance([[1, 0], [0, -1]], [[1, 1], [1, 1]], R(1, 10))
