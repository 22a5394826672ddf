"""Noise in the gradient: against a NumPy replay of its draws, whose projections are made by singular values."""

import numpy as np
import pytest

from solvable import (
    DiagonalLinearNetwork,
    GradientDescent,
    GradientNoise,
    LinearRegression,
    MatrixSensing,
    ModifiedFlow,
    ResidualModel,
    ScalarFactorization,
    Status,
    VectorField,
    simulate,
)
from solvable.integrators.noise import fill_tile
from solvable.integrators.philox import GRADIENT_NOISE

rng = np.random.default_rng(0)
X, y = rng.standard_normal((5, 8)), rng.standard_normal(5)
TWICE = np.vstack([X, X[:2], 3 * X[2] - X[4], np.zeros(8)])  # rank 5 among 9 samples
MODELS = {
    "squares": DiagonalLinearNetwork(X, y),
    "product": DiagonalLinearNetwork(X, y, parametrization="product"),
    "depth 3": DiagonalLinearNetwork(X, y, depth=3),
    "scalar": ScalarFactorization(target=-0.7),
    "scalar 3": ScalarFactorization(target=0.7, depth=3),
    "linear": LinearRegression(X, y),
    "sensing": MatrixSensing(X[:4, :4].reshape(4, 2, 2), y[:4]),
    "asymmetric": MatrixSensing(X[:4, :6].reshape(4, 3, 2), y[:4], rank=1, symmetric=False),
    "repeated": LinearRegression(TWICE, rng.standard_normal(9)),
    "tall": LinearRegression(rng.standard_normal((7, 3)), rng.standard_normal(7)),
    "user": ResidualModel(
        lambda w: np.array([w[0] * w[1] - 1.0, w[1] - w[2] ** 2]),
        lambda w: np.array([[w[1], w[0], 0.0], [0.0, 1.0, -2 * w[2]]]),
        n_params=3,
        n_samples=2,
    ),
    # Two gradients in proportion: differences see it only up to their error.
    "differences": ResidualModel(
        lambda w: np.array([w[0] * w[1] - w[2] ** 2, 0.3 * (w[0] * w[1] - w[2] ** 2) - 1.0]), n_params=3, n_samples=2
    ),
}
RANK = {"scalar": 1, "scalar 3": 1, "sensing": 3, "asymmetric": 4, "tall": 3, "user": 2, "differences": 1}
SHAPES = ("isotropic", "normal")


def start(model):
    return 0.6 + 0.2 * np.random.default_rng(1).standard_normal(model.n_params)


def gaussians(size, seed, replicas, step):
    """Noise of one step, ``(R, p)``."""
    out = np.empty((size, len(replicas)))
    fill_tile(np.uint64(seed), np.asarray(replicas), step, GRADIENT_NOISE, out)
    return out.T


def normal_projection(model, theta):
    J = model.jacobian(theta)
    rows = np.linalg.svd(J, full_matrices=False)[2][: np.linalg.matrix_rank(J, rtol=1e-8)]
    return rows.T @ rows


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", MODELS)
def test_equals_a_replay_of_its_draws(name, shape):
    model, h, std = MODELS[name], 0.03, 0.3
    theta = start(model)
    run = simulate(model, GradientNoise(h, std, shape), theta, steps=80, seed=7, replica=2**32 - 1)
    for k in range(80):
        z = gaussians(theta.size, 7, [2**32 - 1], k)[0]
        if shape == "normal":
            z = normal_projection(model, theta) @ z
        theta = theta - h * (model.gradient(theta) + std * z)
    np.testing.assert_allclose(run.final, theta, rtol=0, atol=1e-8 if name == "differences" else 1e-12)
    assert run.time[-1] == pytest.approx(80 * h)


@pytest.mark.parametrize("name", MODELS)
def test_normal_noise_is_linear_in_its_draws_with_the_projection_for_a_matrix(name):
    """One step of many members: their noise determines the matrix M of z -> noise, and M M^T = std^2 P_N."""
    model, h, std = MODELS[name], 0.5, 0.3
    theta, members = start(model), 4 * MODELS[name].n_params
    run = simulate(model, GradientNoise(h, std, "normal"), np.tile(theta, (members, 1)), steps=1, seed=3)
    noise = (theta - run.final) / h - model.gradient(theta)
    z, J = gaussians(theta.size, 3, range(members), 0), model.jacobian(theta)
    M = np.linalg.lstsq(z, noise, rcond=None)[0].T
    small = 1e-8 if name == "differences" else 1e-12
    np.testing.assert_allclose(noise, z @ M.T, rtol=0, atol=small)  # linear
    np.testing.assert_allclose(M @ M.T, std**2 * normal_projection(model, theta), rtol=0, atol=small)
    weights = np.linalg.lstsq(J.T, noise.T, rcond=1e-8)[0]
    np.testing.assert_allclose(J.T @ weights, noise.T, rtol=0, atol=small)  # in the range of J^T
    assert np.linalg.matrix_rank(M, rtol=1e-6) == RANK.get(name, 5)


def test_normal_noise_does_not_know_the_order_of_the_samples():
    order = np.random.default_rng(4).permutation(9)
    one = MODELS["repeated"]
    other = LinearRegression(one.X[order], one.y[order])
    runs = [simulate(model, GradientNoise(0.05, 0.3, "normal"), np.ones(8), steps=100) for model in (one, other)]
    np.testing.assert_allclose(runs[0].final, runs[1].final, rtol=0, atol=1e-12)


