"""Stochastic gradient flow: against a NumPy replay of its draws, against exact moments, and its ledger.

Each statistical test fails on a sound implementation with probability below 1e-5 (the seeds are fixed, so it either
always passes or never).
"""

import math

import numpy as np
import pytest

from solvable import (
    DiagonalLinearNetwork,
    LinearRegression,
    MatrixSensing,
    ModifiedFlow,
    ResidualModel,
    ScalarFactorization,
    Status,
    StochasticGradientFlow,
    simulate,
)
from solvable.integrators.noise import fill_tile
from solvable.integrators.philox import GRADIENT_NOISE
from solvable.theory import gain_gradient_descent, gain_stochastic_gradient_flow, hypentropy_minimum

rng = np.random.default_rng(0)
X, y = rng.standard_normal((5, 8)), rng.standard_normal(5)
MODELS = {
    "squares": DiagonalLinearNetwork(X, y),
    "product": DiagonalLinearNetwork(X, y, parametrization="product"),
    "depth 3": DiagonalLinearNetwork(X, y, depth=3),
    "scalar": ScalarFactorization(target=-0.7),
    "linear": LinearRegression(X, y),
    "sensing": MatrixSensing(X[:4, :4].reshape(4, 2, 2), y[:4]),
    "asymmetric": MatrixSensing(X[:4, :6].reshape(4, 3, 2), y[:4], rank=1, symmetric=False),
    "user": ResidualModel(
        lambda w: np.array([w[0] * w[1] - 1.0, w[1] - w[2] ** 2]),
        lambda w: np.array([[w[1], w[0], 0.0], [0.0, 1.0, -2 * w[2]]]),
        n_params=3,
        n_samples=2,
    ),
}
COVARIANCES = ("sample", "loss")


def start(model):
    return 0.6 + 0.2 * np.random.default_rng(1).standard_normal(model.n_params)


def gaussians(model, seed, replica, step):
    out = np.empty((model.n_samples, 1))
    fill_tile(np.uint64(seed), np.array([replica]), step, GRADIENT_NOISE, out)
    return out[:, 0]


def root(model, theta, covariance):
    """A matrix B ``(p, n)`` with ``B B^T = Sigma``."""
    r, J, n = model.residuals(theta), model.jacobian(theta), model.n_samples
    if covariance == "loss":
        return math.sqrt(2 * model.loss(theta) / n) * J.T
    return J.T @ np.diag(r) @ (np.eye(n) - 1 / n) / math.sqrt(n)


