r"""Optimizers against closed-form fields on ``L = (t - x y)^2 / 2``: what several papers share.

Orders are measured over one unit of time of the problem, ``1 / |Hessian|`` at the start, cut into 64 to 512 steps:
small enough for the leading term to rule whatever the draw, large enough for errors of third order to stand far above
rounding. An error is the largest one over four moments and all parameters, since a single component may happen to cross
zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

STEPS = np.array([64, 128, 256, 512])
MOMENTS = np.array([0.25, 0.5, 0.75, 1.0])
LEADING = "leading order over one unit of time; the next power of h adds a few percent"


def start_and_target(rng: np.random.Generator) -> dict[str, Any]:
    """A start of the two-parameter model below its minima and off balance."""
    return {"start": rng.uniform([1.0, 0.3], [1.5, 0.8]), "target": np.array(rng.uniform(2.0, 4.0))}


def schedule(jacobian: Any) -> tuple[np.ndarray, np.ndarray]:
    """``(step_sizes (4,), times (4,))`` for a field with that Jacobian at the start."""
    unit = 1.0 / np.linalg.norm(jacobian, 2)
    return unit / STEPS, unit * MOMENTS


class ProductLoss:
    """``L = (t - x y)^2 / 2`` and its derivatives, written by hand; the last axis of theta is ``(x, y)``."""

    def __init__(self, target: float) -> None:
        self.target = float(target)

    def gradient(self, theta: np.ndarray) -> np.ndarray:
        return (self._product(theta) - self.target) * theta[..., ::-1]

    def hessian_product(self, theta: np.ndarray, v: np.ndarray) -> np.ndarray:
        other = theta[..., ::-1]
        rise = np.sum(other * v, axis=-1, keepdims=True)
        return rise * other + (self._product(theta) - self.target) * v[..., ::-1]

    def hessian(self, theta: np.ndarray) -> np.ndarray:
        return np.stack([self.hessian_product(theta, np.broadcast_to(e, theta.shape)) for e in np.eye(2)], axis=-2)

    def third_product(self, theta: np.ndarray, v: np.ndarray, w: np.ndarray) -> np.ndarray:
        other = theta[..., ::-1]
        bent = np.sum(v * w[..., ::-1], axis=-1, keepdims=True)
        first, second = (np.sum(other * u, axis=-1, keepdims=True) for u in (v, w))
        return bent * other + first * w[..., ::-1] + second * v[..., ::-1]

    @staticmethod
    def _product(theta: np.ndarray) -> np.ndarray:
        return theta[..., :1] * theta[..., 1:]


def follow(
    fields: Mapping[str, Callable[[np.ndarray], np.ndarray]], start: Any, members: int, times: Any
) -> dict[str, np.ndarray]:
    """The flows of several fields ``(R, p) -> (R, p)``, a member of the R for each step size: ``(T, R, p)`` by name.

    They are integrated as one system, to relative accuracy 1e-13.
    """
    from scipy.integrate import solve_ivp

    names = list(fields)
    shape = (len(names), members, np.size(start))

    def derivative(_: float, flat: np.ndarray) -> np.ndarray:
        state = flat.reshape(shape)
        return np.stack([fields[name](state[k]) for k, name in enumerate(names)]).ravel()

    first = np.broadcast_to(np.asarray(start, dtype=float), shape).ravel()
    flow = solve_ivp(derivative, (0, times[-1]), first, method="DOP853", t_eval=times, rtol=1e-13, atol=1e-15)
    states = flow.y.T.reshape(-1, *shape)
    return {name: states[:, k] for k, name in enumerate(names)}


def deviations(measured: Any, flows: Mapping[Any, np.ndarray]) -> dict[Any, np.ndarray]:
    """The largest difference of ``(T, R, p)`` arrays for each of the R step sizes, by name."""
    return {name: np.max(np.abs(np.asarray(measured) - flow), axis=(0, 2)) for name, flow in flows.items()}


def equals_derived(lab: Any, derived: Any, coefficients: tuple[Any, Any, Any]) -> None:
    """Record that the terms of a step's Lie logarithm are ``f``, ``a f'f`` and ``b f''(f,f) + c f'f'f``."""
    import sympy

    f, *corrections = (sympy.Matrix(term) for term in derived.terms)
    slope = f.jacobian(derived.params)
    first = slope * f
    twice = slope * first
    bend = first.jacobian(derived.params) * f - twice
    a, b, c = coefficients
    gaps = corrections[0] - a * first, corrections[1] - b * bend - c * twice
    lab.symbolic([sympy.expand(entry) for gap in gaps for entry in gap], reason="polynomial identities")


def lambdified(column: Any, symbols: Any) -> Callable[..., np.ndarray]:
    """``function(theta (..., 2), *others) -> (..., 2)`` of a column of expressions; theta's symbols come first."""
    import sympy

    function = sympy.lambdify(symbols, list(column), cse=True)
    return lambda theta, *others: np.stack(function(theta[..., 0], theta[..., 1], *others), axis=-1)
