"""The figures of label noise: their numbers against plain recursions, other formulas of theory, and rivals."""

import numpy as np
import pytest
from scipy.integrate import cumulative_trapezoid, solve_ivp

from figures import noise_shapes, one_datapoint, slow_drift, stationary_circle, weak_order


def integrated(rate, balance, clock):
    """q on the clock from ``d log q = -rate(lambda) dtau``, lambda the sharpness of the minimum of ``xy = 1``."""
    path = solve_ivp(
        lambda _, logs: -rate(np.hypot(np.exp(logs), 2)), (0, clock[-1]), [np.log(balance)], t_eval=clock, rtol=1e-9
    )
    return np.exp(path.y[0])


def test_label_noise_drifts_at_one_speed_up_to_the_order_of_the_step(arrays_of):
    found = arrays_of("slow-drift")
    steps, clock, logs = found["step"], found["clock"], found["log"]
    x, y = slow_drift.START
    q0, noise, runs = x * x - y * y, slow_drift.NOISE, slow_drift.RUNS
    assert x * y == 1
    spread = logs.std(axis=-1)
    for h, law, measured, deviation, path in zip(steps, found["law"], logs, spread, found["path"], strict=True):
        expected = integrated(lambda size, h=h: 1 / (1 - h * size / 2), q0, found["fine"])
        np.testing.assert_allclose(law, expected, rtol=1e-5)
        gap = measured.mean(axis=-1) - np.log(np.interp(clock, found["fine"], law))
        assert np.all(np.abs(gap) <= 5 * deviation / np.sqrt(runs) + 0.01 * clock)  # the law is one for small noise
        # Near its end a run shakes about the hyperbola as a linear recursion does.
        size = np.hypot(law[-1], 2)
        across = np.prod(path[-150:], axis=-1) - 1
        assert across.std() == pytest.approx(noise * np.sqrt(h * size / (2 - h * size)), rel=0.3)
    beyond = np.log(q0) - logs[:, -1].mean(axis=-1) - clock[-1]
    slopes = np.log2(beyond[:-1] / beyond[1:])
    np.testing.assert_allclose(slopes[-2:], 1, atol=0.15)  # of the order of the step
    np.testing.assert_allclose(beyond[-1], found["first_order"] * steps[-1], rtol=0.1)
    np.testing.assert_allclose(found["beyond"][0], found["first_order"] * found["fine_step"][0], rtol=0.05)
    assert abs(beyond[-1]) < 0.1 * min(0.5 * clock[-1], clock[-1])  # the rivals: half the speed, or twice
    np.testing.assert_allclose(spread[2:, -1] / steps[2:], noise * np.sqrt(2 * clock[-1]), rtol=0.35)


def test_shapes_of_noise_descend_trace_determinant_and_nothing(arrays_of):
    found = arrays_of("noise-shapes")
    q0, h, size0 = noise_shapes.BALANCE, noise_shapes.STEP, noise_shapes.SHARPNESS
    clock, fine = found["clock"], found["fine"]
    laws = {
        "label": integrated(lambda size: 1 / (1 - h * size / 2), q0, fine),
        "normal": integrated(lambda size: size0 / size / (1 - h * size / 2), q0, fine),
    }
    laws["injected"] = laws["label"]
    for name, expected in laws.items():
        (mean, std, size), (q, _, theory) = found[f"{name}_measured"], found[f"{name}_law"]
        np.testing.assert_allclose(q, expected, rtol=1e-5)
        error = 5 * std.max() / np.sqrt(noise_shapes.RUNS)
        np.testing.assert_allclose(mean, np.interp(clock, fine, q), rtol=0.02, atol=error)
        np.testing.assert_allclose(size, np.interp(clock, fine, theory), rtol=0.01, atol=error)
        other = laws["label" if name == "normal" else "normal"]
        assert abs(mean[-1] - q[-1]) < 0.1 * abs(mean[-1] - other[-1])
        if name != "injected":
            assert std.max() < 0.01 * q0
    (mean, std, size), (q, width, theory) = found["isotropic_measured"], found["isotropic_law"]
    np.testing.assert_array_equal(q, q0)
    variance = cumulative_trapezoid(2 * size0 * theory, fine, initial=0)  # d Var q = 4 s^2 E lambda, 2 s^2 = lambda_0
    np.testing.assert_allclose(width**2, variance, rtol=1e-3)
    assert np.all(np.abs(mean - q0)[1:] < 5 * std[1:] / np.sqrt(noise_shapes.MANY))
    assert abs(mean[-1] - q0) < 0.1 * (q0 - laws["label"][-1])  # the rival: the drift of label noise
    np.testing.assert_allclose(std, np.interp(clock, fine, width), rtol=0.06, atol=1e-9)
    np.testing.assert_allclose(size, np.interp(clock, fine, theory), rtol=0.05)
    assert size[-1] > 1.2 * size0


