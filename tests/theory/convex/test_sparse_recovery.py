"""The recovery threshold in high precision, and tried."""

import mpmath as mp
import numpy as np
import pytest

from solvable.theory import donoho_tanner, donoho_tanner_width, least_l1


def test_donoho_tanner_to_twelve_digits():
    def Q(t):
        return mp.erfc(t / mp.sqrt(2)) / 2

    def phi(t):
        return mp.exp(-t * t / 2) / mp.sqrt(2 * mp.pi)

    def slope(s, t):
        return s * t + 2 * (1 - s) * (t * Q(t) - phi(t))

    with mp.workdps(40):

        def reference(s):
            s = mp.mpf(s)
            # The definition, minimized: its derivative by t vanishes.
            low, high = mp.mpf(0), mp.mpf(60)
            for _ in range(140):
                low, high = ((low + high) / 2, high) if slope(s, (low + high) / 2) < 0 else (low, (low + high) / 2)
            t = low
            return s * (1 + t * t) + (1 - s) * 2 * ((1 + t * t) * Q(t) - t * phi(t))

        values = [1e-300, 1e-40, 1e-9, 1e-3, 0.05, 0.1, 0.2, 0.5, 0.9, 0.999, 1 - 1e-9]
        for s, psi in zip(values, donoho_tanner(values), strict=True):
            assert float(abs(psi / reference(s) - 1)) < 1e-12
    grid = donoho_tanner(np.linspace(0, 1, 2001))
    assert np.all(np.diff(grid) > 0)
    assert np.all(np.diff(grid, 2) < 1e-12)  # concave
    assert grid[0] == 0
    assert grid[-1] == 1
    assert donoho_tanner(0.3).shape == ()
    assert donoho_tanner([[0.1, 0.2]]).shape == (1, 2)


@pytest.mark.parametrize("s", [1e-6, 0.1, 0.9])
def test_width_by_quadrature(s):
    def phi(t):
        return mp.exp(-t * t / 2) / mp.sqrt(2 * mp.pi)

    with mp.workdps(30):

        def moment(power, t):
            return 2 * mp.quad(lambda x: (x - t) ** power * phi(x), [t, t + 2, t + 8, t + 30])

        # The least distance, minimized by its derivative: s t = (1 - s) E (|g| - t)_+.
        low, high = mp.mpf(0), mp.mpf(12)
        for _ in range(60):
            t = (low + high) / 2
            low, high = (t, high) if s * t < (1 - s) * moment(1, t) else (low, t)
        second, fourth = moment(2, low), moment(4, low)
        # On the support (g - t)^2 has the variance E g^4 - 1 + 4 t^2 E g^2.
        variance = s * (2 + 4 * low**2) + (1 - s) * (fourth - second**2)
        reference = mp.sqrt(variance - 2 * (s * (1 + low**2) + (1 - s) * second))
        assert float(abs(donoho_tanner_width(s) / reference - 1)) < 1e-10


def test_width_is_that_of_the_projected_length():
    """Steiner: the squared distance of a normal vector to the cone has the variance Var V + 2 E V."""
    rng = np.random.default_rng(0)
    d, k, draws = 300, 30, 3000
    g = rng.standard_normal((draws, d))
    on, off = g[:, :k], np.abs(g[:, k:])
    low, high = np.zeros((draws, 1)), np.full((draws, 1), 6.0)
    for _ in range(40):
        t = 0.5 * (low + high)
        falling = np.sum(t - on, axis=1, keepdims=True) < np.sum(np.maximum(off - t, 0), axis=1, keepdims=True)
        low, high = np.where(falling, t, low), np.where(falling, high, t)
    lengths = np.sum((on - low) ** 2, axis=1) + np.sum(np.maximum(off - low, 0) ** 2, axis=1)
    # Five standard errors of the variance of a nearly normal sample.
    error = 5 * np.sqrt(2 / draws) * np.var(lengths) / d
    assert np.mean(lengths) / d == pytest.approx(float(donoho_tanner(k / d)), abs=5e-3)
    assert (np.var(lengths) - 2 * np.mean(lengths)) / d == pytest.approx(
        float(donoho_tanner_width(k / d)) ** 2, abs=error
    )


def test_width_at_the_ends_and_shapes():
    assert donoho_tanner_width([[0.0, 1.0]]).tolist() == [[0.0, 0.0]]
    grid = donoho_tanner_width(np.linspace(0, 1, 501))
    assert np.all(grid[1:-1] > 0)
    assert np.sum(np.diff(np.sign(np.diff(grid))) != 0) == 1  # up, then down


def test_basis_pursuit_changes_over_at_the_curve():
    rng = np.random.default_rng(0)
    d, k = 80, 8
    middle = float(donoho_tanner(k / d)) * d

    def successes(n):
        count = 0
        for _ in range(12):
            X, truth = rng.standard_normal((n, d)), np.zeros(d)
            truth[:k] = rng.standard_normal(k)
            count += np.abs(least_l1(X, X @ truth).point - truth).max() < 1e-6
        return count

    assert successes(round(middle - 10)) <= 3
    assert successes(round(middle + 10)) >= 9


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: donoho_tanner(1.5), r"sparsity must lie in \[0, 1\], got 1.5"),
        (lambda: donoho_tanner([0.1, -0.1]), "got -0.1"),
        (lambda: donoho_tanner(float("nan")), "sparsity must be finite"),
        (lambda: donoho_tanner_width(-1.0), r"sparsity must lie in \[0, 1\], got -1"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
