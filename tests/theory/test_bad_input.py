"""Bad input: one line that names the argument; and what the package loads."""

import subprocess
import sys

import numpy as np
import pytest

from solvable import theory

X = np.array([[1.0, 2.0, 3.0], [0.0, 1.0, 1.0]])
Y = np.array([1.0, 2.0])
NAN = float("nan")
TALL = np.array([[1.0, 0.0], [2.0, 0.0]])

CASES = [
    (lambda: theory.hypentropy_minimum(X, [1.0], a=1.0), "y must have one entry per row"),
    (lambda: theory.hypentropy_minimum(X[0], Y, a=1.0), "X must be 2-dimensional"),
    (lambda: theory.hypentropy_minimum(X * NAN, Y, a=1.0), "X must be finite"),
    (lambda: theory.hypentropy_minimum(X, [NAN, 1], a=1.0), "y must be finite"),
    (lambda: theory.hypentropy_minimum(X, Y), "exactly one of a and log_a"),
    (lambda: theory.hypentropy_minimum(X, Y, a=1.0, log_a=0.0), "exactly one of a and log_a"),
    (lambda: theory.hypentropy_minimum(X, Y, a=0.0), "a must be > 0"),
    (lambda: theory.hypentropy_minimum(X, Y, a=[1.0, -1.0, 1.0]), "a must be > 0"),
    (lambda: theory.hypentropy_minimum(X, Y, a=[1.0, 1.0]), r"a must be a number or have shape \(3,\)"),
    (lambda: theory.hypentropy_minimum(X, Y, log_a=[[0.0]]), "log_a must be 0-dimensional or 1-dimensional"),
    (lambda: theory.hypentropy_minimum(X, Y, a=1.0, xi0=[0.0]), r"xi0 must be a number or have shape \(3,\)"),
    (lambda: theory.hypentropy_minimum(X, Y, a=1.0, xi0=NAN), "xi0 must be finite"),
    (lambda: theory.hypentropy_minimum(TALL, Y * [1, -1], a=1.0), "y must lie in the range of X"),
    (lambda: theory.hypentropy_minimum([[1.0, 0.0]], [1.0], a=1.0, xi0=[0.0, 2000.0]), "range of floats"),
    (lambda: theory.hypentropy_minima(X, Y, [[0.0, 0.0]]), r"log_a must have shape \(R,\) or \(R, 3\)"),
    (lambda: theory.hypentropy_minima(X, Y, [0.0], [[0.0]]), r"xi0 must have shape \(1, 3\)"),
    (lambda: theory.hypentropy_minima(TALL, Y * [1, -1], [0.0]), "y must lie in the range of X"),
    (lambda: theory.depth_minimum(X, Y, 0.1, 1), "depth must be an integer >= 2"),
    (lambda: theory.depth_minimum(X, Y, 0.1, 2.5), "depth must be an integer >= 2"),
    (lambda: theory.depth_minimum(X, Y, 0.0, 3), "scale must be > 0"),
    (lambda: theory.depth_minimum(X, Y, 1e-100, 6), "scale must keep"),
    (lambda: theory.depth_minimum(TALL, Y * [1, -1], 0.1, 3), "y must lie in the range of X"),
    (lambda: theory.least_l1(X, Y, [1.0, -1.0, 1.0]), "weights must be > 0"),
    (lambda: theory.least_l1(X, Y, [1.0]), r"weights must have shape \(3,\)"),
    (lambda: theory.least_l1(TALL, Y * [1, -1]), "y must lie in the range of X"),
    (lambda: theory.least_l2(TALL, Y * [1, -1]), "y must lie in the range of X"),
    (lambda: theory.lasso(X, Y, 0.0), "weights must be > 0"),
    (lambda: theory.lasso(X, Y, [1.0, 1.0]), r"weights must have shape \(3,\)"),
    (lambda: theory.lasso(X, Y, "much"), "weights must be an array of real numbers"),
    (lambda: theory.saddle_to_saddle(X, [1.0]), "y must have one entry per row"),
    (lambda: theory.saddle_to_saddle(X * NAN, Y), "X must be finite"),
    (lambda: theory.null_space_exponent(TALL, Y * [1, -1]), "y must lie in the range of X"),
    (lambda: theory.large_scale_expansion(X, Y, -1.0), "a must be > 0"),
    (lambda: theory.rich_scale_bound(0.0, 0.1, 3), "l1 must be > 0"),
    (lambda: theory.rich_scale_bound(1.0, 0.0, 3), "excess must be > 0"),
    (lambda: theory.rich_scale_bound(1.0, 0.1, 0), "d must be an integer >= 1"),
    (lambda: theory.kernel_scale_bound(-1.0, 0.1), "l2 must be > 0"),
    (lambda: theory.orthogonal_flow(1.0, 1.0, -1.0, 1.0), "t must be >= 0"),
    (lambda: theory.orthogonal_flow(0.0, 1.0, 1.0, 1.0), "h must be > 0"),
    (lambda: theory.orthogonal_flow(1.0, 1.0, 1.0, 0.0), "a must be > 0"),
    (lambda: theory.orthogonal_flow(1.0, 1.0, 1.0), "exactly one of a and log_a"),
    (lambda: theory.orthogonal_flow([1.0, 1.0, 1.0], 1.0, [1.0, 2.0], 1.0), "must broadcast together"),
    (lambda: theory.half_time(1.0, 0.0, 1.0), "target must be nonzero"),
    (lambda: theory.half_time(1.0, 1.0, 0.1, 5.0), "xi0 must put the start below"),
    (lambda: theory.scalar_flow(1.0, 1.0, -1.0), "t must be >= 0"),
    (lambda: theory.scalar_flow(NAN, 1.0, 1.0), "x0 must be finite"),
    (lambda: theory.scalar_flow([1.0, 1.0, 1.0], 1.0, [1.0, 2.0]), "must broadcast together"),
    (lambda: theory.scalar_time(0.0, 0.5, 0.0), "imbalance must be nonzero"),
    (lambda: theory.scalar_time(0.5, 1.5, 1.0), "same side of target"),
    (lambda: theory.scalar_time([0.1, 0.2], [0.3, 0.4, 0.5], 1.0), "must broadcast together"),
    (lambda: theory.barrett_dherin_field(np.sin, 3.0, 0.1), "hessian must be callable"),
    (lambda: theory.barrett_dherin_field(np.sin, np.cos, 0.0), "step_size must be > 0"),
    (lambda: theory.barrett_dherin_field(np.sin, np.cos, 0.1)(Y), "gradient and hessian must return shapes"),
    (lambda: theory.ascent_descent_field(np.sin, np.dot, np.dot, 0.0, 0.1, 0.1), "step_size must be > 0"),
    (lambda: theory.ascent_descent_field(np.sin, np.dot, np.dot, 0.1, NAN, 0.1), "strength must be finite"),
    (lambda: theory.normalized_ascent_field(np.sin, np.dot, [0.1, -0.1], 0.1), "step_size must be > 0, got -0.1"),
    (lambda: theory.normalized_ascent_field(np.sin, np.dot, 0.1, -0.1), "radius must be >= 0"),
    (lambda: theory.modified_game_field(np.sin, np.cos, 0.0, (1, 1), 1), "step_size must be > 0"),
    (lambda: theory.modified_game_field(np.sin, np.cos, 0.1, (1, 1, 1), 1), "rates must be two numbers"),
    (lambda: theory.modified_game_field(np.sin, np.cos, 0.1, (1, 1), 0), "first must be an integer >= 1"),
    (lambda: theory.principal_flow_field(np.sin, np.cos, 0.0), "step_size must be > 0"),
    (lambda: theory.quadratic_principal_flow(np.eye(2), [1.0, 2.0, 3.0], 0.5, [1.0]), r"must have shape \(3, 3\)"),
    (lambda: theory.quadratic_principal_flow(np.eye(2), [1.0, 2.0], 0.0, [1.0]), "step_size must be > 0"),
    (lambda: theory.balanced_two_layer(np.eye(2), np.diag([1.0, 2.0]), np.eye(2), 1.0), "deviates from 1.5 I by 1.5"),
    (lambda: theory.balanced_two_layer(np.eye(2), np.eye(3), np.eye(2), 1.0), r"got shapes \(3, 3\), \(2, 2\) and"),
    (lambda: theory.balanced_two_layer(np.eye(2), np.eye(2), np.eye(2), [1.0, -1.0]), "t must be >= 0, got -1"),
    (lambda: theory.balanced_two_layer(np.eye(2), np.eye(2), NAN * np.eye(2), 1.0), "Y must be finite"),
    (lambda: theory.balanced_two_layer(np.eye(2), np.eye(2), np.eye(2), [[1.0]]), "t must be 0-dimensional or"),
    (lambda: theory.deep_scalar_time(0.0, 0.5, 1.0, 3), "u0 must be nonzero"),
    (lambda: theory.deep_scalar_time(0.1, -0.5, 1.0, 3), "must have the same sign"),
    (lambda: theory.deep_scalar_time(0.1, [0.5, 1.5], 1.0, 3), "same side of target"),
    (lambda: theory.deep_scalar_time(1.0, 0.5, 1.0, 3), "same side of target"),
    (lambda: theory.deep_scalar_time(0.1, 0.5, 1.0, 1), "depth must be an integer >= 2"),
    (lambda: theory.deep_scalar_time([0.1, 0.2], [0.5] * 3, 1.0, 2), "u0, u, target must broadcast together"),
    (lambda: theory.deep_scalar_mode(0.1, 1.0, 3, -1.0), "t must be >= 0"),
    (lambda: theory.escape_time(2.0, 1.0, 3), "u0 must lie strictly between 0 and target"),
    (lambda: theory.end_to_end_velocity(np.eye(2), np.ones((2, 3)), 2), "gradient must have the shape of W"),
    (lambda: theory.end_to_end_velocity(np.eye(2), np.eye(2), 0), "depth must be an integer >= 1"),
    (lambda: theory.end_to_end_flow(np.eye(2), np.negative, 2, [1.0, 0.5]), "t must be >= 0 and not falling"),
    (lambda: theory.balance_drift([np.eye(2)], np.negative, 0.1, 1.0), "weights must be two or more layers"),
    (lambda: theory.balance_drift([np.eye(2), np.eye(3)], np.negative, 0.1, 1.0), "weights must be two or more layers"),
    (lambda: theory.balance_drift([np.eye(2)] * 2, np.negative, 0.0, 1.0), "step_size must be > 0"),
    (lambda: theory.deep_flatness(np.eye(2), 1), "depth must be an integer >= 2"),
    (lambda: theory.population_flatness([np.eye(2), np.eye(3)]), "factors must be one or more layers that fit"),
    (lambda: theory.flattest_factors(np.eye(3), [3, 2]), r"widths\[1\] must be an integer >= 3, got 2"),
    (lambda: theory.flattest_factors(np.eye(3), []), "widths must hold at least one"),
    (lambda: theory.completion_growth(2, 0.0), "t must be > 0"),
    (lambda: theory.completion_log_det(3, -1.0), "t must be > 0"),
    (lambda: theory.completion_bound([0.1, 0.0]), "loss must be > 0"),
    (lambda: theory.uncertainty_exponent(1.0), r"step_size \* \|target\| must be in \(0, 1\)"),
    (lambda: theory.uncertainty_exponent(1.0, 0.0), r"step_size \* \|target\| must be in \(0, 1\)"),
    (lambda: theory.sharpness_past_the_edge(20.0, 0.1), "sharpness must be above 2/step_size"),
    (lambda: theory.sharpness_past_the_edge(3.0, 1.0), r"step_size \* \|target\| must be < 1"),
    (lambda: theory.sharpness_past_the_edge(21.0, 0.1, order=3), "order must be 1 or 2"),
    (lambda: theory.sharpness_past_the_edge([21.0, 22.0], [0.1, 0.1, 0.1]), "must broadcast together"),
    (lambda: theory.completion_flow(np.diag([1.0, -1.0]), [1.0]), "W0 must be symmetric positive definite"),
    (lambda: theory.balanced_two_layer([[1e200]], [[1e200]], [[1.0]], 1.0), "W1 and W2 must be at most 1e[+]150"),
    (lambda: theory.period_two_orbit(1e200), "step_size must be below 1e150"),
    (lambda: theory.deep_scalar_time(1e-200, 1e200, 1e300, 3), "u0, u and target must have quotients"),
    (lambda: theory.deep_scalar_mode(1e-263, 1e204, 3, 1e84), "u0 and target must have quotients"),
    (lambda: theory.squared_residual_integral(1e200, 0.2, 0.24), "x0 and y0 must have squares"),
    (lambda: theory.label_noise_weights([[[1e200]]]), "A must have squares"),
    (lambda: theory.least_trace([[[1e-200, 0.0], [0.0, 2e-200]]], [1e200]), "y must be attained within the range"),
    (lambda: theory.completion_flow(np.eye(2), [-1.0, 1.0]), "t must be >= 0 and not falling"),
    (
        lambda: theory.factorization_bounded(1.0, 1.0, [0.5, 2.0]),
        "must be < 2, got 2: from there on there is no ellipse",
    ),
    (lambda: theory.factorization_bounded(1.0, 1.0, 0.0), "step_size must be > 0"),
    (lambda: theory.ellipse_point([0.0, 1.0], [0.1] * 3), "angle, step_size, target must broadcast together"),
    (lambda: theory.period_two_orbit(0.9), "step_size must be above 1/"),
    (lambda: theory.period_two_orbit(0.9, 0.0), "step_size must be above 1/"),
    (lambda: theory.second_order_balancedness_loss(1.0, -1.0, 2.0, 0.1), "x0 and y0 must differ in size"),
    (lambda: theory.second_order_balancedness_loss(0.51, 0.49, 1.0, 20.0), "step_size must be smaller"),
    (lambda: theory.end_sharpness([1.0, 2.0], [1.0] * 3), "x0, y0, target must broadcast together"),
]


