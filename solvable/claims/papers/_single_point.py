r"""Networks of neurons on one point, for the claims about where label noise leaves them.

Only the output weights c_j and the lengths s_j of the weights along x matter: ``f = sum_j c_j phi(|x| s_j)``. In these
2 m numbers f and its derivatives are written here apart from the compiled model, since predictions rest on them. For
one point the direction of slow motion is the same at every step size: on ``f = y`` both the leading order and the
complete penalty descend a function of ``R = |grad f|^2`` alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from solvable import SinglePointNetwork
from solvable.theory import SinglePointState, single_point_stationary

DECIDES = "the slow flow decides within the horizon"
RATE = 0.02
"""Slowest rate of the limiting flow that a run waits for."""


def single_point(rng: np.random.Generator, width: int, total: float) -> dict[str, Any]:
    """A point in three dimensions, and a label of the given ``|x| |y|``."""
    x = rng.standard_normal(3)
    x *= rng.uniform(0.7, 1.4) / np.linalg.norm(x)
    return {"point": x, "label": np.array(rng.choice([-1.0, 1.0]) * total / np.linalg.norm(x)), "width": width}


def few_tanh(rng: np.random.Generator) -> dict[str, Any]:
    """``|x| |y|`` between 0.8 and 1.6, 3 to 5 neurons."""
    return single_point(rng, int(rng.integers(3, 6)), rng.uniform(0.8, 1.6))


def network(problem: dict[str, Any], activation: str) -> tuple[SinglePointNetwork, list[SinglePointState]]:
    """(model, its stationary states from the least R up)."""
    x, y, m = problem["point"], float(problem["label"]), int(problem["width"])
    model = SinglePointNetwork(x, y, m, activation)
    return model, single_point_stationary(x @ x, y, m, activation)


class Reduced(NamedTuple):
    """``(c, s) (2m,) ->`` gradient of f ``(1, 2m)``, its Hessian ``(1, 2m, 2m)``, ``f - y`` ``(1,)``."""

    jacobian: Callable[[np.ndarray], np.ndarray]
    hessians: Callable[[np.ndarray], np.ndarray]
    residuals: Callable[[np.ndarray], np.ndarray]


def activation(model: SinglePointNetwork, z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """phi, phi' and phi'' at z."""
    if model.activation == "tanh":
        a = np.tanh(z)
        return a, 1 - a * a, -2 * a * (1 - a * a)
    a = 1 / (1 + np.exp(-z))
    return a, a * (1 - a), a * (1 - a) * (1 - 2 * a)


def reduced(model: SinglePointNetwork) -> Reduced:
    """f in the coordinates (c, s)."""
    m, root = model.width, float(np.linalg.norm(model.x))

    def parts(theta: np.ndarray) -> tuple[np.ndarray, ...]:
        a, slope, bend = activation(model, root * theta[m:])
        return theta[:m], a, root * slope, root**2 * bend

    def jacobian(theta: np.ndarray) -> np.ndarray:
        c, a, slope, _ = parts(theta)
        return np.concatenate([a, c * slope])[None]

    def hessians(theta: np.ndarray) -> np.ndarray:
        c, _, slope, bend = parts(theta)
        mixed = np.diag(slope)
        return np.block([[np.zeros((m, m)), mixed], [mixed, np.diag(c * bend)]])[None]

    def residuals(theta: np.ndarray) -> np.ndarray:
        c, a, _, _ = parts(theta)
        return np.array([c @ a - model.y])

    return Reduced(jacobian, hessians, residuals)


def coordinates(model: SinglePointNetwork, theta: np.ndarray) -> np.ndarray:
    """(c, s) of parameters ``theta (p,)``."""
    parts = model.unpack(theta)
    return np.concatenate([parts["c"], parts["w"] @ model.x / np.linalg.norm(model.x)])


def parameters(model: SinglePointNetwork, c: np.ndarray, a: np.ndarray) -> np.ndarray:
    """theta with these output weights and activations, and weights along x."""
    z = np.arctanh(a) if model.activation == "tanh" else np.log(a) - np.log1p(-a)
    return model.pack(c=c, w=np.outer(z, model.x) / (model.x @ model.x))


def at_state(model: SinglePointNetwork, state: SinglePointState) -> np.ndarray:
    """theta of a stationary state."""
    return parameters(model, state.outer, state.hidden)


def neurons(model: SinglePointNetwork, theta: np.ndarray) -> np.ndarray:
    """``(|x| |c_j|, |a_j|)``, shape ``(..., m, 2)``, in the order of falling shares of the label."""
    pairs = model.predictor(theta)
    return ordered(np.linalg.norm(model.x) * pairs[..., 0], pairs[..., 1])


def ordered(c: np.ndarray, a: np.ndarray) -> np.ndarray:
    """The sizes of ``c`` and ``a (..., m)`` as pairs, in the order of falling products."""
    order = np.argsort(-np.abs(c * a), axis=-1)[..., None]
    return np.take_along_axis(np.abs(np.stack([c, a], axis=-1)), order, axis=-2)


def sizes(model: SinglePointNetwork, state: SinglePointState) -> np.ndarray:
    """A state in the form of `neurons`."""
    return ordered(np.linalg.norm(model.x) * state.outer, state.hidden)


def slow_rates(model: SinglePointNetwork, state: SinglePointState) -> np.ndarray:
    """Rates of the limiting flow, linearized at a stationary point: ``(2m - 1,)``, rising, < 0 where it leaves.

    From the Hessian of R less multiplier times f on the tangent space, whose gradient ``2 D^2 f grad f - mu grad f`` is
    differenced.
    """
    net, theta = reduced(model), coordinates(model, at_state(model, state))
    g = net.jacobian(theta)[0]
    multiplier = 2 * net.hessians(theta)[0] @ g @ g / (g @ g)

    def slope(point: np.ndarray) -> np.ndarray:
        g = net.jacobian(point)[0]
        return 2 * net.hessians(point)[0] @ g - multiplier * g

    step = 1e-5
    bend = np.array([slope(theta + step * e) - slope(theta - step * e) for e in np.eye(theta.size)]) / (2 * step)
    tangent = np.linalg.svd(g[None])[2][1:]
    return np.linalg.eigvalsh(tangent @ (bend + bend.T) @ tangent.T / 2) / 4
