"""Laws of ``u^2 - v^2`` against drifts of the general theory, the exact discrete law, and a solver in q."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.sparse import diags_array
from scipy.sparse.linalg import expm_multiply

from solvable.theory import (
    balance_under_isotropic_noise,
    balance_under_noise,
    gradient_noise_drift,
    injected_noise_drift,
    label_noise_drift,
)


def point(q, y):
    size = np.hypot(q, 2 * y)
    u = np.sqrt((size + q) / 2)
    return np.array([u, y / u])


@pytest.mark.parametrize(
    ("noise", "momentum", "h", "drift"),
    [
        ("label", 0.0, 0.3, lambda g, H, h, s, beta: label_noise_drift(g, H, h, s)),
        ("label", 0.5, 0.5, lambda g, H, h, s, beta: label_noise_drift(g, H, h, s, 1, beta)),
        ("injected", 0.0, 0.3, lambda g, H, h, s, beta: injected_noise_drift(g, H, h, s)),
        ("normal", 0.0, 0.3, lambda g, H, h, s, beta: gradient_noise_drift(g, H, h, s, "normal").mean),
    ],
)
def test_closed_forms_solve_the_drift(noise, momentum, h, drift):
    q0, y, s, steps = -4.0, 0.7, 0.2, np.array([0.0, 3.0, 20.0, 60.0])

    def rate(_, q):
        u, v = point(q[0], y)
        return [drift([[v, u]], [[[0, 1], [1, 0]]], h, s, momentum) @ [2 * u, -2 * v]]

    path = solve_ivp(rate, (0, 60), [q0], t_eval=steps, rtol=1e-11, atol=1e-13, method="DOP853").y[0]
    found = balance_under_noise(q0, y, h, s, steps, noise, momentum)
    assert np.abs(found / path - 1).max() < 1e-9
    assert found[-1] / q0 < 0.9
    assert balance_under_noise(q0, -y, h, s, 20, noise, momentum) == pytest.approx(found[2], rel=1e-14)
    assert balance_under_noise(-q0, y, h, s, 20, noise, momentum) == pytest.approx(-found[2], rel=1e-14)


def test_the_law_survives_long_runs():
    # log q falls at the rate of the valley's bottom, lambda = 2 y, long after q itself is negligible.
    found = balance_under_noise(1.5, 1.0, 0.1, 0.1, [2e6, 4e6])
    assert np.log(found[1] / found[0]) == pytest.approx(-2e6 * 1e-4 / (1 - 0.1), rel=1e-9)
    assert balance_under_noise(1.5, 1.0, 0.1, 0.1, 1e9, "normal") == 0.0


@pytest.mark.parametrize("noise_std", [0.02, 0.01])
def test_exact_mean_of_all_sign_sequences(noise_std):
    """2^16 sequences from the manifold, compared in their last step, when the fluctuations have filled up."""
    q0, y, h, K = 1.5, 1.0, 0.36, 16
    (u, v), logs = point(q0, y), []
    u, v = np.array([u]), np.array([v])
    for _ in range(K):
        r = np.concatenate([u * v - y - s * noise_std for s in (1, -1)])
        u, v = np.tile(u, 2), np.tile(v, 2)
        u, v = u - h * r * v, v - h * r * u
        logs.append(np.mean(np.log((u * u - v * v) / q0)))
    law = np.log(balance_under_noise(q0, y, h, noise_std, np.arange(K + 1)) / q0)
    # Everything is even in the noise: what is left is of relative second order.
    assert abs((logs[-1] - logs[-2]) / (law[-1] - law[-2]) - 1) < 30 * noise_std**2
    assert abs((logs[-1] - logs[-2]) / -((h * noise_std) ** 2) - 1) > 0.5


@pytest.mark.parametrize(("q0", "y", "tau"), [(1.8056, 1.0, 0.2425), (0.0, 1.0, 0.5), (-3.0, 0.4, 0.3)])
def test_isotropic_spread_against_a_random_walk(q0, y, tau):
    """Jumps of q by +-d at the rates 2 lambda / d^2 have this law for d -> 0, with an error of order d^2."""
    results = []
    for d in (0.16, 0.08):
        q = q0 + d * np.arange(-int(30 / d), int(30 / d) + 1)
        size = np.hypot(q, 2 * y)
        rate = 2 * size / d**2
        generator = diags_array([rate[1:], -2 * rate, rate[:-1]], offsets=[-1, 0, 1])
        law = expm_multiply(tau * generator.T.tocsr(), (np.arange(q.size) == q.size // 2).astype(float))
        results.append(np.array([law @ q, law @ (q - q0) ** 2, law @ size]))
    mean, variance, sharpness = results[1] + (results[1] - results[0]) / 3
    found = balance_under_isotropic_noise(q0, y, tau)
    assert found.mean == pytest.approx(mean, abs=1e-9)
    assert found.std**2 == pytest.approx(variance, rel=1e-5)
    assert found.sharpness == pytest.approx(sharpness, rel=1e-6)


def test_isotropic_spread_for_short_and_no_time():
    size, tau = np.hypot(1.5, 2.0), 1e-3
    found = balance_under_isotropic_noise(1.5, 1.0, tau)
    assert found.std**2 == pytest.approx(4 * size * tau + 16 / size**2 * tau**2, rel=1e-6)
    assert balance_under_isotropic_noise(1.5, 1.0, 0.0) == (1.5, 0.0, size)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: balance_under_noise(0.0, 1.0, 0.1, 0.1, 1), "balance and target must be nonzero"),
        (lambda: balance_under_noise(1.0, 0.0, 0.1, 0.1, 1), "balance and target must be nonzero"),
        (
            lambda: balance_under_noise(1.5, 1.0, 0.8, 0.1, 1),
            r"step_size must be below 2 \(1 \+ momentum\)/lambda = 0.8",
        ),
        (lambda: balance_under_noise(1.5, 1.0, 0.1, 0.1, -1), "steps must be >= 0"),
        (lambda: balance_under_noise(1.5, 1.0, 0.1, 0.1, 1, "isotropic"), "noise must be one of"),
        (lambda: balance_under_noise(1.5, 1.0, 0.1, 0.1, 1, "normal", 0.5), "momentum must be 0 for normal noise"),
        (lambda: balance_under_isotropic_noise(1.0, 0.0, 1.0), "target must be nonzero"),
        (lambda: balance_under_isotropic_noise(1.0, 1.0, -1.0), "T must be >= 0"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
