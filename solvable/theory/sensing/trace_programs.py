r"""Least trace and least nuclear norm, exact or penalized, as one kind of semidefinite program.

    minimize  N(X)  subject to  <K_i, X> = l_i         or        minimize  N(X) + |K X - l|^2 / (2 delta),

where N is the trace on positive semidefinite matrices, or the nuclear norm. The second form contains the first as
``delta -> 0``. Both norms are the least cost of a factorization ``X = U V^T``,

    N(X) = min (|U|^2 + |V|^2) / 2,        U = V where X is positive semidefinite,

so both are traces ``<C, Y>`` of a *lifted* matrix ``Y = F F^T >= 0``: F = U and C = 1 for the trace, F the stack of U
over V and C = 1/2 for the nuclear norm, whose measurements see the upper right block of Y. The dual is

    maximize  l . mu - (delta/2) |mu|^2     subject to     S = C - K* mu >= 0,

K* lifted as well; S >= 0 says that ``sum mu_i K_i`` has eigenvalues, or singular values, at most 1. For any F and any
such mu

    primal - dual  =  <S, F F^T>  +  |K X + delta mu - l|^2 / (2 delta),

two terms >= 0; without damping the second is the residual, which is reported by itself. At the minimum S F = 0.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np

from .measurements import attained, combined


@dataclass(frozen=True)
class TraceProgram(ABC):
    """Operator K of shape ``(m, d1, d2)``, level l ``(m,)`` and damping delta >= 0; see the module."""

    operator: np.ndarray
    level: np.ndarray
    damping: float = 0.0

    @property
    @abstractmethod
    def cost(self) -> np.ndarray:
        """C, shape (D, D)."""

    @abstractmethod
    def measured(self, Y: np.ndarray) -> np.ndarray:
        """``K Y`` of a symmetric lifted matrix, shape (m,)."""

    @abstractmethod
    def adjoint(self, mu: np.ndarray) -> np.ndarray:
        """``K* mu``, shape (D, D)."""

    @abstractmethod
    def coupling(self, Y: np.ndarray, Z: np.ndarray) -> np.ndarray:
        """``<K_i, Y K_j Z>`` of symmetric lifted matrices, shape (m, m)."""

    @abstractmethod
    def columns(self, F: np.ndarray) -> np.ndarray:
        """``K_i F``, shape (m, D, r)."""

    @abstractmethod
    def matrix(self, F: np.ndarray) -> np.ndarray:
        """X of a factor F, shape (d1, d2)."""

    @abstractmethod
    def largest(self, mu: np.ndarray) -> float:
        """The number by which mu has to be divided to be feasible, if it is above 1."""

    @property
    def rank_limit(self) -> int:
        return min(self.operator.shape[1:])

    def gap(self, F: np.ndarray, mu: np.ndarray) -> float:
        """Duality gap of a factor and a feasible mu."""
        gap = float(np.sum(np.maximum(np.sum(F * ((self.cost - self.adjoint(mu)) @ F), axis=0), 0.0)))
        if self.damping > 0:
            gap += float(np.sum(self.miss(F, mu) ** 2)) / (2.0 * self.damping)
        return gap

    def miss(self, F: np.ndarray, mu: np.ndarray) -> np.ndarray:
        """``l - K X - delta mu``."""
        return self.level - attained(self.operator, self.matrix(F)) - self.damping * mu


class SemidefiniteProgram(TraceProgram):
    """The trace of symmetric X >= 0; K symmetric, D = d."""

    @property
    def cost(self) -> np.ndarray:
        return np.eye(self.operator.shape[1])

    def measured(self, Y: np.ndarray) -> np.ndarray:
        return attained(self.operator, Y)

    def adjoint(self, mu: np.ndarray) -> np.ndarray:
        return combined(self.operator, mu)

    def coupling(self, Y: np.ndarray, Z: np.ndarray) -> np.ndarray:
        images = Y @ self.operator @ Z
        return self.operator.reshape(self.level.size, -1) @ images.reshape(self.level.size, -1).T

    def columns(self, F: np.ndarray) -> np.ndarray:
        return self.operator @ F

    def matrix(self, F: np.ndarray) -> np.ndarray:
        return F @ F.T

    def largest(self, mu: np.ndarray) -> float:
        return float(np.linalg.eigvalsh(self.adjoint(mu))[-1])


class NuclearProgram(TraceProgram):
    """The nuclear norm of any X; D = d1 + d2."""

    @property
    def cost(self) -> np.ndarray:
        return 0.5 * np.eye(sum(self.operator.shape[1:]))

    def measured(self, Y: np.ndarray) -> np.ndarray:
        d1 = self.operator.shape[1]
        return attained(self.operator, Y[:d1, d1:])

    def adjoint(self, mu: np.ndarray) -> np.ndarray:
        half = 0.5 * combined(self.operator, mu)
        d1, d2 = half.shape
        return np.block([[np.zeros((d1, d1)), half], [half.T, np.zeros((d2, d2))]])

    def coupling(self, Y: np.ndarray, Z: np.ndarray) -> np.ndarray:
        # The blocks of Y K_j Z that the K_i see: the upper right one, and the transpose of the lower left one.
        m, d1, _ = self.operator.shape
        K, K_t = self.operator, self.operator.transpose(0, 2, 1)
        images = Y[:d1, :d1] @ K @ Z[d1:, d1:] + Z[:d1, :d1] @ K @ Y[d1:, d1:]
        images += Y[:d1, d1:] @ K_t @ Z[:d1, d1:] + Z[:d1, d1:] @ K_t @ Y[:d1, d1:]
        return 0.25 * K.reshape(m, -1) @ images.reshape(m, -1).T

    def columns(self, F: np.ndarray) -> np.ndarray:
        d1 = self.operator.shape[1]
        return 0.5 * np.concatenate([self.operator @ F[d1:], self.operator.transpose(0, 2, 1) @ F[:d1]], axis=1)

    def matrix(self, F: np.ndarray) -> np.ndarray:
        d1 = self.operator.shape[1]
        return F[:d1] @ F[d1:].T

    def largest(self, mu: np.ndarray) -> float:
        return float(np.linalg.norm(combined(self.operator, mu), 2))
