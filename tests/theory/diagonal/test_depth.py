import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvable.theory import depth_minimum, hypentropy_minimum, least_l1, least_l2


def problem(seed, n, d):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)), rng.standard_normal(n)


@pytest.mark.parametrize(("depth", "scale"), [(3, 0.05), (3, 1e-4), (4, 0.05), (6, 0.05), (6, 1e-2), (3, 5.0)])
def test_every_coordinate_against_high_precision(reference, depth, scale):
    X, y = problem(1, 4, 9)
    m = depth_minimum(X, y, scale, depth)
    exact = reference.depth(X, y, scale, depth, m.multiplier)
    assert m.certified
    assert m.residual < 1e-12
    assert reference.relative_errors(m.point, exact).max() < 1e-6
    assert max(abs(float(r) - b) for b, r in zip(m.point, exact, strict=True)) < 1e-13
    # The hyperbolic potential at the same product scale, and a doubled scale, are seen.
    assert np.abs(hypentropy_minimum(X, y, a=scale**depth).point - m.point).max() > 1e-12
    assert np.abs(depth_minimum(X, y, 2 * scale, depth).point - m.point).max() > 1e-12


@pytest.mark.parametrize("depth", [3, 4, 6, 10])
@pytest.mark.parametrize("scale", [1.0, 0.05, 1e-3, 1e-6, 1e-12])
def test_residual_at_every_depth_and_scale(depth, scale):
    X, y = problem(0, 8, 20)
    m = depth_minimum(X, y, scale, depth)
    assert m.certified
    assert m.residual < 1e-12


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n=st.integers(2, 8),
    extra=st.integers(2, 12),
    k=st.integers(1, 7),
    depth=st.integers(3, 10),
    exponent=st.floats(-8.0, 0.5),
)
def test_sparse_truth_is_never_silently_wrong(seed, n, extra, k, depth, exponent):
    rng = np.random.default_rng(seed)
    X, truth = rng.standard_normal((n, n + extra)), np.zeros(n + extra)
    truth[: min(k, n - 1)] = rng.standard_normal(min(k, n - 1))
    y = X @ truth
    m = depth_minimum(X, y, 10.0**exponent, depth)
    assert m.certified, m
    assert m.residual < 1e-12
    assert np.abs(m.point).sum() >= least_l1(X, y).objective * (1 - 1e-12)


def test_stationarity_in_the_row_space():
    X, y = problem(2, 3, 7)
    m = depth_minimum(X, y, 0.3, 5)
    z = X.T @ m.multiplier
    h = (1 - z) ** (-5 / 3) - (1 + z) ** (-5 / 3)
    assert np.allclose(0.3**5 * h, m.point, rtol=1e-9)


def test_error_is_linear_in_the_product_scale():
    X, y = problem(3, 8, 20)
    sparse = least_l1(X, y).point
    off = sparse == 0
    scales = np.array([1e-4, 1e-5])
    errors = [np.abs(depth_minimum(X, y, s, 3).point[off]).max() for s in scales]
    slope = np.log(errors[0] / errors[1]) / np.log((scales[0] / scales[1]) ** 3)
    assert slope == pytest.approx(1.0, abs=0.02)


def test_large_scale_is_least_l2_and_depth_two_is_hyperbolic():
    X, y = problem(4, 4, 9)
    assert np.abs(depth_minimum(X, y, 100.0, 10).point - least_l2(X, y).point).max() < 1e-12
    assert np.array_equal(depth_minimum(X, y, 0.1, 2).point, hypentropy_minimum(X, y, log_a=2 * np.log(0.1)).point)


def test_zero_targets_and_zero_columns():
    m = depth_minimum([[1.0, 0.0, 2.0]], [1.0], 1e-2, 3)
    assert m.point[1] == 0
    assert m.certified
    assert np.all(depth_minimum([[1.0, 2.0]], [0.0], 0.1, 3).point == 0)
