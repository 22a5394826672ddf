"""Every dynamics on deep linear networks, whose samples have several outputs: NumPy loops, SciPy, replays."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from solvable import (
    SGD,
    DeepLinearNetwork,
    Flooding,
    Flow,
    GradientDescent,
    GradientFlow,
    GradientNoise,
    HeavyBall,
    LabelNoiseSGD,
    ModifiedFlow,
    NoiseInjection,
    SharpnessAware,
    Status,
    StochasticGradientFlow,
    simulate,
)
from solvable.integrators.noise import fill_tile
from solvable.integrators.philox import GRADIENT_NOISE, PARAMETER_NOISE

METHODS = ("auto", "explicit", "implicit")


def network(d0=3, n=4, dL=2, widths=(4, 3), seed=0):
    rng = np.random.default_rng(seed)
    return DeepLinearNetwork(rng.standard_normal((d0, n)), rng.standard_normal((dL, n)), widths)


MODELS = {
    "three layers": network(),
    "many samples": network(2, 9, 3, 3),
    "few samples": network(4, 2, 2, 2),
    "one layer": network(3, 4, 2, ()),
}


@pytest.fixture(params=MODELS.values(), ids=MODELS.keys())
def model(request):
    return request.param


def start(model, seed=1, size=0.5):
    return size * np.random.default_rng(seed).standard_normal(model.n_params)


def gaussians(size, purpose, replica, step):
    out = np.empty((size, 1))
    fill_tile(np.uint64(7), np.array([replica]), step, purpose, out)
    return out[:, 0]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("decay", [0.0, 0.05])
def test_flow_equals_scipy(model, decay, method):
    theta, times = start(model), np.array([0.5, 3.0, 20.0])
    found = solve_ivp(
        lambda _, z: -model.gradient(z) - decay * z, (0, 20), theta, "DOP853", times, rtol=1e-13, atol=1e-15
    )
    run = simulate(model, GradientFlow(rtol=1e-10, weight_decay=decay, method=method), theta, time=20.0, save=times)
    np.testing.assert_allclose(run.theta, found.y.T, rtol=0, atol=2e-8)
    assert run.status is Status.HORIZON


@pytest.mark.parametrize("widths", [3, (4, 3), (3, 5, 2), (2, 2, 2, 2)])
def test_flow_conserves_the_imbalance(widths):
    model = network(3, 6, 2, widths)
    theta = start(model)
    run = simulate(model, GradientFlow(rtol=1e-13), theta, time=30.0, save=9)
    for D, first in zip(model.imbalance(run.theta), model.imbalance(theta), strict=True):
        assert np.max(np.abs(D - first)) < 1e-12 * np.max(np.abs(first))
    balanced = simulate(model, GradientFlow(rtol=1e-13), model.init(0.5, balanced=True), time=30.0)
    assert all(np.max(np.abs(D)) < 1e-12 for D in model.imbalance(balanced.final))


def test_flow_over_a_long_time_from_a_small_start():
    """From a product of size 1e-9 past its plateaus to the least-squares solution; in two parts with the same bits."""
    model = network(3, 8, 2, (4, 3))
    theta = model.init(scale=1e-3, balanced=True)
    run = simulate(model, GradientFlow(), theta, time=1e7, save=[1.0, 100.0, 1e7])
    M = np.linalg.lstsq(model.X.T, model.Y.T, rcond=None)[0].T
    assert run.loss[0] == pytest.approx(np.sum(model.Y**2) / 16, rel=1e-6)
    np.testing.assert_allclose(run.predictor()[-1], M, rtol=1e-6, atol=1e-8)
    first = simulate(model, GradientFlow(), theta, time=50.0)
    rest = simulate(model, GradientFlow(), None, resume=first, time=1e7 - 50)
    assert np.array_equal(rest.final, run.final)


@pytest.mark.parametrize("widths", [3, (4, 3), (3, 5, 2)])
@pytest.mark.parametrize("h", [0.3, 0.01])
def test_a_step_of_descent_changes_the_imbalance_in_second_order_exactly(widths, h):
    """D_j+ - D_j = h^2 (g_{j+1}^T g_{j+1} - g_j g_j^T); the cross terms, of order h, cancel."""
    model = network(3, 6, 2, widths)
    theta = start(model)
    after = simulate(model, GradientDescent(h), theta, steps=1).final
    g = list(model.unpack(model.gradient(theta)).values())
    for j, (D, later) in enumerate(zip(model.imbalance(theta), model.imbalance(after), strict=True)):
        expected = h**2 * (g[j + 1].T @ g[j + 1] - g[j] @ g[j].T)
        np.testing.assert_allclose(later - D, expected, rtol=0, atol=1e-14 * (1 + np.abs(later).max()))
        assert np.max(np.abs(expected)) > 1e-12


@pytest.mark.parametrize("force", [{"inertia": 0.3}, {"strength": 0.2}, {"strength": 0.2, "ascent_step": 0.1}])
def test_flows_with_inertia_and_regularization(model, force):
    theta = start(model)

    def pull(z):
        g, mu, eps = model.gradient(z), force.get("strength", 0), force.get("ascent_step", 0)
        return g + mu * (model.hessian(z) @ g if eps == 0 else (model.gradient(z + eps * g) - g) / eps)

    def field(_, y):
        z, v = y[: theta.size], y[theta.size :]
        return np.concatenate([v, (-pull(z) - v) / force["inertia"]]) if "inertia" in force else -pull(z)

    y = np.concatenate([theta, 0 * theta]) if "inertia" in force else theta
    expected = solve_ivp(field, (0, 5), y, "DOP853", rtol=1e-12, atol=1e-14).y[: theta.size, -1]
    run = simulate(model, GradientFlow(rtol=1e-11, **force), theta, time=5.0)
    np.testing.assert_allclose(run.final, expected, rtol=0, atol=1e-8)


def test_the_modified_flow_follows_descent(model):
    theta, h = start(model, size=0.3), 0.02
    descent = simulate(model, GradientDescent(h), theta, steps=50).final
    errors = [
        np.max(np.abs(simulate(model, ModifiedFlow(GradientDescent(h), order=p), theta, time=1.0).final - descent))
        for p in (1, 2, 3)
    ]
    assert errors[1] < errors[0] / 10
    assert errors[2] < errors[1] / 10


def test_a_field_of_the_users_own_finds_the_samples_in_the_data():
    """``Flow`` hands on the data vector of the model as it is documented, not the condensed one."""
    import numba

    model = network(2, 9, 3, 3)

    @numba.njit
    def field(theta, data, out):
        for j in range(theta.size):
            out[j] = -theta[j] * data[0]

    run = simulate(model, Flow(field), start(model), time=0.1)
    np.testing.assert_allclose(run.final, start(model) * np.exp(-0.9), rtol=1e-7)


def batch_gradient(model, theta, used, noise=0.0):
    q = model.n_outputs
    rows = np.concatenate([np.arange(i * q, (i + 1) * q) for i in used])
    return model.jacobian(theta)[rows].T @ (model.residuals(theta)[rows] - noise) / len(used)


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize("order", ["replacement", "shuffle"])
def test_sgd_draws_columns(model, order, size):
    method, theta = SGD(0.02, size, order), start(model)
    run = simulate(model, method, theta, steps=90, seed=4, replica=9)
    for used in method.batches(model.n_samples, 90, seed=4, replica=9):
        theta = theta - 0.02 * batch_gradient(model, theta, used)
    np.testing.assert_allclose(run.final, theta, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(("size", "noise", "momentum"), [(1, "sign", 0.0), (2, "gaussian", 0.5), (None, "sign", 0.3)])
def test_label_noise_has_one_draw_an_output(model, size, noise, momentum):
    method, theta = LabelNoiseSGD(0.02, 0.3, size, noise, momentum), start(model)
    run = simulate(model, method, theta, steps=90, seed=4, replica=9)
    batches = method.batches(model.n_samples, 90, seed=4, replica=9)
    noises = method.noises(model.n_samples, 90, seed=4, replica=9, n_outputs=model.n_outputs)
    assert noises.shape == (90, batches.shape[1] * model.n_outputs)
    v = 0.0
    for used, xi in zip(batches, noises, strict=True):
        v = momentum * v - 0.02 * batch_gradient(model, theta, used, 0.3 * xi)
        theta = theta + v
    np.testing.assert_allclose(run.final, theta, rtol=1e-11, atol=1e-13)


def test_the_noises_of_one_output_are_those_without_a_number():
    method = LabelNoiseSGD(0.1, 1.0, 2, "gaussian")
    assert np.array_equal(method.noises(4, 40), method.noises(4, 40, n_outputs=1))
    both = method.noises(4, 4000, n_outputs=3)
    assert np.max(np.abs(np.corrcoef(both.T) - np.eye(6))) < 0.09  # 5 / sqrt(4000)
    with pytest.raises(ValueError, match="n_outputs must be an integer >= 1, got 0"):
        method.noises(4, 4, n_outputs=0)


def test_stochastic_flow_has_one_draw_a_sample(model):
    h, dt, n, q = 0.05, 0.01, model.n_samples, model.n_outputs
    theta = start(model)
    run = simulate(model, StochasticGradientFlow(h, dt), theta, steps=60, seed=7, replica=3)
    for k in range(60):
        xi = gaussians(n, GRADIENT_NOISE, 3, k)
        J, r = model.jacobian(theta).reshape(n, q, -1), model.residuals(theta).reshape(n, q)
        single = np.einsum("io,iop->ip", r, J)
        kick = np.sqrt(h * dt / n) * (xi - xi.mean()) @ single
        theta = theta - dt * model.gradient(theta) - kick
    np.testing.assert_allclose(run.final, theta, rtol=1e-11, atol=1e-13)
    sigma = (single - single.mean(0)).T @ (single - single.mean(0)) / n  # the covariance that the kick has
    root = single.T @ (np.eye(n) - 1 / n) / np.sqrt(n)
    np.testing.assert_allclose(root @ root.T, sigma, atol=1e-12)


def test_the_covariance_of_one_output_is_refused(model):
    with pytest.raises(ValueError) as caught:
        simulate(model, StochasticGradientFlow(0.1, 0.1, covariance="loss"), start(model), steps=1)
    assert str(caught.value) == (
        f"covariance must be 'sample' for a DeepLinearNetwork with {model.n_outputs} outputs a sample: 'loss' is "
        "defined for one output"
    )


@pytest.mark.parametrize("shape", ["isotropic", "normal"])
def test_noise_in_the_gradient(model, shape):
    theta = start(model)
    run = simulate(model, GradientNoise(0.03, 0.2, shape), theta, steps=40, seed=7, replica=3)
    for k in range(40):
        z = gaussians(theta.size, GRADIENT_NOISE, 3, k)
        if shape == "normal":
            J = model.jacobian(theta)
            z = np.linalg.pinv(J) @ (J @ z)
        theta = theta - 0.03 * (model.gradient(theta) + 0.2 * z)
    np.testing.assert_allclose(run.final, theta, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("anticorrelated", [False, True])
def test_noise_injection(model, anticorrelated):
    theta, before = start(model), 0.0
    run = simulate(model, NoiseInjection(0.03, 0.05, anticorrelated), theta, steps=40, seed=7, replica=3)
    for k in range(40):
        xi = 0.05 * gaussians(theta.size, PARAMETER_NOISE, 3, k)
        theta = theta - 0.03 * model.gradient(theta) + xi - (before if anticorrelated else 0.0)
        before = xi
    np.testing.assert_allclose(run.final, theta, rtol=1e-11, atol=1e-12)


def test_flooding(model):
    theta = start(model)
    level = 0.3 * model.loss(theta)
    run = simulate(model, Flooding(0.05, level), theta, steps=60)
    for _ in range(60):
        theta = theta - 0.05 * np.sign(model.loss(theta) - level) * model.gradient(theta)
    np.testing.assert_allclose(run.final, theta, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(
    "make",
    [
        lambda h: HeavyBall(h, 0.6),
        lambda h: SharpnessAware(h, 0.05, per_sample=True),
        lambda h: SGD(h),
        lambda h: LabelNoiseSGD(h, 0.1, 2),
        lambda h: StochasticGradientFlow(0.05, h),
        lambda h: GradientNoise(h, 0.1, "normal"),
    ],
)
def test_alone_is_inside_an_ensemble_in_bits(model, make, monkeypatch):
    theta, h = np.stack([start(model, seed) for seed in range(70)]), np.linspace(0.005, 0.03, 70)
    runs = []
    for threads in ("1", "2"):
        monkeypatch.setenv("SOLVABLE_THREADS", threads)
        runs.append(simulate(model, make(h), theta, steps=60, seed=2))
    assert np.array_equal(runs[0].final, runs[1].final)
    for b in (0, 33, 69):
        alone = simulate(model, make(float(h[b])), theta[b], steps=60, seed=2, replica=b)
        assert np.array_equal(alone.final, runs[0].final[b])


def test_a_wanted_loss_ends_every_method():
    model = network(3, 6, 2, 3)
    model = DeepLinearNetwork(model.X, np.zeros((2, 3)) @ model.X + 0.5 * model.X[:2], 3)
    for method in (GradientDescent(0.05), HeavyBall(0.02, 0.8), SGD(0.02), GradientFlow()):
        horizon = {"time": 1e5} if method.clock == "time" else {"steps": 200_000}
        run = simulate(model, method, start(model), until_loss=1e-8, **horizon)
        assert run.status is Status.CONVERGED
        assert run.final_loss <= 1.001e-8
