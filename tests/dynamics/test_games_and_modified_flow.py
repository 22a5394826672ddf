"""Two-player games, and the modified flow that an optimizer's own iterates define."""

from __future__ import annotations

import inspect

import numba
import numpy as np
import pytest

import solvable.dynamics
from solvable import (
    SGD,
    Adam,
    Alternating,
    DiagonalLinearNetwork,
    Flooding,
    GradientDescent,
    GradientFlow,
    GradientNoise,
    GradientRegularized,
    HeavyBall,
    LabelNoiseSGD,
    LinearRegression,
    MatrixSensing,
    ModifiedFlow,
    Nesterov,
    NoiseInjection,
    ResidualModel,
    ScalarFactorization,
    SharpnessAware,
    Simultaneous,
    SinglePointNetwork,
    StochasticGradientFlow,
    TwoPlayerGame,
    simulate,
)
from solvable.dynamics.base import Dynamics
from solvable.dynamics.modified_flow import increment_weights


def F(phi, theta):
    return -phi + theta**2


def G(phi, theta):
    return -0.5 * theta - phi * theta


@pytest.mark.parametrize("jitted", [False, True])
@pytest.mark.parametrize("method", [Simultaneous, Alternating])
def test_players_against_a_numpy_loop(method, jitted):
    game = TwoPlayerGame(numba.njit(F), numba.njit(G)) if jitted else TwoPlayerGame(F, G)
    phi, theta = np.array([0.7]), np.array([-0.4])
    run = simulate(game, method((0.1, 0.3)), [0.7, -0.4], steps=40, save=np.arange(41))
    for k in range(40):
        moved = phi + 0.1 * F(phi, theta)
        theta = theta + 0.3 * G(moved if method is Alternating else phi, theta)
        phi = moved
        assert np.allclose(run.theta[k + 1], [phi[0], theta[0]], rtol=0, atol=1e-15)


def test_the_flow_of_a_bilinear_game_is_a_rotation():
    game = TwoPlayerGame(lambda phi, theta: theta, lambda phi, theta: -phi)
    run = simulate(game, GradientFlow(rtol=1e-11), [1.0, 0.0], time=np.pi / 2)
    assert np.allclose(run.final, [0.0, -1.0], atol=1e-9)
    outward = simulate(game, Simultaneous((0.1, 0.1)), [1.0, 0.0], steps=100)
    assert np.linalg.norm(outward.final) == pytest.approx((1 + 0.01) ** 50, rel=1e-12)


def test_larger_players_and_bad_games():
    A = np.random.default_rng(0).standard_normal((3, 2))
    game = TwoPlayerGame(lambda phi, theta: A @ theta, lambda phi, theta: -A.T @ phi, sizes=(3, 2))
    z = np.arange(5.0)
    run = simulate(game, Simultaneous((0.1, 0.2)), z, steps=1)
    assert np.allclose(run.final, z + np.concatenate([0.1 * A @ z[3:], -0.2 * A.T @ z[:3]]), atol=1e-15)
    with pytest.raises(ValueError, match="needs a TwoPlayerGame"):
        simulate(ScalarFactorization(), Simultaneous((0.1, 0.1)), [1.0, 1.0], steps=1)
    with pytest.raises(ValueError, match="needs a model with a loss"):
        simulate(game, GradientDescent(0.1), z, steps=1)
    with pytest.raises(ValueError, match="step_sizes must be two numbers > 0"):
        Alternating((0.1, -0.1))


def test_a_game_that_escapes_has_diverged():
    game = TwoPlayerGame(lambda phi, theta: phi**3, lambda phi, theta: -theta)
    assert simulate(game, Simultaneous((1.0, 0.1)), [2.0, 1.0], steps=100).status.name == "DIVERGED"


def test_a_modified_flow_refuses_what_its_optimizer_refuses():
    with pytest.raises(ValueError, match="needs a TwoPlayerGame"):
        simulate(ScalarFactorization(), ModifiedFlow(Simultaneous((0.1, 0.1))), [1.0, 0.5], time=1.0)
    with pytest.raises(ValueError, match=r"rtol must be in \[1e-14, 1\)"):
        ModifiedFlow(GradientDescent(0.1), rtol=3.0)


def test_increment_weights():
    assert increment_weights(1).tolist() == [1.0]
    assert np.allclose(increment_weights(3), [11 / 6, -7 / 6, 1 / 3])


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_the_modified_flow_follows_the_optimizer_to_its_order(order):
    model, start = ScalarFactorization(1.0), np.array([1.4, 0.3])
    errors, steps = [], np.array([20, 40, 80])
    for n in steps:
        h = 1.0 / n
        method = GradientDescent(h)
        discrete = simulate(model, method, start, steps=int(n)).final
        flow = simulate(model, ModifiedFlow(method, order=order, rtol=1e-13, atol=1e-15), start, time=1.0).final
        errors.append(np.max(np.abs(discrete - flow)))
    slopes = np.diff(np.log(errors)) / np.diff(np.log(1 / steps))
    assert abs(slopes[-1] - order) < 0.15


