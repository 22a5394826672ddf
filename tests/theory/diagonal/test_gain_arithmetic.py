"""Logarithms of factors against high precision, and what the gain formulas refuse."""

import mpmath as mp
import numpy as np
import pytest

from solvable import theory
from solvable.theory.diagonal.products import atanh_excess, log_excess, log_products


def test_logarithms_keep_their_digits():
    with mp.workdps(60):
        for p, m in [(1e-9, 0.0), (-3e-4, 1e-8), (0.04, 0.01), (0.3, -0.2), (-0.9, 0.05), (1.7, 0.3), (-2.5, 0.0)]:
            A, B = 1 - (mp.mpf(p) + mp.mpf(m)), 1 + (mp.mpf(p) - mp.mpf(m))
            q, R = log_products(np.array([p]), np.array([m]))
            assert float(abs(q[0] / mp.log(abs(A * B)) - 1)) < 1e-12
            assert float(abs(R[0] / (mp.log(abs(A / B)) + 2 * mp.mpf(p)) - 1)) < 1e-12
        for x in (1e-8, -1e-5, 0.02, 0.0999, 0.1001, -0.0999, 0.5, -0.7, 4.0, -3.0):
            exact = mp.mpf(x) - mp.log(abs(1 + mp.mpf(x)))
            assert float(abs(log_excess(np.array(x)) / exact - 1)) < 3e-14
            if abs(x) < 1:
                exact = mp.atanh(mp.mpf(x)) - mp.mpf(x)
                assert float(abs(atanh_excess(np.array(x)) / exact - 1)) < 3e-13


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: theory.gain_gradient_descent([1.0], 0.1), "gradients must have shape"),
        (lambda: theory.gain_gradient_descent([[5.0]], 0.1), "every factor nonzero"),
        (lambda: theory.gain_gradient_descent([[1.0]], 0.0), "step_size must be > 0"),
        (lambda: theory.gain_gradient_descent([[1.0]], 0.1, -1.0), "weight_decay must be >= 0"),
        (lambda: theory.gain_flooding([[1.0]], [1.0, 2.0], 0.1, 0.1), r"losses must have shape \(1,\)"),
        (lambda: theory.gain_gradient_regularized([[1.0]], [[1.0, 2.0]], 0.1, 0.1, 0.1), "ascent_gradients must have"),
        (lambda: theory.gain_sharpness_aware([[1.0]], [[1.0]], 0.1, [0.1, 0.2]), "ascent_step must be a number or"),
        (lambda: theory.gain_sharpness_aware([[1.0]], [[1.0]], 0.1, -0.1), "ascent_step must be >= 0"),
        (
            lambda: theory.gain_per_sample_ascent([[1.0]], [[1.0, 2.0]], [[1.0, 2.0]], 0.1, 0.1),
            "one entry per row of X",
        ),
        (lambda: theory.gain_heavy_ball([[1.0]], 0.5), r"ratios must have shape \(steps, 2"),
        (lambda: theory.gain_heavy_ball([[[1.0], [0.0]]], 0.5), "ratios must be nonzero"),
        (lambda: theory.gain_heavy_ball([[[1.0], [1.0]]], 1.0), "momentum must be < 1"),
        (lambda: theory.gain_nesterov([1.0], 0.1, 0.5), "gradients must have shape"),
        (lambda: theory.gain_nesterov([[5.0]], 0.1, 0.5), "every factor nonzero"),
        (lambda: theory.gain_nesterov([[1.0]], 0.1, -0.5), "momentum must be >= 0"),
        (lambda: theory.gain_nesterov([[1.0]], 0.1, 1.0), "momentum must be < 1"),
        (lambda: theory.gain_momentum_flow([0.0, 0.0], [[[1.0], [1.0]]] * 2, 0.5), "times must be at least two"),
        (lambda: theory.gain_momentum_flow([0.0, 1.0], [[1.0]] * 2, 0.5), r"rates must have shape \(T, 2, d\)"),
        (
            lambda: theory.gain_regularized_flow([0.0, 1.0], [[1.0]], [[1.0]], 0.5),
            "gradients must have one row per time",
        ),
        (lambda: theory.gain_regularized_flow([0.0, 1.0], [[1.0]] * 2, [[1.0]] * 2, -0.5), "strength must be >= 0"),
        (
            lambda: theory.gain_stochastic_gradient_flow([[1.0]] * 2, [0, 1], [[1.0] * 2] * 2, 0.1, "loss", 2),
            "batch_size must be 1",
        ),
        (
            lambda: theory.gain_stochastic_gradient_flow([[1.0]], [0, 1], [[1.0]] * 2, 0.1, "none"),
            "covariance must be one of",
        ),
        (lambda: theory.gain_stochastic_descent([[1.0]], [[1.0]], 0.1, 2), "batch_size must be an integer from 1 to 1"),
        (lambda: theory.gain_label_noise([[1.0]], 5, 0.1, -0.5), "noise_std must be >= 0"),
        (lambda: theory.gain_label_noise([[1.0]], 5, 0.1, 0.5, momentum=1.0), "momentum must be < 1"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
