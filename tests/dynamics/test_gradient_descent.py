"""Gradient descent through `simulate`: against NumPy, alone and in a crowd, on one thread and on two."""

import numpy as np
import pytest

from solvable import DiagonalLinearNetwork, GradientDescent, LinearRegression, ScalarFactorization, Status, simulate


def test_equals_a_numpy_loop_after_20000_steps(problem):
    X, y = problem(20, 40)
    u, v, h = np.full(40, 0.1), np.full(40, 0.1), 0.02
    for _ in range(20_000):
        g = X.T @ (X @ (u * u - v * v) - y) / 20
        u, v = u - h * 2 * u * g, v + h * 2 * v * g
    run = simulate(DiagonalLinearNetwork(X, y), GradientDescent(h), np.full(80, 0.1), steps=20_000)
    np.testing.assert_allclose(run.final, np.concatenate([u, v]), rtol=1e-13, atol=1e-13)
    assert run.status is Status.HORIZON
    assert run.step.tolist() == [0, 20_000]
    assert run.time.tolist() == [0.0, 400.0]


def test_a_quadratic_has_its_closed_form(problem):
    """theta_k - theta* = (1 - h (A + lambda))^k (theta_0 - theta*)."""
    X, y = problem(8, 5)
    model, h, decay = LinearRegression(X, y), 0.1, 0.3
    H = X.T @ X / 8 + decay * np.eye(5)
    fixed = np.linalg.solve(H, X.T @ y / 8)
    run = simulate(model, GradientDescent(h, decay), np.ones(5), steps=50, save=np.arange(51))
    for k in (0, 1, 7, 50):
        expected = fixed + np.linalg.matrix_power(np.eye(5) - h * H, k) @ (1 - fixed)
        np.testing.assert_allclose(run.theta[k], expected, rtol=1e-12, atol=1e-13)


def test_balance_of_the_scalar_model():
    """x^2 - y^2 is multiplied by 1 - h^2 r^2 at every step."""
    model, h = ScalarFactorization(target=1.5), 0.2
    run = simulate(model, GradientDescent(h), [1.2, 0.3], steps=30, save=np.arange(31))
    gap = run.theta[:, 0] ** 2 - run.theta[:, 1] ** 2
    r = run.theta[:, 0] * run.theta[:, 1] - 1.5
    np.testing.assert_allclose(gap[1:], gap[:-1] * (1 - h**2 * r[:-1] ** 2), rtol=1e-12)


SHAPES = [(20, 40), (9, 4), (5, 1), (1, 6), (1, 1), (7, 13), (33, 17)]


@pytest.mark.parametrize("generic", [False, True])
@pytest.mark.parametrize(("n", "d"), SHAPES)
def test_alone_and_in_an_ensemble_the_bits_are_equal(problem, n, d, generic):
    """Every place in the tiles of a large ensemble; the crowd contains runs that diverge."""
    model = DiagonalLinearNetwork(*problem(n, d), depth=3 if generic else 2)
    members = 1024 if (n, d) == (20, 40) else 77
    rng = np.random.default_rng(1)
    theta = rng.uniform(0.1, 0.5, (members, 2 * d))
    step_size = rng.uniform(0.2, 1.0, members) * 0.1 / np.mean(np.sum(model.X**2, axis=1))
    step_size[3::10] *= 1e4
    together = simulate(model, GradientDescent(step_size, 0.01), theta, steps=300, save=4)
    assert Status.DIVERGED in together.status
    picked = {0, 1, 7, 8, 31, 32, 40, members - 1, *rng.integers(members, size=8).tolist()}
    for k in picked:
        alone = simulate(model, GradientDescent(step_size[k], 0.01), theta[k], steps=300, save=4)
        assert alone.status is together.status[k]
        assert np.array_equal(alone.final, together.final[k])
        rows = alone.theta.shape[0]
        assert np.array_equal(alone.theta, together.theta[:rows, k])
        assert np.array_equal(alone.loss, together.loss[:rows, k], equal_nan=True)
        if not generic:
            for a, b in zip(alone.ledger(), together.ledger(), strict=True):
                assert np.array_equal(a, b[k], equal_nan=True)


SCRIPT = """
import hashlib, numpy as np
from solvable import *
rng = np.random.default_rng(0)
X = rng.standard_normal((20, 40)); y = X[:, 0] - X[:, 1]
digest = hashlib.sha256()
for model in (DiagonalLinearNetwork(X, y), DiagonalLinearNetwork(X, y, depth=3), LinearRegression(X, y)):
    theta = rng.uniform(0.1, 0.3, (100, model.n_params))
    for dynamics in (GradientDescent(0.01), SGD(0.002), SGD(0.002, 3, "shuffle"), GradientFlow(rtol=1e-6)):
        horizon = {"time": 0.5} if dynamics.clock == "time" else {"steps": 200}
        run = simulate(model, dynamics, theta if dynamics.clock == "steps" else theta[:5], seed=4, save=3, **horizon)
        for array in (run.theta, run.loss, run.final):
            digest.update(np.ascontiguousarray(array).tobytes())
print(digest.hexdigest())
"""