def test_stationary_covariances_and_correlations(arrays_of):
    found = arrays_of("stationary-circle")
    X, y = stationary_circle.problem()
    n, noise = y.size, stationary_circle.NOISE
    A = X.T @ X / n
    values, axes = found["eigenvalue"], np.linalg.eigh(A)[1][:, ::-1]
    runs, lags = stationary_circle.RUNS, np.arange(stationary_circle.LAGS)
    for column, h in enumerate(found["step"]):
        S = np.zeros((2, 2))
        for _ in range(2000):  # what a step on one example does to second moments
            S = sum((S - h * x[:, None] * (x @ S)) @ (np.eye(2) - h * np.outer(x, x)) for x in X) / n
            S += (h * noise) ** 2 * A
        exact = (axes.T @ S @ axes / (h * noise**2 / 2), np.diag(2 / (2 - h * values)))
        for row in range(2):
            theory, measured = found["theory"][row, column], found["measured"][row, column]
            np.testing.assert_allclose(theory[0], exact[row], atol=1e-10)
            root = np.linalg.inv(np.linalg.cholesky(theory[0]))
            assert np.abs(root @ measured[0] @ root.T - np.eye(2)).max() < 0.1
            for j, value in enumerate(values):
                of_theory, of_runs = (stationary_circle.correlation(C, j) for C in (theory, measured))
                np.testing.assert_allclose(of_theory, (1 - h * value) ** lags, atol=1e-10)
                assert np.abs(of_runs - of_theory).max() < 6 / np.sqrt(runs)
    # The rivals at the largest step: the unit circle, its correlation, and the full batch's ellipse for one example.
    one, full = found["measured"][:, -1]
    assert min(one[0, 0, 0], full[0, 0, 0]) > 2
    assert abs(full[1, 0, 0] / full[0, 0, 0] - np.exp(-found["step"][-1] * values[0])) > 0.4
    assert one[0, 0, 0] > 2 * full[0, 0, 0]
    assert one[0, 0, 1] > 0.1 * one[0, 0, 0]


@pytest.mark.parametrize("case", one_datapoint.CASES, ids=lambda case: case[0])
def test_neurons_follow_the_limiting_flow(arrays_of, case):
    found, activation = arrays_of("one-datapoint"), case[0]
    clock, measured, theory, states = (
        found[f"{activation}_{kind}"] for kind in ("clock", "measured", "theory", "states")
    )
    hidden, regularizer = theory[:, :-1], theory[:, -1]
    deviation = np.abs(measured[:, :-1] - hidden).max()
    assert deviation < 0.06
    for factor in (0.5, 2.0):  # the rivals: half the drift, or twice
        other = np.array([np.interp(np.log(factor * clock), np.log(clock), a) for a in hidden.T]).T
        assert np.abs(other - hidden).max() > 2 * deviation
    assert np.all(np.diff(regularizer) < 1e-6)
    np.testing.assert_allclose(np.sort(np.abs(hidden[-1])), np.sort(states[0, :-1]), atol=2e-3)
    assert regularizer[-1] == pytest.approx(states[0, -1], rel=1e-4)
    assert np.mean(measured[-20:, -1]) == pytest.approx(states[0, -1], rel=0.03)
    spread = [np.ptp(np.abs(hidden[moment])) for moment in (0, -1)]
    assert spread[1] < 1e-3 if activation == "sigmoid" else spread[1] > spread[0]
    assert len(states) == (1 if activation == "sigmoid" else one_datapoint.WIDTH)


def test_moments_and_fourier_series_are_those_of_theory():
    from solvable.theory import circle_modified_equation, modified_equation_moments

    X, y = weak_order.problem()
    fit, h = np.linalg.lstsq(X, y, rcond=None)[0], 0.125
    intercepts = weak_order.regression().expectations(h)[:, 0]
    for order in (1, 2):
        mean, covariance = modified_equation_moments(
            X, y, weak_order.START, h, weak_order.NOISE, weak_order.TIME, order=order
        )
        assert intercepts[order] == pytest.approx(covariance[0, 0] + (mean - fit)[0] ** 2, rel=1e-12)
    for order in (0, 1, 2):
        starts, values = circle_modified_equation(
            weak_order.gradients, [0.5, 0.5], weak_order.observable, h, weak_order.TIME, order
        )
        found = weak_order.circle(starts).expectations(h)[order]
        np.testing.assert_allclose(found, values, atol=1e-12)


def test_weak_errors_have_the_slopes_and_heights_of_theory(arrays_of):
    found = arrays_of("weak-order")
    orders = np.array(list(weak_order.ORDERS.values()))
    leading = found["height"][:, :, None] * found["step"] ** orders[:, None]
    ratio = found["error"] / leading
    assert np.abs(ratio[:, :, -1] - 1).max() < 0.02
    rest = np.abs(ratio[:, :, -1] - 1) / np.abs(ratio[:, :, -5] - 1)  # a fourth of the step
    np.testing.assert_allclose(rest, 0.25, atol=0.05)
    sampled, (*_, error) = found["error"][0, :, : weak_order.SAMPLED], found["sampled"]
    assert np.all(np.abs(found["sampled"][:-1] - sampled) < 5 * error)
    assert np.all(sampled[3] - sampled[1] > 5 * error)  # the wrong sign is seen in the runs
