"""Weight decay and injected noise: the lasso at the end of flows in (u, v), and the constants by quadrature."""

import itertools

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from solvable.theory import lasso, noise_injection_weights, weight_decay_weights


def beta_of(theta, product):
    u, v = np.split(theta, 2)
    return u * v if product else u * u - v * v


def pullback(theta, g, product):
    u, v = np.split(theta, 2)
    return np.concatenate([v * g, u * g]) if product else np.concatenate([2 * u * g, -2 * v * g])


@pytest.mark.parametrize("parametrization", ["squares", "product"])
def test_noise_average_by_gauss_hermite(parametrization):
    """E grad L(theta + s xi) exactly: grad L is cubic, so three nodes a direction and two directions at a time do."""
    rng = np.random.default_rng(0)
    X, y, theta, s = rng.standard_normal((3, 2)), rng.standard_normal(3), rng.standard_normal(4), 0.4
    product = parametrization == "product"
    nodes, mass = np.sqrt(3.0) * np.array([-1.0, 0.0, 1.0]), np.array([1 / 6, 2 / 3, 1 / 6])
    average = np.zeros(4)
    for index in itertools.product(range(3), repeat=4):
        at = theta + s * nodes[list(index)]
        average += np.prod(mass[list(index)]) * pullback(at, X.T @ (X @ beta_of(at, product) - y) / 3, product)
    plain = pullback(theta, X.T @ (X @ beta_of(theta, product) - y) / 3, product)
    # The extra loss is sum_j l_j (u_j^2 + v_j^2), for a product of two layers half of that.
    l = noise_injection_weights(X, s, parametrization)
    factor = 1.0 if product else 2.0
    assert np.abs(average - plain - factor * np.tile(l, 2) * theta).max() < 1e-12


@pytest.mark.parametrize("parametrization", ["squares", "product"])
@pytest.mark.parametrize("method", ["decay", "noise"])
def test_flow_ends_at_the_lasso(parametrization, method):
    rng = np.random.default_rng(1)
    n, d = 6, 10
    X, y = rng.standard_normal((n, d)), rng.standard_normal(n)
    product = parametrization == "product"
    if method == "decay":
        weights, rate = weight_decay_weights(0.2, parametrization), 0.2 * np.ones(2 * d)
    else:
        weights = noise_injection_weights(X, 0.3, parametrization)
        rate = np.tile(weights, 2) * (1.0 if product else 2.0)
    start = np.concatenate([rng.uniform(0.5, 1.0, d), rng.uniform(-0.3, 0.3, d)])

    def field(_, theta):
        return -pullback(theta, X.T @ (X @ beta_of(theta, product) - y) / n, product) - rate * theta

    theta = solve_ivp(field, (0, 6000.0), start, method="LSODA", rtol=1e-10, atol=1e-13).y[:, -1]
    minimum = lasso(X, y, weights)
    assert 0 < np.count_nonzero(minimum.point) < n
    error = np.abs(beta_of(theta, product) - minimum.point).max()
    assert error < 1e-6
    for rival in (2.0 * np.asarray(weights), 0.5 * np.asarray(weights)):
        assert np.abs(lasso(X, y, rival).point - minimum.point).max() > 1e-2


def test_scale_decays_at_four_times_the_weight():
    theta = np.array([0.8, 0.5])
    run = solve_ivp(
        lambda _, p: -pullback(p, np.array([0.3]), False) - 0.2 * p, (0, 1.5), theta, rtol=1e-11, atol=1e-13
    )
    u, v = run.y[:, -1]
    assert np.log(u * v / 0.4) == pytest.approx(-4 * weight_decay_weights(0.2) * 1.5, rel=1e-9)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: weight_decay_weights(0.0), "weight_decay must be > 0"),
        (lambda: weight_decay_weights(1.0, "cubes"), "parametrization must be one of"),
        (lambda: noise_injection_weights([[1.0]], -1.0), "std must be > 0"),
        (lambda: noise_injection_weights([1.0], 1.0), "X must be 2-dimensional"),
        (lambda: noise_injection_weights([[1.0, 0.0]], 1.0), "column 1 is zero"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
