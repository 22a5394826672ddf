"""Scalar factorization: layout, start, refusals (derivatives: test_base)."""

import numpy as np
import pytest

from solvable import ScalarFactorization


def test_layout():
    assert list(ScalarFactorization().shapes()) == ["x", "y"]
    assert list(ScalarFactorization(depth=3).shapes()) == ["w_1", "w_2", "w_3"]
    assert ScalarFactorization().pack(x=2.0, y=3.0).tolist() == [2.0, 3.0]


def test_loss_has_no_hidden_factor():
    """n = 1, so the loss is (w_1 ... w_D - target)^2 / 2."""
    assert ScalarFactorization(target=4.0, depth=3).loss([1.0, 2.0, 3.0]) == 2.0
    assert ScalarFactorization(target=4.0, depth=3).predictor([[1.0, 2.0, 3.0]]).tolist() == [6.0]


def test_derivatives_where_factors_vanish():
    model = ScalarFactorization(target=1.0, depth=3)
    assert model.jacobian([0.0, 2.0, 3.0]).tolist() == [[6.0, 0.0, 0.0]]
    assert model.gradient([0.0, 0.0, 3.0]).tolist() == [0.0, 0.0, 0.0]
    assert model.hessian([0.0, 0.0, 3.0]).tolist() == [[0, -3, 0], [-3, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize("theta", [[0.7, -1.9], [3.0, 0.5], [0.0, 0.0], [-1.1, -1.1]])
def test_sharpness_and_flatness_at_depth_two(theta):
    """The Hessian is ((y^2, 2xy - t), (2xy - t, x^2))."""
    (x, y), t = theta, 1.5
    model = ScalarFactorization(target=t)
    size, gap = x**2 + y**2, x**2 - y**2
    assert model.sharpness(theta) == pytest.approx((size + np.hypot(gap, 2 * (2 * x * y - t))) / 2, rel=1e-14)
    assert model.flatness(theta) == pytest.approx(size, rel=1e-14)


@pytest.mark.parametrize("depth", [2, 3, 5])
def test_at_a_minimum_sharpness_is_flatness(depth):
    """One nonzero eigenvalue, ``t^2 sum_j 1 / w_j^2``; at depth 2 the flow, which keeps x^2 - y^2, fixes it."""
    theta = np.random.default_rng(depth).uniform(0.5, 2.0, depth)
    model = ScalarFactorization(target=float(np.prod(theta)), depth=depth)
    expected = model.target**2 * np.sum(1 / theta**2)
    assert model.sharpness(theta) == pytest.approx(expected, rel=1e-13)
    assert model.flatness(theta) == pytest.approx(expected, rel=1e-13)
    if depth == 2:
        assert expected == pytest.approx(np.hypot(theta[0] ** 2 - theta[1] ** 2, 2 * model.target), rel=1e-13)


def test_start():
    assert ScalarFactorization(depth=3).init(scale=0.5).tolist() == [0.5] * 3
    with pytest.raises(ValueError, match="scale must be > 0, got 0"):
        ScalarFactorization().init(scale=0.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"target": np.nan}, "target must be finite"),
        ({"target": "a"}, "target must be a real number"),
        ({"depth": 1}, "depth must be an integer >= 2, got 1"),
    ],
)
def test_bad_models(arguments, message):
    with pytest.raises(ValueError, match=message):
        ScalarFactorization(**arguments)


def test_there_is_no_input():
    with pytest.raises(ValueError, match="x must be None"):
        ScalarFactorization().predict([1.0, 1.0], [1.0])
