"""The ledger (q, R, log a, xi): its formula step by step, and the minimizer that it names.

That `range_residual` is small is a statement about arithmetic alone (the shift is built from the factors and from
gathered residuals); so each run is also compared with sums over its own steps, taken here from gradients of NumPy, and
with the minimizer that the prediction road computes from (log a, xi).
"""

import math

import numpy as np
import pytest

from solvable import SGD, DiagonalLinearNetwork, GradientDescent, GradientFlow, simulate
from solvable.dynamics.ledgers import asinh_of_ratio
from solvable.integrators.draws import batch_indices
from solvable.theory import hypentropy_minimum


def coordinates(model, theta):
    """beta = kappa (u^2 - v^2) in the coordinates that the steps multiply, and kappa."""
    u, v = np.split(theta, 2)
    if model.parametrization == "squares":
        return u, v, 1.0
    return (u + v) / math.sqrt(2), (u - v) / math.sqrt(2), 0.5


def by_steps(model, theta, gradient, h, decay, steps):
    """q and R summed over the steps of a NumPy run; ``gradient(beta, k)`` is the one in beta that step k uses."""
    u, v, kappa = coordinates(model, theta)
    q, R = ([] for _ in range(2))
    for k in range(steps):
        x = 2 * kappa * h * gradient(kappa * (u * u - v * v), k)
        A, B = 1 - h * decay - x, 1 - h * decay + x
        q.append(np.log(np.abs(A)) + np.log(np.abs(B)))
        R.append(np.log(np.abs(A)) - np.log(np.abs(B)) + 2 * x)
        u, v = u * A, v * B
    return (np.array([math.fsum(column) for column in np.transpose(part)]) for part in (q, R))


def starts(model):
    d, rng = model.n_features, np.random.default_rng(5)
    return {
        "balanced": model.init(scale=0.2),
        "per coordinate": model.init(scale=rng.uniform(0.05, 0.5, d)),
        "unbalanced": model.init(scale=0.2, shape=rng.uniform(-1, 1, d)),
        "signs": model.init(scale=0.2) * np.sign(rng.standard_normal(2 * d)) + 0.01 * rng.standard_normal(2 * d),
    }


@pytest.mark.parametrize("start", ["balanced", "per coordinate", "unbalanced", "signs"])
@pytest.mark.parametrize("kind", ["squares", "product"])
@pytest.mark.parametrize("decay", [0.0, 0.02])
@pytest.mark.parametrize("steps", [3, 2000])
def test_gradient_descent(problem, start, kind, decay, steps):
    X, y = problem(6, 9)
    model, h = DiagonalLinearNetwork(X, y, parametrization=kind), 0.08
    theta = starts(model)[start]
    run = simulate(model, GradientDescent(h, decay), theta, steps=steps)
    q, R = by_steps(model, theta, lambda beta, _: X.T @ (X @ beta - y) / 6, h, decay, steps)
    ledger = run.ledger()
    np.testing.assert_allclose(ledger.q, q, rtol=0, atol=1e-11)
    np.testing.assert_allclose(ledger.R, R, rtol=0, atol=1e-11)
    assert np.abs(R).max() > 1e-5  # the shift is no rounding error: leaving it out would show
    assert run.range_residual() < 1e-11


@pytest.mark.parametrize(("size", "order"), [(1, "replacement"), (3, "replacement"), (1, "shuffle"), (3, "shuffle")])
@pytest.mark.parametrize("kind", ["squares", "product"])
@pytest.mark.parametrize("start", ["balanced", "unbalanced"])
def test_sgd(problem, start, kind, size, order):
    X, y = problem(6, 9)
    model, h, steps = DiagonalLinearNetwork(X, y, parametrization=kind), 0.04, 3000
    theta, out = starts(model)[start], np.empty(6, dtype=np.int64)

    def gradient(beta, k):
        batch_indices(np.uint64(2), np.uint64(0), np.uint64(k), size, int(order == "shuffle"), out)
        i = out[:size]
        return X[i].T @ (X[i] @ beta - y[i]) / size

    run = simulate(model, SGD(h, size, order), theta, steps=steps, seed=2)
    q, R = by_steps(model, theta, gradient, h, 0.0, steps)
    np.testing.assert_allclose(run.ledger().q, q, rtol=0, atol=1e-11)
    np.testing.assert_allclose(run.ledger().R, R, rtol=0, atol=1e-11)
    assert run.range_residual() < 1e-11


@pytest.mark.parametrize("dynamics", [GradientDescent(0.1), SGD(0.03), SGD(0.03, 3)], ids=repr)
@pytest.mark.parametrize("kind", ["squares", "product"])
def test_the_limit_is_the_minimizer(problem, kind, dynamics):
    X, y = problem(6, 9)
    model = DiagonalLinearNetwork(X, y, parametrization=kind)
    for name, theta in starts(model).items():
        run = simulate(model, dynamics, theta, steps=400_000, until_loss=1e-29)
        log_a, xi = run.effective_init()
        beta = run.predictor(run.final)
        minimum = hypentropy_minimum(X, y, log_a=log_a, xi0=xi)
        np.testing.assert_allclose(minimum.point, beta, rtol=0, atol=1e-11 * np.abs(beta).max(), err_msg=name)
        start_log_a, start_xi = model.potential_coordinates(theta)
        for rival in ({"log_a": start_log_a, "xi0": xi}, {"log_a": log_a, "xi0": start_xi}):
            assert np.abs(hypentropy_minimum(X, y, **rival).point - beta).max() > 1e-7


