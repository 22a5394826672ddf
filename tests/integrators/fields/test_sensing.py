"""Matrix sensing, compiled: a trajectory has the same bits alone, among copies and in blocks of eight."""

import numpy as np
import pytest

from solvable import MatrixSensing
from solvable.integrators.fields.sensing_few import MOST, in_blocks, newcomers
from solvable.integrators.signatures import HEADER

SHAPES = [  # n, d1, d2, rank, symmetric: below, at and beyond whole eights and fours
    (1, 1, 1, 1, True),
    (3, 2, 2, 2, True),
    (8, 8, 8, 8, True),
    (9, 11, 11, 3, True),
    (5, 7, 7, 1, True),
    (30, 20, 20, 20, True),
    (4, 1, 6, 1, False),
    (7, 5, 3, 3, False),
    (13, 9, 16, 2, False),
]


def make(n, d1, d2, rank, symmetric):
    rng = np.random.default_rng(n + d1)
    return MatrixSensing(rng.standard_normal((n, d1, d2)), rng.standard_normal(n), rank, symmetric)


def evaluate(model, theta, weights, vector):
    """Residuals, pullback and curvature of a tile, with work space full of NaN."""
    compiled, width = model.compiled(), theta.shape[1]
    results = [np.full((rows, width), np.nan) for rows in (model.n_samples, model.n_params, model.n_params)]
    for function, given, out in zip(
        (compiled.residuals, compiled.pullback, compiled.curvature), ((), (weights,), (vector,)), results, strict=True
    ):
        scratch = np.full(compiled.scratch * width, np.nan)
        arrays = (np.ascontiguousarray(array) for array in (theta, *given))
        function(*arrays, compiled.data, scratch, out)
    return results


def tiles(model, width):
    rng = np.random.default_rng(5)
    return (rng.standard_normal((rows, width)) for rows in (model.n_params, model.n_samples, model.n_params))


@pytest.mark.parametrize("width", [1, 3, 8, 12, 16, 40])
@pytest.mark.parametrize("shape", SHAPES)
def test_tiles_of_any_width(shape, width):
    model = make(*shape)
    theta, weights, vector = tiles(model, width)
    residuals, pulled, curved = evaluate(model, theta, weights, vector)
    for b in range(width):
        J, H, size = model.jacobian(theta[:, b]), model.hessian(theta[:, b]), 1 + np.abs(vector[:, b]).sum()
        np.testing.assert_allclose(residuals[:, b], model.residuals(theta[:, b]), rtol=1e-12, atol=1e-12 * size)
        np.testing.assert_allclose(pulled[:, b], J.T @ weights[:, b], rtol=1e-12, atol=1e-12 * size)
        np.testing.assert_allclose(curved[:, b], H @ vector[:, b], rtol=1e-12, atol=1e-13 * size * np.abs(H).max())


@pytest.mark.parametrize("shape", SHAPES)
def test_the_bits_do_not_depend_on_the_company(shape):
    model = make(*shape)
    given = list(tiles(model, 24))
    together = evaluate(model, *given)
    for lanes in ([5], [3, 3, 3, 3, 3, 3, 3, 3], [0, 7, 7, 7, 7, 9, 9, 9], [23, 1, 2, 3, 4, 5, 6, 8]):
        for found, expected in zip(evaluate(model, *(array[:, lanes] for array in given)), together, strict=True):
            assert np.array_equal(found, expected[:, lanes])


def test_repeated_columns_are_found_by_their_bits():
    rng = np.random.default_rng(0)
    theta, weights = np.repeat(rng.standard_normal((9, 1)), 8, axis=1), np.ones((2, 8))
    new = newcomers(theta.ravel(), weights.ravel(), 8)
    assert np.flatnonzero(new).tolist() == [0]
    assert not in_blocks(new, 8)
    for row, lane in ((0, 3), (8, 7), (4, 1)):
        moved = theta.copy()
        moved[row, lane] = np.nextafter(moved[row, lane], 9)
        heavier = weights.copy()
        heavier[row % 2, lane] = 5e-324
        expected = sorted({0, lane, min(lane + 1, 7)})
        assert np.flatnonzero(newcomers(moved.ravel(), weights.ravel(), 8)).tolist() == expected
        assert np.flatnonzero(newcomers(theta.ravel(), heavier.ravel(), 8)).tolist() == expected
    missing = theta.copy()
    missing[2] = np.nan
    assert np.flatnonzero(newcomers(missing.ravel(), weights.ravel(), 8)).tolist() == [0]
    assert in_blocks(newcomers(rng.standard_normal((3, 8)).ravel(), weights.ravel(), 8), 8)
    assert in_blocks(newcomers(theta.ravel(), weights.ravel(), 16), 16)
    assert not in_blocks(newcomers(theta.ravel(), weights.ravel(), 12), 12)
    assert MOST < 8


def test_measurements_are_stored_packed():
    A = np.arange(1.0, 19.0).reshape(2, 3, 3)
    model = MatrixSensing(A, [10.0, 20.0])
    data = model.compiled().data
    assert data.size == HEADER + 4 * 8 + 4
    S = model.A
    for i in range(2):
        upper = [S[i, 0, 0], 2 * S[i, 0, 1], 2 * S[i, 0, 2], S[i, 1, 1], 2 * S[i, 1, 2], S[i, 2, 2], 0.0, 0.0]
        assert data[HEADER + 8 * i : HEADER + 8 * i + 8].tolist() == upper
    assert data[HEADER + 16 : HEADER + 32].tolist() == [0.0] * 16
    assert data[HEADER + 32 :].tolist() == [10.0, 20.0, 0.0, 0.0]


@pytest.mark.parametrize("shape", [(5, 4, 4, 4, True), (6, 3, 5, 2, False)])
def test_lanes_without_a_number_disturb_nobody(shape):
    model = make(*shape)
    theta, weights, vector = tiles(model, 8)
    clean = evaluate(model, theta, weights, vector)
    for bad in (np.nan, np.inf, 1e200):
        spoilt = theta.copy()
        spoilt[:, 3] = bad
        for found, expected in zip(evaluate(model, spoilt, weights, vector), clean, strict=True):
            others = np.arange(8) != 3
            assert np.array_equal(found[:, others], expected[:, others])
