"""A resumed run has the bits of one that never stopped: parameters, losses, ledgers, ends."""

import numpy as np
import pytest

from solvable import (
    SGD,
    DiagonalLinearNetwork,
    Flow,
    GradientDescent,
    GradientFlow,
    LinearRegression,
    ScalarFactorization,
    Status,
    simulate,
)


def same(a, b):
    """Equal ends in every respect."""
    assert np.array_equal(a.final, b.final, equal_nan=True)
    assert np.array_equal(np.asarray(a.status), np.asarray(b.status))
    assert np.array_equal(a.final_loss, b.final_loss, equal_nan=True)
    assert np.array_equal(a.step[-1], b.step[-1])
    assert np.array_equal(a.time[-1], b.time[-1])
    if "log_plus" in a.state:
        for x, y in zip(a.ledger(), b.ledger(), strict=True):
            assert np.array_equal(x, y, equal_nan=True)


def in_pieces(model, dynamics, theta, horizons, unit, **options):
    run = simulate(model, dynamics, theta, **{unit: horizons[0]}, **options)
    for horizon in horizons[1:]:
        run = simulate(model, dynamics, resume=run, **{unit: horizon})
    return run


STEPPED = [
    GradientDescent(0.03),
    GradientDescent(0.03, 0.01),
    SGD(0.01),
    SGD(0.01, 4),
    SGD(0.01, order="shuffle"),
    SGD(0.01, 4, "shuffle"),
]


@pytest.mark.parametrize("dynamics", STEPPED, ids=repr)
@pytest.mark.parametrize("scale", [0.3, 1e-155])
@pytest.mark.parametrize("kind", ["squares", "product", "depth 3", "linear"])
def test_steps(problem, kind, scale, dynamics):
    X, y = problem(6, 9)
    if kind == "linear":
        model = LinearRegression(X, y)
    else:
        model = DiagonalLinearNetwork(
            X, y, depth=3 if kind == "depth 3" else 2, parametrization="product" if kind == "product" else "squares"
        )
    theta = model.init(scale=scale)
    whole = simulate(model, dynamics, theta, steps=500, seed=9, replica=4)
    same(in_pieces(model, dynamics, theta, [1, 200, 0, 299], "steps", seed=9, replica=4), whole)
    crowd = np.tile(theta, (40, 1)) * np.linspace(0.5, 1.0, 40)[:, None]
    together = simulate(model, dynamics, crowd, steps=500, seed=9)
    same(in_pieces(model, dynamics, crowd, [123, 377], "steps", seed=9), together)


FLOWS = {
    "scalar": (ScalarFactorization(depth=3), GradientFlow(), [0.1, 0.2, 0.3]),
    "scalar, implicit": (ScalarFactorization(depth=3), GradientFlow(method="implicit"), [0.1, 0.2, 0.3]),
    "scalar, decay": (ScalarFactorization(), GradientFlow(weight_decay=0.1), [0.1, 0.2]),
}


@pytest.mark.parametrize(("model", "dynamics", "theta"), FLOWS.values(), ids=FLOWS)
def test_flows_of_small_models(model, dynamics, theta):
    whole = simulate(model, dynamics, theta, time=20.0)
    same(in_pieces(model, dynamics, theta, [0.5, 1.25, 0.0, 18.25], "time"), whole)


@pytest.mark.parametrize("decay", [0.0, 0.02])
@pytest.mark.parametrize("kind", ["squares", "product"])
@pytest.mark.parametrize("pieces", [[0.5, 1.5, 2998.0], [1000.0, 2000.0], [2600.0, 300.0, 100.0]])
def test_flows_of_diagonal_networks(problem, pieces, kind, decay):
    """Explicit stage, dual stage, and pauses on either side of the hand-over."""
    model = DiagonalLinearNetwork(*problem(6, 9), parametrization=kind)
    theta, dynamics = model.init(scale=1e-2, shape=0.3), GradientFlow(weight_decay=decay)
    whole = simulate(model, dynamics, theta, time=3000.0)
    stages = [int(simulate(model, dynamics, theta, time=t).state["stage"][0]) for t in (pieces[0], 3000.0)]
    if pieces[0] == 0.5:
        assert stages == [0, 2]
    same(in_pieces(model, dynamics, theta, pieces, "time"), whole)


def test_flows_of_stiff_models(problem):
    """Depth 3 is handed over to the Rosenbrock method in the parameters."""
    model = DiagonalLinearNetwork(*problem(4, 3, noise=0.5), depth=3)
    theta = model.init(scale=0.2)
    whole = simulate(model, GradientFlow(), theta, time=3000.0)
    assert whole.state["stage"][0] == 1
    same(in_pieces(model, GradientFlow(), theta, [1.0, 500.0, 2499.0], "time"), whole)


def test_a_flow_of_a_field():
    from numba import njit

    @njit
    def pendulum(theta, data, out):
        out[0], out[1] = theta[1], -np.sin(theta[0])

    model, dynamics = ScalarFactorization(), Flow(pendulum)
    whole = simulate(model, dynamics, [1.0, 0.0], time=10.0)
    same(in_pieces(model, dynamics, [1.0, 0.0], [3.0, 7.0], "time"), whole)


