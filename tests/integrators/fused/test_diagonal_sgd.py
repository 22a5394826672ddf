"""SGD and label noise on diagonal networks, multiplicatively: the generic loop; logarithms exact over any distance."""

import numpy as np
import pytest

from solvable import DiagonalLinearNetwork
from solvable.dynamics.label_noise import LabelNoiseSGD
from solvable.dynamics.row_descent import DiagonalRows, Rows
from solvable.dynamics.stepper import Tile
from solvable.dynamics.stochastic_descent import SGD
from solvable.integrators.draws import batch_indices
from solvable.integrators.label_noise import label_noises
from solvable.integrators.status import DIVERGED, RUNNING


def problem(n, d, seed=0, noise=0.0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d))
    return X, X[:, : min(d, 3)] @ np.array([1.0, -1.0, 0.5])[: min(d, 3)] + noise * rng.standard_normal(n)


def start(kind, model, dynamics, theta, seed=0, until_loss=None):
    lanes = np.arange(theta.shape[0])
    return kind(model, Tile(theta, lanes, lanes, seed, until_loss), dynamics)


def batch(replica, step, size, n, order, seed=0):
    out = np.empty(n, dtype=np.int64)
    batch_indices(np.uint64(seed), np.uint64(replica), np.uint64(step), size, int(order == "shuffle"), out)
    return out[:size]


CASES = [(1, "replacement"), (3, "replacement"), (1, "shuffle"), (3, "shuffle")]


