"""Label-noise SGD through `simulate`: equal to a NumPy loop that replays its draws, with an exact ledger."""

import math

import numpy as np
import pytest

from solvable import (
    SGD,
    DiagonalLinearNetwork,
    LabelNoiseSGD,
    LinearRegression,
    MatrixSensing,
    ResidualModel,
    ScalarFactorization,
    Status,
    simulate,
)
from solvable.integrators.draws import REPLACEMENT, WHOLE, batch_indices
from solvable.integrators.label_noise import label_noises
from solvable.theory import gain_gradient_descent, gain_heavy_ball, hypentropy_minimum

SEED, REPLICA = 7, 100


def draws(n, dynamics, step, replica=REPLICA, seed=SEED):
    """Samples of a step, and the noise in their labels."""
    size = n if dynamics.batch_size is None else dynamics.batch_size
    chosen, noise = np.empty(n, dtype=np.int64), np.empty(size)
    stream = np.uint64(seed), np.uint64(replica), np.uint64(step)
    batch_indices(*stream, size, WHOLE if dynamics.batch_size is None else REPLACEMENT, chosen)
    label_noises(*stream, size, int(dynamics.noise == "gaussian"), noise)
    return chosen[:size], dynamics.noise_std * noise


def replay(model, dynamics, theta, steps, replica=REPLICA):
    before = theta
    for k in range(steps):
        chosen, noise = draws(model.n_samples, dynamics, k, replica)
        r = model.residuals(theta)[chosen] - noise
        slope = model.jacobian(theta)[chosen].T @ r / chosen.size
        theta, before = theta - dynamics.step_size * slope + dynamics.momentum * (theta - before), theta
    return theta


def residuals(w):
    return np.array([w[0] * w[1] - 1.0, w[1] * w[2] + 0.5, w[0] - w[2]])


def regression(n=6, d=9):
    rng = np.random.default_rng(0)
    X = rng.standard_normal((n, d))
    return X, X[:, :3] @ np.array([1.0, -1.0, 0.5])


MODELS = {
    "squares": DiagonalLinearNetwork(*regression()),
    "product": DiagonalLinearNetwork(*regression(), parametrization="product"),
    "depth 3": DiagonalLinearNetwork(*regression(), depth=3),
    "linear": LinearRegression(*regression()),
    "sensing": MatrixSensing(regression()[0].reshape(6, 3, 3), regression()[1]),
    "asymmetric": MatrixSensing(regression()[0][:, :6].reshape(6, 3, 2), regression()[1], rank=1, symmetric=False),
    "scalar": ScalarFactorization(target=0.7, depth=3),
    "user": ResidualModel(residuals, n_params=3, n_samples=3),
}
BATCHES = (1, 3, None)


@pytest.mark.parametrize("momentum", [0.0, 0.6])
@pytest.mark.parametrize("noise", ["sign", "gaussian"])
@pytest.mark.parametrize("size", BATCHES)
@pytest.mark.parametrize("kind", MODELS)
def test_equals_a_replay_of_its_draws(kind, size, noise, momentum):
    model = MODELS[kind]
    size = size if size is None else min(size, model.n_samples)
    dynamics = LabelNoiseSGD(0.02, 0.4, size, noise, momentum)
    theta = 0.5 + 0.1 * np.random.default_rng(1).standard_normal((2, model.n_params))
    run = simulate(model, dynamics, theta, steps=100, seed=SEED, replica=REPLICA)
    for b in range(2):
        # A Jacobian by central differences has an error of 1e-10, which the replay does not share bit by bit.
        tolerance = 1e-8 if kind == "user" else 1e-12
        expected = replay(model, dynamics, theta[b], 100, REPLICA + b)
        np.testing.assert_allclose(run.final[b], expected, rtol=tolerance, atol=tolerance)


def test_the_noise_is_there():
    """Against a replay without: the tests above would not see a noise of zero on both sides."""
    model, theta = MODELS["squares"], MODELS["squares"].init(scale=0.5)
    plain = simulate(model, SGD(0.02), theta, steps=100, seed=SEED, replica=REPLICA)
    finals = [plain.final]
    for size in BATCHES:
        for noise in ("sign", "gaussian"):
            for momentum in (0.0, 0.6):
                dynamics = LabelNoiseSGD(0.02, 0.4, size, noise, momentum)
                finals.append(simulate(model, dynamics, theta, steps=100, seed=SEED, replica=REPLICA).final)
    for a in range(len(finals)):
        for b in range(a):
            assert np.abs(finals[a] - finals[b]).max() > 1e-4


