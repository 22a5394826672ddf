"""Wide univariate ReLU networks, as the papers on their limits share them: data, features, sizes of a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

DISTINCT = "the inputs are distinct, at least three, in [-10, 10], and the targets are not all zero"


def samples(rng: np.random.Generator, n: int = 5) -> dict[str, np.ndarray]:
    """Inputs in [-1.3, 1.3] about as far apart as n of them can be, and targets in [-1, 1], not too small."""
    x = np.linspace(-1.2, 1.2, n) + rng.uniform(-0.4, 0.4, n) / max(n - 1, 1)
    return {"x": x, "y": rng.uniform(0.3, 1.0, n) * rng.choice([-1.0, 1.0], n)}


def zigzag(rng: np.random.Generator, n: int = 5) -> dict[str, np.ndarray]:
    """`samples` with targets of alternating signs, which curved functions fit."""
    drawn = samples(rng, n)
    return {"x": drawn["x"], "y": np.abs(drawn["y"]) * (-1.0) ** np.arange(n)}


def usable(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether the data meet `DISTINCT`."""
    several = x.size >= 3 and x.size == y.size == np.unique(x).size
    return bool(several and np.max(np.abs(x)) <= 10 and np.any(y))


def bent(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether the samples miss their regression line by a tenth of the largest target somewhere."""
    return bool(np.max(np.abs(y - np.polyval(np.polyfit(x, y, 1), x))) >= 0.1 * np.max(np.abs(y)))


def grid(x: np.ndarray, count: int = 101) -> np.ndarray:
    """Points from the first to the last input."""
    return np.linspace(np.min(x), np.max(x), count)


def features(w: np.ndarray, b: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """``x (k,) -> relu(w_i x_k + b_i) / sqrt(m)``, shape ``(k, m)``."""
    return lambda x: np.maximum(np.multiply.outer(x, w) + b, 0.0) / np.sqrt(w.size)


def least_squares(phi: Any, x: np.ndarray, y: np.ndarray, shift: float = 0.0) -> np.ndarray:
    """The output weights of ``min |phi(x) c - y|^2 + shift |c|^2``; the shortest that interpolate without shift."""
    if not shift:
        return np.linalg.lstsq(phi(x), y, rcond=None)[0]
    values = phi(x)
    weights: np.ndarray = values.T @ np.linalg.solve(values @ values.T + shift * np.eye(x.size), y)
    return weights


def size(values: np.ndarray) -> float:
    """Root mean square."""
    return float(np.sqrt(np.mean(values**2)))
