"""The limiting flow of label noise against closed forms, conserved quantities and the one-step drift."""

import numpy as np
import pytest

from solvable.theory import (
    balance_under_noise,
    label_noise_drift,
    limiting_flow,
    second_moment_radius,
    slow_flow_diagonal,
)

PRODUCT = (lambda t: [[t[1], t[0]]], lambda t: [[[0, 1], [1, 0]]], lambda t: [t[0] * t[1] - 1.0])


def diagonal(seed=0, n=4, d=7):
    rng = np.random.default_rng(seed)
    X, y = rng.standard_normal((n, d)) * rng.uniform(0.4, 1.6, d), rng.standard_normal(n)
    H = np.array([np.diag(np.concatenate([2 * x, -2 * x])) for x in X])
    model = (
        lambda t: np.hstack([2 * X * t[:d], -2 * X * t[d:]]),
        lambda t: H,
        lambda t: X @ (t[:d] ** 2 - t[d:] ** 2) - y,
    )
    u0, v0 = rng.uniform(0.4, 0.9, d), -rng.uniform(0.4, 0.9, d)
    a = np.abs(u0 * v0)
    xi = np.arcsinh(slow_flow_diagonal(X, y, u0, v0, 0.0).point / (2 * a))
    return X, y, u0, v0, model, np.concatenate([np.sqrt(a) * np.exp(xi / 2), -np.sqrt(a) * np.exp(-xi / 2)])


def test_diagonal_network_in_closed_form():
    X, y, u0, v0, model, start = diagonal()
    d, times = X.shape[1], np.array([0.0, 0.05, 0.3, 1.0, 2.5])
    path = limiting_flow(*model, start, times)
    m = np.mean(X**2, axis=0)
    for T, point, size in zip(times, path.points, path.regularizer, strict=True):
        u, v = point[:d], point[d:]
        assert np.abs(u**2 - v**2 - slow_flow_diagonal(X, y, u0, v0, T).point).max() < 1e-9
        assert np.abs(u * v - u0 * v0 * np.exp(-4 * m * T)).max() < 1e-9
        assert size == pytest.approx(4 * m @ (u**2 + v**2), rel=1e-12)
    assert path.residual.max() < 1e-9
    assert np.array_equal(path.times, times)
    # log|u/v| stays in its class modulo the row space of X.
    null = np.linalg.svd(X)[2][4:]
    shift = np.log(np.abs(path.points[1][:d] / path.points[1][d:])) - np.log(np.abs(u0 / v0))
    assert np.abs(null @ shift).max() < 1e-9
    assert np.abs(shift).max() > 0.05


def test_an_error_off_the_minima_is_taken_back():
    *_, model, start = diagonal(1)
    exact, moved = (limiting_flow(*model, start + shift, 0.5) for shift in (0.0, 1e-8))
    assert np.abs(model[2](start + 1e-8)).max() > 1e-9
    assert moved.residual[-1] < 1e-10
    assert np.abs(moved.points - exact.points).max() < 1e-6


@pytest.mark.parametrize(("step_size", "momentum"), [(0.0, 0.0), (0.3, 0.0), (0.5, 0.5)])
def test_balance_of_a_product(step_size, momentum):
    times = np.array([0.3, 1.0, 2.0])
    path = limiting_flow(*PRODUCT, [2.0, 0.5], times, step_size=step_size, momentum=momentum)
    q = path.points[:, 0] ** 2 - path.points[:, 1] ** 2
    if step_size == 0.0:
        law = 3.75 * np.exp(-times)
    else:
        noise_std = 1e-3
        steps = times * ((1 - momentum) / (step_size * noise_std)) ** 2
        law = balance_under_noise(3.75, 1.0, step_size, noise_std, steps, "label", momentum)
        assert np.abs(q - 3.75 * np.exp(-times)).min() > 0.1
    assert np.abs(q / law - 1).max() < 1e-8


@pytest.mark.parametrize("batch_size", [1, 2, None])
def test_small_steps_of_the_drift_at_a_finite_step(batch_size):
    """A tangent at the start: the path is the flow of `label_noise_drift` on the slow clock."""
    *_, model, start = diagonal(2, 3, 4)
    h = 0.02
    assert second_moment_radius(model[0](start), h, batch_size) < 1
    b = 3 if batch_size is None else batch_size
    drift = label_noise_drift(model[0](start), model[1](start), h, 1.0, batch_size) * b / h**2
    T = 1e-4
    ends = limiting_flow(*model, start, [T, 2 * T], step_size=h, batch_size=batch_size).points
    velocity = (4 * (ends[0] - start) - (ends[1] - start)) / (2 * T)
    assert np.abs(velocity - drift).max() < 1e-5 * np.abs(drift).max()
    leading = limiting_flow(*model, start, T).points[0] - start
    assert np.abs(leading / T - drift).max() > 0.02 * np.abs(drift).max()


def test_no_time_and_hardly_any():
    assert np.array_equal(limiting_flow(*PRODUCT, [2.0, 0.5], 0.0).points, [[2.0, 0.5]])
    assert np.array_equal(limiting_flow(*PRODUCT, [2.0, 0.5], [0.0, 1e-200]).points, [[2.0, 0.5], [2.0, 0.5]])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: limiting_flow(*PRODUCT, [2.0, 1.0], 1.0), "theta0 must be a point of zero loss, but the nearest is"),
        (lambda: limiting_flow(*PRODUCT, [2.0, 0.5], [1.0, 0.5]), "T must be >= 0 and increase"),
        (lambda: limiting_flow(*PRODUCT, [2.0, 0.5], -1.0), "T must be >= 0 and increase"),
        (lambda: limiting_flow(*PRODUCT, [2.0, 0.5], []), "T must be >= 0 and increase"),
        (lambda: limiting_flow(*PRODUCT, [2.0, 0.5], 1.0, batch_size=2), "batch_size must be an integer from 1 to 1"),
        (lambda: limiting_flow(*PRODUCT, [2.0, 0.5], 1.0, momentum=1.0), "momentum must be < 1"),
        (lambda: limiting_flow(*PRODUCT, [2.0, 0.5], 1.0, step_size=0.5), "step_size must be stable in mean square"),
        (lambda: limiting_flow(*PRODUCT, [2.0, 0.5], 1.0, rtol=0.0), "rtol must be > 0"),
        (lambda: limiting_flow(PRODUCT[1], *PRODUCT[1:], [2.0, 0.5], 1.0), "gradients must be 2-dimensional"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
