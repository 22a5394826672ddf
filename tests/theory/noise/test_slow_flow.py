"""The central path of label noise against the projected slow flow, a simulation, and its limit's exponential rate."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from solvable.theory import hypentropy_minimum, label_noise_limit, least_l1, slow_flow_diagonal


def problem(seed, n=4, d=7):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d)) * rng.uniform(0.4, 1.6, d)
    return rng, X, rng.standard_normal(n)


def test_path_solves_the_projected_flow_of_the_trace():
    rng, X, y = problem(0)
    n, d = X.shape
    u0, v0 = rng.uniform(0.4, 0.9, d), -rng.uniform(0.4, 0.9, d)
    m = np.mean(X**2, axis=0)
    start = slow_flow_diagonal(X, y, u0, v0, 0.0).point
    a = np.abs(u0 * v0)
    # On the manifold of interpolants, at the limit of gradient flow.
    xi = np.arcsinh(start / (2 * a))
    theta0 = np.concatenate([np.sqrt(a) * np.exp(xi / 2), -np.sqrt(a) * np.exp(-xi / 2)])

    def slow(_, theta):
        u, v = theta[:d], theta[d:]
        J = np.hstack([2 * X * u, -2 * X * v])
        # S = (1/n) sum_i |grad f_i|^2, its gradient row by row.
        grad_S = sum(8 * np.concatenate([X[i] ** 2 * u, X[i] ** 2 * v]) for i in range(n)) / n
        move = -grad_S / 4
        return move - np.linalg.lstsq(J, J @ move, rcond=None)[0]

    times = np.array([0.0, 0.05, 0.3, 1.0, 2.5])
    path = solve_ivp(slow, (0, 2.5), theta0, t_eval=times, rtol=1e-11, atol=1e-12, method="DOP853").y.T
    for T, theta in zip(times, path, strict=True):
        m_T = slow_flow_diagonal(X, y, u0, v0, T)
        assert m_T.certified
        beta = theta[:d] ** 2 - theta[d:] ** 2
        assert np.abs(m_T.point - beta).max() < 1e-8
        assert np.abs(np.abs(theta[:d] * theta[d:]) - a * np.exp(-4 * m * T)).max() < 1e-9
    # A common rate, a constant of 2, and a forgotten shift all fail.
    T, beta = times[2], path[2][:d] ** 2 - path[2][d:] ** 2
    shift = np.log(np.abs(u0 / v0))
    for rival in (
        hypentropy_minimum(X, y, log_a=np.log(a) - 4 * m.mean() * T, xi0=shift),
        hypentropy_minimum(X, y, log_a=np.log(a) - 2 * m * T, xi0=shift),
        hypentropy_minimum(X, y, log_a=np.log(a) - 4 * m * T),
    ):
        assert np.abs(rival.point - beta).max() > 1e-3


@pytest.mark.parametrize("batch", [1, 3])
def test_label_noise_descent_follows_the_path(batch):
    """log a of simulated label-noise SGD from the manifold, averaged over replicas; first order in the step."""
    rng, X, y = problem(1, 3, 5)
    n = y.size
    m, replicas, noise = np.mean(X**2, axis=0), 400, 0.5
    start = slow_flow_diagonal(X, y, 0.6, 0.6, 0.0).point
    xi = np.arcsinh(start / (2 * 0.36))
    ratios = []
    for h in (0.02, 0.01):
        steps = int(0.03 * batch / (h * noise) ** 2)
        T = (h * noise) ** 2 * steps / batch
        u, v = np.tile(0.6 * np.exp(xi / 2), (replicas, 1)), np.tile(0.6 * np.exp(-xi / 2), (replicas, 1))
        for _ in range(steps):
            r = (u * u - v * v) @ X.T - y - noise * rng.choice([-1.0, 1.0], (replicas, n))
            if batch < n:
                r *= np.eye(n)[rng.integers(0, n, replicas)]
            x = 2 * h * (r @ X) / batch
            u, v = u * (1 - x), v * (1 + x)
        ratios.append(np.mean(np.log(u * v / 0.36), axis=0) / (-4 * m * T))
    # Doubling the first-order bias away leaves the constant.
    assert np.abs(np.mean(2 * ratios[1] - ratios[0]) - 1) < 0.02
    assert np.abs(2 * ratios[1] - ratios[0] - 1).max() < 0.05
    assert np.abs(ratios[1] - 1).max() < 0.12


@pytest.mark.parametrize("seed", range(8))
def test_limit_and_rate(seed):
    rng, X, y = problem(seed, 4, 9)
    if seed % 2:  # fewer than n nonzeros: certificates form a family
        X = X / np.sqrt(np.mean(X**2, axis=0)) * rng.uniform(0.8, 1.25, 9)
        y = X[:, [1, 3]] @ np.array([1.0, -1.5])
    limit = label_noise_limit(X, y)
    m = np.mean(X**2, axis=0)
    assert np.array_equal(limit.weights, m)
    assert np.abs(limit.minimum.point - least_l1(X, y, m).point).max() < 1e-13
    # The certificate is one: in the row space, right on the support, inside elsewhere.
    on = limit.minimum.point != 0
    assert np.abs(X.T @ np.linalg.lstsq(X.T, limit.certificate, rcond=None)[0] - limit.certificate).max() < 1e-12
    assert np.abs(limit.certificate - m * np.sign(limit.minimum.point))[on].max() < 1e-9
    assert limit.margin == pytest.approx((m - np.abs(limit.certificate))[~on].min())
    assert limit.margin > 0
    assert seed == 7 or np.count_nonzero(on) == (2 if seed % 2 else 4)
    T = 60.0 / limit.rate
    off = [np.abs(slow_flow_diagonal(X, y, 0.7, 0.7, s * T).point[~on]).max() for s in (0.5, 1.0)]
    assert np.log(off[0] / off[1]) / (0.5 * T) == pytest.approx(limit.rate, rel=2e-3)
    assert np.abs(slow_flow_diagonal(X, y, 0.7, 0.7, T).point - limit.minimum.point).max() < 1e-9
    if not seed % 2:  # the weights matter
        assert np.abs(limit.minimum.point - least_l1(X, y).point).max() > 1e-2


def test_sign_designs_reach_plain_l1():
    rng = np.random.default_rng(0)
    X, y = rng.choice([-1.0, 1.0], (5, 12)), rng.standard_normal(5)
    assert np.abs(label_noise_limit(X, y).minimum.point - least_l1(X, y).point).max() < 1e-12


X, Y = [[1.0, 2.0]], [2.0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: slow_flow_diagonal(X, Y, 0.0, 1.0, 1.0), "u0 must be nonzero"),
        (lambda: slow_flow_diagonal(X, Y, 1.0, [1.0, 0.0], 1.0), "v0 must be nonzero"),
        (lambda: slow_flow_diagonal(X, Y, [1.0], 1.0, 1.0), r"u0 must be a number or have shape \(2,\)"),
        (lambda: slow_flow_diagonal(X, Y, 1.0, 1.0, -1.0), "T must be >= 0"),
        (lambda: slow_flow_diagonal([[1.0], [1.0]], [1.0, 2.0], 1.0, 1.0, 1.0), "y must lie in the range of X"),
        (lambda: label_noise_limit([[1.0, 0.0]], Y), "X must have no zero column, but column 1 is zero"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
