"""Interpolants of random features and of the tangent kernel against 60-digit solutions of their kernel equations."""

import mpmath as mp
import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from solvable.theory import random_feature_interpolant, random_feature_norm, tangent_kernel_interpolant
from solvable.theory.relu.feature_laws import NormalFeatures, UniformFeatures

X = np.array([-1.2, -0.7, -0.1, 0.4, 0.8, 1.3])
Y = np.array([0.8, -0.2, -0.5, -0.1, 0.9, 0.3])
LAWS = [NormalFeatures(), UniformFeatures(3.0)]


def normal_kernel(s, t, tangent=False):
    theta, product = mp.atan2(abs(s - t), 1 + s * t), 1 + s * t
    return (abs(s - t) + (1 + tangent) * (mp.pi - theta) * product) / (2 * mp.pi)


def uniform_kernel(s, t, B):
    """Integral over b of the product, for both orientations, for inputs inside [-B, B]."""

    def one_sided(s, t):
        low = -min(s, t)
        p, q = s + low, t + low
        width = B - low
        return p * q * width + (p + q) * width**2 / 2 + width**3 / 3

    return (one_sided(s, t) + one_sided(-s, -t)) / (4 * B)


def exact(kernel, x, y, t, shift=0.0):
    """Values at t and coefficients of the kernel interpolant, by 60 digits."""
    with mp.workdps(60):
        x, y, t = ([mp.mpf(float(v)) for v in values] for values in (x, y, t))
        K = mp.matrix(
            [[kernel(p, q) + (mp.mpf(shift) if i == j else 0) for j, q in enumerate(x)] for i, p in enumerate(x)]
        )
        alpha = mp.lu_solve(K, mp.matrix(y))
        values = [mp.fsum(a * kernel(s, p) for a, p in zip(alpha, x, strict=True)) for s in t]
        return np.array([float(v) for v in values]), np.array([float(a) for a in alpha])


