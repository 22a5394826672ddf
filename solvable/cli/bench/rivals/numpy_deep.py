"""Gradient descent on a deep linear network in NumPy."""

from __future__ import annotations

import numpy as np


def descend_batched(
    layers: list[np.ndarray], X: np.ndarray, Y: np.ndarray, step_sizes: np.ndarray, steps: int
) -> list[np.ndarray]:
    """All trajectories at once: layers ``(R, d_l, d_{l-1})`` after `steps` steps; one alone without the first axis."""
    first, *others = (layer.copy() for layer in layers)
    rate = step_sizes[..., None, None] / X.shape[1]
    for _ in range(steps):
        hidden = [_times(first, X)]
        for layer in others:
            hidden.append(layer @ hidden[-1])
        adjoint = rate * (hidden[-1] - Y)
        for layer, below in zip(others[::-1], hidden[-2::-1], strict=True):
            slope = adjoint @ np.swapaxes(below, -1, -2)
            adjoint = np.swapaxes(layer, -1, -2) @ adjoint
            layer -= slope
        first -= _times(adjoint, X.T)
    return [first, *others]


def _times(stack: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """One product of all matrices of the stack with the same matrix: faster than as many small ones."""
    return (stack.reshape(-1, stack.shape[-1]) @ matrix).reshape(*stack.shape[:-1], -1)
