r"""Matrix sensing: linear measurements of a matrix that is a product of factors.

    symmetric      f_i = <A_i, X>,   X = U U^T,   U (d, r),                   theta = [U]
    otherwise      f_i = <A_i, X>,   X = U V^T,   U (d1, r), V (d2, r),       theta = [U, V]

both row by row. A symmetric problem sees no more than the symmetric part of A_i. With ``G = (1/n) sum_i r_i A_i`` the
gradient of the loss is ``2 G U``, or ``(G V, G^T U)``, and then the flow conserves ``U^T U - V^T V``. What label noise
descends is quadratic in the factors:

    flatness = 4 <S, X>,   S = (1/n) sum_i A_i^2,      or      tr U^T P U + tr V^T R V,   P, R = (1/n) sum_i A_i A_i^T,
                                                                                                (1/n) sum_i A_i^T A_i
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..common.checks import flag, integer, positive, real_array
from ..common.once import once
from .base import CompiledModel, Model


@dataclass(frozen=True, eq=False)
class MatrixSensing(Model):
    """Measurements ``A (n, d1, d2)`` with values ``y (n,)`` of a matrix of at most `rank` r (None: full).

    ``symmetric`` (``d1 = d2 = d``, A is symmetrized, ``p = d r``) is X = U U^T, positive semidefinite; otherwise ``X =
    U V^T`` and ``p = (d1 + d2) r``. ``rank`` is from 1 to ``min(d1, d2)``, the default.

    >>> model = MatrixSensing([[[1.0, 2.0], [0.0, 1.0]]], [3.0])
    >>> model.A[0].tolist(), model.loss(model.init(scale=1.0))
    ([[1.0, 1.0], [1.0, 1.0]], 0.5)
    """

    A: np.ndarray
    y: np.ndarray
    rank: int | None = None
    symmetric: bool = True

    def __post_init__(self) -> None:
        A, y = measurements(self.A, self.y)
        object.__setattr__(self, "symmetric", flag("symmetric", self.symmetric))
        if self.symmetric:
            if A.shape[1] != A.shape[2]:
                raise ValueError(f"A must have shape (n, d, d) for symmetric=True, got {A.shape}")
            A = (A + A.transpose(0, 2, 1)) / 2
            A.setflags(write=False)
        full = min(A.shape[1:])
        object.__setattr__(self, "A", A)
        object.__setattr__(self, "y", y)
        rank = full if self.rank is None else integer("rank", self.rank, minimum=1, maximum=full)
        object.__setattr__(self, "rank", rank)

    @property
    def n_params(self) -> int:
        return sum(rows * self.columns for rows in self._rows())

    @property
    def n_samples(self) -> int:
        return self.A.shape[0]

    @property
    def columns(self) -> int:
        """Number of columns r of the factors."""
        assert self.rank is not None
        return self.rank

    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {name: (rows, self.columns) for name, rows in zip("UV", self._rows(), strict=False)}

    def content(self) -> tuple[Any, ...]:
        return self.A, self.y, self.columns, self.symmetric

    fingerprint = once(Model.fingerprint)

    def init(self, scale: float = 1.0, seed: int = 0) -> np.ndarray:
        """`scale` > 0 times factors with orthonormal columns.

        At full rank ``U = scale * I``, and nothing is random; for ``symmetric=False`` each factor is `scale` times the
        first r columns of the identity of its size, so that the factors are balanced and ``X(0) = scale^2 I``. Below,
        the columns are Haar distributed and follow from `seed`, independently for V: then ``U^T U = V^T V`` still, but
        U V^T is no multiple of a projection.
        """
        scale = positive("scale", scale)
        if self.columns == min(self.A.shape[1:]):
            factors = [np.eye(rows, self.columns) for rows in self._rows()]
        else:
            rng = np.random.default_rng(seed)
            factors = [_orthonormal(rng, rows, self.columns) for rows in self._rows()]
        return scale * np.concatenate([factor.ravel() for factor in factors])

    def predictor(self, theta: Any) -> np.ndarray:
        """The matrix X ``(..., d1, d2)``."""
        U, V = self._factors(self.parameters(theta, leading=True))
        return U @ np.swapaxes(V, -1, -2)

    def predict(self, theta: Any, x: Any = None) -> np.ndarray:
        """``<A_i, X> (..., n)``, or ``<x_i, X>`` for measurements ``x (m, d1, d2)`` of the caller's."""
        matrices = self.A if x is None else real_array("x", x, ndim=3)
        if matrices.shape[1:] != self.A.shape[1:]:
            raise ValueError(f"x must have shape (m, {self.A.shape[1]}, {self.A.shape[2]}), got {matrices.shape}")
        X = self.predictor(theta)
        rows = matrices.reshape(matrices.shape[0], -1)
        # One product a matrix: the same bits in any stack.
        return (rows @ X.reshape(*X.shape[:-2], -1, 1))[..., 0]

    def residuals(self, theta: Any) -> np.ndarray:
        return self.predict(theta) - self.y

    def gradient(self, theta: Any) -> np.ndarray:
        U, V = self._factors(self.parameters(theta))
        return self._along(self._gathered(theta), U, V)

    def jacobian(self, theta: Any) -> np.ndarray:
        U, V = self._factors(self.parameters(theta))
        return self._along(self.A, U, V)

    def hessian(self, theta: Any) -> np.ndarray:
        J, G = self.jacobian(theta), self._gathered(theta)
        hessian = J.T @ J / self.n_samples
        second = np.kron(G, np.eye(self.columns))
        if self.symmetric:
            return hessian + 2 * second
        p = second.shape[0]
        hessian[:p, p:] += second
        hessian[p:, :p] += second.T
        return hessian

    def compiled(self) -> CompiledModel:
        from ..integrators.fields import sensing
        from ..integrators.fields.sensing_layout import pack

        data, scratch = pack(self.A, self.y, self.columns, self.symmetric)
        return CompiledModel(
            data=data,
            scratch=scratch,
            residuals=sensing.residuals,
            pullback=sensing.pullback,
            curvature=sensing.curvature,
            example=sensing.example,
            loss=sensing.loss,
            flow=sensing.flow,
            flow_jacobian=sensing.flow_jacobian,
        )

    def _rows(self) -> tuple[int, ...]:
        """Rows of the factors that theta holds."""
        d1, d2 = self.A.shape[1:]
        return (d1,) if self.symmetric else (d1, d2)

    def _factors(self, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(U, V) of a checked theta; V is U where the problem is symmetric."""
        parts = self.unpack(theta)
        return parts["U"], parts["U" if self.symmetric else "V"]

    def _gathered(self, theta: Any) -> np.ndarray:
        """``A*(r/n)``, the gradient of the loss in X."""
        return np.tensordot(self.residuals(theta) / self.n_samples, self.A, 1)

    def _along(self, G: np.ndarray, U: np.ndarray, V: np.ndarray) -> np.ndarray:
        """Gradient in theta of ``<G, X>``, for matrices ``G (..., d1, d2)``: ``(..., p)``."""
        parts = [2 * (G @ U)] if self.symmetric else [G @ V, np.swapaxes(G, -1, -2) @ U]
        return np.concatenate([part.reshape(*G.shape[:-2], -1) for part in parts], axis=-1)


def measurements(A: Any, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Measurements ``A (n, d1, d2)`` and values ``y (n,)`` that fit each other."""
    A, y = real_array("A", A, ndim=3), real_array("y", y, ndim=1)
    if A.shape[0] != y.shape[0]:
        raise ValueError(f"y must have one entry per matrix of A: A has shape {A.shape}, y has shape {y.shape}")
    if 0 in A.shape:
        raise ValueError(f"A must have at least one matrix, row and column, got shape {A.shape}")
    return A, y


def _orthonormal(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """Orthonormal columns ``(rows, columns)``, Haar distributed."""
    Q, R = np.linalg.qr(rng.standard_normal((rows, columns)))
    return Q * np.sign(np.diag(R))