@pytest.mark.parametrize("size", [1, 3, 6])
@pytest.mark.parametrize("kind", ["squares", "product", "depth 3", "linear"])
def test_without_noise_it_is_sgd(kind, size):
    model = MODELS[kind]
    theta = 0.5 + 0.1 * np.random.default_rng(1).standard_normal((5, model.n_params))
    plain = simulate(model, SGD(0.02, size), theta, steps=300, seed=3)
    assert np.array_equal(simulate(model, LabelNoiseSGD(0.02, 0.0, size), theta, steps=300, seed=3).final, plain.final)


def test_the_full_batch_without_noise_is_gradient_descent():
    model = MODELS["squares"]
    theta = model.init(scale=0.5)
    run = simulate(model, LabelNoiseSGD(0.02, 0.0, batch_size=None), theta, steps=300)
    for _ in range(300):
        theta = theta - 0.02 * model.gradient(theta)
    np.testing.assert_allclose(run.final, theta, rtol=1e-12)


VARIANTS = [
    LabelNoiseSGD(0.01, 0.3),
    LabelNoiseSGD(0.01, 0.3, noise="gaussian"),
    LabelNoiseSGD(0.01, 0.3, 3),
    LabelNoiseSGD(0.01, 0.3, None, "gaussian"),
    LabelNoiseSGD(0.01, 0.3, momentum=0.5),
    LabelNoiseSGD(0.01, 0.3, None, momentum=0.5),
]


@pytest.mark.parametrize("dynamics", VARIANTS, ids=repr)
@pytest.mark.parametrize("kind", ["squares", "product", "depth 3", "linear"])
def test_a_replica_has_the_same_bits_wherever_it_runs(kind, dynamics, monkeypatch):
    model = MODELS[kind]
    theta = 0.3 + 0.1 * np.random.default_rng(0).random((134, model.n_params))
    monkeypatch.setenv("SOLVABLE_THREADS", "1")
    whole = simulate(model, dynamics, theta, steps=150, seed=3, save=[0, 37, 100])
    monkeypatch.setenv("SOLVABLE_THREADS", "2")
    again = simulate(model, dynamics, theta, steps=150, seed=3)
    assert np.array_equal(again.final, whole.final)
    for k in (0, 2, 5, 63, 64, 133):
        alone = simulate(model, dynamics, theta[k], steps=150, seed=3, replica=k, save=[0, 37, 100])
        assert np.array_equal(alone.final, whole.final[k])
        assert np.array_equal(alone.theta, whole.theta[:, k])
    picked = [40, 3, 66]
    some = simulate(model, dynamics, theta[picked], steps=150, seed=3, replica=np.array(picked))
    assert np.array_equal(some.final, whole.final[picked])


@pytest.mark.parametrize("kind", ["squares", "depth 3"])
def test_hyperparameters_of_members(kind):
    """Members with and without noise and momentum, more of them than a tile holds."""
    model = MODELS[kind]
    h, noise = np.linspace(0.005, 0.02, 70), np.tile([0.0, 0.2, 0.4, 0.0, 0.3], 14)
    momentum = np.where(np.arange(70) < 66, 0.0, 0.5)
    theta = model.init(scale=0.5)
    whole = simulate(model, LabelNoiseSGD(h, noise, momentum=momentum), theta, steps=100)
    for k in (0, 1, 62, 65, 66, 69):
        alone = simulate(model, LabelNoiseSGD(h[k], noise[k], momentum=momentum[k]), theta, steps=100, replica=k)
        assert np.array_equal(alone.final, whole.final[k])
    first = simulate(model, LabelNoiseSGD(h, noise, momentum=momentum), theta, steps=30)
    rest = simulate(model, LabelNoiseSGD(h, noise, momentum=momentum), None, resume=first, steps=70)
    assert np.array_equal(rest.final, whole.final)


@pytest.mark.parametrize("dynamics", VARIANTS, ids=repr)
@pytest.mark.parametrize("scale", [0.3, 1e-155])
@pytest.mark.parametrize("kind", ["squares", "product", "depth 3"])
def test_a_resumed_run_has_the_same_bits(kind, scale, dynamics):
    model = MODELS[kind]
    theta = np.tile(model.init(scale=scale), (5, 1)) * np.linspace(0.5, 1.0, 5)[:, None]
    whole = simulate(model, dynamics, theta, steps=400, seed=9)
    run = simulate(model, dynamics, theta, steps=1, seed=9)
    for steps in (201, 0, 198):
        run = simulate(model, dynamics, None, resume=run, steps=steps)
    assert np.array_equal(run.final, whole.final)
    if kind != "depth 3":
        for x, y in zip(run.ledger(), whole.ledger(), strict=True):
            assert np.array_equal(x, y)


