"""Compiled optimizers that draw beside the steps of `derivations.random_optimizers`, which are given the same draws."""

from __future__ import annotations

from typing import Any

import numpy as np

from derivations import random_optimizers as o
from solvable import SGD, GradientNoise, LabelNoiseSGD, NoiseInjection, StochasticGradientFlow
from solvable.integrators.noise import fill_tile
from solvable.integrators.philox import GRADIENT_NOISE, PARAMETER_NOISE

from ._exact_steps import STEPS, Case, Written

MOMENTUM, STD = 0.625, 0.25
SMALL = 0.015625
"""Standard deviation of noise that a step does not make smaller."""


def batches(method: Any, model: Any, seed: int) -> list[dict[str, Any]]:
    """The batches of `method`, and its noise where it has any."""
    drawn = method.batches(model.n_samples, STEPS, seed=seed)
    if not isinstance(method, LabelNoiseSGD):
        return [{"batch": batch} for batch in drawn]
    noises = method.noises(model.n_samples, STEPS, seed=seed)
    return [{"batch": batch, "noise": noise} for batch, noise in zip(drawn, noises, strict=True)]


def gaussians(size: int, purpose: Any, seed: int) -> list[dict[str, Any]]:
    """So many standard Gaussians for every step."""
    out = np.empty((STEPS, size, 1))
    for step in range(STEPS):
        fill_tile(np.uint64(seed), np.zeros(1, dtype=np.int64), step, purpose, out[step])
    return [{"noise": noise} for noise in out[..., 0]]


def random_cases(model: Any, h: float, seed: int) -> list[Case]:
    """All of them, for replica 0 of `seed`."""
    few = min(2, model.n_samples)
    cases = [
        Case(method, Written(o.sgd, {}, 0, batches(method, model, seed), by_sample=True))
        for method in (SGD(h, few), SGD(h, few, order="shuffle"))
    ]
    for momentum, noisy in (
        (MOMENTUM, LabelNoiseSGD(h, STD, few, "gaussian", MOMENTUM)),
        (0.0, LabelNoiseSGD(h, STD, batch_size=None)),
    ):
        hyper, drawn = {"noise_std": STD, "momentum": momentum}, batches(noisy, model, seed)
        written = Written(o.label_noise_sgd, hyper, 1, drawn, by_sample=True)
        wrong = written._replace(hyper=hyper | {"noise_std": -STD})
        cases.append(Case(noisy, written, ("label noise of the other sign", wrong)))
    plain = Written(o.noise_injection, {"std": SMALL}, 0, gaussians(model.n_params, PARAMETER_NOISE, seed))
    paired = plain._replace(step=o.anticorrelated_noise_injection, memory=1)
    white = Written(o.gradient_noise, {"std": STD}, 0, gaussians(model.n_params, GRADIENT_NOISE, seed))
    normal = white._replace(step=o.normal_gradient_noise, by_sample=True)
    kicks = gaussians(model.n_samples, GRADIENT_NOISE, seed)
    sample = Written(o.stochastic_gradient_flow, {"rate": h / 4}, 0, kicks, by_sample=True)
    loss = sample._replace(step=o.loss_gradient_flow)
    return [
        *cases,
        Case(NoiseInjection(h, SMALL), plain),
        Case(NoiseInjection(h, SMALL, anticorrelated=True), paired, ("noise that is not taken back", plain)),
        Case(GradientNoise(h, STD), white),
        Case(GradientNoise(h, STD, shape="normal"), normal, ("noise that is not projected", white)),
        Case(StochasticGradientFlow(h / 4, dt=h), sample),
        Case(StochasticGradientFlow(h / 4, dt=h, covariance="loss"), loss, ("covariance of the samples", sample)),
    ]
