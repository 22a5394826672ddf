"""The dual form against the primal flow, its own limit, and scales at which the primal underflows."""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.optimize import linprog, root

from solvable.integrators import dual, rosenbrock, status

FIELD, JACOBIAN, LOSS = dual.dual_field, dual.dual_jacobian, dual.dual_loss


def problem(n, d, seed=0, noise=0.3):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d))
    return X, X[:, :3] @ [1.0, -1.0, 0.5] + noise * rng.standard_normal(n)


def run(data, time, rtol=1e-8, pauses=(), step=0.0, until_loss=-1.0):
    """State at `time`, the control vector and the code."""
    m = dual.dual_size(data)
    nu, out, work = np.zeros(m), np.zeros(m), np.zeros(rosenbrock.work_size(m))
    control = status.new_control(symmetric=data[dual.DECAY] == 0.0, step=step)
    tolerances = dual.dual_tolerances(data, rtol)
    functions = FIELD.compiled, JACOBIAN.compiled
    for target in (*pauses, time):
        code = rosenbrock.advance(
            *functions, LOSS.compiled, nu, data, control, work, target, *tolerances, until_loss, np.inf, 10**6
        )
        assert code in (status.RUNNING, status.CONVERGED)
        if code == status.CONVERGED:
            return nu, control, code
        done = rosenbrock.evaluate(*functions, nu, data, control, work, target, *tolerances, out)
        assert done == status.RUNNING
    return out, control, code


def predictor(nu, time, data):
    """``beta (d,)`` of a state."""
    log_a, xi = dual.dual_state(nu, time, data)
    return data[dual.KAPPA] * np.sign(xi) * np.exp(log_a + np.abs(xi)) * -np.expm1(-2 * np.abs(xi))


def primal(X, y, u, v, kappa, decay, time):
    n, d = X.shape

    def function(_, z):
        u, v = z[:d], z[d:]
        g = 2 * kappa * X.T @ (X @ (kappa * (u * u - v * v)) - y) / n
        return np.concatenate([-u * g - decay * u, v * g - decay * v])

    start = np.concatenate([u, v])
    z = solve_ivp(function, (0, time), start, method="DOP853", rtol=1e-12, atol=1e-22).y[:, -1]
    return z[:d], z[d:]


@pytest.mark.parametrize("kappa", [1.0, 0.5])
@pytest.mark.parametrize("decay", [0.0, 0.02])
@pytest.mark.parametrize(("n", "d"), [(5, 9), (12, 6)])
@pytest.mark.parametrize("size", [1e-4, 3.0])
def test_is_the_primal_flow(n, d, decay, kappa, size):
    X, y = problem(n, d)
    rng = np.random.default_rng(1)
    u, v = size * rng.uniform(0.5, 2.0, (2, d))
    data = dual.pack_dual(X, y, np.log(u * v), np.log(u / v), kappa, decay)
    time = 12.0
    state, _, _ = run(data, time, 1e-9)
    u_end, v_end = primal(X, y, u, v, kappa, decay, time)
    log_a, xi = dual.dual_state(state, time, data)
    np.testing.assert_allclose(log_a, np.log(np.abs(u_end * v_end)), atol=1e-8)
    np.testing.assert_allclose(xi, np.log(np.abs(u_end / v_end)), atol=1e-7)
    beta = kappa * (u_end**2 - v_end**2)
    np.testing.assert_allclose(predictor(state, time, data), beta, atol=1e-7)
    loss = np.sum((X @ beta - y) ** 2) / (2 * n)
    assert LOSS(state, data) == pytest.approx(loss, rel=1e-5)


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("d", [6, 9])
def test_field_and_jacobian_against_numpy(decay, d):
    X, y = problem(4, d)
    data = dual.pack_dual(X, y, -1.0, 0.2, 0.5, decay)
    m = dual.dual_size(data)
    state = 0.3 * np.random.default_rng(2).standard_normal(m)
    ell = state[4] if decay else 0.0

    def field(z):
        out = np.empty(m)
        FIELD(z, data, out)
        return out

    beta = 2 * 0.5 * np.exp(-1.0 + ell) * np.sinh(0.2 + 2.0 * X.T @ state[:4])
    np.testing.assert_allclose(field(state)[:4], (y - X @ beta) / 4, rtol=1e-13, atol=1e-15)
    exact = np.empty((m, m))
    JACOBIAN(state, data, exact)
    step = 1e-5
    differences = [(field(state + step * e) - field(state - step * e)) / (2 * step) for e in np.eye(m)]
    np.testing.assert_allclose(exact, np.transpose(differences), atol=1e-8 * np.max(np.abs(exact)))
    np.testing.assert_array_equal(exact[:4, :4], exact[:4, :4].T)


def test_small_shift_at_large_scale_does_not_cancel():
    X, y = problem(2, 4)
    data = dual.pack_dual(X, y, math.log(1e12), 0.0)
    state, out = np.array([1e-13, -2e-13]), np.empty(2)
    FIELD(state, data, out)
    beta = 2e12 * np.sinh(4.0 * X.T @ state)
    np.testing.assert_allclose(out, (y - X @ beta) / 2, rtol=1e-12)
    np.testing.assert_allclose(predictor(state, 0.0, data), beta, rtol=1e-12)


