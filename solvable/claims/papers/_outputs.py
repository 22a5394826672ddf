r"""Outputs of small models with their first two derivatives, written apart from the compiled ones; and linear twins.

Predictions about label noise ask for the gradients and Hessians of the outputs ``f_i`` at a minimum. A run from there
with noise of a small size s is, to first order in s, linear regression with the design ``g_i = grad f_i`` and the same
draws: its *twin*. The second moments of the twin are known exactly, and what is quadratic in its steps is a control
variate for the drift of the run, which they cause.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from solvable import LabelNoiseSGD, LinearRegression, Trajectory, simulate


class Outputs(NamedTuple):
    """``theta (p,) ->`` gradients ``(n, p)``, Hessians ``(n, p, p)``, outputs less targets ``(n,)``."""

    jacobian: Callable[[np.ndarray], np.ndarray]
    hessians: Callable[[np.ndarray], np.ndarray]
    residuals: Callable[[np.ndarray], np.ndarray]


def product_outputs(target: float) -> Outputs:
    """``f = w_1 ... w_D``, every w nonzero."""

    def hessians(w: np.ndarray) -> np.ndarray:
        return (np.prod(w) / np.outer(w, w) * (1 - np.eye(w.size)))[None]

    return Outputs(lambda w: (np.prod(w) / w)[None], hessians, lambda w: np.array([np.prod(w) - target]))


def diagonal_outputs(X: np.ndarray, y: np.ndarray) -> Outputs:
    """``f = X (u^2 - v^2)``, ``theta = [u, v]``."""
    rows = 2 * np.hstack([X, -X])
    bends = np.array([np.diag(row) for row in rows])
    return Outputs(lambda theta: rows * theta, lambda theta: bends, lambda theta: rows @ theta**2 / 2 - y)


def neuron_outputs(x: np.ndarray, y: float) -> Outputs:
    """``f = sum_j c_j tanh(w_j . x)``, ``theta = [c, w]``."""
    d = x.size

    def parts(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
        m = theta.size // (1 + d)
        return theta[:m], np.tanh(theta[m:].reshape(m, d) @ x), m

    def jacobian(theta: np.ndarray) -> np.ndarray:
        c, a, _ = parts(theta)
        return np.concatenate([a, np.outer(c * (1 - a * a), x).ravel()])[None]

    def hessians(theta: np.ndarray) -> np.ndarray:
        c, a, m = parts(theta)
        mixed = np.kron(np.diag(1 - a * a), x)
        own = np.kron(np.diag(-2 * c * a * (1 - a * a)), np.outer(x, x))
        return np.block([[np.zeros((m, m)), mixed], [mixed.T, own]])[None]

    def residuals(theta: np.ndarray) -> np.ndarray:
        c, a, _ = parts(theta)
        return np.array([c @ a - y])

    return Outputs(jacobian, hessians, residuals)


def twin(design: np.ndarray, method: LabelNoiseSGD, save: np.ndarray, first: int, count: int, seed: int) -> np.ndarray:
    """The twin from rest, with noise of size 1, at the steps `save`: shape ``(len(save), count, p)``."""
    unit = LabelNoiseSGD(method.step_size, 1.0, method.batch_size, method.noise, method.momentum)
    model, start = LinearRegression(design, np.zeros(len(design))), np.zeros((count, design.shape[1]))
    return simulate(model, unit, start, steps=int(save[-1]), save=save, replica=first, seed=seed).theta


def noisy_residuals(
    run: Trajectory, method: LabelNoiseSGD, noise_std: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """The samples of every step of replica 0, saved at all steps, and their residuals less the noise, ``(k, b)``."""
    n, steps = run.model.n_samples, len(run.theta) - 1
    chosen = method.batches(n, steps, seed=seed)
    r = np.take_along_axis(run.model.residuals(run.theta[:-1]), chosen, axis=1)
    return chosen, r - noise_std * method.noises(n, steps, seed=seed)


def batch_mean(rho: np.ndarray, X: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The mean of ``rho_i x_i`` over the batch of every step, ``(k, d)``; `rho` and `chosen` are ``(k, b)``."""
    return np.einsum("kb,kbj->kj", rho, X[chosen]) / rho.shape[1]
