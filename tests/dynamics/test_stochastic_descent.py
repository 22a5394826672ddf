"""SGD through `simulate`: replicas, seeds, batches, and the clock of the wanted loss."""

import numpy as np
import pytest

from solvable import SGD, DiagonalLinearNetwork, LinearRegression, Status, simulate
from solvable.integrators.draws import batch_indices


def replay(model, h, size, order, theta, replica, seed, steps):
    out = np.empty(model.n_samples, dtype=np.int64)
    for k in range(steps):
        batch_indices(np.uint64(seed), np.uint64(replica), np.uint64(k), size, int(order == "shuffle"), out)
        i = out[:size]
        theta = theta - h * model.jacobian(theta)[i].T @ model.residuals(theta)[i] / size
    return theta


@pytest.mark.parametrize(("size", "order"), [(1, "replacement"), (4, "replacement"), (1, "shuffle"), (4, "shuffle")])
@pytest.mark.parametrize("depth", [2, 3])
def test_equals_a_replay_of_its_batches(problem, depth, size, order):
    model = DiagonalLinearNetwork(*problem(6, 9), depth=depth)
    theta = 0.3 + 0.05 * np.random.default_rng(1).standard_normal((3, 18))
    run = simulate(model, SGD(0.02, size, order), theta, steps=400, seed=7, replica=100)
    for b in range(3):
        expected = replay(model, 0.02, size, order, theta[b], 100 + b, 7, 400)
        np.testing.assert_allclose(run.final[b], expected, rtol=1e-12, atol=1e-13)


def test_a_batch_of_all_samples_is_gradient_descent_and_not_one_sample_divided(problem):
    model = LinearRegression(*problem(6, 4))
    run = simulate(model, SGD(0.1, 6), np.ones(4), steps=1)
    np.testing.assert_allclose(run.final, np.ones(4) - 0.1 * model.gradient(np.ones(4)), rtol=1e-14)


@pytest.mark.parametrize("depth", [2, 3])
@pytest.mark.parametrize(("n", "d"), [(6, 9), (9, 4), (1, 5), (5, 1), (7, 13)])
def test_a_replica_has_the_same_bits_wherever_it_runs(problem, n, d, depth):
    model = DiagonalLinearNetwork(*problem(n, d), depth=depth)
    theta, dynamics = 0.2 + 0.1 * np.random.default_rng(0).random((70, 2 * d)), SGD(0.01, min(2, n))
    whole = simulate(model, dynamics, theta, steps=200, seed=3, save=3)
    for k in (0, 5, 31, 32, 69):
        alone = simulate(model, dynamics, theta[k], steps=200, seed=3, save=3, replica=k)
        assert np.array_equal(alone.theta, whole.theta[:, k])
        assert np.array_equal(alone.loss, whole.loss[:, k])
    picked = [40, 3, 66]
    some = simulate(model, dynamics, theta[picked], steps=200, seed=3, replica=np.array(picked))
    assert np.array_equal(some.final, whole.final[picked])


def test_seeds_and_replicas_matter(network):
    start = network.init(scale=0.3)

    def final(**options):
        return simulate(network, SGD(0.02), start, steps=50, **options).final

    assert np.array_equal(final(), final(seed=0, replica=0))
    runs = [final(), final(seed=1), final(replica=1), final(seed=2**64 - 1), final(replica=2**32 - 1)]
    assert len({run.tobytes() for run in runs}) == len(runs)


def test_the_wanted_loss_is_looked_for_every_n_steps(network):
    start = network.init(scale=0.3)
    run = simulate(network, SGD(0.02), start, steps=100_000, until_loss=1e-4)
    assert run.status is Status.CONVERGED
    k = int(run.step[-1])
    assert k % network.n_samples == 0
    assert run.final_loss <= 1e-4
    before = simulate(network, SGD(0.02), start, steps=k - 1, until_loss=1e-4)
    assert before.status is Status.HORIZON
    assert simulate(network, SGD(0.02), start, steps=k, until_loss=1e-4).status is Status.CONVERGED
    looks = simulate(network, SGD(0.02), start, steps=k, save=np.arange(0, k, network.n_samples))
    assert (looks.loss > 1e-4).all()


def test_divergence(network):
    run = simulate(network, SGD(np.array([0.01, 20.0])), network.init(scale=0.3), steps=1000)
    assert run.status.tolist() == [Status.HORIZON, Status.DIVERGED]
    assert run.step[-1, 0] == 1000
    assert 0 < run.step[-1, 1] < 100
    assert np.isfinite(run.final[0]).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"step_size": 0.0}, "step_size must be > 0"),
        ({"step_size": 0.1, "batch_size": 0}, "batch_size must be an integer >= 1, got 0"),
        ({"step_size": 0.1, "batch_size": 1.5}, "batch_size must be an integer >= 1, got float 1.5"),
        ({"step_size": 0.1, "batch_size": None}, "batch_size must be an integer >= 1"),
        ({"step_size": 0.1, "order": "random"}, "order must be one of 'replacement', 'shuffle', got 'random'"),
    ],
)
def test_bad_hyperparameters(arguments, message):
    with pytest.raises(ValueError, match=message):
        SGD(**arguments)


def test_a_batch_cannot_exceed_the_samples(network):
    with pytest.raises(ValueError, match="batch_size must be an integer from 1 to 6, got 7"):
        simulate(network, SGD(0.1, 7), network.init(), steps=1)
