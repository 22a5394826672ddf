"""The multiplicative loop of diagonal networks: equal to the generic one, its ledger right, at any scale."""

import math

import mpmath as mp
import numpy as np
import pytest

from solvable import DiagonalLinearNetwork, GradientDescent, Status, simulate
from solvable.common.blas import one_blas_thread
from solvable.dynamics.diagonal_descent import DiagonalDescent
from solvable.dynamics.gradient_descent import _Descent
from solvable.dynamics.stepper import Tile
from solvable.integrators.status import DIVERGED, RUNNING


def problem(n, d, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d))
    return X, X[:, : min(d, 3)] @ np.array([1.0, -1.0, 0.5])[: min(d, 3)]


def drive(kind, model, theta, step_size, decay, steps, chunk=None):
    theta = np.atleast_2d(theta)
    members = theta.shape[0]
    lanes = np.arange(members)
    with one_blas_thread(), np.errstate(over="ignore", invalid="ignore"):
        numbers = (np.broadcast_to(value, members).astype(float) for value in (step_size, decay))
        stepper = kind(model, Tile(theta, lanes, lanes, 0, None), *numbers)
        for done in range(0, steps, chunk or steps):
            stepper.advance(min(chunk or steps, steps - done))
    return stepper


@pytest.mark.parametrize("parametrization", ["squares", "product"])
@pytest.mark.parametrize("decay", [0.0, 0.01])
@pytest.mark.parametrize(("n", "d"), [(20, 40), (9, 4), (1, 5), (4, 1), (1, 1), (7, 13)])
def test_equals_the_generic_loop(n, d, decay, parametrization):
    model = DiagonalLinearNetwork(*problem(n, d), parametrization=parametrization)
    rng = np.random.default_rng(1)
    theta = np.stack([model.init(scale=rng.uniform(0.1, 0.6, d), shape=rng.uniform(-1, 1, d)) for _ in range(9)])
    step_size = rng.uniform(0.3, 1.0, 9) * 0.1 / np.mean(np.sum(model.X**2, axis=1))
    steps = 20_000 if (n, d) == (20, 40) else 3000
    fused = drive(DiagonalDescent, model, theta, step_size, decay, steps).parameters()
    generic = drive(_Descent, model, theta, step_size, decay, steps).parameters()
    np.testing.assert_allclose(fused, generic, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("chunk", [1, 7, 32, 50])
@pytest.mark.parametrize(("n", "d"), [(5, 8), (7, 3), (3, 17)])
def test_chunks_leave_no_trace(n, d, chunk):
    """Also where factors live below the floor: scale 1e-155 crosses it."""
    model = DiagonalLinearNetwork(*problem(n, d))
    for scale in (0.1, 1e-155):
        theta = model.init(scale=scale)
        whole = drive(DiagonalDescent, model, theta, 0.05, 0.0, 700)
        parts = drive(DiagonalDescent, model, theta, 0.05, 0.0, 700, chunk)
        assert np.array_equal(whole.parameters(), parts.parameters())
        for name, value in whole.ledger().items():
            assert np.array_equal(value, parts.ledger()[name]), name


def exact_descent(X, y, kappa, u, v, h, decay, steps):
    """Gradient descent in 60 digits: (log|u|, log|v|, sum of first-order terms, q by its formula, R by its formula)."""
    n, d = X.shape
    with mp.workdps(60):
        X, y = mp.matrix(X.tolist()), [mp.mpf(float(t)) for t in y]
        u, v = [mp.mpf(float(t)) for t in u], [mp.mpf(float(t)) for t in v]
        h, decay, kappa = mp.mpf(float(h)), mp.mpf(float(decay)), mp.mpf(kappa)
        first, q, R = ([mp.mpf(0)] * d for _ in range(3))
        for _ in range(steps):
            beta = [kappa * (s * s - t * t) for s, t in zip(u, v, strict=True)]
            r = [mp.fsum(X[i, j] * beta[j] for j in range(d)) - y[i] for i in range(n)]
            x = [2 * kappa * h * mp.fsum(X[i, j] * r[i] for i in range(n)) / n for j in range(d)]
            A, B = [1 - h * decay - t for t in x], [1 - h * decay + t for t in x]
            u, v = [s * t for s, t in zip(u, A, strict=True)], [s * t for s, t in zip(v, B, strict=True)]
            first = [s + t for s, t in zip(first, x, strict=True)]
            q = [s + mp.log(abs(a * b)) for s, a, b in zip(q, A, B, strict=True)]
            R = [s + mp.log(abs(a / b)) + 2 * t for s, a, b, t in zip(R, A, B, x, strict=True)]
        logs = [[float(mp.log(abs(t))) for t in part] for part in (u, v)]
        return *map(np.array, logs), *(np.array([float(t) for t in part]) for part in (first, q, R))


@pytest.mark.parametrize(
    ("scale", "h", "decay", "steps"),
    [
        (0.3, 0.05, 0.0, 1500),
        (0.3, 0.05, 0.02, 1500),
        (1e-200, 0.1, 0.0, 4000),  # log a = -921 and below, the loss leaves its plateau near step 2000
        (1e-200, 0.1, 0.005, 1500),
        (1e-300, 0.1, 0.0, 1500),
        (0.3, 0.35, 0.0, 20),  # large steps: factors change sign, |x| passes 1
    ],
)
@pytest.mark.parametrize("parametrization", ["squares", "product"])
def test_ledger_in_60_digits(scale, h, decay, steps, parametrization):
    X, y = problem(2, 3, seed=5)
    model = DiagonalLinearNetwork(X, y, parametrization=parametrization)
    theta = model.init(scale=scale)
    stepper = drive(DiagonalDescent, model, theta, h, decay, steps)
    assert stepper.status()[0] == RUNNING
    ledger = {name: value[0] for name, value in stepper.ledger().items()}
    plus, minus = model.to_multiplicative(theta[:3], theta[3:])
    kappa = 0.5 if model.is_product else 1.0
    log_u, log_v, first, q, R = exact_descent(X, y, kappa, plus, minus, h, decay, steps)
    size = 1 + np.abs(log_u).max() + np.abs(log_v).max() + np.abs(first).max()
    np.testing.assert_allclose(ledger["log_plus"], log_u, rtol=0, atol=2e-13 * size)
    np.testing.assert_allclose(ledger["log_minus"], log_v, rtol=0, atol=2e-13 * size)
    np.testing.assert_allclose(ledger["first_order"], first, rtol=0, atol=2e-13 * size)
    start_q, start_xi = np.log(np.abs(plus * 1.0)) + np.log(np.abs(minus)), np.log(np.abs(plus / minus))
    found_q = ledger["log_plus"] + ledger["log_minus"] - start_q
    found_R = ledger["log_plus"] - ledger["log_minus"] - start_xi + 2 * ledger["first_order"]
    np.testing.assert_allclose(found_q, q, rtol=0, atol=4e-13 * size)
    np.testing.assert_allclose(found_R, R, rtol=0, atol=8e-13 * size)


@pytest.mark.parametrize(("n", "d"), [(6, 10), (9, 4)])
def test_gathered_residuals_against_exact_sums(n, d):
    """The samples are rotated, and the ledger asks for ``X^T sigma`` alone."""
    X, y = problem(n, d)
    model = DiagonalLinearNetwork(X, y)
    theta, h, steps = model.init(scale=0.2), 0.03, 2000
    stepper = drive(DiagonalDescent, model, theta, h, 0.0, steps)
    u, v = np.split(theta, 2)
    residuals = []
    for _ in range(steps):
        r = X @ (u * u - v * v) - y
        residuals.append(r)
        x = 2 * h * X.T @ r / n
        u, v = u * (1 - x), v * (1 + x)
    sigma = np.array([math.fsum(column) for column in np.transpose(residuals)])
    gathered = stepper.factors.split(stepper.rows())[1][0]
    np.testing.assert_allclose(stepper.factors.design.T @ gathered, X.T @ sigma, rtol=1e-13, atol=1e-12)


def test_who_has_arrived_holds_the_residuals_of_the_steps_taken():
    """Members of one block that end in different steps, against runs of as many steps without a loss to stop at."""
    model = DiagonalLinearNetwork(*problem(5, 8))
    step_size = np.geomspace(0.01, 0.05, 11)
    together = simulate(model, GradientDescent(step_size), model.init(scale=0.2), steps=2000, until_loss=1e-3)
    assert set(together.status) == {Status.CONVERGED}
    assert np.unique(together.step[-1]).size == 11
    for k in (0, 3, 10):
        method, steps = GradientDescent(step_size[k]), int(together.step[-1, k])
        alone = simulate(model, method, model.init(scale=0.2), steps=steps)
        assert np.array_equal(alone.final, together.final[k])
        for a, b in zip(alone.ledger(), together.ledger(), strict=True):
            assert np.array_equal(a, b[k])


def test_a_diverging_lane_disturbs_nobody():
    model = DiagonalLinearNetwork(*problem(5, 8))
    theta = np.tile(model.init(scale=0.2), (16, 1))
    step_size = np.full(16, 0.05)
    clean = drive(DiagonalDescent, model, theta, step_size, 0.01, 300)
    step_size[3] = 3.0
    spoilt = drive(DiagonalDescent, model, theta, step_size, 0.01, 300)
    assert spoilt.status()[3] == DIVERGED
    assert spoilt.counts()[3] < 300
    others = np.arange(16) != 3
    assert np.array_equal(spoilt.parameters()[others], clean.parameters()[others])
    for name, value in spoilt.ledger().items():
        assert np.array_equal(value[others], clean.ledger()[name][others])


def test_divergence_ends_at_the_step_that_shows_it():
    X, y = problem(5, 8)
    model = DiagonalLinearNetwork(X, y)
    theta = model.init(scale=0.2)
    stepper = drive(DiagonalDescent, model, theta, 3.0, 0.0, 300)
    u, v = np.split(theta, 2)
    limit = 1e30 * (1 + model.loss(theta))
    taken, r = 0, X @ (u * u - v * v) - y
    while r @ r / 10 <= limit:
        g = X.T @ r / 5
        u, v = u * (1 - 6.0 * g), v * (1 + 6.0 * g)
        taken, r = taken + 1, X @ (u * u - v * v) - y
    assert stepper.counts()[0] == taken
    np.testing.assert_allclose(stepper.parameters()[0], np.concatenate([u, v]), rtol=1e-9)
