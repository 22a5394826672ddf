r"""Blanc et al. (arXiv:1904.09080): how theta fluctuates about the minimum that label noise has led it to.

At a minimum theta* of ``R = |grad f|^2`` on ``f = y``, one point, the residual is an Ornstein-Uhlenbeck process, and at
a finite step its discrete form: ``E r^2 = h R s^2 / (2 - h R)``. All of theta's fluctuations of order ``sqrt(h)`` are
along ``grad f``. Those along the minima, which remain where the noiseless flow ends, are smaller.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from solvable import LabelNoiseSGD, claim, simulate

from ._outputs import twin
from ._single_point import DECIDES, RATE, at_state, few_tanh, network, slow_rates
from ._single_point_runs import quenched

STEPS = np.array([0.8, 0.4, 0.2, 0.1])
PILOT = 2**20


@claim(
    "blanc2019-one-point-fluctuation",
    title="One point: the parameters fluctuate by sqrt(h), the end of their noiseless flow by less",
    statement=r"$E\, r^2 = \frac{h R s^2}{2 - h R},\quad E |\theta - \theta_*|^2 = \frac{h s^2}{2 - h R} (1 + O(h)),"
    r"\quad \frac{1}{h} E |\Phi(\theta) - \theta_*|^2 \to 0$, with $\Phi$ the limit of the noiseless flow",
    source="arXiv:1904.09080 (the Ornstein-Uhlenbeck process); the discrete variance and the rest are our own",
    hypotheses=("the slow flow decides within the horizon",),
    rivals=("the variance of the Ornstein-Uhlenbeck process", "a mean square of order h along the minima"),
    convention="tanh, L = (f - y)^2 / 2, R = |grad f|^2; the variance at h = 0.4 with noise |y|/100, margin 4 percent;"
    " limits from h = 0.8 to 0.1 with noise |y|/2; margins 5 percent, and for the last 0.3 of what it is at h = 0.8",
)
def fluctuation(lab):
    model, states = network(lab.instance(few_tanh), "tanh")
    end, R = at_state(model, states[0]), states[0].regularizer
    rate = np.min(slow_rates(model, states[0]))
    lab.require(DECIDES, rate > RATE)
    small, last = abs(model.y) / 100, 400

    def squares(first, count):
        times = 100 + np.arange(last)
        runs = simulate(
            model,
            LabelNoiseSGD(0.4, small),
            np.tile(end, (count, 1)),
            steps=times[-1],
            save=times,
            replica=first,
            seed=lab.seed,
        )
        return np.mean(model.residuals(runs.theta)[..., 0] ** 2, axis=0) / small**2

    lab.statistic(
        squares,
        0.4 * R / (2 - 0.4 * R),
        0.04 * 0.4 * R / (2 - 0.4 * R),
        rivals={"the variance of the Ornstein-Uhlenbeck process": 0.2 * R},
        reason="a quarter of the gap of 0.2 R to the continuous process, and less",
    )
    size, g = abs(model.y) / 2, model.jacobian(end)

    def method(h):
        return LabelNoiseSGD(h, size), round(1.5 / rate / (h * size) ** 2) * np.array([1, 2])

    @cache
    def path(h, first, count):
        noisy, times = method(h)
        starts = np.tile(end, (count, 1))
        return simulate(model, noisy, starts, steps=times[-1], save=times, replica=first, seed=lab.seed).theta

    def distance(points, h):
        """The mean square distance from the minimum of every replica, over ``h s^2``."""
        return np.mean(np.sum((points - end) ** 2, axis=2), axis=0) / (h * size**2)

    def around(h, first, count):
        noisy, times = method(h)
        linear = end + size * twin(g, noisy, times, first, count, lab.seed)
        return np.stack([distance(path(h, first, count), h), distance(linear, h)], axis=1) * (2 - h * R)

    def along(h, first, count):
        points = path(h, first, count)
        return distance(quenched(model, points.reshape(-1, end.size)).reshape(points.shape), h)

    lab.extrapolation(around, STEPS, 1.0, 0.05, control_mean=1.0, stages=5, reason="5 %; the twin leaves 1 % of noise")
    # In order h it would be the same at every step size.
    same = np.mean(along(STEPS[0], PILOT, 64))
    lab.extrapolation(
        along,
        STEPS,
        0.0,
        0.3 * same,
        rivals={"a mean square of order h along the minima": same},
        stages=5,
        reason="0.3 of what is there at the largest step",
    )
