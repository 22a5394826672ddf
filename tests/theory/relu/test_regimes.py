"""The exponents of the relative change against trained networks, and the regions they cut."""

import numpy as np
import pytest

from solvable.theory import relative_change_exponent, training_regime

# early alignment on these has attractors for both signs of a, between which they can be fitted
X, Y = np.array([[-1.0, 1.0], [1.0, 1.0]]), np.array([0.6, -0.4])


def relative_change(gamma, gamma_prime, m, seed, antisymmetric=True):
    """``sup_t |w(t) - w(0)| / |w(0)|`` of gradient descent in units of the start, until the loss is 1e-4."""
    rng, half = np.random.default_rng(seed), m // 2 if antisymmetric else m
    A, W = rng.standard_normal(half), rng.standard_normal((half, 2))
    if antisymmetric:
        A, W = np.append(A, -A), np.vstack([W, W])
    kappa, K, start, n, change = m**-gamma, m**-gamma_prime, W, Y.size, 0.0
    for _ in range(20_000):
        pre = W @ X
        on, relu = pre > 0, np.maximum(pre, 0)
        e = kappa * A @ relu - Y
        if e @ e / (2 * n) < 1e-4:
            return change
        kernel = kappa**2 / n * (np.sum(relu**2) / K + K * np.sum(A[:, None] ** 2 * on * np.sum(X**2, axis=0)))
        step = 0.5 / (kernel + kappa * np.abs(e).sum())
        A, W = A - step * kappa / K * (relu @ e) / n, W - step * kappa * K * A[:, None] * ((on * e) @ X.T) / n
        change = max(change, np.linalg.norm(W - start) / np.linalg.norm(start))
    raise AssertionError("the loss did not fall")


@pytest.mark.parametrize(
    "point",
    [(0.3, 0.3), (0.5, 0.0), (0.75, 0.5), (0.75, -0.5), (1.0, 0.0), (1.0, 0.6), (1.5, 0.0)]
    + [(1.5, 0.5), (1.5, 0.9), (1.25, -0.6), (1.75, -1.0), (1.75, 0.3)],
    ids=str,
)
def test_trained_networks_move_by_the_exponent(point):
    """Slopes between m = 500 and 4000: 24 seeds make them good to 0.02, and widths this small cost up to 0.045."""
    changes = [np.mean([np.log(relative_change(*point, m, seed)) for seed in range(24)]) for m in (500, 4000)]
    assert np.diff(changes) / np.log(8) == pytest.approx(relative_change_exponent(*point), abs=0.08)


def test_without_antisymmetry_the_start_itself_must_be_unlearned():
    """Below gamma = 1/2; a mean over 60 draws of ``|f_0|``, so that the slope is good to 0.05."""
    changes = [np.mean([relative_change(0.25, 0.0, m, seed, False) for seed in range(60)]) for m in (500, 4000)]
    slope = np.log(changes[1] / changes[0]) / np.log(8)
    assert relative_change_exponent(0.25, 0.0, antisymmetric=False) == -0.5
    assert slope == pytest.approx(-0.5, abs=0.15)
    assert abs(slope - relative_change_exponent(0.25, 0.0)) > 0.2


def test_the_exponent_is_continuous_and_its_sign_is_the_regime():
    gamma, prime = np.meshgrid(np.linspace(0, 3, 61), np.linspace(-3, 3, 121), indexing="ij")
    S = relative_change_exponent(gamma, prime)
    assert np.abs(np.diff(S, axis=0)).max() < 0.11  # 2 times the spacing, and rounding
    assert np.abs(np.diff(S, axis=1)).max() < 0.11
    linear = (gamma < 1 - 1e-9) | (prime > gamma - 1 + 1e-9)
    condensed = (gamma > 1 + 1e-9) & (prime < gamma - 1 - 1e-9)
    expected = np.where(linear, "linear", np.where(condensed, "condensed", "critical"))
    assert np.array_equal(training_regime(gamma, prime), expected)
    assert np.sum(expected == "critical") > 60


def test_shapes():
    assert np.shape(relative_change_exponent(0.5, 0.0)) == ()
    assert relative_change_exponent([0.5, 1.5], [[0.0], [1.0], [2.0]]).shape == (3, 2)
    assert str(training_regime(1.1, 0.1)) == "critical"  # 1.1 - 1 differs from 0.1 by rounding


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: relative_change_exponent([1.0, 2.0], [1.0, 2.0, 3.0]), "gamma and gamma_prime must broadcast"),
        (lambda: relative_change_exponent(np.nan, 0.0), "gamma must be finite"),
        (lambda: training_regime(1.0, "a"), "gamma_prime must be an array of real numbers"),
        (lambda: relative_change_exponent(1.0, 0.0, 1), "antisymmetric must be True or False"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message) as caught:
        call()
    assert "\n" not in str(caught.value)
