"""Loops written out for ReLU networks: the generic loops, plain NumPy at every crossing, bits in any company."""

import numpy as np
import pytest

from solvable import SGD, GradientDescent, LabelNoiseSGD, UnivariateReLUNetwork, simulate
from solvable.dynamics import relu_rows
from solvable.dynamics.gradient_descent import _Descent
from solvable.dynamics.relu_rows import ReluDescent, ReluRows
from solvable.dynamics.row_descent import Rows
from solvable.dynamics.stepper import Tile
from solvable.integrators.status import CONVERGED, DIVERGED, RUNNING

SIZES = [(2, 3), (3, 8), (6, 20), (7, 64), (17, 9), (40, 130)]
KINDS = [{}, {"skip": True}, {"output_bias": True}]


def network(n, m, seed=0, **kind):
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1.5, 1.5, n)  # in no order
    return UnivariateReLUNetwork(x, np.sin(3 * x) + 0.3 * rng.standard_normal(n), m, **kind)


def starts(model, members=3):
    rng = np.random.default_rng(7)
    theta = np.stack([model.init(seed=s) for s in range(members)])
    return theta + 0.1 * rng.standard_normal(theta.shape) * (np.arange(model.n_params) >= 3 * model.width)


def tile(theta, seed=0, until_loss=None, state=None, replicas=None):
    lanes = np.arange(theta.shape[0])
    return Tile(theta, lanes, lanes if replicas is None else replicas, seed, until_loss, state or {})


def descent(model, theta, h=0.02, decay=0.0, kind=ReluDescent, **more):
    rates = (np.broadcast_to(np.asarray(v, dtype=float), theta.shape[0]).copy() for v in (h, decay))
    return kind(model, tile(theta, **more), *rates)


@pytest.fixture(params=["cells", "dense"])
def way(request, monkeypatch):
    """Full batches one way or the other, whatever the sizes."""
    monkeypatch.setattr(relu_rows, "DENSE", 0 if request.param == "cells" else 10**9)
    return request.param


def activity(model, theta):
    w, b = theta[model.width : 2 * model.width], theta[2 * model.width : 3 * model.width]
    return model.x[:, None] * w + b > 0


@pytest.mark.parametrize("decay", [0.0, 0.05])
@pytest.mark.parametrize(("n", "m"), SIZES)
@pytest.mark.parametrize("kind", KINDS, ids=["plain", "skip", "bias"])
def test_descent_is_the_generic_loop(way, n, m, kind, decay):
    model = network(n, m, **kind)
    theta = starts(model)
    fused, generic = (descent(model, theta, [0.01, 0.02, 0.03], decay, k) for k in (ReluDescent, _Descent))
    assert fused.loop.by_cells == (way == "cells")
    for stepper in (fused, generic):
        stepper.advance(1500)
        assert (stepper.status() == RUNNING).all()
    np.testing.assert_allclose(fused.parameters(), generic.parameters(), rtol=0, atol=1e-12)


def test_every_step_of_a_run_with_crossings(way):
    """One step at a time against plain NumPy, from equal parameters: also at the steps where knots pass samples."""
    model = network(12, 40, skip=True)
    theta = starts(model, 1)
    stepper, before = descent(model, theta, 0.05, 0.01), activity(model, theta[0])
    crossed = 0
    for _ in range(400):
        here = stepper.parameters()[0]
        stepper.advance(1)
        after = stepper.parameters()[0]
        np.testing.assert_allclose(after, here - 0.05 * (model.gradient(here) + 0.01 * here), rtol=0, atol=1e-14)
        crossed += int(np.any(activity(model, after) != before))
        before = activity(model, after)
    assert crossed > 50


