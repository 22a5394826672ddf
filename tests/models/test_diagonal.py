"""Diagonal networks: the conventions of the start, the natural coordinates, and what is refused."""

import math

import numpy as np
import pytest

from solvable import DiagonalLinearNetwork

X = [[1.0, 2.0, -1.0], [0.5, 0.0, 3.0]]
Y = [1.0, -2.0]
SQUARES, PRODUCT = (DiagonalLinearNetwork(X, Y, parametrization=kind) for kind in ("squares", "product"))


def test_start_of_squares():
    parts = SQUARES.unpack(SQUARES.init(scale=0.3))
    assert parts["u"].tolist() == parts["v"].tolist() == [0.3] * 3
    assert DiagonalLinearNetwork(X, Y, depth=4).init(scale=0.3).tolist() == [0.3] * 6


def test_start_of_product():
    """u = sqrt(2) scale, v = 0, so that w+ = w- = scale and a = |u^2 - v^2| / 4 = scale^2 / 2."""
    parts = PRODUCT.unpack(PRODUCT.init(scale=0.3))
    np.testing.assert_allclose(parts["u"], math.sqrt(2) * 0.3, rtol=1e-15)
    assert parts["v"].tolist() == [0.0] * 3
    log_a, xi = PRODUCT.potential_coordinates(PRODUCT.init(scale=0.3))
    np.testing.assert_allclose(np.exp(log_a), 0.3**2 / 2, rtol=1e-14)
    np.testing.assert_allclose(np.exp(log_a), np.abs(parts["u"] ** 2 - parts["v"] ** 2) / 4, rtol=1e-14)
    np.testing.assert_allclose(xi, 0.0, atol=1e-15)


def test_one_scale_a_coordinate_and_a_tilt():
    scale, tilt = np.array([0.1, 1.0, 2.0]), np.array([0.5, -1.0, 0.0])
    for model, size in ((SQUARES, scale**2), (PRODUCT, scale**2 / 2)):
        log_a, xi = model.potential_coordinates(model.init(scale=scale, shape=tilt))
        np.testing.assert_allclose(np.exp(log_a), size, rtol=1e-14)
        np.testing.assert_allclose(xi, tilt, rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(SQUARES.init(scale=2.0, shape=0.4)[0], 2 * math.exp(0.2), rtol=1e-15)


def test_tiny_scales_keep_their_logarithm():
    log_a, xi = SQUARES.potential_coordinates(SQUARES.init(scale=1e-200))
    np.testing.assert_allclose(log_a, -400 * math.log(10), rtol=1e-14)
    assert not xi.any()


def test_natural_coordinates_give_beta():
    """beta = 2 a sinh xi, for any signs of the factors, with leading axes."""
    theta = np.random.default_rng(0).standard_normal((4, 6))
    for model in (SQUARES, PRODUCT):
        log_a, xi = model.potential_coordinates(theta)
        np.testing.assert_allclose(2 * np.exp(log_a) * np.sinh(xi), model.predictor(theta), rtol=1e-12, atol=1e-14)


def test_rotation_is_its_own_inverse():
    u, v = np.random.default_rng(0).standard_normal((2, 3))
    for model in (SQUARES, PRODUCT):
        again = model.to_network(*model.to_multiplicative(u, v))
        np.testing.assert_allclose(again, (u, v), rtol=1e-15, atol=1e-15)
    plus, minus = PRODUCT.to_multiplicative(u, v)
    np.testing.assert_allclose((plus**2 - minus**2) / 2, u * v, rtol=1e-13)


def test_prediction_at_new_rows():
    theta = np.random.default_rng(0).standard_normal((2, 6))
    rows = np.random.default_rng(1).standard_normal((5, 3))
    np.testing.assert_allclose(SQUARES.predict(theta, rows), SQUARES.predictor(theta) @ rows.T, rtol=1e-13)
    np.testing.assert_allclose(SQUARES.predict(theta[0]), np.array(X) @ SQUARES.predictor(theta[0]), rtol=1e-13)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"depth": 1}, "depth must be an integer >= 2, got 1"),
        ({"depth": 2.5}, "depth must be an integer >= 2, got float 2.5"),
        ({"parametrization": "cubes"}, "parametrization must be one of 'squares', 'product', got 'cubes'"),
        ({"parametrization": "product", "depth": 3}, "depth must be 2 for parametrization 'product', got 3"),
        ({"X": [[1.0, np.nan, 0.0]] * 2}, r"X must be finite, but entry \(0, 1\) is nan"),
        ({"y": [1.0]}, "y must have one entry per row of X"),
        ({"X": [1.0, 2.0]}, "X must be 2-dimensional"),
        ({"X": "data"}, "X must be an array of real numbers"),
    ],
)
def test_bad_models(arguments, message):
    with pytest.raises(ValueError, match=message):
        DiagonalLinearNetwork(**{"X": X, "y": Y, **arguments})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scale": 0.0}, "scale must be > 0 .zero is a saddle that nothing leaves., got 0"),
        ({"scale": -1.0}, "scale must be > 0"),
        ({"scale": [1.0, 1.0]}, r"scale must be a number or have shape \(3,\), got \(2,\)"),
        ({"scale": np.inf}, "scale must be finite"),
        ({"shape": [1.0]}, r"shape must be a number or have shape \(3,\), got \(1,\)"),
        ({"shape": np.nan}, "shape must be finite"),
    ],
)
def test_bad_starts(arguments, message):
    with pytest.raises(ValueError, match=message):
        SQUARES.init(**arguments)


def test_what_exists_at_depth_two_only():
    deep = DiagonalLinearNetwork(X, Y, depth=3)
    with pytest.raises(ValueError, match="shape is defined at depth 2 only, this network has depth 3"):
        deep.init(scale=1.0, shape=0.1)
    with pytest.raises(ValueError, match="potential coordinates exist at depth 2 only"):
        deep.potential_coordinates(deep.init(scale=1.0))


@pytest.mark.parametrize("x", [[1.0, 2.0, 3.0], [[1.0, 2.0]], [[np.nan] * 3]])
def test_bad_new_rows(x):
    with pytest.raises(ValueError, match=r"^x must "):
        SQUARES.predict(SQUARES.init(), x)