def test_one_thread_and_two_give_equal_bits(run_python):
    one, _ = run_python(SCRIPT, SOLVABLE_THREADS="1", OPENBLAS_NUM_THREADS="1")
    two, _ = run_python(SCRIPT, SOLVABLE_THREADS="2", OPENBLAS_NUM_THREADS="2")
    assert one == two


@pytest.mark.slow
def test_one_thread_and_two_on_large_matrices(run_python):
    """Large enough for BLAS to split a product among threads, were it allowed to."""
    script = SCRIPT.replace("(20, 40)", "(300, 500)").replace("0.01)", "1e-4)").replace("0.002", "1e-5")
    one, _ = run_python(script, SOLVABLE_THREADS="1", OPENBLAS_NUM_THREADS="1")
    two, _ = run_python(script, SOLVABLE_THREADS="2", OPENBLAS_NUM_THREADS="2")
    assert one == two


@pytest.mark.parametrize("factor", [1.0, 1e3])
def test_diverges_within_the_step_that_shows_it(network, factor):
    h = 3.0 * factor
    run = simulate(network, GradientDescent(h), network.init(scale=0.2), steps=1000)
    theta, limit = network.init(scale=0.2), 1e30 * (1 + network.loss(network.init(scale=0.2)))
    k = 0
    while network.loss(theta) <= limit:
        theta, k = theta - h * network.gradient(theta), k + 1
    assert run.status is Status.DIVERGED
    assert run.step.tolist() == [0, k]
    assert run.time[-1] == k * h
    np.testing.assert_allclose(run.final, theta, rtol=1e-8)
    assert np.array_equal(run.theta[-1], run.final)
    assert run.loss[-1] > limit


def test_the_last_step_is_judged_too(network):
    """A horizon that ends exactly where the loss shows divergence, or meets the wanted loss, says so."""
    start = network.init(scale=0.2)
    k = int(simulate(network, GradientDescent(3.0), start, steps=1000).step[-1])
    assert simulate(network, GradientDescent(3.0), start, steps=k).status is Status.DIVERGED
    assert simulate(network, GradientDescent(3.0), start, steps=k - 1).status is Status.HORIZON
    calm = simulate(network, GradientDescent(0.05), start, steps=10_000, until_loss=1e-8)
    k = int(calm.step[-1])
    assert calm.status is Status.CONVERGED
    for steps, status in ((k, Status.CONVERGED), (k - 1, Status.HORIZON)):
        run = simulate(network, GradientDescent(0.05), start, steps=steps, until_loss=1e-8)
        assert run.status is status
        assert run.step[-1] == steps


def test_converges_at_the_first_step_below_the_wanted_loss(network):
    run = simulate(network, GradientDescent(0.05), network.init(scale=0.3), steps=100_000, until_loss=1e-6)
    theta, k = network.init(scale=0.3), 0
    while network.loss(theta) > 1e-6:
        theta, k = theta - 0.05 * network.gradient(theta), k + 1
    assert run.status is Status.CONVERGED
    assert run.step[-1] == k
    assert run.final_loss <= 1e-6


@pytest.mark.parametrize("members", [1, 40])
@pytest.mark.parametrize("model_name", ["squares", "depth 3"])
def test_a_start_without_a_loss(problem, members, model_name):
    """NaN at the start is the model's fault, an infinite loss is divergence; neither warns, on any thread."""
    X, y = problem(6, 9)
    model = DiagonalLinearNetwork(X, y, depth=2 if model_name == "squares" else 3)
    for u, v, status in ((1e200, 1e200, Status.NONFINITE), (1e200, 1e-3, Status.NONFINITE), (1e60, 1e-3, None)):
        theta = np.concatenate([np.full(9, u), np.full(9, v)])
        run = simulate(model, GradientDescent(0.01), np.tile(theta, (members, 1)), steps=20)
        if status:
            assert (run.final == theta).all()
            assert (run.step[-1] == 0).all()
            assert set(run.status) <= {status, Status.DIVERGED}
        else:
            assert set(run.status) <= {Status.DIVERGED, Status.NONFINITE}


def test_representation():
    assert repr(GradientDescent(0.1)) == "GradientDescent(step_size=0.1, weight_decay=0.0)"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"step_size": 0.0}, "step_size must be > 0, got 0"),
        ({"step_size": -1.0}, "step_size must be > 0, got -1"),
        ({"step_size": np.nan}, "step_size must be finite"),
        ({"step_size": [0.1, np.inf]}, "step_size must be finite"),
        ({"step_size": "0.1"}, "step_size must be an array of real numbers"),
        ({"step_size": None}, "step_size must be an array of real numbers"),
        ({"step_size": []}, "step_size must have at least one entry"),
        ({"step_size": [[0.1]]}, "step_size must be 0-dimensional or 1-dimensional"),
        ({"step_size": 0.1, "weight_decay": -0.1}, "weight_decay must be >= 0, got -0.1"),
        (
            {"step_size": [0.1, 0.2], "weight_decay": [0.0, 0.0, 0.0]},
            r"hyperparameters must have one common length, got step_size \(2,\), weight_decay \(3,\)",
        ),
    ],
)
def test_bad_hyperparameters(arguments, message):
    with pytest.raises(ValueError, match=message) as caught:
        GradientDescent(**arguments)
    assert "\n" not in str(caught.value)
