"""The generic loop of SGD against a NumPy replay with the same batches."""

import numpy as np
import pytest

from solvable import DiagonalLinearNetwork, LinearRegression, ScalarFactorization
from solvable.dynamics.row_descent import Rows
from solvable.dynamics.stepper import Tile
from solvable.dynamics.stochastic_descent import SGD
from solvable.integrators.draws import batch_indices
from solvable.integrators.status import CONVERGED, DIVERGED, NONFINITE, RUNNING
from solvable.integrators.tile import DIVERGENCE


def problem(n, d, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d))
    return X, X[:, : min(d, 3)] @ np.array([1.0, -1.0, 0.5])[: min(d, 3)]


def batch(seed, replica, step, size, n, order):
    out = np.empty(n, dtype=np.int64)
    batch_indices(np.uint64(seed), np.uint64(replica), np.uint64(step), size, int(order == "shuffle"), out)
    return out[:size]


def start(kind, model, dynamics, theta, replicas=None, seed=0, until_loss=None):
    lanes = np.arange(theta.shape[0])
    with np.errstate(over="ignore", invalid="ignore"):
        return kind(model, Tile(theta, lanes, lanes if replicas is None else replicas, seed, until_loss), dynamics)


def replay(model, dynamics, theta, replica, seed, steps):
    """theta after `steps` steps; every batch has distinct samples, all of them used."""
    n = model.n_samples
    for k in range(steps):
        chosen = batch(seed, replica, k, dynamics.batch_size, n, dynamics.order)
        assert len(set(chosen.tolist())) == dynamics.batch_size
        r, J = model.residuals(theta)[chosen], model.jacobian(theta)[chosen]
        theta = theta - dynamics.step_size * J.T @ r / dynamics.batch_size
    return theta


CASES = [(1, "replacement"), (3, "replacement"), (7, "replacement"), (1, "shuffle"), (3, "shuffle"), (7, "shuffle")]


@pytest.mark.parametrize(("size", "order"), CASES)
@pytest.mark.parametrize(
    "model",
    [
        LinearRegression(*problem(7, 4)),
        DiagonalLinearNetwork(*problem(7, 9), depth=3),
        DiagonalLinearNetwork(*problem(7, 9), parametrization="product"),
    ],
    ids=["linear", "depth 3", "product"],
)
def test_equals_a_numpy_replay(model, size, order):
    dynamics = SGD(0.03, size, order)
    theta = 0.5 + 0.1 * np.random.default_rng(1).standard_normal((3, model.n_params))
    stepper = start(Rows, model, dynamics, theta, np.array([5, 0, 2**32 - 1]), seed=2**63 + 11)
    stepper.advance(300)
    assert (stepper.status() == RUNNING).all()
    assert (stepper.counts() == 300).all()
    for b, replica in enumerate((5, 0, 2**32 - 1)):
        expected = replay(model, dynamics, theta[b], replica, 2**63 + 11, 300)
        np.testing.assert_allclose(stepper.parameters()[b], expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(("size", "order"), CASES)
def test_chunks_leave_no_trace(size, order):
    model, theta = LinearRegression(*problem(7, 4)), np.ones((4, 4))
    whole = start(Rows, model, SGD(0.05, size, order), theta)
    whole.advance(203)
    for chunk in (1, 3, 50):
        parts = start(Rows, model, SGD(0.05, size, order), theta)
        for done in range(0, 203, chunk):
            parts.advance(min(chunk, 203 - done))
        assert np.array_equal(parts.parameters(), whole.parameters())
        assert np.array_equal(parts.counts(), whole.counts())


def test_full_batch_is_gradient_descent():
    model, theta = LinearRegression(*problem(7, 4)), np.ones((1, 4))
    stepper = start(Rows, model, SGD(0.05, 7), theta)
    stepper.advance(100)
    expected = theta[0]
    for _ in range(100):
        expected = expected - 0.05 * model.gradient(expected)
    np.testing.assert_allclose(stepper.parameters()[0], expected, rtol=1e-13)


@pytest.mark.parametrize("size", [1, 3])
def test_diverges_at_the_step_whose_batch_shows_it(size):
    X, y = problem(7, 4)
    model, theta = LinearRegression(X, y), np.ones((3, 4))
    dynamics = SGD(np.array([0.05, 3.0, 0.05]), size)
    stepper = start(Rows, model, dynamics, theta, np.array([0, 1, 2]))
    stepper.advance(500)
    assert stepper.status().tolist() == [RUNNING, DIVERGED, RUNNING]
    beta, limit = theta[1], DIVERGENCE * (1 + model.loss(theta[1]))
    for k in range(500):
        chosen = batch(0, 1, k, size, 7, "replacement")
        r = X[chosen] @ beta - y[chosen]
        if not np.mean(r**2) / 2 <= limit:
            break
        beta = beta - 3.0 * X[chosen].T @ r / size
    assert stepper.counts()[1] == k
    np.testing.assert_allclose(stepper.parameters()[1], beta, rtol=1e-10)
    alone = start(Rows, model, SGD(0.05, size), theta[:1], np.array([2]))
    alone.advance(500)
    assert np.array_equal(stepper.parameters()[2], alone.parameters()[0])


def test_the_wanted_loss_is_looked_for_every_n_steps():
    X, y = problem(7, 4)
    model, theta = LinearRegression(X, y), np.ones((1, 4))
    stepper = start(Rows, model, SGD(0.05), theta, until_loss=1e-3)
    stepper.advance(100_000)
    assert stepper.status().tolist() == [CONVERGED]
    found = int(stepper.counts()[0])
    assert found % 7 == 0
    assert model.loss(stepper.parameters()[0]) <= 1e-3
    for earlier in range(0, found, 7):
        assert model.loss(replay(model, SGD(0.05), theta[0], 0, 0, earlier)) > 1e-3


def test_a_start_that_is_not_finite_is_the_fault_of_the_model():
    model = DiagonalLinearNetwork(*problem(3, 4), depth=3)
    stepper = start(Rows, model, SGD(0.1), np.full((1, 8), 1e200))  # inf - inf
    stepper.advance(5)
    assert stepper.status().tolist() == [NONFINITE]
    assert stepper.counts().tolist() == [0]


def test_one_sample_models():
    model = ScalarFactorization(target=2.0)
    stepper = start(Rows, model, SGD(0.1), np.array([[1.0, 0.5]]))
    stepper.advance(50)
    expected = np.array([1.0, 0.5])
    for _ in range(50):
        expected = expected - 0.1 * model.gradient(expected)
    np.testing.assert_allclose(stepper.parameters()[0], expected, rtol=1e-13)
