"""Noise injection: against a NumPy replay of its draws, and on average against descent on the smoothed loss.

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
    NoiseInjection,
    ResidualModel,
    ScalarFactorization,
    Status,
    VectorField,
    simulate,
)
from solvable.integrators.noise import fill_tile
from solvable.integrators.philox import PARAMETER_NOISE
from solvable.theory import noise_injection_weights

rng = np.random.default_rng(0)
X, y = rng.standard_normal((5, 8)), rng.standard_normal(5)
MODELS = {
    "squares": DiagonalLinearNetwork(X, y),
    "product": DiagonalLinearNetwork(X, y, parametrization="product"),
    "depth 3": DiagonalLinearNetwork(X, y, depth=3),
    "scalar": ScalarFactorization(target=-0.7),
    "scalar 3": ScalarFactorization(target=0.7, depth=3),
    "linear": LinearRegression(X, y),
    "sensing": MatrixSensing(X[:4, :4].reshape(4, 2, 2), y[:4]),
    "asymmetric": MatrixSensing(X[:4, :6].reshape(4, 3, 2), y[:4], rank=1, symmetric=False),
    "user": ResidualModel(lambda w: np.array([w[0] * w[1] - 1.0, w[1] - w[2] ** 2]), n_params=3, n_samples=2),
}


def start(model):
    return 0.6 + 0.2 * np.random.default_rng(1).standard_normal(model.n_params)


def gaussians(size, seed, replicas, step):
    """Noise of one step, ``(R, p)``."""
    out = np.empty((size, len(replicas)))
    fill_tile(np.uint64(seed), np.asarray(replicas), step, PARAMETER_NOISE, out)
    return out.T


@pytest.mark.parametrize("anticorrelated", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_equals_a_replay_of_its_draws(name, anticorrelated):
    model, h, std = MODELS[name], 0.03, 0.05
    theta, before = start(model), 0.0
    run = simulate(model, NoiseInjection(h, std, anticorrelated), theta, steps=80, seed=7, replica=11)
    for k in range(80):
        xi = std * gaussians(theta.size, 7, [11], k)[0]
        theta = theta - h * model.gradient(theta) + xi - (before if anticorrelated else 0.0)
        before = xi
    np.testing.assert_allclose(run.final, theta, rtol=0, atol=1e-8 if name == "user" else 1e-12)
    assert run.time[-1] == pytest.approx(80 * h)


@pytest.mark.parametrize("kind", ["squares", "product"])
def test_anticorrelated_noise_descends_the_smoothed_loss(kind):
    """phi = theta - xi: phi_1 is a plain step, and phi_2 on average one on L + weights (u^2 + v^2)."""
    model, h, std, members = MODELS[kind], 0.05, 0.4, 40_000
    once = start(model) - h * model.gradient(start(model))
    run = simulate(model, NoiseInjection(h, std, True), np.tile(start(model), (members, 1)), steps=2)
    phi = run.final - std * gaussians(16, 0, range(members), 1)
    # As |beta| is the least of u^2 + v^2, or of (u^2 + v^2) / 2 for "product", the penalty is so many times that.
    weights = np.tile(noise_injection_weights(X, std, kind), 2) * (2 if kind == "squares" else 1)
    expected = once - h * (model.gradient(once) + weights * once)

    def far(point):
        return np.abs(phi.mean(0) - point) / (phi.std(0) / math.sqrt(members))

    assert far(expected).max() < 5.5
    assert far(once - h * model.gradient(once)).max() > 20  # no smoothing
    assert far(once - h * (model.gradient(once) + weights / 2 * once)).max() > 10  # half the weight


def test_stationary_spread_of_linear_regression():
    """One eigenvalue c: white noise leaves std^2 / (1 - (1-hc)^2), anticorrelated noise only 2 std^2 / (2 - hc)."""
    model, h, std, members = LinearRegression([[2.0]], [1.0]), 0.05, 0.3, 4000
    c = 4.0
    shrink = 1 - h * c
    white = std**2 / (1 - shrink**2)
    for anticorrelated, variance in ((False, white), (True, 2 * std**2 / (2 - h * c))):
        run = simulate(model, NoiseInjection(h, std, anticorrelated), np.full((members, 1), 0.5), steps=200)
        spread = run.final[:, 0] - 0.5
        assert abs(spread.mean()) < 5 * math.sqrt(variance / members)
        assert abs(spread.var() / variance - 1) < 5 * math.sqrt(2 / members)


@pytest.mark.parametrize("anticorrelated", [False, True])
@pytest.mark.parametrize("name", ["squares", "depth 3", "linear"])
def test_resumes_in_bits(name, anticorrelated):
    model, dynamics = MODELS[name], NoiseInjection([0.01, 0.02, 0.03], 0.05, anticorrelated)
    theta = np.tile(start(model), (3, 1))
    whole = simulate(model, dynamics, theta, steps=300, seed=9, replica=[4, 8, 1])
    run = simulate(model, dynamics, theta, steps=1, seed=9, replica=[4, 8, 1])
    for steps in (100, 0, 199):
        run = simulate(model, dynamics, None, resume=run, steps=steps)
    assert np.array_equal(run.final, whole.final)
    assert np.array_equal(run.final_loss, whole.final_loss)


@pytest.mark.parametrize("threads", ["1", "2"])
@pytest.mark.parametrize("anticorrelated", [False, True])
def test_a_replica_has_the_same_bits_wherever_it_runs(anticorrelated, threads, monkeypatch):
    monkeypatch.setenv("SOLVABLE_THREADS", threads)
    model, std = MODELS["squares"], np.linspace(0.0, 0.1, 70)
    theta = start(model) * np.linspace(0.3, 1.0, 70)[:, None]
    together = simulate(model, NoiseInjection(0.02, std, anticorrelated), theta, steps=100, save=3)
    for k in (0, 5, 63, 64, 69):
        alone = simulate(model, NoiseInjection(0.02, std[k], anticorrelated), theta[k], steps=100, save=3, replica=k)
        assert np.array_equal(alone.theta, together.theta[:, k])


def test_ends_and_members_that_wait():
    model = MODELS["linear"]
    run = simulate(model, NoiseInjection([0.1, 5.0, 0.1], 1e-5), np.ones((3, 8)), steps=[9000, 400, 7], until_loss=1e-6)
    assert run.status.tolist() == [Status.CONVERGED, Status.DIVERGED, Status.HORIZON]
    alone = simulate(model, NoiseInjection(0.1, 1e-5), np.ones(8), steps=7, replica=2)
    assert np.array_equal(alone.final, run.final[2])


def test_no_ledger_and_why():
    model = MODELS["squares"]
    run = simulate(model, NoiseInjection(0.01, 0.1), start(model), steps=3)
    with pytest.raises(ValueError) as caught:
        run.effective_init()
    assert str(caught.value) == (
        "no effective initialization is known for NoiseInjection(step_size=0.01, std=0.1, anticorrelated=False) on "
        "DiagonalLinearNetwork(n=5, p=16): it needs a diagonal network of depth 2, moved by a method that multiplies "
        "its factors (added noise does not; a flow with inertia or strength needs method 'auto')"
    )


BAD = [
    ({"step_size": 0.0, "std": 0.1}, "step_size must be > 0, got 0"),
    ({"step_size": 0.1, "std": -0.1}, "std must be >= 0, got -0.1"),
    ({"step_size": 0.1, "std": None}, "std must be an array of real numbers, got NoneType None"),
    (
        {"step_size": [0.1, 0.2], "std": [0.1, 0.2, 0.3]},
        "hyperparameters must have one common length, got step_size (2,), std (3,)",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[message for _, message in BAD])
def test_bad_hyperparameters(arguments, message):
    with pytest.raises(ValueError) as caught:
        NoiseInjection(**arguments)
    assert str(caught.value) == message


def test_where_it_cannot_go():
    with pytest.raises(ValueError, match="NoiseInjection needs a model with a loss, got VectorField"):
        simulate(VectorField(lambda z: -z, 1), NoiseInjection(0.1, 0.1), [1.0], steps=1)
    with pytest.raises(ValueError, match="optimizer must be deterministic"):
        ModifiedFlow(NoiseInjection(0.1, 0.1))
