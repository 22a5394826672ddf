"""Gradient descent on a deep linear network in NumPy."""

from __future__ import annotations

import numpy as np


def descend_batched(
    layers: list[np.ndarray], X: np.ndarray, Y: np.ndarray, step_sizes: np.ndarray, steps: int
) -> list[np.ndarray]:
    """All trajectories at once: layers ``(R, d_l, d_{l-1})`` after `steps` steps; one alone without the first axis."""
    layers, rate = list(layers), step_sizes[..., None, None] / X.shape[1]
    for _ in range(steps):
        inputs = [X]
        for layer in layers:
            inputs.append(layer @ inputs[-1])
        adjoint = inputs[-1] - Y
        for k in range(len(layers) - 1, -1, -1):
            slope = adjoint @ np.swapaxes(inputs[k], -1, -2)
            if k > 0:
                adjoint = np.swapaxes(layers[k], -1, -2) @ adjoint
            layers[k] = layers[k] - rate * slope
    return layers
