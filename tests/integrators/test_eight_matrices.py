"""Products of eight small matrices side by side, against NumPy, in every shape and orientation."""

import numpy as np
import pytest
from numba import njit

from solvable.integrators import eight_matrices


@njit
def blocked(A, a, a_row, a_next, B, b, b_row, b_next, C, c, rows, inner, columns):
    eight_matrices.multiply(A, a, a_row, a_next, B, b, b_row, b_next, C, c, rows, inner, columns)


@njit
def simply(A, a, a_row, a_next, B, b, b_row, b_next, C, c, rows, inner, columns):
    eight_matrices.multiply_simply(A, a, a_row, a_next, B, b, b_row, b_next, C, c, rows, inner, columns, 0, 0)


def strides(rows, columns, transposed):
    return (1, rows) if transposed else (columns, 1)


def side_by_side(matrices, transposed):
    """(8, rows, columns) -> flat, entry by entry, each for all eight; stored by rows or by columns."""
    order = (2, 1, 0) if transposed else (1, 2, 0)
    return np.ascontiguousarray(matrices.transpose(order)).ravel()


@pytest.mark.parametrize("transposed", [(False, False), (True, False), (False, True), (True, True)])
@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 3, 2), (3, 2, 5), (4, 1, 4), (5, 4, 3), (1, 6, 2)])
def test_against_numpy(shape, transposed):
    rows, inner, columns = shape
    rng = np.random.default_rng(0)
    A, B = rng.standard_normal((8, rows, inner)), rng.standard_normal((8, columns, inner))
    flat = [side_by_side(matrix, swap) for matrix, swap in zip((A, B), transposed, strict=True)]
    lead = [np.concatenate([np.full(8 * k, np.nan), array]) for k, array in zip((3, 1), flat, strict=True)]
    expected = side_by_side(A @ B.transpose(0, 2, 1), False)
    outs = []
    for function in (blocked, simply):
        C = np.full(8 * (2 + rows * columns), np.nan)
        sides = strides(rows, inner, transposed[0]), strides(columns, inner, transposed[1])
        function(lead[0], 3, *sides[0], lead[1], 1, *sides[1], C, 2, rows, inner, columns)
        assert np.isnan(C[:16]).all()
        np.testing.assert_allclose(C[16:], expected, rtol=1e-13, atol=1e-14)
        outs.append(C[16:])
    assert np.array_equal(*outs)  # blocks change no bit