def limit(X, y, log_a):
    """``X beta(nu) = y`` by continuation in the scale: the state at t = infinity, without a trajectory."""
    nu = np.zeros(len(y))
    path = np.linspace(0.0, log_a, 60)
    for before, now in pairwise(path):
        guess = nu * (now / before) if before else nu
        solution = root(
            lambda z, c=now: X @ (2 * np.sinh(4 * X.T @ z) * math.exp(c)) - y,
            guess,
            jac=lambda z, c=now: 8 * (X * (np.cosh(4 * X.T @ z) * math.exp(c))) @ X.T,
            method="lm",
            options={"xtol": 1e-15, "ftol": 1e-15, "maxiter": 2000},
        )
        nu = solution.x
    beta = 2 * math.exp(log_a) * np.sinh(4 * X.T @ nu)
    assert np.max(np.abs(X @ beta - y)) < 1e-9
    return beta


def test_plateau_from_scale_1e_8_ends_at_the_limit():
    X, y = problem(6, 12, noise=0.5)
    log_a = 2 * math.log(1e-8)
    data = dual.pack_dual(X, y, log_a)
    state, control, _ = run(data, 1e6, 1e-8)
    np.testing.assert_allclose(predictor(state, 1e6, data), limit(X, y, log_a), atol=1e-7)
    assert control[status.N_STEPS] < 1000
    nothing, _, _ = run(data, 0.5, 1e-8)  # and there was a plateau
    assert np.max(np.abs(predictor(nothing, 0.5, data))) < 1e-10


def test_below_underflow():
    X, y = problem(6, 12, seed=3)
    data = dual.pack_dual(X, y, -1400.0)
    state, _, _ = run(data, 1e7, 1e-8)
    cost = linprog(np.ones(24), A_eq=np.hstack([X, -X]), b_eq=y, method="highs").x
    np.testing.assert_allclose(predictor(state, 1e7, data), cost[:12] - cost[12:], atol=1e-7)
    log_a, xi = dual.dual_state(state, 1e7, data)
    assert np.all(log_a == -1400.0)
    assert np.max(np.abs(xi)) == pytest.approx(1400.0, abs=10.0)


@pytest.mark.parametrize("rtol", [1e-5, 1e-7])
def test_tolerance_bounds_the_relative_error_of_the_weights(rtol):
    X, y = problem(8, 16)
    data = dual.pack_dual(X, y, 2 * math.log(1e-6))
    for time in (10.0, 30.0, 3000.0):
        found, exact = run(data, time, rtol)[0], run(data, time, 1e-11)[0]
        error = dual.dual_state(found, time, data)[1] - dual.dual_state(exact, time, data)[1]
        assert 0.0 < np.max(np.abs(error)) < 2 * rtol


def test_oversized_first_step_is_rejected_not_believed():
    X, y = problem(5, 9)
    data = dual.pack_dual(X, y, 2 * math.log(1e-3))
    forced, control, _ = run(data, 60.0, 1e-9, step=50.0)
    assert control[status.N_REJECTED] >= 2
    np.testing.assert_allclose(forced, run(data, 60.0, 1e-9)[0], atol=1e-8)
    out = np.empty(5)
    FIELD(np.full(5, 1e4), data, out)
    assert not np.any(np.isfinite(out))


@pytest.mark.parametrize("decay", [0.0, 0.01])
def test_bits_do_not_depend_on_pauses(decay):
    X, y = problem(5, 9)
    data = dual.pack_dual(X, y, -20.0, weight_decay=decay)
    straight, control, _ = run(data, 500.0)
    pauses = np.sort(np.random.default_rng(4).uniform(0.0, 500.0, 30))
    paused, other, _ = run(data, 500.0, pauses=tuple(pauses))
    np.testing.assert_array_equal(paused, straight)
    np.testing.assert_array_equal(other, control)


def test_stops_at_the_loss_asked_for():
    X, y = problem(5, 9)
    data = dual.pack_dual(X, y, -20.0)
    state, control, code = run(data, 1e6, until_loss=1e-6)
    assert code == status.CONVERGED
    assert LOSS(state, data) <= 1e-6 < LOSS(run(data, 0.5 * control[status.T])[0], data)


def test_weight_decay_for_a_long_time():
    # Stationary: |g_j| = lam on the support of u^2 (kappa = 1), as for the lasso, while log a falls.
    X, y = problem(6, 12)
    data = dual.pack_dual(X, y, -10.0, weight_decay=0.05)
    state, _, _ = run(data, 1e5, 1e-8)
    log_a, _ = dual.dual_state(state, 1e5, data)
    assert np.all(log_a == -10.0 - 0.1 * 1e5)
    assert state[-1] == pytest.approx(-1e4, rel=1e-12)
    beta = predictor(state, 1e5, data)
    g = X.T @ (X @ beta - y) / 6
    support = np.abs(beta) > 1e-3
    assert 0 < np.sum(support) < 12
    np.testing.assert_allclose(2 * g[support], -0.05 * np.sign(beta[support]), rtol=1e-6)
