"""Derivatives of ``M X = W_L ... W_1 X`` in the layers ``W_l``, from the two passes through them.

With the inputs ``P_{l-1} = W_{l-1} ... W_1 X`` of the layers and the tails ``A_l = W_L ... W_{l+1}`` behind them,

    d (M X)[o, i] / d W_l[a, b] = A_l[o, a] P_{l-1}[b, i]

    d^2 (M X)[o, i] / d W_l[a, b] d W_m[c, e] = A_m[o, c] (W_{m-1} ... W_{l+1})[e, a] P_{l-1}[b, i]      for l < m.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Passes:
    """Layers with their inputs ``P_{l-1}`` and tails ``A_l``, in the same order."""

    layers: list[np.ndarray]
    inputs: list[np.ndarray]
    tails: list[np.ndarray]

    @classmethod
    def through(cls, layers: list[np.ndarray], X: np.ndarray) -> Passes:
        """Both passes on the columns of X."""
        inputs, tails = [X], [np.eye(layers[-1].shape[0])]
        for layer in layers[:-1]:
            inputs.append(layer @ inputs[-1])
        for layer in layers[:0:-1]:
            tails.append(tails[-1] @ layer)
        return cls(layers, inputs, tails[::-1])

    def pull(self, R: np.ndarray) -> np.ndarray:
        """Gradient of ``<R, M X>``, flat: ``A_l^T R P_{l-1}^T`` of every layer."""
        return np.concatenate([(A.T @ R @ P.T).ravel() for A, P in zip(self.tails, self.inputs, strict=True)])

    def jacobian(self) -> np.ndarray:
        """Of all entries of M X, column after column: ``(n q, p)``."""
        parts = [np.einsum("oa,bi->ioab", A, P) for A, P in zip(self.tails, self.inputs, strict=True)]
        return np.concatenate([part.reshape(part.shape[0] * part.shape[1], -1) for part in parts], axis=1)

    def square(self) -> float:
        """``|jacobian|^2``."""
        return sum(float(np.sum(A**2) * np.sum(P**2)) for A, P in zip(self.tails, self.inputs, strict=True))

    def hessian(self, R: np.ndarray) -> np.ndarray:
        """Of ``|M X - Y|^2 / 2`` where ``M X - Y`` is R, ``(p, p)``."""
        depth = len(self.layers)
        blocks: list[list[Any]] = [[None] * depth for _ in self.layers]
        for low, (layer, A, P) in enumerate(zip(self.layers, self.tails, self.inputs, strict=True)):
            between = np.eye(layer.shape[0])
            for high in range(low, depth):
                block = np.einsum("ac,be->abce", A.T @ self.tails[high], P @ self.inputs[high].T)
                if high > low:
                    block += np.einsum("cb,ea->abce", self.tails[high].T @ R @ P.T, between)
                    between = self.layers[high] @ between
                block = block.reshape(layer.size, self.layers[high].size)
                blocks[low][high], blocks[high][low] = block, block.T
        return np.block(blocks)
