r"""Noisy runs of the network ``beta = u^2 - v^2``: what several papers share.

Noise of SGD at batch size 1 is limited by single samples: its step by their sharpness. Errors of a noisy path are
random, of the square root of the step in size; what has an order is their mean square over replicas. Each path counts
relative to its own gain, so that a few wild ones do not rule the mean. Replica means of SGD have a bias of the order
of the step and a Monte Carlo error on top: with replicas in proportion to the number of steps both shrink together.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from solvable import SGD, DiagonalLinearNetwork, simulate
from solvable.theory import hypentropy_minimum, stability_threshold

from ._problems import sparse_problem

PRECISE = "the Monte Carlo noise is at most a fifth of every error"
LEVELS = 4
REPLICAS = 2048
"""Of SGD at the largest step; twice as many at each half of it."""


def few_samples(rng: np.random.Generator, n: int = 6, d: int = 12) -> dict[str, Any]:
    """Three unit coefficients, and fewer samples and columns than in `sparse_problem`."""
    return sparse_problem(rng, n, d)


def sample_limit(model: DiagonalLinearNetwork, start: np.ndarray) -> float:
    """The largest step that is stable on every single sample, where the flow from `start` ends."""
    log_a, xi = model.potential_coordinates(start)
    beta, a = hypentropy_minimum(model.X, model.y, log_a=log_a, xi0=xi).point, np.exp(log_a)
    return min(stability_threshold(row[None], beta, a).step_size for row in model.X)


def path_error(measured: np.ndarray, predicted: Any, unit: np.ndarray) -> float:
    """Mean over the paths of ``|measured - predicted|^2 / |unit|^2``, arrays ``(R, d)``."""
    return float(np.mean(np.sum((measured - predicted) ** 2, axis=-1) / np.sum(unit**2, axis=-1)))


def relative(measured: np.ndarray, predicted: np.ndarray) -> float:
    """``|measured - predicted| / |predicted|``, over all coordinates."""
    return float(np.linalg.norm(measured - predicted) / np.linalg.norm(predicted))


class MeanGain(NamedTuple):
    """Replica mean ``q (d,)`` of the gain of SGD over a number of steps, and the relative size of its noise."""

    q: np.ndarray
    steps: int
    noise: float


def mean_gains(model: Any, start: np.ndarray, step_sizes: np.ndarray, time: float, seed: int) -> list[MeanGain]:
    """Batches of one, with replacement, over about the same time for each of the step sizes."""
    found = []
    for level, h in enumerate(step_sizes):
        replicas, steps = REPLICAS * 2**level, round(time / h)
        q = simulate(model, SGD(np.full(replicas, h)), start, steps=steps, seed=seed).ledger().q
        error = np.std(q, axis=0, ddof=1) / np.sqrt(replicas)
        found.append(MeanGain(q.mean(axis=0), steps, float(np.linalg.norm(error) / np.linalg.norm(q.mean(axis=0)))))
    return found