def test_normal_noise_multiplies_the_difference_of_squares():
    """Depth 2: a step along J = (y, x) by -c J has x^2 - y^2 -> (1 - c^2) (x^2 - y^2); any noise across it adds."""
    model = MODELS["scalar"]
    for shape, multiplies in (("normal", True), ("isotropic", False)):
        run = simulate(model, GradientNoise(0.1, 1.0, shape), [1.2, 0.4], steps=200, save=np.arange(201))
        x, y = run.theta.T
        c = (x[:-1] - x[1:]) / y[:-1]
        q = x**2 - y**2
        assert np.allclose(q[1:], (1 - c**2) * q[:-1], rtol=0, atol=1e-13) == multiplies


def test_no_normal_noise_where_every_gradient_is_zero_and_full_noise_however_small_they_are():
    model = MODELS["squares"]
    for scale, moves in ((0.0, 0), (1e-200, 1), (1e-310, 1)):
        theta = scale * np.ones(16)
        run = simulate(model, GradientNoise(0.1, 0.5, "normal"), theta, steps=1)
        P = normal_projection(model, np.ones(16))
        np.testing.assert_allclose(run.final, -0.05 * moves * P @ gaussians(16, 0, [0], 0)[0], rtol=0, atol=1e-14)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", MODELS)
def test_without_noise_it_is_gradient_descent(name, shape):
    model, h = MODELS[name], [0.02, 0.05]
    run = simulate(model, GradientNoise(h, [0.0, 0.0], shape), start(model), steps=60, save=4)
    plain = simulate(model, GradientDescent(h), start(model), steps=60, save=4)
    np.testing.assert_allclose(run.theta, plain.theta, rtol=0, atol=1e-14)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["squares", "depth 3", "scalar", "repeated", "user"])
def test_resumes_in_bits(name, shape):
    model, dynamics = MODELS[name], GradientNoise([0.01, 0.02, 0.03], 0.5, shape)
    theta = np.tile(start(model), (3, 1))
    whole = simulate(model, dynamics, theta, steps=300, seed=9, replica=[4, 8, 1])
    run = simulate(model, dynamics, theta, steps=1, seed=9, replica=[4, 8, 1])
    for steps in (100, 0, 199):
        run = simulate(model, dynamics, None, resume=run, steps=steps)
    assert np.array_equal(run.final, whole.final)
    assert np.array_equal(run.final_loss, whole.final_loss)


@pytest.mark.parametrize("threads", ["1", "2"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", ["squares", "repeated"])
def test_a_replica_has_the_same_bits_wherever_it_runs(name, shape, threads, monkeypatch):
    monkeypatch.setenv("SOLVABLE_THREADS", threads)
    model, std = MODELS[name], np.linspace(0.0, 1.0, 70)
    theta = start(model) * np.linspace(0.3, 1.0, 70)[:, None]
    together = simulate(model, GradientNoise(0.02, std, shape), theta, steps=100, save=3)
    for k in (0, 5, 63, 64, 69):
        alone = simulate(model, GradientNoise(0.02, std[k], shape), theta[k], steps=100, save=3, replica=k)
        assert np.array_equal(alone.theta, together.theta[:, k])


@pytest.mark.parametrize("shape", SHAPES)
def test_ends_and_members_that_wait(shape):
    model, h = MODELS["linear"], [0.1, 5.0, 0.1]
    run = simulate(model, GradientNoise(h, 1e-4, shape), np.ones((3, 8)), steps=[9000, 400, 7], until_loss=1e-6)
    assert run.status.tolist() == [Status.CONVERGED, Status.DIVERGED, Status.HORIZON]
    alone = simulate(model, GradientNoise(0.1, 1e-4, shape), np.ones(8), steps=7, replica=2)
    assert np.array_equal(alone.final, run.final[2])


def test_a_fault_of_the_users_jacobian_is_told():
    def jacobian(w):
        raise ArithmeticError("no slope here")

    model = ResidualModel(lambda w: w - 1.0, jacobian, n_params=2, n_samples=2)
    with pytest.raises(ArithmeticError, match="no slope here"):
        simulate(model, GradientNoise(0.1, 0.1, "normal"), [0.5, 0.5], steps=3)


def test_no_ledger():
    run = simulate(MODELS["squares"], GradientNoise(0.01, 0.1), start(MODELS["squares"]), steps=3)
    with pytest.raises(ValueError, match="no effective initialization is known for GradientNoise"):
        run.effective_init()


BAD = [
    ({"step_size": 0.0, "std": 0.1}, "step_size must be > 0, got 0"),
    ({"step_size": 0.1, "std": -0.1}, "std must be >= 0, got -0.1"),
    ({"step_size": 0.1, "std": [0.1, float("nan")]}, "std must be finite, but entry (1,) is nan"),
    ({"step_size": 0.1, "std": 0.1, "shape": "round"}, "shape must be one of 'isotropic', 'normal', got 'round'"),
    (
        {"step_size": [0.1, 0.2], "std": [0.1, 0.2, 0.3]},
        "hyperparameters must have one common length, got step_size (2,), std (3,)",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[message for _, message in BAD])
def test_bad_hyperparameters(arguments, message):
    with pytest.raises(ValueError) as caught:
        GradientNoise(**arguments)
    assert str(caught.value) == message


def test_where_it_cannot_go():
    with pytest.raises(ValueError, match="GradientNoise needs a model with a loss, got VectorField"):
        simulate(VectorField(lambda z: -z, 1), GradientNoise(0.1, 0.1), [1.0], steps=1)
    with pytest.raises(ValueError, match="optimizer must be deterministic"):
        ModifiedFlow(GradientNoise(0.1, 0.1))
