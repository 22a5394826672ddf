"""Matrix sensing problems and runs that several papers share."""

from __future__ import annotations

from typing import Any

import numpy as np

from solvable import GradientFlow, Trajectory, simulate

from ._problems import zero_loss

COMMUTE = "the measurements are symmetric and commute"
FITS = "A holds one matrix for each entry of y"


def commuting(rng: np.random.Generator, n: int = 3, d: int = 8) -> dict[str, Any]:
    """Measurements with common random eigenvectors and Gaussian eigenvalues, of a positive matrix with these."""
    Q = np.linalg.qr(rng.standard_normal((d, d)))[0]
    D = rng.standard_normal((n, d))
    return {"A": np.einsum("ij,nj,kj->nik", Q, D, Q), "y": D @ np.abs(rng.standard_normal(d))}


def fitting(A: np.ndarray, y: np.ndarray) -> bool:
    """Whether the shapes fit, and the values pull somewhere."""
    return bool(A.shape[0] == y.size and 0 not in A.shape and np.any(np.tensordot(y, A, 1)))


def commute(A: np.ndarray) -> bool:
    """Whether these are symmetric matrices that commute."""
    if A.shape[1] != A.shape[2]:
        return False
    size = np.max(np.abs(A))
    products = np.einsum("aij,bjk->abik", A, A)
    twisted = np.max(np.abs(products - products.transpose(1, 0, 2, 3)))
    return bool(twisted <= 1e-12 * size**2 and np.max(np.abs(A - A.transpose(0, 2, 1))) <= 1e-12 * size)


def matrix_size(A: np.ndarray, y: np.ndarray) -> float:
    """Largest entry of the interpolant of least Frobenius norm: the natural unit of X."""
    return float(np.max(np.abs(np.linalg.lstsq(A.reshape(len(A), -1), y, rcond=None)[0])))


def sensing_limit(model: Any, theta0: np.ndarray, *, slow: float = 1.0, **options: Any) -> Trajectory:
    """Gradient flow until the loss is zero, or for a very long time, stretched by `slow`."""
    unit = model.n_samples / np.linalg.norm(np.tensordot(model.y, model.A, 1), 2)
    flow = GradientFlow(rtol=1e-10, **options)
    return simulate(model, flow, theta0, time=1e6 * slow * unit, until_loss=zero_loss(model.y))
