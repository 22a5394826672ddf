"""How far the input weights of a wide ReLU network move: the experiment that a claim and a diagram share.

A network ``sum a relu(w x + b)`` of width m starts from antisymmetric twins with deviations p of a and q of (w, b),
``p q = m^(-gamma)`` and ``p/q = m^(-gamma')``, and descends until it fits, in steps that are small in units of the
start: where its weights grow, the step shrinks with them (Luo et al., arXiv:2007.07497).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

TOGETHER = 8
"""Steps of one size: as the weights grow, the step must shrink."""
MOST = 500


def largest_step(model: Any, theta: np.ndarray) -> np.ndarray:
    """A quarter of the inverse of the largest trace of the tangent kernel plus the growth rates, one a row."""
    parts = model.unpack(theta)
    pre = parts["w"][..., None] * model.x + parts["b"][..., None]
    active = np.sum((parts["a"] ** 2)[..., None] * (pre > 0) * (1 + model.x**2), axis=(1, 2))
    trace = np.sum(np.maximum(pre, 0.0) ** 2, axis=(1, 2)) + active
    return np.asarray(0.25 / (trace / model.n_samples + np.sum(np.abs(model.residuals(theta)), axis=1)))


def relative_changes(
    x: np.ndarray, y: np.ndarray, gamma: Any, gamma_prime: Any, width: int, seeds: Sequence[int]
) -> np.ndarray:
    """``sup_t |w(t) - w(0)| / |w(0)|`` to a residual of 0.02 of y; NaN where it is not reached.

    The shape is that of `gamma` and `gamma_prime`, which broadcast, and one entry for each of the `seeds`.
    """
    from solvable import GradientDescent, UnivariateReLUNetwork, simulate

    model, enough = UnivariateReLUNetwork(x, y, width), 2e-4 * float(np.mean(y**2))
    gamma, gamma_prime = np.broadcast_arrays(np.asarray(gamma, dtype=float), np.asarray(gamma_prime, dtype=float))
    theta = np.empty((gamma.size * len(seeds), model.n_params))
    for row, (cell, seed) in enumerate((cell, seed) for cell in range(gamma.size) for seed in seeds):
        kappa, ratio = float(width) ** -gamma.flat[cell], float(width) ** -gamma_prime.flat[cell]
        inner = np.sqrt(kappa / ratio)
        deviations = (np.sqrt(kappa * ratio), inner, inner)
        theta[row] = model.init(seed=seed, kind="general", deviations=deviations, antisymmetric=True)
    start, largest, live = theta[:, width:].copy(), np.zeros(len(theta)), np.arange(len(theta))
    for _ in range(MOST):
        method = GradientDescent(largest_step(model, theta[live]))
        run = simulate(model, method, theta[live], steps=TOGETHER, until_loss=enough)
        theta[live] = run.final
        moved = np.linalg.norm(run.final[:, width:] - start[live], axis=1) / np.linalg.norm(start[live], axis=1)
        largest[live] = np.maximum(largest[live], moved)
        live = live[run.final_loss > enough]
        if not live.size:
            break
    largest[live] = np.nan
    return largest.reshape(*gamma.shape, len(seeds))
