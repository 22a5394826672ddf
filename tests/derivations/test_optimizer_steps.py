"""Each step on floats against a plain loop, and the same function on exact rationals, duals and high precision."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest

from derivations import optimizers, random_optimizers
from derivations.numbers import Dual, inner, inverse_root, rational, vector

START = np.array([1.4, 0.3])


def gradient(theta):
    a, b = theta
    residual = a * b - 1
    return vector([residual * b, residual * a])


def float_gradient(theta):
    return gradient(theta).astype(float)


def run(step, state, steps=7, h=0.1, **given):
    theta = START
    for _ in range(steps):
        theta, state = step(theta, state, float_gradient, h, **given)
    return np.asarray(theta, dtype=float)


def test_gradient_descent_with_decay():
    theta = START
    for _ in range(7):
        theta = theta - 0.1 * float_gradient(theta) - 0.1 * 0.2 * theta
    np.testing.assert_allclose(run(optimizers.gradient_descent, (), weight_decay=0.2), theta, rtol=1e-14)


def test_heavy_ball_is_a_recursion_in_the_iterates():
    before, theta = START, START
    for _ in range(7):
        before, theta = theta, theta + 0.6 * (theta - before) - 0.1 * float_gradient(theta)
    np.testing.assert_allclose(run(optimizers.heavy_ball, (0 * START,), momentum=0.6), theta, rtol=1e-13)


def test_nesterov_stores_the_lookahead_point():
    """theta_k = x_k + beta (x_k - x_(k-1)) with x the usual iterates."""
    before, x, theta = START, START, START
    for _ in range(7):
        before, x = x, theta - 0.1 * float_gradient(theta)
        theta = x + 0.6 * (x - before)
    np.testing.assert_allclose(run(optimizers.nesterov, (0 * START,), momentum=0.6), theta, rtol=1e-13)


def test_adam_and_rmsprop():
    theta, m, v = START, 0 * START, 0 * START
    for _ in range(7):
        g = float_gradient(theta)
        m, v = 0.5 * m + 0.5 * g, 0.8 * v + 0.2 * g**2
        theta = theta - 0.1 * m / np.sqrt(v + 0.01)
    zero = 0 * START
    found = run(optimizers.adam, (zero, zero), beta1=0.5, beta2=0.8, epsilon=0.01)
    np.testing.assert_allclose(found, theta, rtol=1e-13)
    corrected = run(optimizers.adam_corrected, (zero,) * 4, 1, beta1=0.5, beta2=0.8, epsilon=0.01)
    g = float_gradient(START)
    np.testing.assert_allclose(corrected, START - 0.1 * g / np.sqrt(g**2 + 0.01), rtol=1e-14)
    rms = run(optimizers.rmsprop, (zero,), beta2=0.8, epsilon=0.01)
    np.testing.assert_allclose(rms, run(optimizers.adam, (zero, zero), beta1=0.0, beta2=0.8, epsilon=0.01), rtol=1e-14)


def test_sharpness_aware():
    g = float_gradient(START)
    expected = START - 0.1 * float_gradient(START + 0.05 * g / np.linalg.norm(g))
    np.testing.assert_allclose(run(optimizers.sam, (), 1, radius=0.05), expected, rtol=1e-14)
    expected = START - 0.1 * float_gradient(START + 0.05 * g)
    np.testing.assert_allclose(run(optimizers.usam, (), 1, radius=0.05), expected, rtol=1e-14)


def test_gradient_regularization():
    g = float_gradient(START)
    finite = g + 0.3 / 0.05 * (float_gradient(START + 0.05 * g) - g)
    found = run(optimizers.gradient_regularized, (), 1, strength=0.3, ascent_step=0.05)
    np.testing.assert_allclose(found, START - 0.1 * finite, rtol=1e-14)


def test_reshuffling_is_the_mean_over_orders():
    def other(theta):
        return 2 * (theta - 1)

    first, second = (START - 0.1 * f(START) for f in (float_gradient, other))
    ends = [first - 0.1 * other(first), second - 0.1 * float_gradient(second)]
    found, _ = optimizers.random_reshuffling(START, (), (float_gradient, other), 0.1)
    np.testing.assert_allclose(found.astype(float), sum(ends) / 2, rtol=1e-14)


def test_players_take_turns():
    rates, players = np.array([1.0, 3.0]), np.array([1, 0])
    a, b = START
    F, G = gradient(START)
    both, _ = optimizers.simultaneous(START, (), float_gradient, 0.1, rates=rates, players=players)
    np.testing.assert_allclose(both, [a + 0.1 * F, b + 0.3 * G])
    moved = a + 0.1 * F
    turns, _ = optimizers.alternating(START, (), float_gradient, 0.1, rates=rates, players=players)
    np.testing.assert_allclose(turns, [moved, b + 0.3 * gradient([moved, b])[1]])


def test_one_function_on_every_kind_of_number():
    plain = run(optimizers.heavy_ball, (0 * START,), 3, momentum=0.5)
    exact, state = vector([Fraction(7, 5), Fraction(3, 10)]), (vector([Fraction(0)] * 2),)
    fine, high = vector([mpmath.mpf("1.4"), mpmath.mpf("0.3")]), (vector([mpmath.mpf(0)] * 2),)
    for _ in range(3):
        exact, state = optimizers.heavy_ball(exact, state, gradient, Fraction(1, 10), momentum=Fraction(1, 2))
        fine, high = optimizers.heavy_ball(fine, high, gradient, mpmath.mpf("0.1"), momentum=mpmath.mpf("0.5"))
    assert all(isinstance(e, Fraction) for e in exact)
    np.testing.assert_allclose(exact.astype(float), plain, rtol=1e-14)
    np.testing.assert_allclose(fine.astype(float), plain, rtol=1e-14)


class Sample:
    """``(c . theta - 1)^2 / 2``."""

    def __init__(self, *c):
        self.c = vector([Fraction(entry) for entry in c])

    def loss(self, theta):
        return (inner(self.c, theta) - 1) ** 2 / 2

    def of_output(self, theta):
        return self.c + 0 * theta

    def __call__(self, theta):
        return (inner(self.c, theta) - 1) * self.c


ONE, TWO = SAMPLES = Sample(1, 2, 0), Sample(2, 0, -1)
HALF, NOISE = Fraction(1, 2), vector([Fraction(1, 3), Fraction(-2), Fraction(1)])
POINT = vector([Fraction(1, 2), Fraction(1), Fraction(2)])  # residuals 3/2 and -2
MEAN = (ONE(POINT) + TWO(POINT)) / 2


@pytest.mark.parametrize(
    ("step", "gradient", "given", "expected"),
    [
        ("flooding", TWO, {"level": Fraction(5, 2)}, POINT + HALF * TWO(POINT)),
        ("flooding", TWO, {"level": Fraction(2)}, POINT),
        ("sgd", SAMPLES, {"batch": [1, 0]}, POINT - HALF * MEAN),
        (
            "label_noise_sgd",  # the labels become 1 + 1/3 and 1 - 2
            SAMPLES,
            {"noise_std": 1, "momentum": Fraction(3), "batch": [1, 0], "noise": NOISE[:2]},
            POINT + 3 * NOISE - HALF * (Fraction(-7, 3) * TWO.c + Fraction(7, 2) * ONE.c) / 2,
        ),
        ("noise_injection", ONE, {"std": 2, "noise": NOISE}, POINT - HALF * ONE(POINT) + 2 * NOISE),
        ("anticorrelated_noise_injection", ONE, {"std": 2, "noise": NOISE}, POINT - HALF * ONE(POINT) + NOISE),
        ("gradient_noise", ONE, {"std": 2, "noise": NOISE}, POINT - HALF * (ONE(POINT) + 2 * NOISE)),
        (
            "normal_gradient_noise",  # (2, -1, 4) is orthogonal to both samples
            SAMPLES,
            {"std": 1, "noise": ONE.c + TWO.c + vector([2, -1, 4])},
            POINT - HALF * (MEAN + ONE.c + TWO.c),
        ),
        (
            "stochastic_gradient_flow",
            SAMPLES,
            {"rate": 4, "noise": [Fraction(5), Fraction(3)]},
            POINT - HALF * MEAN - (ONE(POINT) - TWO(POINT)),
        ),
        ("loss_gradient_flow", (TWO,), {"rate": 2, "noise": [3]}, POINT - HALF * TWO(POINT) - 6 * TWO.c),
    ],
)
def test_given_draws_on_rationals(step, gradient, given, expected):
    home = optimizers if hasattr(optimizers, step) else random_optimizers
    found, _ = getattr(home, step)(POINT, (NOISE,), gradient, HALF, **given)
    assert found.tolist() == expected.tolist()


def test_an_ascent_of_its_own_for_every_sample():
    starts = [POINT + HALF * sample(POINT) for sample in SAMPLES]
    expected = POINT - HALF * (ONE(starts[0]) + TWO(starts[1])) / 2
    assert optimizers.sample_usam(POINT, (), SAMPLES, HALF, radius=HALF)[0].tolist() == expected.tolist()
    plain = POINT.astype(float)
    slopes = [sample(plain).astype(float) for sample in SAMPLES]
    ends = [g(plain + 0.5 * s / np.linalg.norm(s)) for g, s in zip(SAMPLES, slopes, strict=True)]
    found, _ = optimizers.sample_sam(plain, (), [lambda x, g=g: g(x).astype(float) for g in SAMPLES], 0.5, radius=0.5)
    np.testing.assert_allclose(found, (plain - 0.25 * sum(ends)).astype(float), rtol=1e-14)


def test_duals_differentiate():
    x = Dual(Fraction(2), Fraction(1))
    assert ((x + 1) * (3 - x)).tangent == -2
    assert (1 / (x * x)).tangent == Fraction(-1, 4)
    assert (x / (1 + x)).tangent == Fraction(1, 9)
    assert (x**3).tangent == 12
    assert (x * x).inverse_root().tangent == Fraction(-1, 4)


def test_inverse_roots():
    assert inverse_root(Fraction(4, 9)) == Fraction(3, 2)
    np.testing.assert_allclose(inverse_root(np.array([4.0, 16.0])), [0.5, 0.25])
    assert abs(inverse_root(mpmath.mpf(2)) ** 2 - 0.5) < 1e-15
    with pytest.raises(ValueError, match="not the square"):
        inverse_root(Fraction(2))
    with pytest.raises(ValueError, match="positive"):
        inverse_root(-1)
    assert inner(np.array([1.0, 2.0]), np.array([3.0, 4.0])) == 11.0
    assert rational(0.1) == rational(Fraction(1, 10))
