"""Gradient flow against closed forms and SciPy, by every method, through plateaus, alone and in an ensemble."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from solvable import (
    DiagonalLinearNetwork,
    Flow,
    GradientFlow,
    LinearRegression,
    MatrixSensing,
    ScalarFactorization,
    SinglePointNetwork,
    Status,
    simulate,
)

METHODS = ("auto", "explicit", "implicit")


def reference(model, theta, times, decay=0.0):
    """SciPy's DOP853 at tight tolerances, on the gradient of the NumPy road."""
    return solve_ivp(
        lambda _, z: -model.gradient(z) - decay * z,
        (0.0, times[-1]),
        theta,
        method="DOP853",
        t_eval=times,
        rtol=1e-13,
        atol=1e-15,
    ).y.T


KINDS = ["squares", "product", "depth 3", "depth 5", "scalar", "scalar 3", "linear", "tall", "tanh", "sigmoid"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("decay", [0.0, 0.05])
@pytest.mark.parametrize("kind", [*KINDS, "sensing", "asymmetric"])
def test_equals_scipy(problem, kind, decay, method):
    models = {
        "squares": DiagonalLinearNetwork(*problem(5, 8)),
        "product": DiagonalLinearNetwork(*problem(5, 8), parametrization="product"),
        "depth 3": DiagonalLinearNetwork(*problem(5, 8), depth=3),
        "depth 5": DiagonalLinearNetwork(*problem(5, 8), depth=5),
        "scalar": ScalarFactorization(target=-0.7),
        "scalar 3": ScalarFactorization(target=2.0, depth=3),
        "linear": LinearRegression(*problem(5, 8)),
        "tall": DiagonalLinearNetwork(*problem(9, 4, noise=0.5)),
        "tanh": SinglePointNetwork([1.0, -0.5], 0.9, width=3),
        "sigmoid": SinglePointNetwork(1.3, 0.9, width=4, activation="sigmoid"),
        "sensing": MatrixSensing(problem(4, 9)[0].reshape(4, 3, 3), problem(4, 1)[1]),
        "asymmetric": MatrixSensing(problem(4, 6)[0].reshape(4, 3, 2), problem(4, 1)[1], rank=1, symmetric=False),
    }
    model = models[kind]
    theta = 0.4 + 0.1 * np.random.default_rng(1).standard_normal(model.n_params)
    times = np.array([0.5, 3.0, 20.0])
    run = simulate(model, GradientFlow(rtol=1e-10, weight_decay=decay, method=method), theta, time=20.0, save=times)
    np.testing.assert_allclose(run.theta, reference(model, theta, times, decay), rtol=0, atol=2e-8)
    assert run.time.tolist() == times.tolist()
    assert run.status is Status.HORIZON


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_linear_regression_in_closed_form(problem, decay, method):
    X, y = problem(8, 5, noise=0.5)
    H = X.T @ X / 8 + decay * np.eye(5)
    fixed = np.linalg.solve(H, X.T @ y / 8)
    flow = GradientFlow(weight_decay=decay, method=method)
    run = simulate(LinearRegression(X, y), flow, np.ones(5), time=30.0, save=[0.1, 1.0, 30.0])
    for theta, t in zip(run.theta, run.time, strict=True):
        np.testing.assert_allclose(theta, fixed + expm(-t * H) @ (1 - fixed), rtol=0, atol=1e-7)


def test_errors_follow_the_tolerance():
    model, times = ScalarFactorization(target=2.0, depth=3), np.array([6.0])
    exact = reference(model, [0.3, 0.4, 0.5], times)[0]
    errors = []
    for rtol in (1e-4, 1e-6, 1e-8, 1e-10):
        run = simulate(model, GradientFlow(rtol=rtol), [0.3, 0.4, 0.5], time=6.0)
        errors.append(np.abs(run.final - exact).max())
        assert errors[-1] < 30 * rtol
    assert errors[-1] < 1e-3 * errors[0]


def test_conservation_on_the_scalar_model():
    run = simulate(ScalarFactorization(target=2.0), GradientFlow(), [1.5, 0.1], time=50.0, save=20)
    np.testing.assert_allclose(run.theta[:, 0] ** 2 - run.theta[:, 1] ** 2, 2.24, rtol=1e-8)
    assert run.final_loss < 1e-15


@pytest.mark.parametrize("kind", ["squares", "product"])
def test_long_plateaus(problem, kind):
    """Scale 1e-8, time 1e6: seconds would be too long, and the limit is the sparsest point of the plateau road."""
    X, y = problem(6, 9)
    model = DiagonalLinearNetwork(X, y, parametrization=kind)
    run = simulate(model, GradientFlow(), model.init(scale=1e-8), time=1e6, save=30)
    assert run.status is Status.HORIZON
    assert run.step[-1] < 20_000
    assert run.final_loss < 1e-9
    assert (np.diff(run.loss) <= 1e-12).all()
    log_a, _ = run.effective_init()
    np.testing.assert_allclose(log_a, np.log(1e-16 / (2 if kind == "product" else 1)), rtol=0, atol=1e-6)


def test_a_plateau_of_depth_3():
    """w^3 from 1e-3: the time to leave the plateau is (1/w0 - 1/w) to leading order; SciPy agrees."""
    model = ScalarFactorization(depth=3)
    run = simulate(model, GradientFlow(), model.init(scale=1e-3), time=1100.0, save=[990.0, 1000.0, 1010.0])
    np.testing.assert_allclose(run.theta, reference(model, model.init(scale=1e-3), run.time), rtol=1e-5)
    assert run.final_loss < 1e-10


def test_tiny_and_decaying_factors_do_not_end_a_run(problem):
    model = DiagonalLinearNetwork(*problem(6, 9))
    for scale, decay, time in ((1e-160, 0.0, 1e5), (1e-200, 0.0, 1e5), (0.1, 1.0, 1e4), (0.1, 10.0, 1e3)):
        run = simulate(model, GradientFlow(weight_decay=decay), model.init(scale=scale), time=time)
        assert run.status is Status.HORIZON
        np.testing.assert_allclose(run.ledger().q, -2 * decay * time, rtol=1e-10, atol=1e-6)
        assert decay or run.final_loss < 1e-8
    theta = model.init(scale=0.1)
    theta[3] = 0.0  # no logarithm, hence no dual form: the others fade out where they are
    run = simulate(model, GradientFlow(weight_decay=1.0), theta, time=1e4)
    assert run.status is Status.HORIZON
    assert np.abs(run.final).max() < 1e-280


@pytest.mark.parametrize("kind", ["squares", "depth 3", "linear"])
def test_members_of_an_ensemble_have_the_bits_of_single_runs(problem, kind):
    X, y = problem(5, 7)
    model = (
        LinearRegression(X, y) if kind == "linear" else DiagonalLinearNetwork(X, y, depth=3 if kind == "depth 3" else 2)
    )
    theta = 0.05 + 0.3 * np.random.default_rng(0).random((6, model.n_params))
    decay = np.linspace(0, 0.1, 6)
    together = simulate(model, GradientFlow(weight_decay=decay), theta, time=[1.0, 2.0, 5.0, 10.0, 100.0, 500.0])
    for k, time in enumerate((1.0, 2.0, 5.0, 10.0, 100.0, 500.0)):
        alone = simulate(model, GradientFlow(weight_decay=decay[k]), theta[k], time=time)
        assert np.array_equal(together.final[k], alone.final)
        assert np.array_equal(together.loss[:, k], alone.loss)
        assert together.time[-1, k] == time


def test_the_wanted_loss_ends_a_flow(network):
    run = simulate(network, GradientFlow(), network.init(scale=0.1), time=1e4, until_loss=1e-6)
    assert run.status is Status.CONVERGED
    assert run.final_loss <= 1e-6 * (1 + 1e-6)
    assert 0 < run.time[-1] < 1e4
    assert np.array_equal(run.theta[-1], run.final)
    on = simulate(network, GradientFlow(), None, resume=run, time=5.0)
    assert on.time[-1] == run.time[-1] + 5.0


def test_time_zero(network):
    start = network.init(scale=0.1)
    run = simulate(network, GradientFlow(), start, time=0.0)
    np.testing.assert_allclose(run.final, start, rtol=1e-15)


def test_a_flow_that_blows_up():
    """z' = z^2 from 1 ends at t = 1 with a status, not with an exception."""
    from numba import njit

    @njit
    def square(theta, data, out):
        for k in range(theta.size):
            out[k] = theta[k] ** 2

    @njit
    def fault(theta, data, out):
        for k in range(theta.size):
            out[k] = np.sqrt(0.5 - theta[k])

    model = LinearRegression([[1.0]], [0.0])
    run = simulate(model, Flow(square), [1.0], time=5.0)
    assert run.status is Status.DIVERGED
    assert run.time[-1] == pytest.approx(1.0, abs=1e-6)
    run = simulate(model, Flow(fault), [0.9], time=5.0)
    assert run.status is Status.NONFINITE
    assert run.time[-1] == 0.0
    pair = simulate(model, Flow(square), [[1.0], [-1.0]], time=5.0, save=[0.5, 4.0])
    assert pair.status.tolist() == [Status.DIVERGED, Status.HORIZON]
    np.testing.assert_allclose(pair.theta[:, 1, 0], [-1 / 1.5, -1 / 5], rtol=1e-8)
    np.testing.assert_allclose(pair.theta[0, 0, 0], 2.0, rtol=1e-8)


def test_a_start_so_far_out_that_no_step_moves_the_time_has_a_status():
    """A step was accepted that ends beyond the horizon; taken again, for the state there, it stalls."""
    start, target = float.fromhex("0x1.1503e6f3cdcc1p+84"), float.fromhex("0x1.fa352dfa03ef3p+0")
    run = simulate(ScalarFactorization(target), GradientFlow(rtol=1e-10), [start, start], time=60 / target)
    assert run.status is Status.NONFINITE
    assert np.all(np.isfinite(run.final))
