"""Regularized and momentum flow of depth-2 diagonal networks: their ledger, through zeros, plateaus and underflow.

The gains come from `solvable.theory`, which is given gradients and rates along a path that SciPy integrated in the
parameters themselves.
"""

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from solvable import DiagonalLinearNetwork, GradientFlow, Status, simulate
from solvable.theory import gain_momentum_flow, gain_regularized_flow, hypentropy_minimum

TIMES = np.concatenate([[0.0], np.geomspace(1e-3, 30.0, 1200)])


def network_of(problem, kind):
    return DiagonalLinearNetwork(*problem(6, 9), parametrization=kind)


def start_of(model):
    """Unbalanced, of both signs."""
    rng = np.random.default_rng(5)
    factors = rng.uniform(0.2, 0.6, (2, 9)) * np.sign(rng.standard_normal((2, 9)))
    return np.concatenate(model.to_network(*factors))


def path_of(model, theta, inertia=0.0, strength=0.0, ascent=0.0):
    """Multiplicative factors and their rates ``u'/u`` at TIMES, ``(T, 2, d)`` each; g and g+ ``(T, d)``."""
    kappa = 0.5 if model.is_product else 1.0

    def g(z):
        return model.X.T @ model.residuals(z) / model.n_samples

    def force(z):
        slope = model.gradient(z)
        if ascent:
            return -(slope + strength / ascent * (model.gradient(z + ascent * slope) - slope))
        return -(slope + strength * model.hessian(z) @ slope)

    def field(_, z):
        return np.concatenate([z[18:], (force(z[:18]) - z[18:]) / inertia]) if inertia else force(z)

    state = np.concatenate([theta, 0 * theta]) if inertia else theta
    path = solve_ivp(field, (0, TIMES[-1]), state, method="DOP853", t_eval=TIMES, rtol=1e-12, atol=1e-14).y.T
    factors = np.stack([np.array(model.to_multiplicative(z[:9], z[9:18])) for z in path])
    speed = np.stack([np.array(model.to_multiplicative(z[18:27], z[27:])) for z in path]) if inertia else None
    here = np.array([g(z[:18]) for z in path])
    above = np.array([g(z[:18] + ascent * model.gradient(z[:18])) for z in path])
    return factors, None if speed is None else speed / factors, here, above, kappa


@pytest.mark.parametrize("ascent", [0.0, 0.08, -0.05])
@pytest.mark.parametrize("kind", ["squares", "product"])
def test_gain_of_the_regularized_flow(problem, kind, ascent):
    model, strength = network_of(problem, kind), 0.05
    theta = start_of(model)
    _, _, here, above, kappa = path_of(model, theta, strength=strength, ascent=ascent)
    # kappa = 1/2 is the network of the formula with its clock and its strength halved.
    gain = gain_regularized_flow(kappa * TIMES, here, above, kappa * strength)
    run = simulate(model, GradientFlow(rtol=1e-11, strength=strength, ascent_step=ascent), theta, time=TIMES[-1])
    np.testing.assert_allclose(run.ledger().q, gain.q, rtol=0, atol=1e-9)
    np.testing.assert_allclose(run.ledger().R, 0.0, rtol=0, atol=1e-12)
    assert np.abs(run.ledger().q).max() > 1e-2
    if ascent:  # the square in place of the product is not it
        rival = gain_regularized_flow(kappa * TIMES, here, here, kappa * strength)
        assert np.abs(run.ledger().q - rival.q).max() > 1e-4


@pytest.mark.parametrize("kind", ["squares", "product"])
def test_gain_of_the_momentum_flow(problem, kind):
    """At any time: the boundary term, too."""
    model, inertia = network_of(problem, kind), 0.1
    theta = start_of(model)
    factors, rates, *_ = path_of(model, theta, inertia=inertia)
    assert (np.sign(factors) == np.sign(factors[0])).all()
    for end in (750, 900, 1200):
        gain = gain_momentum_flow(TIMES[: end + 1], rates[: end + 1], inertia)
        run = simulate(model, GradientFlow(rtol=1e-11, inertia=inertia), theta, time=TIMES[end])
        np.testing.assert_allclose(run.ledger().q, gain.q, rtol=0, atol=1e-9)
        np.testing.assert_allclose(run.ledger().R, gain.R, rtol=0, atol=1e-9)
        assert np.abs(gain.R).max() > 1e-3
        if end == 750:
            boundary = inertia * (rates[end, 0] + rates[end, 1])
            assert np.abs(gain.q + boundary - run.ledger().q).max() > 1e-3


FLOWS = {
    "regularized": {"strength": 0.05},
    "F-GR": {"strength": 0.05, "ascent_step": 0.1},
    "momentum": {"inertia": 0.3},
    "slow": {"inertia": 5.0},
    "stiff": {"inertia": 1e-4},
    "both": {"inertia": 0.3, "strength": 0.05, "ascent_step": -0.05},
    "decay": {"inertia": 0.3, "strength": 0.05, "weight_decay": 0.02},
}


