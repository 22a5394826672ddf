"""Runs of networks of neurons on one point: with noise, without it, and along the limiting flow."""

from __future__ import annotations

import numpy as np

from solvable import GradientFlow, LabelNoiseSGD, SinglePointNetwork, simulate
from solvable.theory import limiting_flow

from ._single_point import activation, coordinates, ordered, reduced

RESIDUAL = 1e-13
"""Residual, relative to the label, at which a noiseless flow counts as ended."""


def random_starts(model: SinglePointNetwork, count: int, seed: int) -> np.ndarray:
    """Ends of the noiseless flow from small random parameters."""
    draws = np.random.default_rng(seed).standard_normal((count, model.n_params))
    return quenched(model, 0.5 / np.linalg.norm(model.x) * draws)


def quenched(model: SinglePointNetwork, starts: np.ndarray) -> np.ndarray:
    """Where the noiseless flow ends from ``starts (R, p)``: the points of ``f = y`` that the noise surrounds."""
    done = 0.5 * (RESIDUAL * model.y) ** 2
    return simulate(model, GradientFlow(rtol=1e-10), starts, time=1e9, until_loss=done).final


def descended(model: SinglePointNetwork, starts: np.ndarray, T: float, h: float, s: float, seed: int) -> np.ndarray:
    """SGD with label noise from ``starts (R, p)`` to the slow time T, and then the noiseless flow."""
    runs = simulate(model, LabelNoiseSGD(h, s), starts, steps=round(T / (h * s) ** 2), seed=seed)
    return quenched(model, runs.final)


def flow_ends(model: SinglePointNetwork, starts: np.ndarray, time: float) -> np.ndarray:
    """The neurons at the time T of the limiting flow from each of ``starts (R, p)`` on ``f = y``."""
    net, root, ends = reduced(model), float(np.linalg.norm(model.x)), []
    for theta in starts:
        end = limiting_flow(*net, coordinates(model, theta), time, rtol=1e-7).points[-1]
        c, s = np.split(end, 2)
        ends.append(ordered(root * c, activation(model, root * s)[0]))
    return np.array(ends)
