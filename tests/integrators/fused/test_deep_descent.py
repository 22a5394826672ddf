"""The loop of deep linear networks: equal to the generic one and to NumPy, in any company, with ends as in the tile."""

import numpy as np
import pytest

from solvable import DeepLinearNetwork, GradientDescent, Status, simulate
from solvable.dynamics.block_descent import BlockDescent
from solvable.dynamics.gradient_descent import _Descent
from solvable.dynamics.stepper import Tile

SHAPES = [(2, 2, 2, [2]), (3, 5, 2, [4, 3]), (4, 2, 3, [1]), (1, 1, 1, [1, 1, 1]), (3, 30, 4, [6]), (5, 3, 1, [])]
WIDE = (26, 40, 26, [23])  # one trajectory at a time, by BLAS


def network(d0, n, dL, widths, seed=0):
    rng = np.random.default_rng(seed)
    return DeepLinearNetwork(rng.standard_normal((d0, n)), rng.standard_normal((dL, n)), widths)


def drive(make, model, theta, step_size, decay, steps, chunk=None):
    lanes = np.arange(theta.shape[0])
    numbers = (np.broadcast_to(value, lanes.size).astype(float) for value in (step_size, decay))
    with np.errstate(over="ignore", invalid="ignore"):
        stepper = make(model, Tile(theta, lanes, lanes, 0, None), *numbers)
        for done in range(0, steps, chunk or steps):
            stepper.advance(min(chunk or steps, steps - done))
    return stepper


def starts(model, members, seed):
    """Such that a product of layers is of the size of one entry."""
    size = 0.5 if max(model.layer_widths) < 10 else 0.15
    return size * np.random.default_rng(seed).standard_normal((members, model.n_params))


def test_which_loop_it_is():
    for shape, lanes in ((SHAPES[0], 8), (WIDE, 1), ((24, 3, 24, []), 1), ((24, 3, 23, []), 8)):
        assert network(*shape).compiled().fused["GradientDescent"].lanes == lanes


