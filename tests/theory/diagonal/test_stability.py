"""The stability threshold by finite differences and descent, and the bound that it sets."""

import numpy as np
import pytest

from solvable.theory import hypentropy_minimum, stability_threshold, stable_weighted_l1_bound


def instance(seed=0, mean=1.0, n=5, d=12):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, d)) + mean
    y = X[:, :2] @ np.array([1.0, 0.5])
    a = np.full(d, 0.05)
    return X, y, a, hypentropy_minimum(X, y, a=a).point


def factors(beta, a):
    xi = np.arcsinh(beta / (2 * a))
    return np.sqrt(a) * np.exp(xi / 2), np.sqrt(a) * np.exp(-xi / 2)


def test_sharpness_is_that_of_the_hessian():
    X, y, a, beta = instance()
    n, d = X.shape
    u, v = factors(beta, a)

    def gradient(theta):
        g = X.T @ (X @ (theta[:d] ** 2 - theta[d:] ** 2) - y) / n
        return np.concatenate([2 * theta[:d] * g, -2 * theta[d:] * g])

    theta, eps = np.concatenate([u, v]), 1e-5
    hessian = np.array([(gradient(theta + eps * e) - gradient(theta - eps * e)) / (2 * eps) for e in np.eye(2 * d)])
    threshold = stability_threshold(X, beta, a)
    assert threshold.sharpness == pytest.approx(np.linalg.eigvalsh((hessian + hessian.T) / 2)[-1], rel=1e-7)
    assert threshold.step_size * threshold.sharpness == pytest.approx(2.0)
    # Descent from a small perturbation returns just below the threshold, and leaves just above.
    rng = np.random.default_rng(1)
    for factor, stays in ((0.98, True), (1.02, False)):
        here = theta + 1e-7 * rng.standard_normal(2 * d)
        first = np.linalg.norm(gradient(here))
        for _ in range(500):
            here = here - factor * threshold.step_size * gradient(here)
        assert (np.linalg.norm(gradient(here)) < first) == stays


@pytest.mark.parametrize("mean", [0.0, 1.0, 3.0])
def test_weighted_l1_bound(mean):
    for seed in range(5):
        X, _, a, beta = instance(seed, mean)
        threshold = stability_threshold(X, beta, a)
        assert threshold.weighted_l1 <= threshold.weighted_size <= threshold.sharpness / 4 * (1 + 1e-12)
        assert threshold.weighted_size <= stable_weighted_l1_bound(threshold.step_size) * (1 + 1e-12)
        if mean == 3.0:
            assert threshold.weighted_size > 0.8 * threshold.sharpness / 4
    # All columns constant: the bound is attained.
    flat = stability_threshold(np.ones((4, 3)), [1.0, 2.0, 0.0], 0.0)
    assert flat.weighted_l1 == pytest.approx(stable_weighted_l1_bound(flat.step_size))
    assert stability_threshold([[0.0]], [1.0], 1.0).step_size == np.inf


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: stability_threshold([[1.0, 2.0]], [1.0], 0.1), "beta must have one entry per column"),
        (lambda: stability_threshold([[1.0, 2.0]], [1.0, 1.0], [0.1]), r"a must be a number or have shape \(2,\)"),
        (lambda: stability_threshold([[1.0, 2.0]], [1.0, 1.0], -0.1), "a must be >= 0"),
        (lambda: stable_weighted_l1_bound(0.0), "step_size must be > 0"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
