"""Every optimizer is written twice: compiled (`solvable.dynamics`) and for any arithmetic (`derivations.optimizers`).

The modified equations are derived from the second, the trajectories come from the first. So a formula that is
verified on trajectories tests both, provided that they are the same map; here that is checked by itself. The second
kind of step runs on 40-digit numbers, with gradients written out once more by hand; what draws
(`derivations.random_optimizers`) is given the draws of the compiled run. A difference of 1e-12 after twenty steps is
the rounding of the compiled code.
"""

from __future__ import annotations

import mpmath
import numpy as np

from derivations import optimizers
from derivations.numbers import vector
from solvable import (
    SGD,
    Adam,
    Alternating,
    DiagonalLinearNetwork,
    Flooding,
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

from ._exact_steps import STEPS, Case, DiagonalGradient, ProductGradient, Written, exact, run_exact
from ._random_steps import random_cases

FITS = "X and y hold three samples, start two numbers for each column of X, factors three and game six"
BETA, SLOW, EPSILON = 0.625, 0.875, 0.03125
ROUNDING = "rounding of twenty compiled steps"


def _epsilon_outside(theta, state, gradient, h, *, beta1, beta2, epsilon):
    first, second = state
    slope = gradient(theta)
    first, second = beta1 * first + (1 - beta1) * slope, beta2 * second + (1 - beta2) * slope**2
    root = vector(mpmath.sqrt(entry) for entry in second)
    return theta - h * first / (root + mpmath.sqrt(epsilon)), (first, second)


def _dampened(theta, state, gradient, h, *, momentum):
    velocity = momentum * state[0] + (1 - momentum) * gradient(theta)
    return theta - h * velocity, (velocity,)


def _cases(model, start, h):
    """The optimizers that do not draw."""
    o, reach = optimizers, 0.5 * h
    momentum, averages = {"momentum": BETA}, {"beta1": BETA, "beta2": SLOW, "epsilon": EPSILON}
    strong, radius = {"strength": 2 * h, "ascent_step": reach}, {"radius": reach}
    level = _level(model, start, h)
    descent, ball = Written(o.gradient_descent, {}), Written(o.heavy_ball, momentum, 1)
    adam, forward = Written(o.adam, averages, 2), Written(o.gradient_regularized, strong)
    exact_penalty = Written(o.gradient_regularized, {"strength": 2 * h})
    sam, usam = Written(o.sam, radius), Written(o.usam, radius)
    sample_sam, sample_usam = (Written(step, radius, by_sample=True) for step in (o.sample_sam, o.sample_usam))
    return [
        Case(GradientDescent(h, weight_decay=0.125), descent._replace(hyper={"weight_decay": 0.125})),
        Case(HeavyBall(h, BETA), ball, ("momentum dampened", ball._replace(step=_dampened))),
        Case(Nesterov(h, BETA), ball._replace(step=o.nesterov), ("Nesterov without the lookahead", ball)),
        Case(
            Adam(h, **averages, bias_correction=False),
            adam,
            ("epsilon outside the root", adam._replace(step=_epsilon_outside)),
        ),
        Case(Adam(h, **averages), Written(o.adam_corrected, averages, 4), ("no bias correction", adam)),
        Case(
            Adam(h, 0.0, SLOW, EPSILON, bias_correction=False),
            Written(o.rmsprop, {"beta2": SLOW, "epsilon": EPSILON}, 1),
        ),
        Case(
            GradientRegularized(h, 2 * h),
            exact_penalty,
            ("strength without the factor 1/2", exact_penalty._replace(hyper={"strength": 4 * h})),
        ),
        Case(GradientRegularized(h, 2 * h, reach), forward),
        Case(
            GradientRegularized(h, 2 * h, -reach),
            forward._replace(hyper=strong | {"ascent_step": -reach}),
            ("forward difference for backward", forward),
        ),
        Case(SharpnessAware(h, reach), sam, ("ascent not normalized", usam)),
        Case(SharpnessAware(h, reach, normalized=False), usam),
        Case(
            SharpnessAware(h, reach, per_sample=True),
            sample_sam,
            ("one ascent for all samples", sam) if model.n_samples > 1 else None,
        ),
        Case(SharpnessAware(h, reach, normalized=False, per_sample=True), sample_usam),
        Case(
            Flooding(h, level),
            descent._replace(step=o.flooding, hyper={"level": level}),
            ("descent below the level", descent),
        ),
    ]


def _level(model, start, h):
    """A level that a run meets on its way down, and then hovers about."""
    after = simulate(model, GradientDescent(h), start, steps=STEPS // 4).final_loss
    return (model.loss(start) + after) / 2


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
    source="solvable.dynamics against derivations.optimizers, derivations.random_optimizers",
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
        "no bias correction",
        "one ascent for all samples",
        "descent below the level",
        "label noise of the other sign",
        "noise that is not taken back",
        "noise that is not projected",
        "covariance of the samples",
    ),
    convention="twenty steps from zero memory, h = 0.1 / sharpness; a diagonal network and a product of three numbers; "
    "what draws is given the same draws; games and the mean of a shuffled epoch as well",
)
def two_steps(lab):
    problem = lab.instance(_problem)
    X, y = np.asarray(problem["X"]), np.asarray(problem["y"])
    sizes = y.size, len(X), len(problem["start"]), len(problem["factors"]), len(problem["game"])
    lab.require(FITS, sizes == (3, 3, 2 * X.shape[1], 3, 6))
    diagonal = DiagonalLinearNetwork(X, y)
    product = ScalarFactorization(float(problem["target"]), depth=3)
    own = DiagonalGradient(exact(X), exact(y)), ProductGradient(mpmath.mpf(product.target))
    for model, start, gradient in zip((diagonal, product), (problem["start"], problem["factors"]), own, strict=True):
        h = float(0.1 / np.linalg.norm(model.hessian(start), 2))
        for compiled, written, rival in _cases(model, start, h) + random_cases(model, h, lab.seed):
            lab.identity(
                simulate(model, compiled, start, steps=STEPS, seed=lab.seed).final,
                run_exact(written, start, gradient, h),
                rivals={} if rival is None else {rival[0]: run_exact(rival[1], start, gradient, h)},
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
        return run_exact(Written(step, {"rates": rates, "players": players}), start, field, 1.0)

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
    gradient = DiagonalGradient(exact(model.X), exact(model.y))
    epoch = Written(optimizers.random_reshuffling, {}, draws=({},), by_sample=True)
    whole = Written(optimizers.gradient_descent, {}, draws=({},) * 3)
    lab.identity(
        ends.mean(axis=0) if len(ends) == 6 else np.full_like(start, np.nan),
        run_exact(epoch, start, gradient, h),
        rivals={"reshuffled batches as one": run_exact(whole, start, gradient, h)},
        tolerance=1e-12,
        reason="rounding of one compiled epoch",
    )
