"""Every optimizer is written twice: compiled (`solvable.dynamics`) and for any arithmetic (`derivations.optimizers`).

The modified equations are derived from the second, the trajectories come from the first. So a formula that is
verified on trajectories tests both, provided that they are the same map; here that is checked by itself. The second
kind of step runs on 40-digit numbers, with gradients written out once more by hand: a difference of 1e-12 after
twenty steps is the rounding of the compiled code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np

from derivations import optimizers
from derivations.numbers import vector
from solvable import (
    SGD,
    Adam,
    Alternating,
    DiagonalLinearNetwork,
    GradientDescent,
    GradientRegularized,
    HeavyBall,
    Nesterov,
    ScalarFactorization,
    SharpnessAware,
    Simultaneous,
    TwoPlayerGame,
    claim,
    simulate,
)

STEPS, DIGITS = 20, 40
FITS = "X and y hold three samples, start two numbers for each column of X, factors three and game six"
BETA, SLOW, EPSILON = 0.625, 0.875, 0.03125
ROUNDING = "rounding of twenty compiled steps"


def exact(values: Any) -> np.ndarray:
    """The floats as 40-digit numbers, without rounding."""
    flat = vector(mpmath.mpf(float(value)) for value in np.ravel(values))
    return flat.reshape(np.shape(values))


@dataclass(frozen=True, eq=False)
class _Diagonal:
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

    def _parts(self, theta: Any) -> tuple[Any, Any, Any]:
        u, v = np.split(theta, 2)
        return u, v, self.X.T @ (self.X @ (u * u - v * v) - self.y) / self.y.size


@dataclass(frozen=True, eq=False)
class _Product:
    """Gradient of ``(w_1 w_2 w_3 - target)^2 / 2``, by hand."""

    target: Any

    def __call__(self, w: Any) -> Any:
        return (w[0] * w[1] * w[2] - self.target) * self._others(w)

    def derivative(self, w: Any, d: Any) -> Any:
        others = self._others(w)
        bent = vector([d[1] * w[2] + w[1] * d[2], d[0] * w[2] + w[0] * d[2], d[0] * w[1] + w[0] * d[1]])
        return sum(others * d) * others + (w[0] * w[1] * w[2] - self.target) * bent

    @staticmethod
    def _others(w: Any) -> Any:
        return vector([w[1] * w[2], w[0] * w[2], w[0] * w[1]])


def run_exact(
    step: Callable[..., Any], start: Any, gradient: Any, h: Any, memory: int, steps: int = STEPS, **hyper: Any
) -> Any:
    """Twenty steps on 40-digit numbers, from zero memory; hyperparameters are floats."""
    with mpmath.workdps(DIGITS):
        theta = exact(start)
        state: Any = (0 * theta,) * memory
        numbers = {name: exact(value) if np.ndim(value) else mpmath.mpf(value) for name, value in hyper.items()}
        for _ in range(steps):
            theta, state = step(theta, state, gradient, mpmath.mpf(h), **numbers)
        return theta.astype(np.float64)


def _epsilon_outside(theta, state, gradient, h, *, beta1, beta2, epsilon):
    first, second = state
    slope = gradient(theta)
    first, second = beta1 * first + (1 - beta1) * slope, beta2 * second + (1 - beta2) * slope**2
    root = vector(mpmath.sqrt(entry) for entry in second)
    return theta - h * first / (root + mpmath.sqrt(epsilon)), (first, second)


def _dampened(theta, state, gradient, h, *, momentum):
    velocity = momentum * state[0] + (1 - momentum) * gradient(theta)
    return theta - h * velocity, (velocity,)


def _cases(h):
    """Label: compiled optimizer, exact step, memories, its hyperparameters; and (rival, step, hyperparameters)."""
    o, reach = optimizers, 0.5 * h
    momentum, averages = {"momentum": BETA}, {"beta1": BETA, "beta2": SLOW, "epsilon": EPSILON}
    strong = {"strength": 2 * h, "ascent_step": reach}
    return (
        (GradientDescent(h, weight_decay=0.125), o.gradient_descent, 0, {"weight_decay": 0.125}, None),
        (HeavyBall(h, BETA), o.heavy_ball, 1, momentum, ("momentum dampened", _dampened, momentum)),
        (Nesterov(h, BETA), o.nesterov, 1, momentum, ("Nesterov without the lookahead", o.heavy_ball, momentum)),
        (
            Adam(h, **averages, bias_correction=False),
            o.adam,
            2,
            averages,
            ("epsilon outside the root", _epsilon_outside, averages),
        ),
        (Adam(h, 0.0, SLOW, EPSILON, bias_correction=False), o.rmsprop, 1, {"beta2": SLOW, "epsilon": EPSILON}, None),
        (
            GradientRegularized(h, 2 * h),
            o.gradient_regularized,
            0,
            {"strength": 2 * h},
            ("strength without the factor 1/2", o.gradient_regularized, {"strength": 4 * h}),
        ),
        (GradientRegularized(h, 2 * h, reach), o.gradient_regularized, 0, strong, None),
        (
            GradientRegularized(h, 2 * h, -reach),
            o.gradient_regularized,
            0,
            strong | {"ascent_step": -reach},
            ("forward difference for backward", o.gradient_regularized, strong),
        ),
        (SharpnessAware(h, reach), o.sam, 0, {"radius": reach}, ("ascent not normalized", o.usam, {"radius": reach})),
        (SharpnessAware(h, reach, normalized=False), o.usam, 0, {"radius": reach}, None),
    )


def _problem(rng):
    return {
        "X": rng.standard_normal((3, 3)),
        "y": rng.uniform(1.0, 2.0, 3) * rng.choice([-1, 1], 3),
        "start": rng.uniform(0.4, 0.8, 6),
        "factors": rng.uniform(0.6, 1.2, 3),
        "target": float(rng.uniform(1.5, 2.5)),
        "game": rng.uniform(-1.0, 1.0, 6),
    }


@claim(
    "solvable2026-two-steps",
    title="Compiled optimizers take the steps that the modified equations are derived from",
    statement=r"$\Phi^{\mathrm{compiled}}_h = \Phi^{\mathrm{exact}}_h:\ \ |\theta_{20} - \theta'_{20}| \leq"
    r" 10^{-12} |\theta'_{20}|$",
    source="solvable.dynamics against derivations.optimizers",
    hypotheses=("X and y hold three samples, start two numbers for each column of X, factors three and game six",),
    rivals=(
        "momentum dampened",
        "Nesterov without the lookahead",
        "epsilon outside the root",
        "strength without the factor 1/2",
        "forward difference for backward",
        "ascent not normalized",
        "both players at once",
        "reshuffled batches as one",
    ),
    convention="twenty steps from zero memory, h = 0.1 / sharpness; a diagonal network and a product of three numbers; "
    "no bias correction; games and the mean of a shuffled epoch as well",
)
def two_steps(lab):
    problem = lab.instance(_problem)
    X, y = np.asarray(problem["X"]), np.asarray(problem["y"])
    sizes = y.size, len(X), len(problem["start"]), len(problem["factors"]), len(problem["game"])
    lab.require(FITS, sizes == (3, 3, 2 * X.shape[1], 3, 6))
    diagonal = DiagonalLinearNetwork(X, y)
    product = ScalarFactorization(float(problem["target"]), depth=3)
    own = _Diagonal(exact(X), exact(y)), _Product(mpmath.mpf(product.target))
    for model, start, gradient in zip((diagonal, product), (problem["start"], problem["factors"]), own, strict=True):
        h = float(0.1 / np.linalg.norm(model.hessian(start), 2))
        for dynamics, step, memory, hyper, rival in _cases(h):
            wrong = {}
            if rival is not None:
                name, other, given = rival
                wrong = {name: run_exact(other, start, gradient, h, memory, **given)}
            lab.identity(
                simulate(model, dynamics, start, steps=STEPS).final,
                run_exact(step, start, gradient, h, memory, **hyper),
                rivals=wrong,
                tolerance=1e-12,
                reason=ROUNDING,
            )
    _check_games(lab, problem["game"], problem["factors"][:2])
    _check_epoch(lab, diagonal, problem["start"])


def _check_games(lab, weights, start):
    """Two players with cubic fields; what is cubic or their own pulls inward, so that no draw diverges."""
    a, b, c, d, e, k = exact(weights * np.where([1, 0, 1, 1, 0, 1], -np.sign(weights), 1.0))
    game = TwoPlayerGame(
        lambda p, q: float(a) * p + float(b) * q + float(c) * p * q**2,
        lambda p, q: float(d) * q + float(e) * p + float(k) * p**2 * q,
    )

    def field(z):
        p, q = z
        return vector([a * p + b * q + c * p * q**2, d * q + e * p + k * p**2 * q])

    rates, players = [0.0625, 0.03125], [1, 0]

    def moved(step):
        return run_exact(step, start, field, 1.0, 0, rates=rates, players=players)

    at_once, in_turn = moved(optimizers.simultaneous), moved(optimizers.alternating)
    for dynamics, predicted, wrong in (
        (Simultaneous(tuple(rates)), at_once, {}),
        (Alternating(tuple(rates)), in_turn, {"both players at once": at_once}),
    ):
        found = simulate(game, dynamics, start, steps=STEPS).final
        lab.identity(found, predicted, rivals=wrong, tolerance=1e-12, reason=ROUNDING)


def _check_epoch(lab, model, start):
    """The mean of one shuffled epoch over all orders: six of them for three samples."""
    h = float(0.1 / np.linalg.norm(model.hessian(start), 2))
    ends = simulate(model, SGD(h, order="shuffle"), np.tile(start, (192, 1)), steps=3, seed=lab.seed).final
    ends = np.unique(ends, axis=0)
    batches = [_Diagonal(exact(x[None]), exact(y[None])) for x, y in zip(model.X, model.y, strict=True)]
    lab.identity(
        ends.mean(axis=0) if len(ends) == 6 else np.full_like(start, np.nan),
        run_exact(optimizers.random_reshuffling, start, batches, h, 0, steps=1),
        rivals={
            "reshuffled batches as one": run_exact(
                optimizers.gradient_descent, start, _Diagonal(exact(model.X), exact(model.y)), h, 0, steps=3
            )
        },
        tolerance=1e-12,
        reason="rounding of one compiled epoch",
    )
