"""The limits of large and of small scales, and the rate of the latter, against certified minima."""

import numpy as np
import pytest

from solvable.theory import (
    hypentropy_minimum,
    kernel_scale_bound,
    large_scale_expansion,
    least_l1,
    least_l2,
    null_space_exponent,
    rich_scale_bound,
)


def problem(seed, n, d):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)), rng.standard_normal(n)


def test_expansion_has_error_of_order_four():
    X, y = problem(0, 6, 14)
    scales = np.array([4.0, 8.0, 16.0])
    errors = [np.abs(hypentropy_minimum(X, y, a=a).point - large_scale_expansion(X, y, a)).max() for a in scales]
    assert np.diff(np.log(errors)) / np.log(2.0) == pytest.approx([-4.0, -4.0], abs=0.1)
    # With the constant doubled the error would be the term itself: order two.
    base = least_l2(X, y).point
    doubled = [
        np.abs(hypentropy_minimum(X, y, a=a).point - base - 2 * (large_scale_expansion(X, y, a) - base)).max()
        for a in scales
    ]
    assert np.diff(np.log(doubled)) / np.log(2.0) == pytest.approx([-2.0, -2.0], abs=0.1)


def test_expansion_of_a_rank_deficient_design():
    X, y = problem(1, 3, 8)
    low = np.vstack([X, X[0] - X[1]])
    expected = large_scale_expansion(X, y, 2.0)
    assert np.allclose(large_scale_expansion(low, np.append(y, y[0] - y[1]), 2.0), expected, atol=1e-13)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("excess", [0.5, 0.2])
def test_scale_bounds_imply_what_they_say(seed, excess):
    X, y = problem(seed, 8, 20)
    l1, l2 = least_l1(X, y), least_l2(X, y)
    rich = rich_scale_bound(l1.objective, excess, 20)
    point = hypentropy_minimum(X, y, log_a=2 * np.log(rich)).point
    assert np.abs(point).sum() <= (1 + excess) * l1.objective
    norm = np.linalg.norm(l2.point)
    point = hypentropy_minimum(X, y, a=kernel_scale_bound(norm, excess) ** 2).point
    assert point @ point <= (1 + excess) * norm**2


def test_scale_bounds_by_hand():
    assert rich_scale_bound(2.0, 0.5, 1) == pytest.approx(min(6.0**-2.5, np.exp(-1.0)))
    assert rich_scale_bound(0.5, 0.5, 8) == pytest.approx(np.exp(-32.0))
    assert kernel_scale_bound(3.0, 0.5) == pytest.approx(np.sqrt(45.0))


@pytest.mark.parametrize("seed", range(3))
def test_exponent_is_the_measured_slope_of_every_coordinate(seed):
    X, y = problem(seed, 8, 20)
    exponent = null_space_exponent(X, y)
    assert exponent.nondegenerate
    off = np.setdiff1d(np.arange(20), exponent.support)
    points = [hypentropy_minimum(X, y, log_a=log_a).point for log_a in (-640.0, -670.0)]
    slopes = np.log(np.abs(points[0] / points[1]))[off] / 30.0
    assert slopes == pytest.approx(1 - np.abs(exponent.certificate[off]), abs=1e-10)
    assert slopes.min() == pytest.approx(1 - exponent.rho, abs=1e-10)
    assert np.sign(exponent.certificate[exponent.support]) == pytest.approx(exponent.certificate[exponent.support])


@pytest.mark.parametrize("seed", range(3))
def test_exponent_of_a_sparse_truth_is_the_least_maximum(seed):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((14, 24))
    y = X[:, :2] @ [1.0, -0.5]
    exponent = null_space_exponent(X, y)
    assert exponent.support.tolist() == [0, 1]
    points = [np.abs(hypentropy_minimum(X, y, log_a=log_a).point[2:]).max() for log_a in (-600.0, -640.0)]
    assert np.log(points[0] / points[1]) / 40.0 == pytest.approx(1 - exponent.rho, abs=1e-6)
    # The multiplier of the linear program is another certificate; its maximum is not the rate.
    other = X.T @ np.linalg.lstsq(X[:, :2].T, np.array([1.0, -1.0]), rcond=None)[0]
    assert np.abs(other[2:]).max() > exponent.rho + 1e-3


def test_exponent_flags_a_minimizer_that_is_not_unique():
    twins = null_space_exponent([[1.0, 1.0, 0.2]], [1.0])
    assert twins.rho == pytest.approx(1.0)
    assert not twins.nondegenerate
    assert float(null_space_exponent([[2.0, 1.0]], [1.0])) == pytest.approx(0.5)