@pytest.mark.parametrize("noise", ["sign", "gaussian"])
@pytest.mark.parametrize(("n", "m"), SIZES)
@pytest.mark.parametrize("batch", [None, 1])
@pytest.mark.parametrize("kind", KINDS, ids=["plain", "skip", "bias"])
def test_noise_is_the_generic_loop(way, n, m, batch, noise, kind):
    """Three rows, one of them without noise, one with momentum."""
    model = network(n, m, **kind)
    theta = starts(model)
    size = np.array([0.3, 0.0, 0.2])
    dynamics = LabelNoiseSGD(np.array([0.02, 0.03, 0.01]), size, batch, noise, momentum=np.array([0.0, 0.0, 0.8]))
    fused, generic = (k(model, tile(theta, seed=3), dynamics) for k in (ReluRows, Rows))
    for stepper in (fused, generic):
        for steps in (300, 47):
            stepper.advance(steps)
        assert (stepper.status() == RUNNING).all()
    assert fused.counts().tolist() == [347] * 3
    np.testing.assert_allclose(fused.parameters(), generic.parameters(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("order", ["replacement", "shuffle"])
def test_single_samples_are_the_generic_loop(order):
    model = network(9, 21, output_bias=True)
    theta = starts(model)
    fused, generic = (k(model, tile(theta, seed=1), SGD(0.05, 1, order)) for k in (ReluRows, Rows))
    for stepper in (fused, generic):
        stepper.advance(1000)
    np.testing.assert_allclose(fused.parameters(), generic.parameters(), rtol=0, atol=1e-12)


def runs(model, theta, **more):
    yield descent(model, theta, 0.05, 0.01, **more)
    for batch in (None, 1):
        yield ReluRows(model, tile(theta, **more), LabelNoiseSGD(0.03, 0.3, batch))


@pytest.mark.parametrize("chunk", [1, 7, 32, 61])
def test_chunks_leave_no_trace(way, chunk):
    model = network(8, 30, skip=True)
    theta = starts(model)
    for whole, parts in zip(runs(model, theta), runs(model, theta), strict=True):
        whole.advance(500)
        for done in range(0, 500, chunk):
            parts.advance(min(chunk, 500 - done))
        assert np.array_equal(parts.parameters(), whole.parameters())


def test_a_member_has_the_bits_that_it_has_alone(way):
    model = network(8, 30)
    theta = starts(model, 4)
    for number, together in enumerate(runs(model, theta)):
        together.advance(400)
        for b in range(4):
            alone = list(runs(model, theta[b : b + 1], replicas=np.array([b])))[number]
            alone.advance(400)
            assert np.array_equal(alone.parameters()[0], together.parameters()[b])


@pytest.mark.parametrize(
    "dynamics", [GradientDescent(0.05, 0.01), LabelNoiseSGD(0.03, 0.3, None), LabelNoiseSGD(0.03, 0.3)], ids=repr
)
def test_resume_and_threads(way, dynamics, monkeypatch):
    model = network(8, 30)
    theta = starts(model, 70)  # two tiles
    finals = []
    for threads in ("1", "2"):
        monkeypatch.setenv("SOLVABLE_THREADS", threads)
        whole = simulate(model, dynamics, theta, steps=500, seed=5)
        part = simulate(model, dynamics, theta, steps=211, seed=5)
        finals += [whole.final, simulate(model, dynamics, None, steps=289, resume=part).final]
    assert all(np.array_equal(final, finals[0]) for final in finals)


def test_a_knot_on_a_sample_does_not_count_as_active(way):
    """Knots on the sample 0, on which they stay: relu'(0) = 0 there, for both orientations."""
    x, y = np.array([1.0, 0.0, -1.0]), np.array([1.0, 5.0, -1.0])
    model = UnivariateReLUNetwork(x, y, 4)
    theta = model.pack(a=[1.0, -1.0, 0.5, 2.0], w=[1.0, -1.0, 2.0, -0.5], b=0.0)
    stepper = descent(model, theta[None], 0.1)
    stepper.advance(1)
    expected = theta - 0.1 * model.gradient(theta)
    assert np.array_equal(model.jacobian(theta)[1], np.zeros(12))
    np.testing.assert_allclose(stepper.parameters()[0], expected, rtol=0, atol=1e-15)
    for seed in range(6):
        row = ReluRows(model, tile(theta[None], seed=seed), SGD(0.1))
        row.advance(1)
        i = SGD(0.1).batches(3, 1, seed=seed)[0, 0]
        expected = theta - 0.1 * model.residuals(theta)[i] * model.jacobian(theta)[i]
        np.testing.assert_allclose(row.parameters()[0], expected, rtol=0, atol=1e-15)


def test_many_neurons_move_at_once():
    """A step that throws a hundred knots across the data, over and over, and turns neurons round."""
    model = network(16, 100, skip=True)
    rng = np.random.default_rng(2)
    theta = model.pack(a=rng.standard_normal(100), w=rng.standard_normal(100), b=rng.standard_normal(100), c=0, d=0)
    fused, generic = (descent(model, theta[None], 0.25, 0.0, k) for k in (ReluDescent, _Descent))
    assert fused.loop.by_cells
    moved, turned = 0, 0
    for _ in range(12):
        before = fused.parameters()[0]
        for stepper in (fused, generic):
            stepper.advance(1)
        after = fused.parameters()[0]
        moved = max(moved, int(np.sum(np.any(activity(model, before) != activity(model, after), axis=0))))
        turned += int(np.sum(np.sign(before[100:200]) != np.sign(after[100:200])))
        size = np.abs(after).max()
        np.testing.assert_allclose(after, generic.parameters()[0], rtol=0, atol=1e-12 * size)
    assert moved > 30
    assert turned > 10


def test_a_cell_overflows():
    """Forty knots that go together from cell to cell, within one call: each arrival needs more room than there is."""
    x = np.linspace(-1, 1, 21)
    model = UnivariateReLUNetwork(x, np.zeros(21), 40, skip=True)
    rng = np.random.default_rng(0)
    w = 1 + 1e-3 * rng.standard_normal(40)
    theta = model.pack(a=1e-3 * rng.standard_normal(40), w=w, b=-0.93 * w, c=0.0, d=-50.0)
    theta[:40] += 0.02
    whole, parts, generic = (descent(model, theta[None], 0.05, 0.0, k) for k in (ReluDescent, ReluDescent, _Descent))
    crowded = set()
    for _ in range(60):
        parts.advance(1)
        cells, counts = np.unique(parts.loop.neurons, return_counts=True)
        crowded |= set(cells[counts > 16].tolist())
    assert len(crowded - {-1}) > 5
    for stepper in (whole, generic):
        stepper.advance(60)
    assert np.array_equal(whole.parameters(), parts.parameters())
    np.testing.assert_allclose(whole.parameters(), generic.parameters(), rtol=0, atol=1e-12)


def test_knots_at_rest_on_samples_stay_in_their_cells():
    """Descent holds knots on samples, which they cross at every other step; that must not cost a move each time."""
    model = network(10, 200)
    stepper = descent(model, starts(model, 1), 0.02, 0.01)
    stepper.advance(20_000)
    crossings = moves = 0
    for _ in range(200):
        before, cells = activity(model, stepper.parameters()[0]), stepper.loop.neurons.copy()
        stepper.advance(1)
        crossings += int(np.sum(before != activity(model, stepper.parameters()[0])))
        moves += int(np.sum(cells != stepper.loop.neurons))
    assert crossings > 200
    assert moves < crossings / 20


def test_how_runs_end(way):
    model = network(6, 16)
    theta = starts(model, 3)
    h = np.array([0.02, 50.0, 0.05])
    for kind in (ReluDescent, _Descent):
        stepper = descent(model, theta, h, kind=kind, until_loss=0.15)
        stepper.advance(2000)
        if kind is ReluDescent:
            fused = stepper
    assert fused.status().tolist() == stepper.status().tolist() == [CONVERGED, DIVERGED, CONVERGED]
    assert fused.counts().tolist() == stepper.counts().tolist()
    np.testing.assert_allclose(fused.parameters()[[0, 2]], stepper.parameters()[[0, 2]], rtol=0, atol=1e-13)
    assert all(model.loss(theta) <= 0.15 for theta in fused.parameters()[[0, 2]])


@pytest.mark.parametrize("batch", [None, 1])
def test_noisy_runs_end_like_generic_ones(way, batch):
    model = network(6, 16)
    dynamics = LabelNoiseSGD(np.array([0.02, 50.0, 0.05]), 0.1, batch)
    fused, generic = (k(model, tile(starts(model), until_loss=0.2), dynamics) for k in (ReluRows, Rows))
    for stepper in (fused, generic):
        stepper.advance(5000)
    assert fused.status().tolist() == generic.status().tolist() == [CONVERGED, DIVERGED, CONVERGED]
    assert fused.counts().tolist() == generic.counts().tolist()


def test_one_sample():
    model = UnivariateReLUNetwork([0.7], [1.0], 5, skip=True)
    theta = starts(model)
    pairs = [(descent(model, theta, kind=kind) for kind in (ReluDescent, _Descent))]
    for batch in (None, 1):
        pairs.append(kind(model, tile(theta), LabelNoiseSGD(0.1, 0.2, batch)) for kind in (ReluRows, Rows))
    for fused, generic in pairs:
        for stepper in (fused, generic):
            stepper.advance(300)
        np.testing.assert_allclose(fused.parameters(), generic.parameters(), rtol=0, atol=1e-13)


def test_neurons_that_are_active_nowhere_stay():
    model = network(30, 60)
    theta = starts(model)[0]
    idle = ~np.any(activity(model, theta), axis=0)
    run = simulate(model, GradientDescent(0.05), theta, steps=1000)
    kept = np.tile(idle, 3)
    assert idle.sum() > 5
    assert np.array_equal(run.final[kept], theta[kept])
    decayed = simulate(model, GradientDescent(0.05, 0.1), theta, steps=1000)
    np.testing.assert_allclose(decayed.final[kept], theta[kept] * (1 - 0.005) ** 1000, rtol=1e-12)