@pytest.mark.parametrize("flow", FLOWS.values(), ids=FLOWS)
@pytest.mark.parametrize("kind", ["squares", "product"])
def test_the_end_is_the_minimizer(problem, kind, flow):
    model = network_of(problem, kind)
    for theta in (start_of(model), model.init(scale=0.05), model.init(scale=1e-3, shape=0.7)):
        run = simulate(model, GradientFlow(**flow), theta, time=200.0)
        log_a, xi = run.effective_init()
        beta = run.predictor(run.final)
        minimum = hypentropy_minimum(model.X, model.X @ beta, log_a=log_a, xi0=xi)
        np.testing.assert_allclose(minimum.point, beta, rtol=0, atol=1e-11)
        assert run.range_residual() < 1e-11
        if kind == "squares":  # rotated, the small factors of "product" are rounding errors of its parameters
            xi_of_factors = np.log(np.abs(run.final[:9] / run.final[9:]))
            np.testing.assert_allclose(run.ledger().xi, xi_of_factors, rtol=0, atol=1e-11)
        start_log_a, _ = model.potential_coordinates(theta)
        rival = hypentropy_minimum(model.X, model.X @ beta, log_a=start_log_a, xi0=xi)
        assert np.abs(rival.point - beta).max() > 1e-8


def test_factors_cross_zero(problem):
    """A heavy ball swings through: signs flip, the logarithms return, and SciPy agrees on both sides."""
    model = network_of(problem, "squares")
    theta, times = model.init(scale=0.1), np.array([5.0, 20.0, 60.0])
    run = simulate(model, GradientFlow(rtol=1e-11, inertia=5.0), theta, time=60.0, save=times)

    def field(_, z):
        return np.concatenate([z[18:], (-model.gradient(z[:18]) - z[18:]) / 5.0])

    state = np.concatenate([theta, 0 * theta])
    expected = solve_ivp(field, (0, 60.0), state, method="DOP853", t_eval=times, rtol=1e-12, atol=1e-14).y[:18].T
    np.testing.assert_allclose(run.theta, expected, rtol=0, atol=1e-8)
    assert (run.final < 0).sum() >= 3
    assert run.range_residual() < 1e-12
    np.testing.assert_allclose(run.state["log_plus"][0], np.log(np.abs(expected[-1, :9])), rtol=0, atol=1e-6)


@pytest.mark.parametrize("flow", [{"strength": 0.05, "ascent_step": 0.1}, {"inertia": 0.3}, {"inertia": 1e-4}])
def test_plateaus_and_underflow(problem, flow):
    """From 1e-200 the small factors end near e^-921, far below the smallest float."""
    model = network_of(problem, "squares")
    run = simulate(model, GradientFlow(**flow), model.init(scale=1e-200), time=3e4)
    assert run.status is Status.HORIZON
    assert run.step[-1] < 3000
    assert run.final_loss < 1e-7
    log_a, xi = run.effective_init()
    assert log_a.max() < -880
    assert run.range_residual() < 1e-10
    beta = run.predictor(run.final)
    found = hypentropy_minimum(model.X, model.X @ beta, log_a=log_a, xi0=xi).point
    np.testing.assert_allclose(found, beta, rtol=0, atol=1e-11)


def test_decay_without_end(problem):
    """Weight decay 0.2 with inertia 0.5 is overdamped: in the end every factor falls at the slower of the two rates."""
    model = network_of(problem, "squares")
    rate = (1 - math.sqrt(1 - 4 * 0.5 * 0.2)) / (2 * 0.5)
    model = DiagonalLinearNetwork(model.X, 0 * model.y)
    early, late = (
        simulate(model, GradientFlow(inertia=0.5, weight_decay=0.2), model.init(scale=0.1), time=t)
        for t in (2000.0, 12000.0)
    )
    assert late.final.max() == 0.0
    np.testing.assert_allclose(late.ledger().log_a - early.ledger().log_a, -2 * rate * 10000.0, rtol=1e-9)


@pytest.mark.parametrize("flow", [{"strength": 0.05}, {"inertia": 0.3}])
def test_a_zero_factor_stays_and_has_no_ledger(problem, flow):
    model = network_of(problem, "squares")
    theta = model.init(scale=0.3)
    theta[4] = 0.0
    run = simulate(model, GradientFlow(**flow), theta, time=5000.0)
    assert run.status is Status.HORIZON
    assert run.final[4] == 0.0
    plain = simulate(model, GradientFlow(method="explicit", **flow), theta, time=10.0)
    same = simulate(model, GradientFlow(**flow), theta, time=10.0)
    np.testing.assert_allclose(same.final, plain.final, rtol=0, atol=1e-7)
    with pytest.raises(ValueError, match="theta0 must have no zero factor"):
        run.effective_init()


@pytest.mark.parametrize("flow", FLOWS.values(), ids=FLOWS)
@pytest.mark.parametrize("pieces", [[0.5, 1.5, 1998.0], [1000.0, 1000.0]])
def test_resumes_in_bits_on_either_side_of_the_hand_over(problem, flow, pieces):
    model = network_of(problem, "product")
    dynamics, theta = GradientFlow(**flow), start_of(model)
    whole = simulate(model, dynamics, theta, time=2000.0)
    run = simulate(model, dynamics, theta, time=pieces[0])
    for time in pieces[1:]:
        run = simulate(model, dynamics, None, resume=run, time=time)
    assert np.array_equal(run.final, whole.final)
    assert run.step[-1] == whole.step[-1]
    assert all(np.array_equal(a, b) for a, b in zip(run.ledger(), whole.ledger(), strict=True))


def test_without_the_ledger_the_message_says_so(problem):
    model = network_of(problem, "squares")
    run = simulate(model, GradientFlow(inertia=0.3, method="explicit"), model.init(scale=0.3), time=1.0)
    with pytest.raises(ValueError, match=r"GradientFlow\(.*method=explicit.* inertia or strength needs method 'auto'"):
        run.effective_init()
