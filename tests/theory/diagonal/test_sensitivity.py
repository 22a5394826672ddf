"""The sensitivity of the l1 norm against differences of certified minima."""

import numpy as np
import pytest

from solvable.theory import hypentropy_minimum, l1_sensitivity


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("size", [1e-3, 0.3])
def test_is_the_derivative_of_the_norm(seed, size):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((4, 9))
    X[3] = X[0] - X[1]  # dependent rows do not matter
    y = X @ rng.standard_normal(9)
    log_a, xi0 = np.log(size) + rng.standard_normal(9), rng.standard_normal(9)
    step = 1e-4

    def norm(shift):
        return np.abs(hypentropy_minimum(X, y, log_a=log_a + shift, xi0=xi0).point).sum()

    slopes = [(norm(step * e) - norm(-step * e)) / (2 * step) for e in np.eye(9)]
    point = hypentropy_minimum(X, y, log_a=log_a, xi0=xi0).point
    np.testing.assert_allclose(l1_sensitivity(X, point, np.exp(log_a)), slopes, atol=1e-6 * np.abs(point).max())


@pytest.mark.parametrize(
    ("X", "beta", "a", "message"),
    [
        ([[1.0, 1.0]], [1.0], 0.1, "beta and a must fit X"),
        ([[1.0, 1.0]], [1.0, 1.0], 0.0, "a must be > 0"),
        ([[1.0, 1.0]], [1.0, 0.0], 0.1, "beta must have no zero"),
    ],
)
def test_bad_input_is_named(X, beta, a, message):
    with pytest.raises(ValueError, match=message):
        l1_sensitivity(X, beta, a)
