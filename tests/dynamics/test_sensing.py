"""Every dynamics on matrix sensing: the bits in any company, pauses, conservation, and the slow tail of a low-rank end.

Each optimizer and flow against a loop or SciPy on this model: the tests of these.
"""

import numpy as np
import pytest

from solvable import (
    SGD,
    Adam,
    Flooding,
    GradientDescent,
    GradientFlow,
    GradientNoise,
    GradientRegularized,
    HeavyBall,
    LabelNoiseSGD,
    MatrixSensing,
    ModifiedFlow,
    Nesterov,
    NoiseInjection,
    SharpnessAware,
    Status,
    StochasticGradientFlow,
    simulate,
)

STEPPED = [
    GradientDescent(0.01, 0.01),
    HeavyBall(0.005, 0.7),
    Nesterov(0.005, 0.7),
    Adam(0.005, 0.6, 0.8, 1e-3),
    GradientRegularized(0.01, 0.02),
    GradientRegularized(0.01, 0.02, 0.1),
    SharpnessAware(0.01, 0.05),
    SharpnessAware(0.01, 0.05, per_sample=True),
    Flooding(0.01, 0.05),
    SGD(0.005),
    SGD(0.005, 3, "shuffle"),
    LabelNoiseSGD(0.005, 0.3),
    LabelNoiseSGD(0.005, 0.3, None, "gaussian", 0.5),
    NoiseInjection(0.01, 0.02),
    GradientNoise(0.01, 0.2, "normal"),
    StochasticGradientFlow(0.01, 0.005),
]


def planted(n, d1, d2, rank=None, symmetric=True, seed=0):
    rng = np.random.default_rng(seed)
    A, u, v = rng.standard_normal((n, d1, d2)), rng.standard_normal(d1), rng.standard_normal(d2)
    X = np.outer(u, u if symmetric else v)
    X /= np.linalg.norm(X)
    return MatrixSensing(A, np.tensordot(A, X, 2), rank, symmetric), X


MODELS = {"symmetric": planted(6, 5, 5)[0], "asymmetric": planted(5, 3, 4, 2, False)[0]}


@pytest.mark.parametrize("dynamics", STEPPED, ids=repr)
@pytest.mark.parametrize("name", MODELS)
def test_a_replica_has_the_same_bits_wherever_it_runs(name, dynamics, monkeypatch):
    """Alone, in a few, in one tile, in several; with one thread and with two."""
    model = MODELS[name]
    theta = 0.4 + 0.1 * np.random.default_rng(1).standard_normal((70, model.n_params))
    monkeypatch.setenv("SOLVABLE_THREADS", "1")
    together = simulate(model, dynamics, theta, steps=60, seed=3)
    monkeypatch.setenv("SOLVABLE_THREADS", "2")
    assert np.array_equal(simulate(model, dynamics, theta, steps=60, seed=3).final, together.final)
    for first, members in ((0, 1), (69, 1), (31, 3), (5, 5), (40, 12)):
        some = slice(first, first + members)
        fewer = simulate(model, dynamics, theta[some], steps=60, seed=3, replica=first)
        assert np.array_equal(fewer.final, together.final[some])


@pytest.mark.parametrize("dynamics", STEPPED, ids=repr)
def test_a_resumed_run_has_the_same_bits(dynamics):
    model = MODELS["symmetric"]
    for members in (1, 20):
        theta = 0.4 + 0.1 * np.random.default_rng(1).standard_normal((members, model.n_params))
        whole = simulate(model, dynamics, theta, steps=60, seed=3)
        rest = simulate(model, dynamics, None, resume=simulate(model, dynamics, theta, steps=23, seed=3), steps=37)
        assert np.array_equal(rest.final, whole.final)


@pytest.mark.parametrize("flow", [GradientFlow(), GradientFlow(inertia=0.1), ModifiedFlow(GradientDescent(0.02))])
def test_flows_resume_in_bits(flow):
    model = MODELS["asymmetric"]
    whole = simulate(model, flow, model.init(scale=0.3, seed=1), time=5.0)
    rest = simulate(model, flow, None, resume=simulate(model, flow, model.init(scale=0.3, seed=1), time=1.2), time=3.8)
    assert np.array_equal(rest.final, whole.final)


def test_per_sample_ascent_against_a_loop():
    model, radius = MODELS["symmetric"], 0.05
    theta = 0.4 + 0.1 * np.random.default_rng(1).standard_normal(model.n_params)
    measured = simulate(model, SharpnessAware(0.01, radius, per_sample=True), theta, steps=40).final
    for _ in range(40):
        slope = np.zeros_like(theta)
        for i in range(model.n_samples):
            g = model.residuals(theta)[i] * model.jacobian(theta)[i]
            point = theta + radius * g / np.linalg.norm(g)
            slope += model.residuals(point)[i] * model.jacobian(point)[i] / model.n_samples
        theta = theta - 0.01 * slope
    np.testing.assert_allclose(measured, theta, rtol=0, atol=1e-13)


@pytest.mark.parametrize("method", ["auto", "explicit", "implicit"])
def test_the_flow_conserves_the_balance_of_the_factors(method):
    model = MODELS["asymmetric"]
    theta = np.random.default_rng(2).standard_normal(model.n_params)
    run = simulate(model, GradientFlow(rtol=1e-11, method=method), theta, time=50.0, save=9)
    parts = model.unpack(run.theta)
    balance = np.swapaxes(parts["U"], 1, 2) @ parts["U"] - np.swapaxes(parts["V"], 1, 2) @ parts["V"]
    np.testing.assert_allclose(balance, np.broadcast_to(balance[0], balance.shape), rtol=0, atol=1e-8)
    assert run.final_loss < 1e-8 * run.loss[0]


@pytest.mark.parametrize("method", ["auto", "implicit"])
def test_the_tail_of_a_low_rank_end_is_algebraic(method):
    """45 measurements leave one positive semidefinite matrix of size 10, of rank 1: the error falls like 1/t."""
    model, X = planted(45, 10, 10)
    times = np.logspace(3, 6, 4)
    run = simulate(model, GradientFlow(method=method), model.init(scale=1.0), time=1e6, save=times)
    errors = np.linalg.norm(run.predictor() - X, axis=(1, 2))
    assert run.status is Status.HORIZON
    assert errors[-1] < 1e-4
    slopes = np.diff(np.log10(errors)), np.diff(np.log10(run.loss))
    np.testing.assert_allclose(slopes[0][1:], -1, rtol=0, atol=0.02)
    np.testing.assert_allclose(slopes[1][1:], -2, rtol=0, atol=0.04)
    assert run.step[-1] < 5000


def test_descent_follows_the_flow_into_the_tail():
    model, X = planted(45, 10, 10)
    descent = simulate(model, GradientDescent(0.02), model.init(scale=1.0), steps=50_000).final
    flow = simulate(model, GradientFlow(), model.init(scale=1.0), time=1000.0).final
    measured, expected = (np.linalg.norm(model.predictor(theta) - X) for theta in (descent, flow))
    assert measured == pytest.approx(expected, rel=0.02)