@pytest.mark.parametrize("kind", ["squares", "product"])
@pytest.mark.parametrize("time", [0.3, 30.0, 3000.0])
@pytest.mark.parametrize("decay", [0.0, 0.01])
def test_gradient_flow_conserves_a_and_shifts_nothing(problem, kind, time, decay):
    """Without steps q = -2 lambda t and R = 0, up to the tolerance of the integrator."""
    model = DiagonalLinearNetwork(*problem(6, 9), parametrization=kind)
    for theta in starts(model).values():
        run = simulate(model, GradientFlow(weight_decay=decay), theta, time=time)
        ledger = run.ledger()
        np.testing.assert_allclose(ledger.q, -2 * decay * time, rtol=0, atol=1e-7)
        np.testing.assert_allclose(ledger.R, 0.0, rtol=0, atol=1e-7)
        assert run.range_residual() < 1e-8


@pytest.mark.parametrize("kind", ["squares", "product"])
def test_survives_where_a_is_not_a_number(problem, kind):
    """Scale 1e-200: a = e^-921 and less. The minimizer and the range residual still agree."""
    X, y = problem(6, 9)
    model = DiagonalLinearNetwork(X, y, parametrization=kind)
    run = simulate(model, GradientDescent(0.1), model.init(scale=1e-200), steps=100_000)
    log_a, xi = run.effective_init()
    assert log_a.max() < -900
    assert run.range_residual() < 1e-11
    beta = run.predictor(run.final)
    assert np.abs(beta).min() < 1e-50
    found = hypentropy_minimum(X, X @ beta, log_a=log_a, xi0=xi).point  # the identity needs no convergence
    np.testing.assert_allclose(found, beta, rtol=0, atol=1e-11)


def test_flow_survives_too(problem):
    model = DiagonalLinearNetwork(*problem(6, 9))
    run = simulate(model, GradientFlow(), model.init(scale=1e-200), time=1e5)
    log_a, _ = run.effective_init()
    np.testing.assert_allclose(log_a, -400 * math.log(10), rtol=1e-10)
    assert run.range_residual() < 1e-7
    assert run.final_loss < 1e-8


def test_ensembles_have_one_ledger_a_member(network):
    h = np.array([0.02, 0.05, 0.08])
    run = simulate(network, GradientDescent(h), network.init(scale=0.3), steps=100)
    assert run.ledger().q.shape == (3, 9)
    assert run.range_residual().shape == (3,)
    for k in range(3):
        alone = simulate(network, GradientDescent(h[k]), network.init(scale=0.3), steps=100)
        for a, b in zip(alone.effective_init(), run.effective_init(), strict=True):
            assert np.array_equal(a, b[k])


def test_members_that_diverge_do_not_disturb(network):
    run = simulate(network, GradientDescent([0.02, 30.0]), network.init(scale=0.3), steps=100)
    assert run.range_residual()[0] < 1e-11
    assert np.isfinite(run.ledger().R[0]).all()


def test_refusals(problem):
    X, y = problem(6, 9)
    deep = DiagonalLinearNetwork(X, y, depth=3)
    run = simulate(deep, GradientDescent(0.01), deep.init(scale=0.3), steps=3)
    for method in (run.ledger, run.effective_init, run.range_residual):
        with pytest.raises(ValueError, match=r"no effective initialization is known for .* network of depth 2"):
            method()
    model = DiagonalLinearNetwork(X, y)
    theta = model.init(scale=0.3)
    theta[4] = 0.0
    for dynamics, horizon in ((GradientDescent(0.01), {"steps": 3}), (GradientFlow(), {"time": 1.0})):
        run = simulate(model, dynamics, theta, **horizon)
        assert run.final[4] == 0.0
        with pytest.raises(ValueError, match="theta0 must have no zero factor"):
            run.effective_init()


@pytest.mark.parametrize("log_a", [-5000.0, -700.0, -30.0, 0.0, 30.0])
def test_asinh_of_a_ratio(log_a):
    import mpmath as mp

    beta = np.array([3.0, -1e-3, 1e-150, -2e-290, 0.0, 7e200])
    with mp.workdps(50):
        exact = [float(mp.asinh(mp.mpf(float(b)) / (2 * mp.exp(mp.mpf(log_a))))) for b in beta]
    np.testing.assert_allclose(asinh_of_ratio(beta, np.full(6, log_a)), exact, rtol=1e-13, atol=0)


def test_a_factor_that_became_zero_is_named():
    model = DiagonalLinearNetwork([[1.0]], [1.0])
    run = simulate(model, GradientDescent(0.5), [1.0, 1.0], steps=5)  # 1 - 2 h |g| = 0 at the first step
    with pytest.raises(ValueError, match="a factor became exactly zero on the way"):
        run.effective_init()