@pytest.mark.parametrize(
    "dynamics", [GradientDescent([0.03, 0.07, 0.011]), SGD(0.03), SGD([0.02, 0.03, 0.05])], ids=repr
)
@pytest.mark.parametrize("pieces", [[0.25, 0.25, 0.0, 0.25, 0.25], [0.005] * 200], ids=len)
def test_pauses_between_two_steps(network, dynamics, pieces):
    """Each of the pieces is rounded to steps; their sum is rounded once."""
    starts = np.tile(network.init(scale=0.3), (3, 1))
    whole = simulate(network, dynamics, starts, time=1.0, seed=2)
    rounded = sum(np.round(np.array(pieces)[:, None] / np.broadcast_to(dynamics.step_size, 3)))
    assert np.any(rounded != whole.step[-1])
    same(in_pieces(network, dynamics, starts, pieces, "time", seed=2), whole)


def test_time_after_an_early_end_counts_from_there(network):
    start = network.init(scale=0.3)
    early = simulate(network, GradientDescent(0.03), start, time=1e4, until_loss=1e-3)
    assert early.status is Status.CONVERGED
    later = simulate(network, GradientDescent(0.03), resume=early, time=0.3)
    assert later.step[-1] == early.step[-1] + 10
    assert simulate(network, GradientDescent(0.03), resume=later, time=0.02).step[-1] == early.step[-1] + 11


def test_saves_of_a_flow_leave_no_trace(problem):
    model = DiagonalLinearNetwork(*problem(6, 9))
    plain = simulate(model, GradientFlow(), model.init(scale=0.01), time=100.0)
    saved = simulate(model, GradientFlow(), model.init(scale=0.01), time=100.0, save=50)
    same(plain, saved)


def test_saves_count_from_the_very_beginning(network):
    first = simulate(network, GradientDescent(0.03), network.init(scale=0.3), steps=10)
    later = simulate(network, GradientDescent(0.03), resume=first, steps=10, save=[10, 15, 20])
    whole = simulate(network, GradientDescent(0.03), network.init(scale=0.3), steps=20, save=[10, 15, 20])
    assert np.array_equal(later.theta, whole.theta)
    assert np.array_equal(later.time, whole.time)


def test_seed_and_replica_are_the_trajectorys_own(network):
    start, noisy = network.init(scale=0.3), SGD(0.02)
    whole = simulate(network, noisy, start, steps=60, seed=5, replica=7)
    first = simulate(network, noisy, start, steps=30, seed=5, replica=7)
    same(simulate(network, noisy, resume=first, steps=30), whole)
    same(simulate(network, noisy, resume=first, steps=30, seed=5, replica=7), whole)
    crowd = np.tile(start, (3, 1))
    whole = simulate(network, noisy, crowd, steps=60, replica=[5, 1, 9])
    first = simulate(network, noisy, crowd, steps=30, replica=[5, 1, 9])
    same(simulate(network, noisy, resume=first, steps=30), whole)


@pytest.mark.parametrize("depth", [2, 3, 8])
@pytest.mark.parametrize("kind", [GradientDescent, SGD])
def test_divergence_across_a_pause(problem, kind, depth):
    """Wherever the pause falls, even between the last finite loss and NaN, the end is the same."""
    model = DiagonalLinearNetwork(*problem(6, 9), depth=depth)
    h = np.array([0.001, 3.0, 10.0])
    theta = np.tile(model.init(scale=0.7), (3, 1))
    whole = simulate(model, kind(h), theta, steps=40)
    assert Status.DIVERGED in whole.status
    for pause in (1, 2, 3, 4, 5, 8, 20, 39):
        first = simulate(model, kind(h), theta, steps=pause)
        same(simulate(model, kind(h), resume=first, steps=40 - pause), whole)


def test_convergence_across_a_pause(network):
    start, options = np.tile(network.init(scale=0.3), (3, 1)), {"until_loss": 1e-5}
    dynamics = GradientDescent([0.01, 0.03, 0.05])
    whole = simulate(network, dynamics, start, steps=20_000, **options)
    assert (whole.status == Status.CONVERGED).all()
    middle = int(np.median(whole.step[-1]))
    first = simulate(network, dynamics, start, steps=middle, **options)
    assert set(first.status) == {Status.CONVERGED, Status.HORIZON}
    same(simulate(network, dynamics, resume=first, steps=20_000, **options), whole)
    further = simulate(network, dynamics, resume=first, steps=10)  # no wanted loss any more: it goes on
    assert (further.step[-1] == first.step[-1] + 10).all()


def test_a_diverged_run_stays_where_it_ended(network):
    run = simulate(network, GradientDescent(3.0), network.init(scale=0.3), steps=100)
    again = simulate(network, GradientDescent(3.0), resume=run, steps=100)
    assert again.status is Status.DIVERGED
    assert np.array_equal(again.final, run.final)
    assert again.step[-1] == run.step[-1]


def test_a_pause_just_before_an_overflow():
    """Depth 40: the loss goes 0.3, 5e22, NaN. After a pause at 5e22 the NaN is still the end of a divergence."""
    model = DiagonalLinearNetwork([[1.0, -1.0], [1.0, 1.0]], [1.0, 0.5], depth=40)
    theta, dynamics = [1.0, 0.9, 0.9, 1.0], GradientDescent(0.1)
    whole = simulate(model, dynamics, theta, steps=10, save=np.arange(11))
    assert whole.status is Status.DIVERGED
    assert np.isnan(whole.loss[-1])
    first = simulate(model, dynamics, theta, steps=1)
    assert first.status is Status.HORIZON
    assert 1e20 < first.final_loss < 1e30
    same(simulate(model, dynamics, resume=first, steps=9), whole)