@pytest.mark.parametrize(("size", "order"), [(1, "replacement"), (1, "shuffle"), (3, "replacement")])
def test_members_that_end_disturb_nobody(size, order):
    """They stand between others that go on, in the same group, and end at different steps."""
    model = MODELS["squares"]
    h = np.array([0.02, 5.0, 0.021, 0.4, 0.022, 0.02, 9.0, 0.023])
    theta = np.tile(model.init(scale=0.5), (8, 1))
    theta[5] *= 1e-3
    run = simulate(model, SGD(h, size, order), theta, steps=3000, until_loss=1e-6)
    assert {Status.CONVERGED, Status.DIVERGED, Status.HORIZON} <= set(run.status)
    assert len(set(run.step[-1].tolist())) >= 4
    for k in range(8):
        alone = simulate(model, SGD(h[k], size, order), theta[k], steps=3000, until_loss=1e-6, replica=k)
        assert alone.status is run.status[k]
        assert alone.step[-1] == run.step[-1, k]
        assert np.array_equal(alone.final, run.final[k], equal_nan=True)


def test_the_wanted_loss_is_that_of_the_true_labels():
    model, theta = MODELS["squares"], MODELS["squares"].init(scale=0.5)
    level = 1e-3
    for size, period in ((1, 6), (3, 6), (None, 1)):
        dynamics = LabelNoiseSGD(0.02, 0.05, size)
        run = simulate(model, dynamics, theta, steps=20_000, until_loss=level)
        assert run.status is Status.CONVERGED
        k = int(run.step[-1])
        assert k % period == 0
        assert run.final_loss <= level
        looks = simulate(model, dynamics, theta, steps=k, save=np.arange(0, k, period))
        assert (looks.loss > level).all()
    whole = simulate(model, LabelNoiseSGD(0.02, 0.05, None), theta, steps=20_000, until_loss=level)
    assert int(whole.step[-1]) % 6 != 0  # else the test above could not tell 1 from 6


@pytest.mark.parametrize("momentum", [0.0, 0.5])
@pytest.mark.parametrize("noise", ["sign", "gaussian"])
@pytest.mark.parametrize("size", BATCHES)
@pytest.mark.parametrize("kind", ["squares", "product"])
def test_the_ledger_is_that_of_its_noisy_gradients(kind, size, noise, momentum):
    """(q, R) by the prediction road, from gradients that are replayed step by step; and the minimizer it names."""
    model, steps = MODELS[kind], 400
    dynamics = LabelNoiseSGD(0.04 * (1 - momentum), 1.0, size, noise, momentum)
    X, y = model.X, model.y
    theta = model.init(scale=0.4, shape=0.3)
    run = simulate(model, dynamics, theta, steps=steps, save=np.arange(steps + 1), seed=SEED, replica=REPLICA)
    ledger, beta = run.ledger(), run.predictor()
    if dynamics.momentum == 0.0:
        gradients = []
        for k in range(steps):
            chosen, noise = draws(6, dynamics, k)
            gradients.append(X[chosen].T @ (X[chosen] @ beta[k] - y[chosen] - noise) / chosen.size)
        # beta = u v is kappa = 1/2 in rotated coordinates: steps of half the size (`solvable.theory.diagonal.gains`).
        gain = gain_gradient_descent(gradients, dynamics.step_size * (0.5 if kind == "product" else 1.0))
    else:
        u, v = np.split(run.theta, 2, axis=1)
        pair = np.stack([u + v, u - v] if kind == "product" else [u, v], axis=1)
        gain = gain_heavy_ball(pair[1:] / pair[:-1], dynamics.momentum)
    np.testing.assert_allclose(ledger.q, gain.q, rtol=1e-10, atol=0)
    np.testing.assert_allclose(ledger.R, gain.R, rtol=1e-10, atol=1e-13)
    assert np.abs(gain.R).max() > 1e-4  # the shift is no rounding error
    assert run.range_residual() <= 1e-11
    log_a, xi = run.effective_init()
    found = hypentropy_minimum(X, X @ beta[-1], log_a=log_a, xi0=xi)
    np.testing.assert_allclose(found.point, beta[-1], rtol=0, atol=1e-10)
    wrong = hypentropy_minimum(X, X @ beta[-1], log_a=log_a, xi0=xi - ledger.R)
    assert np.abs(wrong.point - beta[-1]).max() > 1e-8


