"""The figures of label noise: their numbers against plain recursions, other formulas of theory, and rivals."""

import numpy as np
import pytest

from figures import one_datapoint, stationary_circle, weak_order


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