@pytest.mark.parametrize("case", range(len(CASES)), ids=lambda k: CASES[k][1][:40])
def test_bad_input_is_refused_in_one_line(case):
    call, message = CASES[case]
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_import_is_light_and_names_are_lazy():
    code = (
        "import sys, solvable.theory as t; assert 'scipy' not in sys.modules; names = dir(t); "
        "assert 'scipy' not in sys.modules; assert set(t.__all__) <= set(names); "
        "[getattr(t, n) for n in t.__all__]; assert 'scipy' in sys.modules; "
        "assert not any(m.startswith(('numba', 'solvable.models', 'solvable.dynamics')) for m in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_unknown_name():
    with pytest.raises(AttributeError, match="no_such_thing"):
        _ = theory.no_such_thing


def test_no_function_shares_its_name_with_a_module():
    import importlib.util

    for name in theory.__all__:
        assert importlib.util.find_spec(f"solvable.theory.{name}") is None


def test_inputs_are_not_changed():
    data, right = X.copy(), Y.copy()
    for call in (
        lambda: theory.hypentropy_minimum(data, right, a=1e-3),
        lambda: theory.depth_minimum(data, right, 0.1, 3),
        lambda: theory.least_l1(data, right),
        lambda: theory.lasso(data, right, 0.1),
        lambda: theory.null_space_exponent(data, right),
        lambda: theory.saddle_to_saddle(data, right),
        lambda: theory.slow_flow_diagonal(data, right, 1.0, 1.0, 1.0),
        lambda: theory.label_noise_limit(data, right),
    ):
        call()
    assert np.array_equal(data, X)
    assert np.array_equal(right, Y)