@pytest.mark.parametrize(
    "dynamics",
    [
        LabelNoiseSGD(0.1, 1.0),
        LabelNoiseSGD(0.1, 1.0, 3, "gaussian"),
        LabelNoiseSGD(0.03, 1.0, momentum=0.5),
        LabelNoiseSGD(0.08, 1.5, None, momentum=0.3),
    ],
    ids=repr,
)
@pytest.mark.parametrize("kind", ["squares", "product"])
def test_the_ledger_outlives_the_factors(kind, dynamics):
    """Off the support a falls below e^-800, where u and v are no longer numbers: the identity still holds."""
    rng = np.random.default_rng(3)
    X = rng.choice([-1.0, 1.0], (4, 8))
    model = DiagonalLinearNetwork(X, X[:, 0], parametrization=kind)
    run = simulate(model, dynamics, model.init(scale=0.5), steps=400_000)
    assert run.status is Status.HORIZON
    log_a, xi = run.effective_init()
    assert log_a.min() < -800
    assert np.isfinite(xi).all()
    assert run.range_residual() <= 1e-11
    beta = run.predictor(run.final)
    found = hypentropy_minimum(X, X @ beta, log_a=log_a, xi0=xi).point
    np.testing.assert_allclose(found, beta, rtol=0, atol=1e-10)


def test_heavy_ball_and_label_noise_meet():
    """Full batch, no noise: the heavy ball of `HeavyBall`."""
    from solvable import HeavyBall

    for model in (MODELS["squares"], MODELS["product"], MODELS["linear"]):
        theta = 0.4 + 0.1 * np.random.default_rng(2).random(model.n_params)
        run = simulate(model, LabelNoiseSGD(0.02, 0.0, None, momentum=0.8), theta, steps=500)
        np.testing.assert_allclose(run.final, simulate(model, HeavyBall(0.02, 0.8), theta, steps=500).final, rtol=1e-11)


def test_noise_shrinks_the_scale_at_the_known_rate():
    """``log a`` falls by ``4 h^2 noise^2 H_jj`` a step: mean over 256 replicas, a bias of order h allowed."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((4, 8))
    model, h, noise, steps = DiagonalLinearNetwork(X, X[:, 0]), 0.004, 0.5, 60_000
    start = simulate(model, SGD(h), model.init(scale=0.7), steps=20_000).final
    run = simulate(model, LabelNoiseSGD(h, noise), np.tile(start, (256, 1)), steps=steps)
    rate = -run.ledger().q.mean(axis=0) / (h**2 * noise**2 * steps)
    np.testing.assert_allclose(rate, 4 * np.mean(X**2, axis=0), rtol=0.15)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"step_size": 0.0, "noise_std": 1.0}, "step_size must be > 0"),
        ({"step_size": 0.1, "noise_std": -1.0}, "noise_std must be >= 0, got -1"),
        ({"step_size": 0.1, "noise_std": math.nan}, "noise_std must be finite"),
        ({"step_size": 0.1, "noise_std": 1.0, "batch_size": 0}, "batch_size must be an integer >= 1, got 0"),
        ({"step_size": 0.1, "noise_std": 1.0, "batch_size": "all"}, "batch_size must be an integer >= 1"),
        ({"step_size": 0.1, "noise_std": 1.0, "noise": "uniform"}, "noise must be one of 'sign', 'gaussian'"),
        ({"step_size": 0.1, "noise_std": 1.0, "momentum": 1.0}, "momentum must be < 1, got 1"),
        ({"step_size": [0.1, 0.2], "noise_std": [1.0, 1.0, 1.0]}, "hyperparameters must have one common length"),
    ],
)
def test_bad_hyperparameters(arguments, message):
    with pytest.raises(ValueError, match=message):
        LabelNoiseSGD(**arguments)


def test_the_noise_must_be_named():
    with pytest.raises(TypeError, match="noise_std"):
        LabelNoiseSGD(0.1)


def test_bad_models():
    with pytest.raises(ValueError, match="batch_size must be an integer from 1 to 6, got 7"):
        simulate(MODELS["linear"], LabelNoiseSGD(0.1, 1.0, 7), np.zeros(9), steps=1)
    from solvable import VectorField

    with pytest.raises(ValueError, match="LabelNoiseSGD needs a model with a loss"):
        simulate(VectorField(lambda x: -x, 1), LabelNoiseSGD(0.1, 1.0), [1.0], steps=1)
