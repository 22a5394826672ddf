"""Every optimizer against a NumPy loop written from its definition, on every kind of model, alone and in ensembles."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from solvable import (
    Adam,
    DeepLinearNetwork,
    DiagonalLinearNetwork,
    GradientRegularized,
    HeavyBall,
    LinearRegression,
    MatrixSensing,
    Nesterov,
    ResidualModel,
    ScalarFactorization,
    SharpnessAware,
    SinglePointNetwork,
    UnivariateReLUNetwork,
    simulate,
)

STEPS = 60  # longer runs of Adam amplify rounding


def heavy_ball(g, x, h, H, momentum):
    v = np.zeros_like(x)
    for _ in range(STEPS):
        v = momentum * v - h * g(x)
        x = x + v
    return x


def nesterov(g, x, h, H, momentum):
    m = np.zeros_like(x)
    for _ in range(STEPS):
        slope = g(x)
        m = momentum * m + slope
        x = x - h * (slope + momentum * m)
    return x


def adam(g, x, h, H, beta1, beta2, epsilon, corrected):
    m, s = np.zeros_like(x), np.zeros_like(x)
    for k in range(1, STEPS + 1):
        slope = g(x)
        m = beta1 * m + (1 - beta1) * slope
        s = beta2 * s + (1 - beta2) * slope**2
        a, b = (1 - beta1**k, 1 - beta2**k) if corrected else (1, 1)
        x = x - h * (m / a) / np.sqrt(s / b + epsilon)
    return x


def regularized(g, x, h, H, strength, ascent):
    for _ in range(STEPS):
        slope = g(x)
        bend = H(x) @ slope if ascent == 0 else (g(x + ascent * slope) - slope) / ascent
        x = x - h * (slope + strength * bend)
    return x


def sharpness_aware(g, x, h, H, radius, normalized):
    for _ in range(STEPS):
        slope = g(x)
        x = x - h * g(x + radius * slope / (np.linalg.norm(slope) if normalized else 1))
    return x


CASES = {
    "heavy ball": (lambda h: HeavyBall(h, 0.7), heavy_ball, (0.7,)),
    "nesterov": (lambda h: Nesterov(h, 0.7), nesterov, (0.7,)),
    "adam": (lambda h: Adam(h, 0.6, 0.8, 1e-3), adam, (0.6, 0.8, 1e-3, True)),
    "adam plain": (lambda h: Adam(h, 0.6, 0.8, 1e-3, bias_correction=False), adam, (0.6, 0.8, 1e-3, False)),
    "exact GR": (lambda h: GradientRegularized(h, 0.05), regularized, (0.05, 0)),
    "F-GR": (lambda h: GradientRegularized(h, 0.05, 0.1), regularized, (0.05, 0.1)),
    "B-GR": (lambda h: GradientRegularized(h, 0.05, -0.1), regularized, (0.05, -0.1)),
    "SAM": (lambda h: SharpnessAware(h, 0.02), sharpness_aware, (0.02, True)),
    "USAM": (lambda h: SharpnessAware(h, 0.05, normalized=False), sharpness_aware, (0.05, False)),
}


def models():
    rng = np.random.default_rng(5)
    X = rng.standard_normal((4, 6))
    y = X[:, 0] - 0.5 * X[:, 1]
    A = rng.standard_normal((4, 3, 3))
    return {
        "squares": DiagonalLinearNetwork(X, y),
        "product": DiagonalLinearNetwork(X, y, parametrization="product"),
        "depth 3": DiagonalLinearNetwork(X, y, depth=3),
        "scalar 2": ScalarFactorization(1.5),
        "scalar 4": ScalarFactorization(1.5, depth=4),
        "linear": LinearRegression(X, y),
        "deep": DeepLinearNetwork(0.2 * X.T[:3], rng.standard_normal((2, 4)), widths=[4, 3]),
        "deep, fewer samples": DeepLinearNetwork(0.4 * X.T, rng.standard_normal((2, 4)), widths=3),
        "tanh": SinglePointNetwork([1.0, -0.5], 0.9, width=3),
        "sigmoid": SinglePointNetwork(1.3, 0.9, width=4, activation="sigmoid"),
        "sensing": MatrixSensing(A, y),
        "asymmetric": MatrixSensing(A[:, :2], y, rank=1, symmetric=False),
        "relu": UnivariateReLUNetwork([0.5, -0.9, 0.1], [1.0, -0.3, 0.4], width=6, skip=True),
        "user": ResidualModel(lambda w: np.array([w[0] * w[1] - 1.0, w[1] - w[2] ** 2]), n_params=3, n_samples=2),
    }


@pytest.mark.parametrize("model", models().items(), ids=lambda item: item[0])
@pytest.mark.parametrize("case", CASES.items(), ids=lambda item: item[0])
def test_against_a_numpy_loop(case, model):
    (_, (make, loop, hyper)), (kind, net) = case, model
    start = 0.6 + 0.2 * np.random.default_rng(1).standard_normal(net.n_params)
    tolerance = 1e-8 if kind == "user" else 1e-12  # the user's Jacobian and Hessian are central differences
    measured = simulate(net, make(0.03), start, steps=STEPS).final
    expected = loop(net.gradient, start, 0.03, net.hessian, *hyper)
    assert np.max(np.abs(measured - expected)) < tolerance


@pytest.mark.parametrize("case", CASES.items(), ids=lambda item: item[0])
def test_alone_is_inside_an_ensemble_and_resumes_in_bits(case):
    _, (make, _, _) = case
    net = models()["squares"]
    starts = 0.6 + 0.2 * np.random.default_rng(1).standard_normal((37, net.n_params))
    ensemble = simulate(net, make(np.linspace(0.01, 0.04, 37)), starts, steps=200)
    alone = simulate(net, make(float(np.linspace(0.01, 0.04, 37)[21])), starts[21], steps=200)
    assert np.array_equal(alone.final, ensemble.final[21])
    method = make(0.03)
    first = simulate(net, method, starts[0], steps=71)
    rest = simulate(net, method, None, resume=first, steps=129)
    assert np.array_equal(rest.final, simulate(net, method, starts[0], steps=200, save=7).final)


def per_sample(model, x, h, radius, normalized):
    for _ in range(50):
        total = np.zeros_like(x)
        J, r = model.jacobian(x), model.residuals(x)
        for i in range(model.n_samples):
            own = slice(i * model.n_outputs, (i + 1) * model.n_outputs)
            slope = r[own] @ J[own]
            point = x + radius * slope / (np.linalg.norm(slope) if normalized else 1)
            total += model.residuals(point)[own] @ model.jacobian(point)[own] / model.n_samples
        x = x - h * total
    return x


@pytest.mark.parametrize("normalized", [True, False])
@pytest.mark.parametrize("kind", ["squares", "product", "depth 3", "linear", "deep"])
def test_per_sample_sam(kind, normalized):
    net = models()[kind]
    start = 0.6 + 0.2 * np.random.default_rng(1).standard_normal(net.n_params)
    method = SharpnessAware(0.02, 0.05, normalized=normalized, per_sample=True)
    measured = simulate(net, method, start, steps=50).final
    assert np.max(np.abs(measured - per_sample(net, start, 0.02, 0.05, normalized))) < 1e-13


def test_a_compiled_function_is_as_good_as_a_python_one():
    def residuals(w):
        return w[:1] * w[1:] - 2.0

    plain = ResidualModel(residuals, n_params=2, n_samples=1)
    compiled = ResidualModel(numba.njit(residuals), n_params=2, n_samples=1)
    runs = [simulate(model, HeavyBall(0.02, 0.5), [1.5, 0.4], steps=100).final for model in (plain, compiled)]
    assert np.max(np.abs(runs[0] - runs[1])) < 1e-13


def test_zero_gradient_stays_put():
    still = simulate(ScalarFactorization(1.0), SharpnessAware(0.1, 0.1), [1.0, 1.0], steps=5)
    assert np.array_equal(still.final, [1.0, 1.0])
    frozen = simulate(ScalarFactorization(1.0), Adam(0.1, 0.9, 0.9, 0.0), [1.0, 1.0], steps=5)
    assert np.array_equal(frozen.final, [1.0, 1.0])


def test_divergence_is_a_status():
    run = simulate(ScalarFactorization(1.0), HeavyBall(np.array([0.01, 3.0]), 0.9), [2.0, 0.6], steps=2000)
    assert [status.name for status in run.status] == ["HORIZON", "DIVERGED"]


BAD = [
    (lambda: HeavyBall(0.1, 1.0), "momentum must be < 1, got 1"),
    (lambda: Nesterov(-0.1, 0.5), "step_size must be > 0, got -0.1"),
    (lambda: Adam(0.1, 0.5, 1.2, 0.1), "beta2 must be < 1, got 1.2"),
    (lambda: Adam(0.1, 0.5, 0.5, -1), "epsilon must be >= 0, got -1"),
    (lambda: SharpnessAware(0.1, -1), "radius must be >= 0, got -1"),
    (lambda: GradientRegularized(0.1, -0.1), "strength must be >= 0, got -0.1"),
    (
        lambda: GradientRegularized(0.1, 0.1, [0.0, 0.1]),
        "ascent_step must be zero for all members or for none, got both",
    ),
]


@pytest.mark.parametrize(("make", "message"), BAD, ids=[message for _, message in BAD])
def test_bad_hyperparameters(make, message):
    with pytest.raises(ValueError) as caught:
        make()
    assert str(caught.value) == message