@pytest.mark.parametrize("covariance", COVARIANCES)
@pytest.mark.parametrize("name", MODELS)
def test_the_root_has_the_square_that_the_definition_names(name, covariance):
    model = MODELS[name]
    theta = start(model)
    r, J, n = model.residuals(theta), model.jacobian(theta), model.n_samples
    if covariance == "loss":
        sigma = 2 * model.loss(theta) * J.T @ J / n
    else:
        single = r[:, None] * J  # gradients of the samples
        np.testing.assert_allclose(single.mean(0), model.gradient(theta), atol=1e-12)
        sigma = np.cov(single.T, bias=True)
    B = root(model, theta, covariance)
    np.testing.assert_allclose(B @ B.T, np.reshape(sigma, (theta.size, theta.size)), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("covariance", COVARIANCES)
@pytest.mark.parametrize("name", MODELS)
def test_equals_a_replay_of_its_draws(name, covariance):
    model, h, dt = MODELS[name], 0.05, 0.02
    theta = start(model)
    run = simulate(model, StochasticGradientFlow(h, dt, covariance), theta, steps=80, seed=7, replica=2**32 - 1)
    for k in range(80):
        kick = root(model, theta, covariance) @ gaussians(model, 7, 2**32 - 1, k)
        theta = theta - dt * model.gradient(theta) - math.sqrt(h * dt) * kick
    np.testing.assert_allclose(run.final, theta, rtol=0, atol=1e-12)
    assert run.time[-1] == 80 * dt


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_moments_of_linear_regression(covariance):
    """With e = theta - theta*, A = 1 - dt H: E e -> A E e and E e e^T -> A E e e^T A + h dt E Sigma, exactly."""
    data = np.random.default_rng(3)
    X, y = data.standard_normal((5, 2)), data.standard_normal(5)
    model, h, dt, members = LinearRegression(X, y), 0.1, 0.1, 20_000
    fixed = np.linalg.lstsq(X, y, rcond=None)[0]
    H, rest = X.T @ X / 5, X @ fixed - y
    theta = fixed + np.array([0.8, -0.5])
    mean, A = theta - fixed, np.eye(2) - dt * H
    moments = dict.fromkeys(COVARIANCES, np.outer(mean, mean))
    for _ in range(15):
        for name, M in moments.items():
            squares = np.einsum("ij,jk,ik->i", X, M, X) + 2 * rest * (X @ mean) + rest**2  # E r_i^2
            sigma = np.mean(squares) * H if name == "loss" else X.T @ (squares[:, None] * X) / 5 - H @ M @ H
            moments[name] = A @ M @ A + h * dt * sigma
        mean = A @ mean
    second = moments.pop(covariance)
    (rival,) = moments.values()
    run = simulate(model, StochasticGradientFlow(h, dt, covariance), np.tile(theta, (members, 1)), steps=15)
    e = run.final - fixed
    products = np.einsum("ri,rj->rij", e, e).reshape(members, 4)[:, [0, 1, 3]]

    def far(sample, expected):
        return np.abs(sample.mean(0) - expected) / (sample.std(0) / math.sqrt(members))

    assert far(e, mean).max() < 5
    assert far(products, second.ravel()[[0, 1, 3]]).max() < 5
    assert far(products, rival.ravel()[[0, 1, 3]]).max() > 10


@pytest.mark.parametrize("kind", ["squares", "product"])
@pytest.mark.parametrize("covariance", COVARIANCES)
def test_the_ledger_is_exact_at_any_dt(kind, covariance):
    """A step is gradient descent with x = 2 kappa X^T w: its sums, and the minimizer that they name."""
    model, h, dt, steps = MODELS[kind], 0.05, 0.05, 300
    kappa, theta = 0.5 if kind == "product" else 1.0, start(MODELS[kind])
    run = simulate(model, StochasticGradientFlow(h, dt, covariance), theta, steps=steps, save=np.arange(steps + 1))
    gradients = []
    for k in range(steps):
        r, xi = model.residuals(run.theta[k]), gaussians(model, 0, 0, k)
        spread = r * (xi - xi.mean()) if covariance == "sample" else math.sqrt(2 * model.loss(run.theta[k])) * xi
        gradients.append(X.T @ (dt * r / 5 + math.sqrt(h * dt / 5) * spread))
    gain = gain_gradient_descent(gradients, kappa)  # x = 2 kappa X^T w, the step is inside w
    np.testing.assert_allclose(run.ledger().q, gain.q, rtol=0, atol=1e-11)
    np.testing.assert_allclose(run.ledger().R, gain.R, rtol=0, atol=1e-11)
    assert np.abs(gain.R).max() > 1e-3
    assert run.range_residual() < 1e-11
    log_a, xi0 = run.effective_init()
    beta = run.predictor(run.final)
    minimum = hypentropy_minimum(X, X @ beta, log_a=log_a, xi0=xi0)
    np.testing.assert_allclose(minimum.point, beta, rtol=0, atol=1e-11)


@pytest.mark.parametrize("covariance", COVARIANCES)
def test_the_gain_tends_to_that_of_the_equation_path_by_path(covariance):
    """q - q(path) is a sum of martingale increments, of order sqrt(dt), apart from what the drift adds to the square of
    a step, ``-4 dt int g^2``; R, a sum of cubes, is of order dt. (Over seeds the slopes spread by 0.02, the mean by
    0.004.)
    """
    model, h, time = MODELS["squares"], 0.02, 0.5
    theta, flow = np.tile(start(model), (192, 1)), {"step_size": h, "covariance": covariance}
    lengths, misses, shifts = np.array([4e-3, 1e-3, 2.5e-4]), [], []
    for dt in lengths:
        steps = round(time / dt)
        run = simulate(model, StochasticGradientFlow(dt=dt, **flow), theta, steps=steps, save=np.arange(steps + 1))
        residuals, q = model.residuals(run.theta), run.ledger().q
        gain = gain_stochastic_gradient_flow(X, run.time, residuals, h, covariance)
        drift = -4 * dt**2 * np.sum((residuals[:-1] @ X / 5) ** 2, axis=0)
        misses.append(np.median(np.abs((q - gain.q - drift) / gain.q)))
        shifts.append(np.median(np.abs(run.ledger().R)))
    for errors, order in ((misses, 0.5), (shifts, 1.0)):
        slope = np.polyfit(np.log(lengths), np.log(errors), 1)[0]
        assert abs(slope - order) < 0.12
    assert misses[-1] < 0.05
    assert np.abs(np.mean(q / gain.q, axis=0) - 1).max() < 0.03  # Stratonovich: no gain; a constant of 8: one half
    other = "loss" if covariance == "sample" else "sample"
    rival = gain_stochastic_gradient_flow(X, run.time, residuals, h, other)
    assert np.abs(np.mean(q / rival.q, axis=0) - 1).max() > 0.2


@pytest.mark.parametrize("name", ["squares", "product", "depth 3", "linear"])
@pytest.mark.parametrize("scale", [1.0, 1e-155])
def test_resumes_in_bits(name, scale):
    model, flow = MODELS[name], StochasticGradientFlow([0.1, 0.05, 0.02], 0.02)
    theta = scale * np.tile(start(model), (3, 1))
    whole = simulate(model, flow, theta, steps=500, seed=9, replica=[4, 8, 1])
    run = simulate(model, flow, theta, steps=1, seed=9, replica=[4, 8, 1])
    for steps in (200, 0, 299):
        run = simulate(model, flow, None, resume=run, steps=steps)
    assert np.array_equal(run.final, whole.final)
    assert np.array_equal(run.final_loss, whole.final_loss)
    if whole.has_ledger:
        assert all(np.array_equal(a, b) for a, b in zip(run.ledger(), whole.ledger(), strict=True))


@pytest.mark.parametrize("threads", ["1", "2"])
@pytest.mark.parametrize("name", ["squares", "depth 3"])
def test_a_replica_has_the_same_bits_wherever_it_runs(name, threads, monkeypatch):
    monkeypatch.setenv("SOLVABLE_THREADS", threads)
    model, h = MODELS[name], np.linspace(0.01, 0.1, 70)
    theta = start(model) * np.linspace(0.3, 1.0, 70)[:, None]
    together = simulate(model, StochasticGradientFlow(h, 0.02), theta, steps=100, save=3)
    for k in (0, 5, 63, 64, 69):
        alone = simulate(model, StochasticGradientFlow(h[k], 0.02), theta[k], steps=100, save=3, replica=k)
        assert np.array_equal(alone.theta, together.theta[:, k])


def test_underflow_leaves_the_ledger_finite():
    """Factors near e^-500 and below: u v is far below the smallest float."""
    model = DiagonalLinearNetwork(X, X[:, 0])
    run = simulate(model, StochasticGradientFlow(0.05, 0.05), model.init(scale=1e-200), steps=20_000)
    log_a, xi = run.effective_init()
    assert log_a.max() < -900
    assert run.final_loss < 1e-2
    assert run.range_residual() < 1e-10
    beta = run.predictor(run.final)
    found = hypentropy_minimum(X, X @ beta, log_a=log_a, xi0=xi).point
    np.testing.assert_allclose(found, beta, rtol=0, atol=1e-11)


def test_the_clock_is_dt():
    model, theta = MODELS["linear"], start(MODELS["linear"])
    run = simulate(model, StochasticGradientFlow(0.1, 0.02), theta, time=1.0, save=[0.2, 1.0])
    assert run.step.tolist() == [10, 50]
    np.testing.assert_allclose(run.time, [0.2, 1.0], rtol=1e-15)
    pair = simulate(model, StochasticGradientFlow(0.1, [0.02, 0.05]), theta, time=1.0)
    assert pair.step[-1].tolist() == [50, 20]
    np.testing.assert_allclose(pair.time[-1], 1.0)


def test_one_sample_has_no_noise_of_its_own():
    """The covariance of a single gradient over one sample is zero: Euler's method for gradient flow."""
    model, theta = ScalarFactorization(2.0), np.array([0.4, 1.3])
    run = simulate(model, StochasticGradientFlow(0.5, 0.05), theta, steps=40)
    for _ in range(40):
        theta = theta - 0.05 * model.gradient(theta)
    np.testing.assert_allclose(run.final, theta, rtol=1e-14)
    loud = simulate(model, StochasticGradientFlow(0.5, 0.05, "loss"), [0.4, 1.3], steps=40)
    assert np.abs(loud.final - theta).max() > 1e-3


def test_ends():
    model = MODELS["linear"]
    run = simulate(model, StochasticGradientFlow(0.05, [0.05, 5.0, 0.05]), np.ones((3, 8)), steps=3000, until_loss=1e-6)
    assert run.status.tolist() == [Status.CONVERGED, Status.DIVERGED, Status.CONVERGED]
    assert (run.final_loss[[0, 2]] <= 1e-6).all()
    alone = simulate(model, StochasticGradientFlow(0.05, 0.05), np.ones(8), steps=3000, until_loss=1e-6, replica=2)
    assert np.array_equal(alone.final, run.final[2])
    assert alone.step[-1] == run.step[-1, 2]


BAD = [
    ({"step_size": 0.0, "dt": 0.1}, "step_size must be > 0, got 0"),
    ({"step_size": 0.1, "dt": -0.1}, "dt must be > 0, got -0.1"),
    (
        {"step_size": 0.1, "dt": 0.1, "covariance": "full"},
        "covariance must be one of 'sample', 'loss', got 'full'",
    ),
    (
        {"step_size": [0.1, 0.2], "dt": [0.1, 0.2, 0.3]},
        "hyperparameters must have one common length, got step_size (2,), dt (3,)",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[message for _, message in BAD])
def test_bad_hyperparameters(arguments, message):
    with pytest.raises(ValueError) as caught:
        StochasticGradientFlow(**arguments)
    assert str(caught.value) == message


def test_it_has_no_modified_flow():
    with pytest.raises(ValueError, match="optimizer must be deterministic"):
        ModifiedFlow(StochasticGradientFlow(0.1, 0.1))
