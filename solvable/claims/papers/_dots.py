"""Problems on a line that several papers share: distinct inputs, labels, and networks of one variable."""

from __future__ import annotations

from typing import Any

import numpy as np

from solvable import PiecewiseLinear, UnivariateReLUNetwork

DISTINCT = "at least three distinct inputs, and labels that are not on a line"
NEAR = 1e-6
"""Gaps between inputs, and bends of the labels, up to this fraction of the largest are too small to tell."""


def dots(rng: np.random.Generator, n: int = 6) -> dict[str, Any]:
    """Increasing inputs, no two of them close, and Gaussian labels."""
    x = np.cumsum(rng.uniform(0.4, 1.0, n))
    return {"x": x - np.mean(x) + rng.uniform(-0.2, 0.2), "y": rng.standard_normal(n)}


def bending(rng: np.random.Generator, signs: Any, n: int = 7) -> dict[str, Any]:
    """Labels that bend by 0.5 to 2 at each inner point, with these signs over and over, or the opposite ones."""
    x, inner = dots(rng, n)["x"], max(n - 2, 0)
    turns = rng.uniform(0.5, 2.0, inner) * np.resize(signs, inner) * rng.choice([-1.0, 1.0])
    slopes = np.cumsum(np.append(-np.sum(turns) / 2 + rng.uniform(-0.3, 0.3), turns))
    return {"x": x, "y": np.append(0.0, np.cumsum(slopes * np.diff(x)))}


def in_order(problem: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """x and y by increasing x; x empty where they do not belong together."""
    x, y = np.asarray(problem["x"], dtype=float), np.asarray(problem["y"], dtype=float)
    if x.ndim != 1 or x.shape != y.shape or not np.all(np.isfinite(x)) or not np.all(np.isfinite(y)):
        return np.empty(0), np.empty(0)
    order = np.argsort(x)
    return x[order], y[order]


def bends(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Differences of the slopes between neighbors, shape ``(n - 2,)``."""
    return np.diff(np.diff(y) / np.diff(x))


def distinct(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether `DISTINCT` holds."""
    if x.size < 3 or not np.min(np.diff(x)) > NEAR * (x[-1] - x[0]):
        return False
    return bool(np.max(np.abs(bends(x, y))) > NEAR * np.max(np.abs(np.diff(y) / np.diff(x))))


def balanced_network(f: PiecewiseLinear, x: np.ndarray, y: np.ndarray, right: Any = True) -> tuple[Any, np.ndarray]:
    """A network with a free affine part that is f, with one neuron a knot and ``a^2 = w^2``, and its theta.

    `right` says which neurons are active to the right of their knots.
    """
    model = UnivariateReLUNetwork(x, y, max(f.knots.size, 1), skip=True)
    side = np.where(np.broadcast_to(right, f.knots.shape), 1.0, -1.0)
    w = side * np.sqrt(np.abs(f.jumps))
    a, b = np.sign(f.jumps) * np.abs(w), -w * f.knots
    if f.knots.size == 0:
        a, w, b = np.zeros(1), np.zeros(1), np.zeros(1)
    rest = f(np.array([0.0, 1.0])) - np.sum(a * np.maximum(w * np.array([[0.0], [1.0]]) + b, 0.0), axis=1)
    return model, model.pack(a=a, w=w, b=b, c=rest[1] - rest[0], d=rest[0])


def interpolating(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> tuple[Any, np.ndarray]:
    """A network with two knots a gap, none at the data, and one beyond that makes up for their sides; and its theta."""
    d, chords = np.diff(x), np.diff(y) / np.diff(x)
    slopes = np.concatenate([chords[:1], (chords[1:] + chords[:-1]) / 2, chords[-1:]])
    slopes = slopes + 0.5 * np.std(chords) * rng.standard_normal(x.size)
    middle = 3 * chords - slopes[1:] - slopes[:-1]
    knots = np.stack([x[:-1] + d / 3, x[:-1] + 2 * d / 3], axis=1).ravel()
    jumps = np.stack([middle - slopes[:-1], slopes[1:] - middle], axis=1).ravel()
    side = rng.choice([-1.0, 1.0], knots.size)
    # left-facing neurons bring -G to the slope at minus infinity; the neuron beyond, active at all data, the rest
    rest = slopes[0] + np.sum(jumps[side < 0])
    knots, jumps = np.append(knots, x[0] - (x[-1] - x[0])), np.append(jumps, rest)
    side = np.append(side, 1.0)
    w = np.sqrt(np.abs(jumps)) * np.exp(rng.normal(0, 0.3, knots.size))
    model = UnivariateReLUNetwork(x, y, knots.size, output_bias=True)
    theta = model.pack(a=jumps / w, w=side * w, b=-side * w * knots, d=0.0)
    theta[-1] = np.mean(y - model.predict(theta))
    return model, theta
