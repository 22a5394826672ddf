"""The figures of matrix sensing: their numbers by other means, and their rivals."""

import numpy as np
from scipy.integrate import solve_ivp

from figures import sensing_recovery


def test_the_trace_is_not_monotone_and_ends_at_rank_one(arrays_of):
    found = arrays_of("sensing-counterexample")
    for epsilon, trace, high, least in zip(
        found["epsilon"], found["trace"], found["rank_one"], found["least_trace"], strict=True
    ):
        np.testing.assert_allclose([high, least], [1 / epsilon + 2 * epsilon, 4 - 2 * epsilon], rtol=1e-12)
        assert trace[-1] == np.clip(trace[-1], high * (1 - 1e-4), high)
        lowest = np.argmin(trace)
        assert 0.03 < found["scale"][lowest] < 0.5
        assert least < trace[lowest] < 1.02 * least


def test_limits_are_those_of_the_flow_on_the_matrix_itself(arrays_of):
    found = arrays_of("sensing-counterexample")
    e = found["epsilon"][1]
    for k in (0, 8, 16):

        def velocity(_, x):
            X = x.reshape(3, 3)
            G = np.zeros((3, 3))
            G[0, 1] = G[0, 2] = G[1, 0] = G[2, 0] = (X[0, 1] - 1) / 2
            G[1, 2] = G[2, 1] = (X[1, 2] - e) / 2
            return -(2 / 3) * (G @ X + X @ G).ravel()

        end = solve_ivp(velocity, (0, 400), found["scale"][k] * np.eye(3).ravel(), rtol=1e-9, atol=1e-12).y[:, -1]
        X = end.reshape(3, 3)
        np.testing.assert_allclose(np.trace(X), found["trace"][1, k], rtol=1e-5)
        np.testing.assert_allclose(X[1, 1] - X[1, 2], found["second"][1, k], rtol=1e-4)


def test_the_second_eigenvalue_has_the_exponent_of_theory_and_not_one(arrays_of):
    found = arrays_of("sensing-counterexample")
    slopes = np.diff(np.log(found["second"][:, -4:]), axis=1) / np.diff(np.log(found["scale"][-4:]))
    mu = found["epsilon"] / 2 + np.sqrt(found["epsilon"] ** 2 / 4 + 2)
    np.testing.assert_allclose(slopes[:, -1], 1 + found["epsilon"] / mu, atol=1e-3)
    assert np.all(slopes > 1.1)


def test_recovery_sets_in_at_the_statistical_dimension_and_not_at_the_degrees_of_freedom(arrays_of):
    found = arrays_of("sensing-recovery")
    for cone in ("psd", "nuclear"):
        middle, theory = np.median(found[f"{cone}_number"], axis=0), found[f"{cone}_theory"][:-1]
        assert np.all(np.abs(middle - theory) < 0.8 * np.sqrt(theory))
        freedom = sensing_recovery.freedom(cone, found["rank"])
        assert np.all(middle >= freedom)
        assert np.mean(middle - freedom) > 2 * np.abs(np.mean(middle - theory))
    assert np.all(np.median(found["psd_number"], axis=0) < 0.7 * found["nuclear_theory"][:-1])
