"""Momentum flow and regularized flow of every model: against SciPy, against heavy ball, across pauses, in ensembles."""

import functools

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from solvable import (
    DiagonalLinearNetwork,
    GradientFlow,
    HeavyBall,
    LinearRegression,
    MatrixSensing,
    ResidualModel,
    ScalarFactorization,
    SharpnessAware,
    Status,
    TwoPlayerGame,
    VectorField,
    simulate,
)

rng = np.random.default_rng(0)
X, y = rng.standard_normal((5, 8)), rng.standard_normal(5)
MODELS = {
    "squares": DiagonalLinearNetwork(X, y),
    "product": DiagonalLinearNetwork(X, y, parametrization="product"),
    "depth 3": DiagonalLinearNetwork(X, y, depth=3),
    "scalar": ScalarFactorization(target=-0.7),
    "scalar 3": ScalarFactorization(target=2.0, depth=3),
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
FORCES = [(0.0, 0.0), (0.1, 0.0), (0.1, 0.08), (0.1, -0.05)]


def start(model):
    return 0.6 + 0.2 * np.random.default_rng(1).standard_normal(model.n_params)


def reference(model, theta, times, decay=0.0, inertia=0.0, strength=0.0, ascent=0.0):
    """SciPy at tight tolerances, in (theta, theta'), on gradient and Hessian of the NumPy road."""

    def force(z):
        g = model.gradient(z)
        if ascent:
            g = g + strength / ascent * (model.gradient(z + ascent * g) - g)
        elif strength:
            g = g + strength * model.hessian(z) @ g
        return -g - decay * z

    p = theta.size

    def field(_, z):
        return force(z) if not inertia else np.concatenate([z[p:], (force(z[:p]) - z[p:]) / inertia])

    method = "Radau" if 0 < inertia < 1e-2 else "DOP853"
    state = np.concatenate([theta, 0 * theta]) if inertia else theta
    rtol, atol = (1e-10, 1e-12) if method == "Radau" else (1e-12, 1e-14)
    return solve_ivp(field, (0, times[-1]), state, method=method, t_eval=times, rtol=rtol, atol=atol).y[:p].T


TIMES = np.array([0.4, 2.0, 8.0])


@functools.cache
def expected(name, strength, ascent, inertia):
    """The same for every method of ours."""
    return reference(MODELS[name], start(MODELS[name]), TIMES, 0.02, inertia, strength, ascent)


@pytest.mark.parametrize("method", ["auto", "explicit", "implicit"])
@pytest.mark.parametrize("inertia", [0.0, 0.5])
@pytest.mark.parametrize(("strength", "ascent"), FORCES)
@pytest.mark.parametrize("name", MODELS)
def test_equals_scipy(name, strength, ascent, inertia, method):
    model, theta, numbers = MODELS[name], start(MODELS[name]), {"inertia": inertia, "strength": strength}
    flow = GradientFlow(rtol=1e-10, weight_decay=0.02, ascent_step=ascent, method=method, **numbers)
    run = simulate(model, flow, theta, time=TIMES[-1], save=TIMES)
    np.testing.assert_allclose(run.theta, expected(name, strength, ascent, inertia), rtol=0, atol=3e-8)
    assert run.status is Status.HORIZON
    assert run.theta.shape == (3, model.n_params)
    np.testing.assert_allclose(run.loss, [model.loss(row) for row in run.theta], rtol=1e-14)


@pytest.mark.parametrize("name", ["squares", "depth 3", "scalar 3", "linear"])
def test_little_inertia_is_stiff(name):
    """m = 1e-4: the explicit method hands over, and 5e4 relaxation times cost a few hundred steps."""
    model = MODELS[name]
    run = simulate(model, GradientFlow(inertia=1e-4), start(model), time=5.0, save=[1.0, 5.0])
    expected = reference(model, start(model), np.array([1.0, 5.0]), inertia=1e-4)
    np.testing.assert_allclose(run.theta, expected, rtol=0, atol=1e-8)
    assert run.state["stage"][0] == 1
    assert run.step[-1] < 300
    plain = simulate(model, GradientFlow(), start(model), time=5.0).final
    assert 1e-7 < np.abs(run.final - plain).max() < 1e-3


def test_linear_regression_in_closed_form():
    """m x'' + x' + H x = 0: a matrix exponential, and with regularization the force is H + mu H^2 (any ascent step)."""
    model = MODELS["linear"]
    H, eye, zero = X.T @ X / 5, np.eye(8), np.zeros((8, 8))
    fixed, theta = np.linalg.pinv(X) @ y, start(model)
    for strength in (0.0, 0.2):
        pull = H + strength * H @ H
        generator = np.block([[zero, eye], [-pull / 0.8, -eye / 0.8]])
        expected = fixed + (expm(6.0 * generator) @ np.concatenate([theta - fixed, 0 * fixed]))[:8]
        for ascent in (0.0, 0.3, -0.3):
            flow = GradientFlow(rtol=1e-11, inertia=0.8, strength=strength, ascent_step=ascent)
            np.testing.assert_allclose(simulate(model, flow, theta, time=6.0).final, expected, rtol=0, atol=1e-9)


def test_heavy_ball_tends_to_momentum_flow():
    """h = dt^2 / m, b = 1 - dt / m: inertia h / (1-b)^2 = m and clock h k / (1-b) = dt k; the error is O(dt)."""
    model, theta, m, time = ScalarFactorization(2.0), [0.4, 1.3], 0.5, 3.0
    flow = simulate(model, GradientFlow(rtol=1e-11, inertia=m), theta, time=time).final
    dt, errors = np.array([0.01, 0.005, 0.0025, 0.00125]), []
    for length in dt:
        ball = HeavyBall(length**2 / m, 1 - length / m)
        errors.append(np.abs(simulate(model, ball, theta, steps=round(time / length)).final - flow).max())
    slopes = np.diff(np.log(errors)) / np.diff(np.log(dt))
    np.testing.assert_allclose(slopes, 1.0, atol=0.05)
    first_order = simulate(model, GradientFlow(), theta, time=time).final
    assert np.abs(first_order - flow).max() > 20 * max(errors)


def test_sharpness_aware_descent_tends_to_its_flow():
    """strength = ascent_step is the flow of unnormalized SAM."""
    model, theta = MODELS["depth 3"], start(MODELS["depth 3"])
    flow = simulate(model, GradientFlow(rtol=1e-11, strength=0.1, ascent_step=0.1), theta, time=1.0).final
    steps, errors = np.array([0.004, 0.002, 0.001]), []
    for h in steps:
        errors.append(np.abs(simulate(model, SharpnessAware(h, 0.1, normalized=False), theta, time=1.0).final - flow))
    slopes = np.diff(np.log(np.max(errors, axis=1))) / np.diff(np.log(steps))
    np.testing.assert_allclose(slopes, 1.0, atol=0.1)


@pytest.mark.parametrize("name", ["squares", "depth 3", "scalar", "linear", "user"])
@pytest.mark.parametrize("numbers", [{"inertia": 0.5}, {"strength": 0.1}, {"inertia": 1e-3, "strength": 0.1}])
def test_resumes_in_bits(name, numbers):
    model, theta = MODELS[name], start(MODELS[name])
    flow = GradientFlow(ascent_step=0.05, **numbers)
    whole = simulate(model, flow, theta, time=20.0)
    run = simulate(model, flow, theta, time=0.3)
    for time in (1.7, 0.0, 18.0):
        run = simulate(model, flow, None, resume=run, time=time, save=3)
    assert run.time[-1] == whole.time[-1] == 20.0
    assert np.array_equal(run.final, whole.final)
    assert run.step[-1] == whole.step[-1]
    if whole.has_ledger:
        assert all(np.array_equal(a, b) for a, b in zip(run.ledger(), whole.ledger(), strict=True))


@pytest.mark.parametrize("name", ["squares", "depth 3"])
@pytest.mark.parametrize("threads", ["1", "2"])
def test_members_of_an_ensemble_have_the_bits_of_single_runs(name, threads, monkeypatch):
    monkeypatch.setenv("SOLVABLE_THREADS", threads)
    model = MODELS[name]
    theta = start(model) * np.linspace(0.3, 1.0, 5)[:, None]
    numbers = {
        "inertia": np.array([1e-3, 0.01, 0.1, 1.0, 10.0]),
        "strength": np.array([0.01, 0.1, 0.2, 0.01, 0.05]),
        "ascent_step": np.array([0.0, 0.1, -0.1, 0.0, 0.2]),
        "weight_decay": np.array([0.0, 0.1, 0.0, 0.0, 0.01]),
    }
    together = simulate(model, GradientFlow(**numbers), theta, time=7.0, save=3)
    for k in range(5):
        flow = GradientFlow(**{key: float(value[k]) for key, value in numbers.items()})
        alone = simulate(model, flow, theta[k], time=7.0, save=3)
        assert np.array_equal(alone.theta, together.theta[:, k])
        assert np.array_equal(alone.loss, together.loss[:, k])


def test_fields_without_a_loss_have_inertia():
    """m z'' + z' = F: the pendulum with friction, as a field and as a game."""
    field = VectorField(lambda z: -np.sin(z), 1)
    expected = solve_ivp(
        lambda _, s: [s[1], (-np.sin(s[0]) - s[1]) / 2.0], (0, 5), [2.0, 0.0], rtol=1e-12, atol=1e-12
    ).y[0, -1]
    run = simulate(field, GradientFlow(rtol=1e-11, inertia=2.0), [2.0], time=5.0)
    assert run.final[0] == pytest.approx(expected, abs=1e-9)
    game = TwoPlayerGame(lambda phi, theta: theta, lambda phi, theta: -phi)
    run = simulate(game, GradientFlow(rtol=1e-11, inertia=0.3), [1.0, 0.0], time=2.0)
    turn, eye = np.array([[0.0, 1.0], [-1.0, 0.0]]), np.eye(2)
    generator = np.block([[0 * eye, eye], [turn / 0.3, -eye / 0.3]])
    np.testing.assert_allclose(run.final, expm(2 * generator)[:2, 0], atol=1e-9)


def test_the_wanted_loss_and_divergence_end_a_flow():
    for name in ("depth 3", "squares"):
        for numbers in ({"inertia": 0.5}, {"strength": 0.05}):
            run = simulate(MODELS[name], GradientFlow(**numbers), start(MODELS[name]), time=1e4, until_loss=1e-3)
            assert run.status is Status.CONVERGED
            assert 1e-5 < run.final_loss <= 1e-3 * (1 + 1e-6)
    run = simulate(VectorField(lambda z: z**3, 1), GradientFlow(inertia=0.5), [1.0], time=50.0)
    assert run.status is Status.DIVERGED
    exploding = solve_ivp(
        lambda _, s: [s[1], (s[0] ** 3 - s[1]) / 0.5], (0, run.time[-1] - 1e-3), [1.0, 0.0], rtol=1e-9
    )
    assert exploding.success
    assert exploding.y[0, -1] > 500


def test_an_error_in_a_model_of_the_users_own_is_raised():
    def residuals(w):
        if w[0] > 1.2:
            raise RuntimeError("outside")
        return w - 2.0

    model = ResidualModel(residuals, n_params=1, n_samples=1)
    with pytest.raises(RuntimeError, match="outside"):
        simulate(model, GradientFlow(inertia=0.1), [1.0], time=5.0)


BAD = [
    ({"inertia": -1.0}, "inertia must be >= 0, got -1"),
    ({"inertia": [0.0, 0.1]}, "inertia must be zero for all members or for none, got both"),
    ({"inertia": [0.1, 1e-25]}, "inertia must be 0 or at least 1e-15, got 1e-25"),
    ({"inertia": np.nan}, "inertia must be finite, but entry () is nan"),
    ({"strength": -0.1}, "strength must be >= 0, got -0.1"),
    ({"strength": [0.1, 0.0]}, "strength must be zero for all members or for none, got both"),
    ({"ascent_step": "up"}, "ascent_step must be an array of real numbers, got str 'up'"),
    (
        {"inertia": [0.1, 0.2], "strength": [0.1, 0.2, 0.3]},
        "hyperparameters must have one common length, got inertia (2,), strength (3,)",
    ),
]


@pytest.mark.parametrize(("arguments", "message"), BAD, ids=[message for _, message in BAD])
def test_bad_hyperparameters(arguments, message):
    with pytest.raises(ValueError) as caught:
        GradientFlow(**arguments)
    assert str(caught.value) == message


def test_a_field_without_a_loss_cannot_be_regularized():
    field = VectorField(lambda z: -z, 1)
    with pytest.raises(ValueError, match=r"^strength must be 0 for a model without a loss such as VectorField$"):
        simulate(field, GradientFlow(strength=0.1), [1.0], time=1.0)