@pytest.mark.parametrize("decay", [0.0, 0.05])
@pytest.mark.parametrize("shape", [*SHAPES, WIDE], ids=str)
def test_equals_the_generic_loop_and_numpy(shape, decay):
    model, rng = network(*shape), np.random.default_rng(1)
    theta, step_size = starts(model, 11, 1), rng.uniform(0.005, 0.02, 11)
    ours = drive(BlockDescent, model, theta, step_size, decay, 400).parameters()
    generic = drive(_Descent, model, theta, step_size, decay, 400).parameters()
    np.testing.assert_allclose(ours, generic, rtol=1e-12, atol=1e-13)
    for b in (0, 7, 10):
        x = theta[b]
        for _ in range(400):
            x = x - step_size[b] * (model.gradient(x) + decay * x)
        np.testing.assert_allclose(ours[b], x, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("chunk", [1, 7, 50])
def test_chunks_leave_no_trace(chunk):
    model = network(3, 5, 2, [4, 3])
    theta = 0.5 * np.random.default_rng(1).standard_normal((11, model.n_params))
    whole, parts = (drive(BlockDescent, model, theta, 0.01, 0.0, 120, size) for size in (None, chunk))
    assert np.array_equal(whole.parameters(), parts.parameters())
    assert whole.counts().tolist() == parts.counts().tolist() == [120] * 11


@pytest.mark.parametrize("shape", [*SHAPES, WIDE], ids=str)
def test_alone_is_inside_an_ensemble_in_bits(shape, monkeypatch):
    model, rng = network(*shape), np.random.default_rng(2)
    theta, step_size = starts(model, 300, 2), rng.uniform(0.005, 0.02, 300)
    runs, steps = [], 20 if shape is WIDE else 200
    for threads in ("1", "2"):
        monkeypatch.setenv("SOLVABLE_THREADS", threads)
        runs.append(simulate(model, GradientDescent(step_size), theta, steps=steps, save=5))
    assert np.array_equal(runs[0].theta, runs[1].theta)
    for b in (0, 63, 64, 191, 299):
        alone = simulate(model, GradientDescent(float(step_size[b])), theta[b], steps=steps, save=5)
        assert np.array_equal(alone.theta, runs[0].theta[:, b])
        assert np.array_equal(alone.loss, runs[0].loss[:, b])


@pytest.mark.parametrize("shape", [SHAPES[1], WIDE], ids=str)
def test_one_that_ends_disturbs_nobody(shape):
    """Divergence and the last step, each in a block with others, at the steps that NumPy finds."""
    model = network(*shape)
    theta = np.tile(starts(model, 1, 3), (16, 1))
    step_size = np.linspace(0.004, 0.02, 16)
    quiet = simulate(model, GradientDescent(step_size), theta, steps=300)
    step_size[[3, 12]] = 3.0, 5.0
    steps = np.full(16, 300)
    steps[5] = 100
    run = simulate(model, GradientDescent(step_size), theta, steps=steps)
    assert [status.name for status in run.status] == ["DIVERGED" if b in (3, 12) else "HORIZON" for b in range(16)]
    others = np.setdiff1d(np.arange(16), [3, 5, 12])
    assert np.array_equal(run.final[others], quiet.final[others])
    assert np.array_equal(run.final[5], simulate(model, GradientDescent(step_size[5]), theta[5], steps=100).final)
    for b in (3, 12):
        x, taken, limit = theta[b], 0, 1e30 * (1 + model.loss(theta[b]))
        while model.loss(x) <= limit:
            x, taken = x - step_size[b] * model.gradient(x), taken + 1
        assert run.step[-1, b] == taken
        np.testing.assert_allclose(run.final[b], x, rtol=1e-9)


def test_the_wanted_loss_ends_each_where_it_is_reached():
    model = network(2, 2, 2, [3])
    theta = 0.7 * np.random.default_rng(4).standard_normal((12, model.n_params))
    run = simulate(model, GradientDescent(0.02), theta, steps=20_000, until_loss=1e-6, save=np.arange(0, 20_001, 100))
    assert Status.CONVERGED in run.status
    for b in np.flatnonzero(run.status == Status.CONVERGED)[:4]:
        k = int(run.step[-1, b])
        losses = [simulate(model, GradientDescent(0.02), theta[b], steps=s).final_loss for s in (k - 1, k)]
        assert losses[0] > 1e-6 >= losses[1]


@pytest.mark.parametrize("start", [1e200, -1e200])
@pytest.mark.parametrize("shape", [(2, 3, 2, [2]), WIDE], ids=str)
def test_a_start_beyond_all_bounds_is_a_status(start, shape):
    model = network(*shape)
    theta = np.vstack([np.full(model.n_params, start), starts(model, 3, 0)])
    run = simulate(model, GradientDescent(0.01), theta, steps=50)
    assert run.status[0] in (Status.DIVERGED, Status.NONFINITE)
    assert run.step[-1, 0] == 0
    assert np.array_equal(run.final[0], theta[0])
    assert np.array_equal(run.final[1], simulate(model, GradientDescent(0.01), theta[1], steps=50).final)


@pytest.mark.parametrize("shape", [SHAPES[1], WIDE], ids=str)
def test_a_run_that_stops_goes_on_in_bits(shape):
    model = network(*shape)
    theta = starts(model, 9, 5)
    method = GradientDescent(np.append(np.full(8, 0.01), 4.0))
    whole = simulate(model, method, theta, steps=150)
    first = simulate(model, method, theta, steps=60)
    rest = simulate(model, method, None, resume=first, steps=90)
    assert np.array_equal(rest.final, whole.final)
    assert rest.status.tolist() == whole.status.tolist()
    assert np.array_equal(rest.step[-1], whole.step[-1])
