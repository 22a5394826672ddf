"""The projection on a span, against singular values, also where columns are nearly dependent."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solvable.integrators.gradient_noise import orthonormalize, project

EPS = np.finfo(float).eps


def basis_of(matrix, cut):
    """Orthonormal columns that span those of `matrix`."""
    rows = np.array(np.transpose(matrix), dtype=float, order="C")
    rank = orthonormalize(rows, cut)
    return rows[:rank].T


def matrices(p, n, rank, seed):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((p, rank)) @ rng.standard_normal((rank, n))


@settings(deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 9), st.integers(0, 2**32 - 1))
def test_a_basis_of_the_span(p, n, rank, seed):
    rank = min(p, n, rank)
    matrix = matrices(p, n, rank, seed)
    Q = basis_of(matrix, 1e-12)
    assert Q.shape[1] == rank
    np.testing.assert_allclose(Q.T @ Q, np.eye(rank), rtol=0, atol=1e-14)
    np.testing.assert_allclose(Q @ Q.T @ matrix, matrix, rtol=0, atol=1e-13 * (1 + np.abs(matrix).max()))


@pytest.mark.parametrize("level", [1e-3, 1e-8, 1e-12, 1e-14])
def test_orthonormal_however_close_to_dependent(level):
    """Columns that differ by `level`; J J^T would see the square of that."""
    rng = np.random.default_rng(0)
    matrix = np.outer(rng.standard_normal(12), np.ones(5)) + level * rng.standard_normal((12, 5))
    Q = basis_of(matrix, 12 * EPS)
    assert Q.shape[1] == np.linalg.matrix_rank(matrix) == 5
    np.testing.assert_allclose(Q.T @ Q, np.eye(5), rtol=0, atol=4e-15)


def test_columns_below_the_cut_do_not_count():
    first, second = np.eye(6)[0], np.eye(6)[1]
    matrix = np.stack([first, first + 0.9e-8 * second, 3 * first], axis=1)
    assert basis_of(matrix, 1e-8).shape[1] == 1
    assert basis_of(matrix, 1e-10).shape[1] == 2
    assert basis_of(np.stack([0.9e-8 * second, first], axis=1), 1e-8).shape[1] == 1  # the longest is the measure
    assert basis_of(2.0**-100 * matrix, 1e-8).shape[1] == 1
    assert basis_of(2.0**-100 * matrix, 1e-10).shape[1] == 2
    assert basis_of(np.zeros((6, 3)), 1e-8).shape[1] == 0
    assert basis_of(np.full((6, 3), np.nan), 1e-8).shape[1] == 0


@settings(deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 2**32 - 1))
def test_projection(p, n, seed):
    matrix = matrices(p, n, min(p, n), seed)
    Q = basis_of(matrix, 1e-12)
    z, found = np.random.default_rng(seed).standard_normal(p), np.full(p, np.nan)
    project(np.vstack([Q.T, np.full((2, p), np.nan)]), Q.shape[1], z, found)
    left, sizes, _ = np.linalg.svd(matrix, full_matrices=False)
    left = left[:, sizes > 1e-12 * sizes[0]]
    np.testing.assert_allclose(found, left @ (left.T @ z), rtol=0, atol=1e-9)
