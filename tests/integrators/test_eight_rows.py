"""Products with matrices stored by rows, against NumPy, with room around the result that must stay as it was."""

import numpy as np
import pytest
from numba import njit

from solvable.integrators import dop853_control, eight_rows

_product, _transpose, _columns = eight_rows.matrix_times, eight_rows.transpose_times, eight_rows.product_of_columns
_combine = dop853_control.combine


@njit
def products(A, rows, columns, x, y, out, back):
    _product(A, 3, rows, columns, x, 1, out, 2)
    _transpose(A, 3, rows, columns, y, 1, back, 2)


@njit
def gram(A, B, count, row, m, triangular, out):
    _columns(A, 1, B, 2, count, row, m, triangular, out)


@njit
def combined(out, base, K, row, count, factor):
    _combine(out, base, K, row, count, factor)


SIZES = (1, 3, 4, 7, 8, 9, 20, 33, 40, 77)


@pytest.mark.parametrize("columns", SIZES)
def test_products_with_a_matrix_and_its_transpose(columns):
    rng = np.random.default_rng(columns)
    for rows in SIZES:
        A, x, y = rng.standard_normal((rows, columns)), rng.standard_normal(columns), rng.standard_normal(rows)
        out, back = np.full(rows + 4, 7.0), np.full(columns + 4, 7.0)
        products(np.r_[np.zeros(3), A.ravel()], rows, columns, np.r_[0.0, x], np.r_[0.0, y], out, back)
        np.testing.assert_allclose(out[2:-2], A @ x, rtol=0, atol=1e-13)
        np.testing.assert_allclose(back[2:-2], A.T @ y, rtol=0, atol=1e-13)
        for around in (out, back):
            np.testing.assert_array_equal(around[[0, 1, -2, -1]], 7.0)


@pytest.mark.parametrize("triangular", [False, True])
@pytest.mark.parametrize("m", SIZES)
def test_symmetric_product_of_columns(m, triangular):
    rng = np.random.default_rng(m)
    count, row = (m, m + 3) if triangular else (11, m)
    B = rng.standard_normal((count, row))
    if triangular:
        B[:, :m] = np.tril(B[:, :m])
    A, out = B * rng.standard_normal((count, 1)), np.empty((m, m))
    gram(np.r_[0.0, A.ravel()], np.r_[0.0, 0.0, B.ravel()], count, row, m, triangular, out)
    np.testing.assert_allclose(out, A[:, :m].T @ B[:, :m], rtol=0, atol=1e-12)
    np.testing.assert_array_equal(out, out.T)


@pytest.mark.parametrize("m", SIZES)
def test_combination_of_rows(m):
    rng = np.random.default_rng(m)
    K, base, row = rng.standard_normal((6, m + 5)), rng.standard_normal(m), np.array([1.0, 0.0, -2.0, 0.5, 3.0])
    K[1] = np.nan  # a zero coefficient costs nothing and lets nothing through
    out = np.empty(m)
    combined(out, base, K, row, 5, 0.3)
    np.testing.assert_allclose(out, base + 0.3 * (row[[0, 2, 3, 4]] @ K[[0, 2, 3, 4], :m]), rtol=0, atol=1e-14)


def test_aligned_room():
    for size in (1, 100, 860):
        room = eight_rows.aligned(size)
        assert room.size == size
        assert room.ctypes.data % 64 == 0
        assert room.flags.c_contiguous