def data(n, spread, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform(-spread, spread, n), rng.standard_normal(n)


def weighted(law, g, ends):
    """``int zeta(s) g(s) ds`` by quadrature."""
    if isinstance(law, UniformFeatures):
        return mp.quad(lambda s: g(s) / (2 * law.bias_range), ends)
    return mp.quad(lambda s: 2 / mp.pi / (1 + s * s) ** 2 * g(s), ends)


@pytest.mark.parametrize("law", LAWS, ids=["normal", "uniform"])
@pytest.mark.parametrize("t", [-2.9, -0.5, 0.0, 1.7])
def test_integrals_over_a_tail(law, t):
    start = -law.bias_range if isinstance(law, UniformFeatures) else -mp.inf
    ends = [start, min(t, mp.mpf(-1)), t] if t > -1 else [start, t]
    factors = lambda s: 1, lambda s: t - s, lambda s: (t - s) ** 2, lambda s: -s, lambda s: -s * (t - s)
    with mp.workdps(30):
        for value, factor in zip(law.tail(np.array(t)), factors, strict=True):
            assert float(value) == pytest.approx(float(weighted(law, factor, ends)), rel=1e-13)


@pytest.mark.parametrize("law", LAWS, ids=["normal", "uniform"])
@pytest.mark.parametrize("gap", [(-1.0, 0.5), (0.3, 0.3 + 1e-7), (-2.9, 2.9)], ids=str)
def test_integrals_over_a_gap(law, gap):
    """Hat products, and the deflection by its Green function, also where the ends are close or far apart."""
    left, right, middle = *map(np.array, gap), np.array(gap[0] + 0.3 * (gap[1] - gap[0]))
    with mp.workdps(30):
        low, m, high = mp.mpf(gap[0]), mp.mpf(float(middle)), mp.mpf(gap[1])
        hats = lambda s: (high - s) / (high - low), lambda s: (s - low) / (high - low)
        products = [lambda s, p=p, q=q: p(s) * q(s) for p, q in ((hats[0],) * 2, hats, (hats[1],) * 2)]
        for value, product in zip(law.mass(left, right), products, strict=True):
            assert float(value) == pytest.approx(float(weighted(law, product, mp.linspace(low, high, 8))), rel=1e-13)
        for value, hat in zip(law.deflection(left, right, middle), hats, strict=True):
            before = weighted(law, lambda s, hat=hat: hat(s) * (s - low) * (high - m), mp.linspace(low, m, 6))
            behind = weighted(law, lambda s, hat=hat: hat(s) * (high - s) * (m - low), mp.linspace(m, high, 6))
            assert float(value) == pytest.approx(float(-(before + behind) / (high - low)), rel=1e-12)


def test_the_weight_is_symmetric_of_mass_one():
    for law in LAWS:
        left, right = law.tail(np.array(0.4)), law.tail(np.array(-0.4))
        assert left.mass + right.mass == pytest.approx(1.0, rel=1e-14)
        total = left.square + right.square
        assert total == pytest.approx(0.4**2 + law.second_moment, rel=1e-13)


@pytest.mark.parametrize("n", [1, 2, 3, 25])
@pytest.mark.parametrize("spread", [1e-3, 1.0, 20.0])
@pytest.mark.parametrize("ridge", [0.0, 1e-8, 0.1])
def test_the_spline_is_the_kernel_interpolant(n, spread, ridge):
    """The kernel matrix has a condition of up to 1e20 here; the spline keeps 11 digits, also outside the data."""
    x, y = data(n, spread)
    f = random_feature_interpolant(x, y, ridge=ridge)
    t = np.concatenate([np.linspace(x.min(), x.max(), 7), np.linspace(-3, 3, 4) * spread, [-50.0, 70.0]])
    values, alpha = exact(normal_kernel, x, y, t, n * ridge)
    assert np.abs(f(t) - values).max() < 1e-11 * np.abs(values).max()
    assert np.abs(f(t) - values)[:7].max() < 1e-11 * np.abs(values[:7]).max()
    assert np.abs(f.coefficients - alpha).max() < 1e-11 * np.abs(alpha).max()
    assert f.norm**2 == pytest.approx(alpha @ f(x), rel=1e-10)


@pytest.mark.parametrize("ridge", [0.0, 1e-3])
def test_uniform_biases(ridge):
    x, y = data(12, 1.0)
    f = random_feature_interpolant(x, y, ridge=ridge, bias_range=1.5)
    t = np.linspace(-1.5, 1.5, 13)
    values, alpha = exact(lambda s, t: uniform_kernel(s, t, mp.mpf("1.5")), x, y, t, 12 * ridge)
    assert np.abs(f(t) - values).max() < 1e-12 * np.abs(values).max()
    assert np.abs(f.coefficients - alpha).max() < 1e-12 * np.abs(alpha).max()
    K = f.kernel(t[:, None], x)
    assert np.abs(K - np.array([[float(uniform_kernel(s, q, 1.5)) for q in x] for s in t])).max() < 1e-15
    for end in (-1.5, 1.5):  # no knots beyond: straight lines
        line = f(end * np.array([1.0, 2.0, 3.0]))
        assert np.diff(line, 2) == pytest.approx(0.0, abs=1e-12 * np.abs(line).max())
    far = np.array([-4.0, 2.0])
    assert f(far) == pytest.approx(f.kernel(far[:, None], x) @ f.coefficients, rel=1e-6)


def test_close_pairs_cost_no_digits():
    x = np.sort(np.concatenate([X, X + 1e-7]))
    y = np.sin(3 * x)
    f = random_feature_interpolant(x, y)
    t = np.linspace(-1.2, 1.3, 9)
    values, _ = exact(normal_kernel, x, y, t)
    assert np.abs(f(t) - values).max() < 1e-8  # slopes between the pairs are known to 1e-16/1e-7
    K = f.kernel(x[:, None], x)
    assert np.linalg.cond(K) > 1e15


def test_uniform_biases_tend_to_the_natural_cubic_spline():
    """The error is c/B: the asymptotes cost less and less."""
    t, natural = np.linspace(-1.2, 1.3, 101), CubicSpline(X, Y, bc_type="natural")
    B = np.array([1e2, 1e3, 1e4, 1e6])
    errors = [np.abs(random_feature_interpolant(X, Y, bias_range=b)(t) - natural(t)).max() for b in B]
    assert errors * B == pytest.approx(errors[0] * B[0], rel=0.01)


@pytest.mark.parametrize("bias_range", [None, 2.5])
def test_the_norm_is_the_functional(bias_range):
    """``y . alpha``, the integral of f''^2 over the weight, and the price of the asymptotes, each on its own."""
    f = random_feature_interpolant(X, Y, bias_range=bias_range)
    assert f.norm**2 == pytest.approx(Y @ f.coefficients, rel=1e-13)
    slope, intercept = f.asymptote
    parts = random_feature_norm(f.curvature, slope, intercept, X, bias_range=bias_range)
    assert f.bending == pytest.approx(parts.bending, rel=1e-11)
    assert f.affine == pytest.approx(parts.affine, rel=1e-14)
    assert f.affine > 0.01 * f.bending  # leaving it out would be seen
    far = 1e7
    left, right = (f(far * s * np.array([1.0, 2.0])) for s in (-1, 1))
    assert slope == pytest.approx(((right[1] - right[0]) - (left[1] - left[0])) / (2 * far), rel=1e-6)
    assert intercept == pytest.approx((2 * right[0] - right[1] + 2 * left[0] - left[1]) / 2, rel=1e-6, abs=1e-6)
    if bias_range is None:
        assert f.affine == pytest.approx(((f.coefficients @ X) ** 2 + f.coefficients.sum() ** 2) / 4, rel=1e-12)


def test_norms_that_are_known():
    """A line w -> 2 w costs 4, a section of the kernel its own value; any other interpolant costs more."""
    assert random_feature_norm(lambda t: 0.0, 1.0, 0.0, [0.0]).norm == 2.0
    for x0 in (0.0, 0.7, -2.0):
        weight = NormalFeatures().weight
        section = random_feature_norm(lambda t, x0=x0, weight=weight: weight(t) * abs(t - x0) / 2, x0 / 4, 0.25, [x0])
        assert section.norm**2 == pytest.approx((1 + x0**2) / 2, rel=1e-11)
    natural, best = CubicSpline(X, Y, bc_type="natural"), random_feature_interpolant(X, Y)
    left, right = natural(X[0], 1), natural(X[-1], 1)
    intercept = (Y[0] - left * X[0] + Y[-1] - right * X[-1]) / 2
    inside = lambda t: natural(t, 2) if X[0] < t < X[-1] else 0.0  # noqa: E731
    other = random_feature_norm(inside, (left + right) / 2, intercept, X)
    assert best.norm < other.norm < 2 * best.norm


def test_curvature_is_the_second_derivative():
    f, h = random_feature_interpolant(X, Y), 1e-4
    t = np.array([-3.0, -1.21, -0.9, 0.0, 1.0, 1.29, 2.5])
    assert (f(t + h) - 2 * f(t) + f(t - h)) / h**2 == pytest.approx(f.curvature(t), rel=1e-5, abs=1e-6)


def test_finitely_many_features_approach_it_like_the_root_of_their_number():
    """Mean square errors over 40 draws of m features, to 12 % each: the rate is 1/2 and nothing stays."""
    f, t, rng = random_feature_interpolant(X, Y), np.linspace(-1.2, 1.3, 31), np.random.default_rng(0)
    squares = []
    for m in (500, 8000):
        squares.append(0.0)
        for _ in range(40):
            w, b = rng.standard_normal((2, m))
            features = np.maximum(w * np.append(X, t)[:, None] + b, 0)
            K = features @ features[: X.size].T
            squares[-1] += np.mean((K[X.size :] @ np.linalg.solve(K[: X.size], Y) - f(t)) ** 2) / 40
    assert np.log(squares[1] / squares[0]) / np.log(16) == pytest.approx(-1.0, abs=0.25)


def test_ridge_is_stationary_for_its_objective():
    n, ridge = X.size, 0.01
    f = random_feature_interpolant(X, Y, ridge=ridge)
    assert Y - f(X) == pytest.approx(n * ridge * f.coefficients, rel=1e-11)
    assert random_feature_interpolant(X, Y, ridge=1e8).norm < 1e-4
    norms = [random_feature_interpolant(X, Y, ridge=r).norm for r in (0.0, 1e-6, 1e-3, 1.0)]
    assert norms == sorted(norms, reverse=True)


@pytest.mark.parametrize("n", [1, 2, 12])
@pytest.mark.parametrize("ridge", [0.0, 0.01])
def test_the_tangent_interpolant(n, ridge):
    x, y = data(n, 2.0, seed=3)
    f = tangent_kernel_interpolant(x, y, ridge=ridge)
    t = np.linspace(-4, 4, 11)
    values, alpha = exact(lambda s, t: normal_kernel(s, t, tangent=True), x, y, t, n * ridge)
    assert f(t) == pytest.approx(values, rel=1e-11, abs=1e-11)
    assert f.coefficients == pytest.approx(alpha, rel=1e-11)
    assert f.norm**2 == pytest.approx(f.coefficients @ f(x), rel=1e-11)
    h = 1e-6  # the slope jumps by -alpha/pi at the data, and there alone
    kinks = (f(x + h) - 2 * f(x) + f(x - h)) / h
    assert kinks == pytest.approx(-f.coefficients / np.pi, rel=1e-3, abs=1e-3 * np.abs(alpha).max())


def test_the_tangent_kernel_is_the_mean_of_inner_products_of_gradients():
    """Five standard errors of 4e5 draws."""
    rng = np.random.default_rng(0)
    a, w, b = rng.standard_normal((3, 400_000))
    f = tangent_kernel_interpolant([0.0], [1.0])
    for s, t in ((0.5, -1.0), (2.0, 2.5)):
        p, q = w * s + b, w * t + b
        draws = np.maximum(p, 0) * np.maximum(q, 0) + a**2 * (1 + s * t) * ((p > 0) & (q > 0))
        assert abs(draws.mean() - f.kernel(np.array(s), np.array(t))) < 5 * draws.std() / np.sqrt(draws.size)


@pytest.mark.parametrize("make", [random_feature_interpolant, tangent_kernel_interpolant])
def test_order_and_shapes(make):
    order = np.array([3, 0, 5, 1, 4, 2])
    f, g = make(X, Y), make(X[order], Y[order])
    t = np.linspace(-2, 2, 12).reshape(3, 4)
    assert f(t) == pytest.approx(g(t), rel=1e-12, abs=1e-12)
    assert g.coefficients == pytest.approx(f.coefficients[order], rel=1e-12)
    assert f(t).shape == (3, 4)
    assert np.shape(f(0.3)) == ()
    assert f(0.3) == pytest.approx(f([0.3])[0], rel=1e-14)
    with pytest.raises(ValueError, match="read-only"):
        f.coefficients[0] = 1.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: random_feature_interpolant([0.0, 0.0], [1.0, 2.0]), "x must have distinct entries, but 0 appears"),
        (lambda: random_feature_interpolant([0.0, 1.0], [1.0]), "y must have one entry per entry of x"),
        (lambda: random_feature_interpolant([], []), "x must have at least one entry"),
        (lambda: random_feature_interpolant([0.0, 2e3], [1.0, 1.0]), r"x must lie in \[-1000, 1000\]"),
        (lambda: random_feature_interpolant([0.0, 1e-60], [1.0, 1.0]), "1e-50 apart"),
        (lambda: random_feature_interpolant([0.0, 1.0], [1.0, 1e200]), r"y must lie in \[-1e100, 1e100\]"),
        (lambda: random_feature_interpolant(X, Y, ridge=-1.0), "ridge must be >= 0"),
        (lambda: random_feature_interpolant(X, Y, bias_range=1.0), r"bias_range must be at least max \|x\| = 1.3"),
        (lambda: random_feature_interpolant(X, Y, bias_range=np.inf), "bias_range must be finite"),
        (lambda: random_feature_interpolant(X, Y)([np.nan]), "t must be finite"),
        (lambda: random_feature_norm(np.sin, 0.0, 0.0, []), "breaks must be strictly increasing and at least one"),
        (lambda: random_feature_norm(np.sin, 0.0, 0.0, [0.0]), "curvature must be smooth between breaks"),
        (lambda: random_feature_norm(np.sin, 0.0, 0.0, [0.0, 3.0], bias_range=2.0), r"max \|breaks\| = 3"),
        (lambda: tangent_kernel_interpolant([1.0, 1.0], [1.0, 2.0]), "x must have distinct entries"),
        (lambda: tangent_kernel_interpolant([1.0, 1.0 + 1e-15], [1.0, 2.0]), "x must be farther apart"),
        (lambda: tangent_kernel_interpolant(X, Y, ridge=-1e-3), "ridge must be >= 0"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
