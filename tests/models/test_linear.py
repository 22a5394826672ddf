"""Linear regression: start, prediction, refusals (derivatives: test_base)."""

import numpy as np
import pytest

from solvable import LinearRegression

MODEL = LinearRegression([[1.0, 2.0], [0.0, 1.0], [3.0, -1.0]], [1.0, 2.0, 3.0])


def test_start():
    assert MODEL.init().tolist() == [0.0, 0.0]
    assert np.array_equal(MODEL.init(scale=2.0, seed=1), 2 * MODEL.init(scale=1.0, seed=1))
    assert not np.array_equal(MODEL.init(scale=1.0, seed=1), MODEL.init(scale=1.0, seed=2))


def test_gradient_vanishes_at_least_squares():
    solution = np.linalg.lstsq(MODEL.X, MODEL.y, rcond=None)[0]
    np.testing.assert_allclose(MODEL.gradient(solution), 0, atol=1e-14)


def test_prediction_at_new_rows():
    assert MODEL.predict([1.0, 1.0], [[2.0, 5.0]]).tolist() == [7.0]
    assert MODEL.predict([1.0, 1.0]).tolist() == [3.0, 1.0, 2.0]
    with pytest.raises(ValueError, match="x must have 2 columns"):
        MODEL.predict([1.0, 1.0], [[2.0]])


@pytest.mark.parametrize(
    ("X", "y"), [([[1.0]], [1.0, 2.0]), ([], []), ([[np.inf]], [1.0]), ([[1.0]], ["a"]), ([[1.0], [1.0, 2.0]], [1.0])]
)
def test_bad_models(X, y):
    with pytest.raises(ValueError, match=r"^[Xy] must ") as caught:
        LinearRegression(X, y)
    assert "\n" not in str(caught.value)


def test_bad_start():
    with pytest.raises(ValueError, match="scale must be >= 0, got -1"):
        MODEL.init(scale=-1)
