"""The eigenvectors of ``A = X^T X / n``, symmetric matrices in their coordinates, and batches of distinct samples.

The second moments of SGD on a linear regression are symmetric matrices on the range of A, of dimension r. In the
eigenvectors of A such a matrix S is the vector of its diagonal and of ``sqrt 2`` times what is above it, of length
``r (r+1)/2``. That is an isometry: the scalar product of two vectors is ``tr S T``. In these coordinates A acts on a
second moment entry by entry, by its eigenvalues, and a sample only through ``x_i x_i^T``.

The mean of b distinct samples out of n has the covariance of one sample times

    p = (n - b) / (b (n - 1)),

1/b for samples that are drawn with replacement, times the share ``(n-b)/(n-1)`` that is left to chance: 1 for b = 1,
and 0 for the full batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...common.checks import integer, nonnegative


@dataclass(frozen=True, eq=False)
class Modes:
    """``A = X^T X / n`` on its range, of dimension r.

    Attributes:
        basis: orthonormal eigenvectors, shape ``(d, r)``.
        values: eigenvalues, > 0, shape ``(r,)``.
        products: row i is ``x_i x_i^T`` as a vector, shape ``(n, r (r+1)/2)``.
    """

    basis: np.ndarray
    values: np.ndarray
    products: np.ndarray

    def vector(self, matrix: np.ndarray) -> np.ndarray:
        """The upper triangle of a symmetric matrix ``(r, r)``."""
        return matrix[np.triu_indices(self.values.size)]

    def matrix(self, vector: np.ndarray) -> np.ndarray:
        """The symmetric matrix in the original coordinates, ``(d, d)``, of coefficients in the orthonormal basis."""
        j, l = np.triu_indices(self.values.size)
        full = np.zeros((self.values.size, self.values.size))
        full[j, l] = full[l, j] = vector * np.where(j == l, 1.0, np.sqrt(0.5))
        return self.basis @ full @ self.basis.T


def row_space(name: str, X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Eigenvectors ``(d, r)`` and nonzero eigenvalues ``(r,)``, falling, of A: from singular values of X, so that small
    ones are not lost to the square."""
    _, sizes, right = np.linalg.svd(X / np.sqrt(X.shape[0]), full_matrices=False)
    rank = int(np.sum(sizes > max(X.shape) * np.finfo(float).eps * sizes[0]))
    if rank == 0:
        raise ValueError(f"{name} must have a nonzero entry")
    return right[:rank].T, sizes[:rank] ** 2


def modes(name: str, X: np.ndarray) -> Modes:
    basis, values = row_space(name, X)
    rows, (j, l) = X @ basis, np.triu_indices(values.size)
    return Modes(basis, values, rows[:, j] * rows[:, l] * np.where(j == l, 1.0, np.sqrt(2.0)))


def batch(value: Any, n: int) -> tuple[int, float]:
    """Size b of a batch (n for None), and ``p = (n-b) / (b (n-1))``: the variance of its mean over that of one sample.

    >>> batch(2, 4), batch(None, 4), batch(None, 1)
    ((2, 0.3333333333333333), (4, 0.0), (1, 0.0))
    """
    b = n if value is None else integer("batch_size", value, minimum=1, maximum=n)
    return b, (n - b) / (b * (n - 1)) if n > 1 else 0.0


def momentum_below_one(value: Any) -> float:
    number = nonnegative("momentum", value)
    if not number < 1:
        raise ValueError(f"momentum must be < 1, got {number:g}")
    return number
