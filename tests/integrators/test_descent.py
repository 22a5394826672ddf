"""The generic loop of gradient descent against a plain NumPy loop."""

import numpy as np
import pytest

from solvable import DiagonalLinearNetwork, LinearRegression, MatrixSensing, ScalarFactorization, SinglePointNetwork
from solvable.common.blas import one_blas_thread
from solvable.dynamics.gradient_descent import _Descent
from solvable.dynamics.stepper import Tile
from solvable.integrators.status import CONVERGED, DIVERGED, RUNNING
from solvable.integrators.tile import DIVERGENCE


def problem(n, d, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d))
    return X, X[:, : min(d, 3)] @ np.array([1.0, -1.0, 0.5])[: min(d, 3)]


def drive(model, theta, step_size, decay, steps, chunk=None, until_loss=None, kind=_Descent):
    """The stepper after `steps` steps in chunks."""
    members = theta.shape[0]
    lanes = np.arange(members)
    start = Tile(theta, lanes, lanes, 0, until_loss)
    with one_blas_thread(), np.errstate(over="ignore", invalid="ignore"):
        stepper = kind(model, start, np.broadcast_to(step_size, members) + 0.0, np.broadcast_to(decay, members) + 0.0)
        done = 0
        while done < steps:
            size = min(chunk or steps, steps - done)
            stepper.advance(size)
            done += size
    return stepper


def loop(model, theta, h, decay, steps):
    theta = theta.copy()
    for _ in range(steps):
        theta = theta - h * (model.gradient(theta) + decay * theta)
    return theta


def test_equals_a_numpy_loop_after_20000_steps():
    """The two networks have 20 x 40 data; u and v by hand, no code of the package in the loop."""
    X, y = problem(20, 40)
    model = DiagonalLinearNetwork(X, y)
    u, v = np.full(40, 0.1), np.full(40, 0.1)
    theta, h = np.concatenate([u, v]), 0.02
    for _ in range(20_000):
        g = X.T @ (X @ (u * u - v * v) - y) / 20
        u, v = u - h * 2 * u * g, v + h * 2 * v * g
    found = drive(model, theta[None], h, 0.0, 20_000).parameters()[0]
    np.testing.assert_allclose(found, np.concatenate([u, v]), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize(
    ("model", "h", "decay"),
    [
        (DiagonalLinearNetwork(*problem(6, 9), depth=3), 0.02, 0.0),
        (DiagonalLinearNetwork(*problem(6, 9), depth=4), 0.02, 0.01),
        (DiagonalLinearNetwork(*problem(6, 9), parametrization="product"), 0.02, 0.1),
        (DiagonalLinearNetwork(*problem(9, 4)), 0.02, 0.0),
        (LinearRegression(*problem(8, 5)), 0.1, 0.05),
        (ScalarFactorization(target=0.5, depth=3), 0.1, 0.0),
        (ScalarFactorization(target=-2.0), 0.1, 0.02),
        (SinglePointNetwork([0.8, -1.1], 0.9, width=3), 0.1, 0.02),
        (SinglePointNetwork(1.3, 0.9, width=4, activation="sigmoid"), 0.1, 0.0),
        (MatrixSensing(problem(4, 9)[0].reshape(4, 3, 3), problem(4, 1)[1]), 0.02, 0.01),
        (MatrixSensing(problem(4, 10)[0].reshape(4, 2, 5), problem(4, 1)[1], 1, symmetric=False), 0.02, 0.0),
    ],
    ids=lambda value: type(value).__name__ if hasattr(value, "n_params") else str(value),
)
def test_every_model(model, h, decay):
    theta = 0.5 + 0.3 * np.random.default_rng(1).standard_normal((5, model.n_params))
    stepper = drive(model, theta, h, decay, 500)
    assert (stepper.status() == RUNNING).all()
    assert stepper.counts().tolist() == [500] * 5
    for found, start in zip(stepper.parameters(), theta, strict=True):
        np.testing.assert_allclose(found, loop(model, start, h, decay, 500), rtol=1e-12, atol=1e-13)


def test_chunks_leave_no_trace():
    model = DiagonalLinearNetwork(*problem(5, 7), depth=3)
    theta = 0.3 * np.ones((3, 14))
    whole = drive(model, theta, 0.05, 0.01, 200).parameters()
    for chunk in (1, 7, 64):
        assert np.array_equal(drive(model, theta, 0.05, 0.01, 200, chunk).parameters(), whole)


def test_diverges_at_the_first_step_beyond_the_bound():
    """Each lane ends at its own step; the bound is 1e30 (1 + first loss), the step that shows it is not taken."""
    X, y = problem(6, 4)
    model = LinearRegression(X, y)
    steps = np.array([0.1, 2.0, 5.0, 40.0])
    theta = np.ones((4, 4))
    stepper = drive(model, theta, steps, 0.0, 400)
    assert stepper.status().tolist() == [RUNNING, DIVERGED, DIVERGED, DIVERGED]
    for b, h in enumerate(steps):
        beta, first = theta[b].copy(), model.loss(theta[b])
        taken = 0
        while taken < 400:
            r = X @ beta - y
            if not r @ r / 12 <= DIVERGENCE * (1 + first):
                break
            beta, taken = beta - h * X.T @ r / 6, taken + 1
        assert stepper.counts()[b] == taken
        np.testing.assert_allclose(stepper.parameters()[b], beta, rtol=1e-10)


def test_converges_at_the_first_step_below_the_wanted_loss():
    model = LinearRegression(*problem(6, 4))
    theta = np.vstack([np.ones(4), np.zeros(4), 3 * np.ones(4)])
    stepper = drive(model, theta, 0.1, 0.0, 3000, until_loss=1e-6)
    assert stepper.status().tolist() == [CONVERGED] * 3
    for b in range(3):
        beta, k = theta[b], 0
        while model.loss(beta) > 1e-6:
            beta, k = beta - 0.1 * model.gradient(beta), k + 1
        assert stepper.counts()[b] == k
        np.testing.assert_allclose(stepper.parameters()[b], beta, rtol=1e-12)


@pytest.mark.parametrize("bad", [4.0, np.inf])
def test_a_lane_that_fails_disturbs_nobody(bad):
    """The neighbors of a diverging lane have the bits that they have without it."""
    model = DiagonalLinearNetwork(*problem(5, 8), depth=3)
    theta = 0.4 + 0.01 * np.random.default_rng(2).standard_normal((16, 16))
    clean = drive(model, theta, 0.05, 0.0, 300).parameters()
    spoilt = theta.copy()
    spoilt[5] = 30.0 if bad == 4.0 else 1e200
    stepper = drive(model, spoilt, 0.05, 0.0, 300)
    assert stepper.status()[5] != RUNNING
    others = np.arange(16) != 5
    assert np.array_equal(stepper.parameters()[others], clean[others])
    assert (stepper.counts()[others] == 300).all()
