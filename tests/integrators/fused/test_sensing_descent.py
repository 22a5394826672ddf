"""Gradient descent on matrix sensing, one trajectory at a time: the bits of the generic loop, and a NumPy loop."""

import numpy as np
import pytest

from solvable import GradientDescent, MatrixSensing
from solvable.common.blas import one_blas_thread
from solvable.dynamics.gradient_descent import _Descent
from solvable.dynamics.loops import FEW
from solvable.dynamics.sensing_descent import SensingDescent
from solvable.dynamics.stepper import Tile
from solvable.integrators.status import CONVERGED, DIVERGED, NONFINITE, RUNNING

SHAPES = [(1, 1, 1, 1, True), (6, 3, 3, 3, True), (9, 11, 11, 3, True), (30, 20, 20, 20, True), (7, 5, 3, 2, False)]


def problem(n, d1, d2, rank, symmetric, seed=0):
    rng = np.random.default_rng(seed)
    A, u, v = rng.standard_normal((n, d1, d2)), rng.standard_normal(d1), rng.standard_normal(d2)
    X = np.outer(u, u if symmetric else v)
    return MatrixSensing(A, np.tensordot(A, X / np.linalg.norm(X), 2), rank, symmetric)


def drive(kind, model, theta, step_size, decay=0.0, steps=300, chunk=None, until_loss=None):
    theta = np.atleast_2d(theta)
    members = theta.shape[0]
    lanes = np.arange(members)
    with one_blas_thread(), np.errstate(over="ignore", invalid="ignore"):
        numbers = (np.broadcast_to(value, members).astype(float) for value in (step_size, decay))
        stepper = kind(model, Tile(theta, lanes, lanes, 0, until_loss), *numbers)
        for done in range(0, steps, chunk or steps):
            stepper.advance(min(chunk or steps, steps - done))
    return stepper


def same(a, b):
    assert np.array_equal(a.parameters(), b.parameters(), equal_nan=True)
    for name, value in a.state().items():
        told = a.status() == RUNNING if name == "last_loss" else slice(None)  # of no use where a run has ended
        assert np.array_equal(value[told], b.state()[name][told]), name


def loop(model, theta, h, decay, steps):
    for _ in range(steps):
        theta = theta - h * (model.gradient(theta) + decay * theta)
    return theta


@pytest.mark.parametrize("decay", [0.0, 0.02])
@pytest.mark.parametrize("shape", SHAPES)
def test_has_the_bits_of_the_generic_loop(shape, decay):
    model = problem(*shape)
    rng = np.random.default_rng(1)
    theta = model.init(scale=0.4) + 0.05 * rng.standard_normal((11, model.n_params))
    h = rng.uniform(0.2, 1.0, 11) * 0.1 / np.mean(np.sum(model.A**2, axis=(1, 2)))
    fused, generic = (drive(kind, model, theta, h, decay) for kind in (SensingDescent, _Descent))
    assert (fused.status() == RUNNING).all()
    same(fused, generic)
    for k in (0, 10):
        expected = loop(model, theta[k], h[k], decay, 300)
        np.testing.assert_allclose(fused.parameters()[k], expected, rtol=1e-12, atol=1e-12)
        same(drive(_Descent, model, theta[k], h[k], decay), drive(SensingDescent, model, theta[k], h[k], decay))


@pytest.mark.parametrize("chunk", [1, 7, 64])
def test_chunks_leave_no_trace(chunk):
    model = problem(9, 11, 11, 3, True)
    theta = model.init(scale=0.3, seed=2)
    whole, parts = (drive(SensingDescent, model, theta, 0.005, 0.01, 200, size) for size in (None, chunk))
    same(parts, whole)


@pytest.mark.parametrize("shape", [(6, 3, 3, 3, True), (7, 5, 3, 2, False)])
def test_ends_where_the_generic_loop_ends(shape):
    """Members that converge, diverge and go on, each at its own step; and one that diverges in a single step."""
    model = problem(*shape)
    theta = np.tile(model.init(scale=0.5), (6, 1))
    theta[5] *= 1e130
    h = np.array([1e-4, 0.01, 0.03, 0.9, 5.0, 0.1])
    fused, generic = (drive(kind, model, theta, h, 0.0, 2000, until_loss=1e-3) for kind in (SensingDescent, _Descent))
    assert fused.status().tolist() == [RUNNING, CONVERGED, CONVERGED, DIVERGED, DIVERGED, DIVERGED]
    assert len(set(fused.counts().tolist())) >= 5
    same(fused, generic)


def test_a_start_without_a_number():
    model = problem(6, 3, 3, 3, True)
    theta = np.tile(model.init(scale=0.5), (2, 1))
    theta[1, 4] = np.nan
    fused, generic = (drive(kind, model, theta, 0.01) for kind in (SensingDescent, _Descent))
    assert fused.status().tolist() == [RUNNING, NONFINITE]
    same(fused, generic)


def test_a_few_trajectories_take_it():
    model, lanes = problem(6, 3, 3, 3, True), np.arange(40)
    for members, kind in ((1, SensingDescent), (FEW, SensingDescent), (FEW + 1, _Descent), (40, _Descent)):
        tile = Tile(np.tile(model.init(), (members, 1)), lanes[:members], lanes[:members], 0, None)
        assert type(GradientDescent(0.01).stepper(model, tile)) is kind