def test_linear_regression_has_the_logarithm_in_closed_form():
    rng = np.random.default_rng(3)
    X = rng.standard_normal((5, 2))
    model = LinearRegression(X, X @ [1.0, -2.0])
    h, A = 0.05, X.T @ X / 5
    values, vectors = np.linalg.eigh(A)
    exact = vectors @ np.diag(np.log(1 - h * values) / h) @ vectors.T
    theta = np.array([0.3, 0.4])
    field = ModifiedFlow(GradientDescent(h), order=12).field(model, theta)
    error = np.max(np.abs(field - exact @ (theta - [1.0, -2.0])))
    assert error < 10 * np.max(h * values) ** 13 / h
    assert error < 0.5 * np.max(np.abs(ModifiedFlow(GradientDescent(h), order=6).field(model, theta) - field))


def every_model():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((4, 6)), rng.standard_normal(4)
    return [
        DiagonalLinearNetwork(X, y),
        DiagonalLinearNetwork(X, y, parametrization="product"),
        DiagonalLinearNetwork(X, y, depth=3),
        ScalarFactorization(1.5, depth=3),
        SinglePointNetwork([1.0, -0.5], 0.9, width=3),
        LinearRegression(X, y),
        MatrixSensing(0.4 * rng.standard_normal((4, 3, 3)), y),  # the step is small against its curvature
        ResidualModel(lambda w: np.array([w[0] * w[1] - 1.0, w[1] - w[2] ** 2]), n_params=3, n_samples=2),
    ]


@pytest.mark.parametrize("model", every_model(), ids=lambda model: type(model).__name__)
def test_a_second_term_brings_the_flow_closer_on_every_model(model):
    start = 0.6 + 0.2 * np.random.default_rng(1).standard_normal(model.n_params)
    method = GradientDescent(0.02)
    descent = simulate(model, method, start, steps=25).final
    distances = [
        np.max(np.abs(simulate(model, ModifiedFlow(method, order=order), start, time=0.5).final - descent))
        for order in (1, 2, 3)
    ]
    assert distances[2] < 0.3 * distances[1] < 0.1 * distances[0]


def test_any_model_and_any_optimizer_without_memory():
    rng = np.random.default_rng(0)
    X = rng.standard_normal((10, 50))
    wide = DiagonalLinearNetwork(X, rng.standard_normal(10))
    run = simulate(wide, ModifiedFlow(GradientRegularized(0.01, 0.02, 0.03), order=3), wide.init(0.3), time=1.0)
    discrete = simulate(wide, GradientRegularized(0.01, 0.02, 0.03), wide.init(0.3), steps=100)
    flow = simulate(wide, GradientFlow(), wide.init(0.3), time=1.0)
    assert np.max(np.abs(run.final - discrete.final)) < 1e-2 * np.max(np.abs(flow.final - discrete.final))
    with pytest.raises(ValueError, match="order must be an integer"):
        ModifiedFlow(GradientDescent(0.1), order=0)


OPTIMIZERS = [
    Adam(0.1, 0.9, 0.9, 0.1),
    Alternating((0.1, 0.2)),
    Flooding(0.1, 0.01),
    GradientDescent(0.1),
    GradientNoise(0.1, 0.1),
    GradientRegularized(0.1, 0.1),
    HeavyBall(0.1, 0.5),
    LabelNoiseSGD(0.1, 0.1),
    Nesterov(0.1, 0.5),
    NoiseInjection(0.1, 0.1),
    SGD(0.1),
    SharpnessAware(0.1, 0.1),
    Simultaneous((0.1, 0.2)),
    StochasticGradientFlow(0.1, 0.1),
]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda optimizer: type(optimizer).__name__)
def test_an_optimizer_is_what_it_says(optimizer):
    """Random: other seeds, other steps. Memory: two steps are not one and one. And no modified flow of either."""
    rng = np.random.default_rng(0)
    regression = LinearRegression(rng.standard_normal((4, 2)), rng.standard_normal(4))
    model = TwoPlayerGame(F, G) if isinstance(optimizer, (Alternating, Simultaneous)) else regression
    ends = [simulate(model, optimizer, [0.7, -0.4], steps=4, seed=seed).final for seed in (0, 1)]
    assert optimizer.random is bool(np.any(ends[0] != ends[1]))
    if not optimizer.random:
        half = simulate(model, optimizer, [0.7, -0.4], steps=2).final
        assert optimizer.memory is bool(np.any(simulate(model, optimizer, half, steps=2).final != ends[0]))
    if optimizer.random or optimizer.memory or not optimizer.smooth:
        with pytest.raises(ValueError, match="optimizer must be"):
            ModifiedFlow(optimizer)
    else:
        assert ModifiedFlow(optimizer).order == 2


def test_every_optimizer_says_what_it_is():
    public = [getattr(solvable.dynamics, name) for name in solvable.dynamics.__all__]
    dynamics = {kind for kind in public if inspect.isclass(kind) and issubclass(kind, Dynamics)}
    assert {kind for kind in dynamics if kind.clock == "steps"} == {type(optimizer) for optimizer in OPTIMIZERS}


def test_an_exception_inside_a_modified_flow_is_raised(monkeypatch):
    calls = []

    def field(self, model, theta):
        calls.append(theta)
        if len(calls) > 20:
            raise RuntimeError("boom")
        return -np.asarray(theta)

    monkeypatch.setattr(ModifiedFlow, "field", field)
    with pytest.raises(RuntimeError, match="boom"):
        simulate(ScalarFactorization(), ModifiedFlow(GradientDescent(0.1)), [1.0, 2.0], time=5.0)