@pytest.mark.parametrize(("size", "order"), CASES)
@pytest.mark.parametrize("parametrization", ["squares", "product"])
@pytest.mark.parametrize(("n", "d"), [(20, 40), (5, 3), (4, 1), (6, 17)])
def test_equals_the_generic_loop(n, d, parametrization, size, order):
    model = DiagonalLinearNetwork(*problem(n, d), parametrization=parametrization)
    rng = np.random.default_rng(1)
    theta = np.stack([model.init(scale=rng.uniform(0.1, 0.5, d), shape=rng.uniform(-1, 1, d)) for _ in range(3)])
    dynamics = SGD(np.array([0.3, 0.6, 1.0]) * 0.05 / np.max(np.sum(model.X**2, axis=1)), size, order)
    fused, generic = (start(kind, model, dynamics, theta, seed=3) for kind in (DiagonalRows, Rows))
    fused.advance(3000)
    generic.advance(3000)
    assert (fused.status() == RUNNING).all()
    np.testing.assert_allclose(fused.parameters(), generic.parameters(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("size", "order"), CASES)
@pytest.mark.parametrize("scale", [0.1, 1e-155])
def test_chunks_leave_no_trace(size, order, scale):
    model = DiagonalLinearNetwork(*problem(7, 11))
    theta, dynamics = model.init(scale=scale)[None], SGD(0.01, size, order)
    whole = start(DiagonalRows, model, dynamics, theta)
    whole.advance(500)
    for chunk in (1, 7, 32, 61):
        parts = start(DiagonalRows, model, dynamics, theta)
        for done in range(0, 500, chunk):
            parts.advance(min(chunk, 500 - done))
        assert np.array_equal(parts.parameters(), whole.parameters())
        for name, value in whole.ledger().items():
            assert np.array_equal(parts.ledger()[name], value), name


@pytest.mark.parametrize(("size", "order"), CASES)
def test_ledger_over_a_thousand_logarithms(size, order):
    """Contradictory data: SGD never rests, and a falls beyond e^-1000. The reference keeps logarithms throughout."""
    X, y = problem(12, 3, noise=1.0)
    model, h, steps, n = DiagonalLinearNetwork(X, y), 0.08 if size == 1 else 0.16, 10_000, 12
    theta = model.init(scale=0.5)
    stepper = start(DiagonalRows, model, SGD(h, size, order), theta[None])
    stepper.advance(steps)
    assert stepper.status()[0] == RUNNING
    log, sign = np.log(theta), np.ones(6)
    gathered, lost = np.zeros(n), np.zeros(n)
    for k in range(steps):
        factors = np.exp(2 * log)
        chosen = batch(0, k, size, n, order)
        r = X[chosen] @ (factors[:3] - factors[3:]) - y[chosen]
        x = 2 * h * X[chosen].T @ r / size
        change = np.concatenate([-x, x])
        sign *= np.sign(1 + change)
        log += np.log1p(np.maximum(change, -0.5)) * (change > -0.5) + np.log(np.abs(1 + change)) * (change <= -0.5)
        for i, value in zip(chosen, r / size, strict=True):  # compensated sum
            total = gathered[i] + (value - lost[i])
            lost[i] = (total - gathered[i]) - (value - lost[i])
            gathered[i] = total
    ledger = {name: value[0] for name, value in stepper.ledger().items()}
    assert (ledger["log_plus"] + ledger["log_minus"]).min() < -1000
    size_of_logs = np.abs(log).max()
    np.testing.assert_allclose(
        np.concatenate([ledger["log_plus"], ledger["log_minus"]]), log, rtol=0, atol=1e-11 * size_of_logs
    )
    np.testing.assert_allclose(ledger["first_order"], 2 * h * X.T @ gathered, rtol=0, atol=1e-11 * size_of_logs)
    stored = stepper.stacked()[0, :6]
    assert np.array_equal(np.sign(stored), sign)


def test_a_diverging_row_disturbs_nobody():
    model = DiagonalLinearNetwork(*problem(5, 8))
    theta = np.tile(model.init(scale=0.2), (4, 1))
    clean = start(DiagonalRows, model, SGD(np.full(4, 0.01)), theta)
    spoilt = start(DiagonalRows, model, SGD(np.array([0.01, 5.0, 0.01, 0.01])), theta)
    for stepper in (clean, spoilt):
        stepper.advance(400)
    assert spoilt.status().tolist() == [RUNNING, DIVERGED, RUNNING, RUNNING]
    assert 0 < spoilt.counts()[1] < 400
    for b in (0, 2, 3):
        assert np.array_equal(spoilt.stacked()[b], clean.stacked()[b])


def test_a_group_is_cut_where_members_end():
    """Rows that diverge at different steps, between rows that go on; and rows with unequal numbers of steps."""
    model = DiagonalLinearNetwork(*problem(5, 8))
    h = np.array([0.01, 5.0, 0.012, 1.0, 0.011, 1.5, 0.013, 0.01, 40.0, 0.012])
    theta = np.tile(model.init(scale=0.2), (10, 1))
    whole = start(DiagonalRows, model, SGD(h), theta)
    whole.advance(400)
    ended = whole.status() == DIVERGED
    assert len(set(whole.counts()[ended].tolist())) >= 3
    assert np.flatnonzero(~ended).size >= 5
    for b in range(10):
        alone = DiagonalRows(model, Tile(theta[b : b + 1], np.arange(1), np.array([b]), 0, None), SGD(h[b]))
        alone.advance(400)
        assert (alone.status()[0], alone.counts()[0]) == (whole.status()[b], whole.counts()[b])
        assert np.array_equal(alone.stacked()[0], whole.stacked()[b], equal_nan=True)
    uneven = start(DiagonalRows, model, SGD(0.01), theta)
    for b, steps in enumerate((0, 0, 3, 3, 3, 50, 0, 7, 7, 0)):
        alone = DiagonalRows(model, Tile(theta[b : b + 1], np.arange(1), np.array([b]), 0, None), SGD(0.01))
        alone.advance(steps)
        uneven.record[:, b], uneven.stored[b] = alone.record[:, 0], alone.stored[0]
        uneven.gathered[b] = alone.gathered[0]
    uneven.advance(100)
    for b, steps in enumerate((0, 0, 3, 3, 3, 50, 0, 7, 7, 0)):
        alone = DiagonalRows(model, Tile(theta[b : b + 1], np.arange(1), np.array([b]), 0, None), SGD(0.01))
        alone.advance(steps + 100)
        assert np.array_equal(alone.stacked()[0], uneven.stacked()[b])


NOISY = [(size, noise, momentum) for size in (1, 3, None) for noise in ("sign", "gaussian") for momentum in (0.0, 0.5)]


@pytest.mark.parametrize(("size", "noise", "momentum"), NOISY)
@pytest.mark.parametrize("parametrization", ["squares", "product"])
@pytest.mark.parametrize(("n", "d"), [(20, 40), (5, 3), (6, 17)])
def test_noise_and_momentum_equal_the_generic_loop(n, d, parametrization, size, noise, momentum):
    model = DiagonalLinearNetwork(*problem(n, d), parametrization=parametrization)
    rng = np.random.default_rng(1)
    theta = np.stack([model.init(scale=rng.uniform(0.1, 0.5, d), shape=rng.uniform(-1, 1, d)) for _ in range(3)])
    h = np.array([0.3, 0.6, 1.0]) * 0.03 / np.max(np.sum(model.X**2, axis=1))
    dynamics = LabelNoiseSGD(h, 0.3, size, noise, momentum)
    fused, generic = (start(kind, model, dynamics, theta, seed=3) for kind in (DiagonalRows, Rows))
    fused.advance(2000)
    generic.advance(2000)
    assert (fused.status() == RUNNING).all()
    np.testing.assert_allclose(fused.parameters(), generic.parameters(), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize(("size", "noise", "momentum"), NOISY)
@pytest.mark.parametrize("scale", [0.1, 1e-155])
def test_chunks_of_noisy_steps_leave_no_trace(size, noise, momentum, scale):
    model = DiagonalLinearNetwork(*problem(7, 11))
    theta, dynamics = model.init(scale=scale)[None], LabelNoiseSGD(0.01, 0.5, size, noise, momentum)
    whole = start(DiagonalRows, model, dynamics, theta)
    whole.advance(500)
    for chunk in (1, 7, 32, 61):
        parts = start(DiagonalRows, model, dynamics, theta)
        for done in range(0, 500, chunk):
            parts.advance(min(chunk, 500 - done))
        assert np.array_equal(parts.parameters(), whole.parameters())
        for name, value in whole.ledger().items():
            assert np.array_equal(parts.ledger()[name], value), name


@pytest.mark.parametrize("momentum", [0.0, 0.3])
def test_noisy_ledger_over_a_thousand_logarithms(momentum):
    """The reference keeps the ratio of successive factors and the sum of its logarithms: nothing to underflow."""
    X = np.random.default_rng(3).choice([-1.0, 1.0], (4, 8))
    y, h, noise, steps, d = X[:, 0], 0.1 * (1 - momentum), 1.0, 30_000, 8
    model = DiagonalLinearNetwork(X, y)
    theta = model.init(scale=0.5)
    stepper = start(DiagonalRows, model, LabelNoiseSGD(h, noise, momentum=momentum), theta[None])
    stepper.advance(steps)
    assert stepper.status()[0] == RUNNING
    log, sign, ratio = np.log(theta), np.ones(2 * d), np.ones(2 * d)
    chosen, xi, gathered = np.empty(4, dtype=np.int64), np.empty(1), np.zeros(4)
    side = np.repeat([1.0, -1.0], d)
    for k in range(steps):
        batch_indices(0, 0, k, 1, 0, chosen)
        label_noises(0, 0, k, 1, 0, xi)
        i, factors = chosen[0], np.exp(2 * log)
        r = X[i] @ (factors[:d] - factors[d:]) - y[i] - noise * xi[0]
        gathered[i] += r
        ratio = 1 - 2 * h * r * side * np.tile(X[i], 2) + momentum * (1 - 1 / ratio)
        log += np.log(np.abs(ratio))
        sign *= np.sign(ratio)
    ledger = {name: value[0] for name, value in stepper.ledger().items()}
    found = np.concatenate([ledger["log_plus"], ledger["log_minus"]])
    assert found.min() < -1000
    np.testing.assert_allclose(found, log, rtol=0, atol=1e-10 * np.abs(log).max())
    first_order = 2 * h / (1 - momentum) * X.T @ gathered
    np.testing.assert_allclose(ledger["first_order"], first_order, rtol=0, atol=1e-10 * np.abs(log).max())
    assert np.array_equal(np.sign(stepper.stacked()[0, : 2 * d]), sign)
