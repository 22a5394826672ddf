"""Optimizers of `derivations` on 40-digit numbers, with the gradients of two models written out by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import mpmath
import numpy as np

from derivations.numbers import inner, vector

STEPS, DIGITS = 20, 40


def exact(values: Any) -> np.ndarray:
    """The floats as 40-digit numbers, without rounding."""
    flat = vector(mpmath.mpf(float(value)) for value in np.ravel(values))
    return flat.reshape(np.shape(values))


@dataclass(frozen=True, eq=False)
class DiagonalGradient:
    """Gradient of ``1/(2n) sum (x_i . (u^2 - v^2) - y_i)^2``, by hand."""

    X: np.ndarray
    y: np.ndarray

    def __call__(self, theta: Any) -> Any:
        u, v, g = self._parts(theta)
        return np.concatenate([2 * u * g, -2 * v * g])

    def derivative(self, theta: Any, direction: Any) -> Any:
        u, v, g = self._parts(theta)
        du, dv = np.split(direction, 2)
        bent = self.X.T @ (self.X @ (2 * u * du - 2 * v * dv)) / self.y.size
        return np.concatenate([2 * du * g + 2 * u * bent, -2 * dv * g - 2 * v * bent])

    def loss(self, theta: Any) -> Any:
        u, v = np.split(theta, 2)
        r = self.X @ (u * u - v * v) - self.y
        return inner(r, r) / (2 * self.y.size)

    @property
    def samples(self) -> tuple[DiagonalGradient, ...]:
        """The gradients of the single samples."""
        return tuple(DiagonalGradient(self.X[i : i + 1], self.y[i : i + 1]) for i in range(self.y.size))

    def of_output(self, theta: Any) -> Any:
        """Gradient of ``x . (u^2 - v^2)``, for a single sample x."""
        u, v = np.split(theta, 2)
        return np.concatenate([2 * u * self.X[0], -2 * v * self.X[0]])

    def _parts(self, theta: Any) -> tuple[Any, Any, Any]:
        u, v = np.split(theta, 2)
        return u, v, self.X.T @ (self.X @ (u * u - v * v) - self.y) / self.y.size


@dataclass(frozen=True, eq=False)
class ProductGradient:
    """Gradient of ``(w_1 w_2 w_3 - target)^2 / 2``, by hand: one sample, whose output is the product."""

    target: Any

    def __call__(self, w: Any) -> Any:
        return (w[0] * w[1] * w[2] - self.target) * self.of_output(w)

    def derivative(self, w: Any, d: Any) -> Any:
        others = self.of_output(w)
        bent = vector([d[1] * w[2] + w[1] * d[2], d[0] * w[2] + w[0] * d[2], d[0] * w[1] + w[0] * d[1]])
        return inner(others, d) * others + (w[0] * w[1] * w[2] - self.target) * bent

    def loss(self, w: Any) -> Any:
        return (w[0] * w[1] * w[2] - self.target) ** 2 / 2

    @property
    def samples(self) -> tuple[ProductGradient]:
        return (self,)

    def of_output(self, w: Any) -> Any:
        return vector([w[1] * w[2], w[0] * w[2], w[0] * w[1]])


class Written(NamedTuple):
    """An optimizer as `derivations` has it: a step, its hyperparameters, how many vectors it remembers.

    ``draws`` is what each step drew, one dict of arguments a step; ``by_sample`` says whether the step takes the
    gradients of the single samples.
    """

    step: Callable[..., Any]
    hyper: Mapping[str, Any]
    memory: int = 0
    draws: Sequence[Mapping[str, Any]] = ({},) * STEPS
    by_sample: bool = False


class Case(NamedTuple):
    """A compiled optimizer, its second writing, and a rival with its name."""

    compiled: Any
    written: Written
    rival: tuple[str, Written] | None = None


def run_exact(written: Written, start: Any, gradient: Any, h: Any) -> Any:
    """All its steps on 40-digit numbers, from zero memory; hyperparameters and draws are floats."""
    with mpmath.workdps(DIGITS):
        theta = exact(start)
        state: Any = (0 * theta,) * written.memory
        numbers = {name: exact(value) if np.ndim(value) else mpmath.mpf(value) for name, value in written.hyper.items()}
        given = gradient.samples if written.by_sample else gradient
        for draw in written.draws:
            drawn = {name: value if name == "batch" else exact(value) for name, value in draw.items()}
            theta, state = written.step(theta, state, given, mpmath.mpf(h), **numbers, **drawn)
        return theta.astype(np.float64)
