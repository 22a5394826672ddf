"""The loop of scalar factorizations: equal to the generic one and to NumPy; grids of starts of any size."""

import numpy as np
import pytest

from solvable import GradientDescent, ScalarFactorization, Status, simulate
from solvable.dynamics.block_descent import BLOCK_TILE, BlockDescent
from solvable.dynamics.gradient_descent import _Descent
from solvable.dynamics.stepper import Tile


def drive(make, model, theta, step_size, decay, steps, chunk=None):
    lanes = np.arange(theta.shape[0])
    numbers = (np.broadcast_to(value, lanes.size).astype(float) for value in (step_size, decay))
    with np.errstate(over="ignore", invalid="ignore"):
        stepper = make(model, Tile(theta, lanes, lanes, 0, None), *numbers)
        for done in range(0, steps, chunk or steps):
            stepper.advance(min(chunk or steps, steps - done))
    return stepper


def grid(size, reach=4.0):
    axis = np.linspace(-reach, reach, size)
    return np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)


def escape(theta, step_size, steps, target=1.0):
    """Steps until the loss is beyond all bounds (at most `steps`), and where the starts are then, in NumPy."""
    x, y = theta.T.copy()
    limit = 1e30 * (1 + (x * y - target) ** 2 / 2)
    taken, going = np.zeros(x.size, dtype=int), np.ones(x.size, dtype=bool)
    for _ in range(steps):
        r = x * y - target
        going &= r * r / 2 <= limit
        x, y = np.where(going, x - step_size * r * y, x), np.where(going, y - step_size * r * x, y)
        taken += going
    return taken, np.stack([x, y], axis=1)


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("depth", [2, 3, 5])
def test_equals_the_generic_loop_and_numpy(depth, decay):
    model, rng = ScalarFactorization(0.7, depth), np.random.default_rng(depth)
    theta, step_size = rng.uniform(-1.2, 1.2, (43, depth)), rng.uniform(0.01, 0.05, 43)
    ours = drive(BlockDescent, model, theta, step_size, decay, 3000)
    generic = drive(_Descent, model, theta, step_size, decay, 3000)
    assert np.array_equal(ours.status(), generic.status())
    np.testing.assert_allclose(ours.parameters(), generic.parameters(), rtol=1e-12, atol=1e-13)
    for b in (0, 42):
        x = theta[b]
        for _ in range(3000):
            x = x - step_size[b] * (model.gradient(x) + decay * x)
        np.testing.assert_allclose(ours.parameters()[b], x, rtol=1e-11, atol=1e-12)


def test_a_grid_ends_where_numpy_ends():
    """With starts on both sides of the boundary, in one tile and in many."""
    theta, h, steps = grid(70), 0.3, 25
    run = simulate(ScalarFactorization(), GradientDescent(h), theta, steps=steps)
    taken, expected = escape(theta, h, steps)
    diverged = run.status == Status.DIVERGED
    assert 500 < diverged.sum() < 4400
    assert np.array_equal(run.step[-1] if run.step.ndim == 2 else np.full(theta.shape[0], run.step[-1]), taken)
    assert np.array_equal(diverged, taken < steps)
    # Near the boundary a step triples what rounding has left: 3^25 times 1e-16 is 1e-4.
    np.testing.assert_allclose(run.final[~diverged], expected[~diverged], rtol=1e-4, atol=1e-4)


def test_rest_is_no_end():
    """Where a step changes no bit, the run goes on to its horizon, and to another one; a decay moves it no further."""
    model, start = ScalarFactorization(2.0), np.array([[2.0, 1.0], [1.9, 0.7], [-2.0, -1.0], [0.0, 0.0]])
    whole = simulate(model, GradientDescent(0.1), start, steps=5000, save=[0, 17, 4000, 5000])
    assert np.array_equal(whole.theta[:, 0], np.tile(start[0], (4, 1)))
    assert np.array_equal(whole.theta[:, 3], np.zeros((4, 2)))
    assert whole.step[-1] == 5000
    assert np.all(whole.status == Status.HORIZON)
    assert np.array_equal(whole.theta[2, 1], whole.theta[3, 1])  # it came to rest on the way
    first = simulate(model, GradientDescent(0.1), start, steps=3000)
    rest = simulate(model, GradientDescent(0.1), None, resume=first, steps=2000)
    assert np.array_equal(rest.final, whole.final)
    assert rest.step[-1] == 5000


def test_alone_is_inside_an_ensemble_in_bits(monkeypatch):
    """Chaos forgives nothing: at step size 1.3 most runs never settle."""
    theta = np.random.default_rng(0).uniform(-1.5, 1.5, (BLOCK_TILE + 300, 2))
    model, method = ScalarFactorization(), GradientDescent(1.3)
    runs = []
    for threads in ("1", "2", "9"):
        monkeypatch.setenv("SOLVABLE_THREADS", threads)
        runs.append(simulate(model, method, theta, steps=300, until_loss=1e-3, save=3))
    for run in runs[1:]:
        assert np.array_equal(run.theta, runs[0].theta)
        assert np.array_equal(run.step, runs[0].step)
    assert len(set(runs[0].status)) == 3
    for b in (0, 7, 8, 127, 128, BLOCK_TILE - 1, BLOCK_TILE, BLOCK_TILE + 299):
        alone = simulate(model, method, theta[b], steps=300, until_loss=1e-3)
        assert np.array_equal(alone.final, runs[0].final[b])
        assert alone.status is runs[0].status[b]


@pytest.mark.parametrize("chunk", [1, 13, 64])
def test_chunks_leave_no_trace(chunk):
    theta = grid(20, 3.0)
    whole, parts = (drive(BlockDescent, ScalarFactorization(), theta, 0.9, 0.01, 200, size) for size in (None, chunk))
    assert np.array_equal(whole.parameters(), parts.parameters())
    assert np.array_equal(whole.status(), parts.status())
    assert np.array_equal(whole.counts(), parts.counts())
