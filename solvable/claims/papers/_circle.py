"""A loss on a circle whose samples have gradients of our choice, and the compiled steps on it.

``f = -cos``; the gradient of sample j is ``sin + z_j (a + b cos)``. The loss of a model is half a mean of squares, so a
residual is the root of twice a positive integral of its gradient. The integral is not periodic, by ``a theta``; the
gradients are, and steps are read off on one turn of the circle.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from solvable import SGD, ResidualModel, simulate


def circle_problem(rng: np.random.Generator) -> dict[str, Any]:
    """``f = -cos``, gradients ``sin + z_j (a + b cos)`` of five samples, z of mean 0 and mean square 1; an observable.

    The observable is ``sin + c cos 2 theta``.
    """
    z = rng.standard_normal(5)
    z -= np.mean(z)
    return {
        "z": z / np.sqrt(np.mean(z**2)),
        "amplitudes": np.array([rng.uniform(0.4, 0.8), rng.uniform(0.1, 0.4)]),
        "c": np.array(rng.uniform(0.2, 0.5)),
    }


def circle_model(z: np.ndarray, a: float, b: float) -> ResidualModel:
    """Residuals ``r_j`` with ``r_j r_j' = sin + z_j (a + b cos)``."""
    bottom = 2.0 + 8 * np.max(np.abs(z)) * (a + b)

    def residuals(theta: np.ndarray) -> np.ndarray:
        return np.sqrt(2 * (bottom - np.cos(theta[0]) + z * (a * theta[0] + b * np.sin(theta[0]))))

    def jacobian(theta: np.ndarray) -> np.ndarray:
        slopes = np.sin(theta[0]) + z * (a + b * np.cos(theta[0]))
        return (slopes / residuals(theta))[:, None]

    return ResidualModel(residuals, jacobian, n_params=1, n_samples=z.size)


def compiled_gradients(model: ResidualModel, h: float, nodes: np.ndarray, seed: int) -> np.ndarray:
    """``(theta - theta+) / h`` of the compiled step of each sample from each node ``(N,)``: shape ``(n, N)``.

    NaN if some sample shows in none of the first steps of ``16 n`` replicas.
    """
    n = model.n_samples
    trial = simulate(model, SGD(h), np.full((16 * n, 1), nodes[1]), steps=1, seed=seed)
    _, replicas = np.unique(trial.final[:, 0], return_index=True)
    if replicas.size != n:
        return np.full((n, nodes.size), np.nan)
    starts = np.tile(nodes, n)[:, None]
    ends = simulate(model, SGD(h), starts, steps=1, seed=seed, replica=np.repeat(replicas, nodes.size)).final
    return (nodes - ends.reshape(n, nodes.size)) / h
