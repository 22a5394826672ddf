r"""Blanc, Gupta, Valiant and Valiant (arXiv:1904.09080): how far label noise takes a model from a minimum, and when.

After ``h^-1.6`` steps the drift of `blanc2019` has covered ``h^2 h^-1.6 = h^0.4``, the distance in the paper's theorem.
The fluctuations are of order ``h^0.5``, in a ratio of ``h^0.1`` only: the logarithm of ``q = u^2 - v^2``, which they
do not move, shows the power at once, and the distance from theta* at no step that can be run. In the claim below the
mean square of the fluctuations is ``2 (h lambda)^0.2 (lambda/q)^2`` times that of the drift: more than 0.8 at the
smallest step, and 0.1 after 1e11 steps at the least. From the flattest minimum there are fluctuations only.
"""

from __future__ import annotations

import numpy as np

from solvable import LabelNoiseSGD, claim, simulate
from solvable.theory import limiting_flow

from ._outputs import product_outputs, twin
from .blanc2019 import NOISE, STEPS, fall, products, slow_rate, two_factors


@claim(
    "blanc2019-repelled",
    title="From a minimum that is not flattest: h^0.4 after h^-1.6 steps, under fluctuations that hide it",
    statement=r"$k = c\,(h\Lambda)^{-1.6}:\quad E \log \frac{q_0}{q_k} \sim \frac{c s^2}{\Lambda^2} (h\Lambda)^{0.4},"
    r"\quad E\,|\theta_k - \theta^*|^2 = |Y - \theta^*|^2 + \frac{h s^2}{2 - h\Lambda} + \ldots$",
    source="arXiv:1904.09080, theorem number unverified",
    rivals=("half the drift", "twice the drift", "h^0.5", "the drift alone", "the fluctuations alone"),
    convention="f = u v, signs, h Lambda = 0.16 to 0.01, Lambda = u^2 + v^2 at theta*, c = 4, Y the limiting flow; and"
    " from u = v, which is the flattest",
)
def repelled(lab):
    model, start, size = two_factors(lab.instance(products))
    s, x, c = NOISE * size, STEPS[0] / 2.0 ** np.arange(5), 4.0

    def share(x, first, count):
        """How far log q has fallen, in units of ``c s^2 x^0.4 / Lambda^2``."""
        h, k = x / size, round(c * x**-1.6)
        return fall(model, start, h, s, k, first, count, lab.seed)[:, 0] * (h * s) ** 2 * k / (c * NOISE**2 * x**0.4)

    rate = -slow_rate(model, start)
    lab.extrapolation(
        share,
        x,
        rate,
        0.01 * rate,
        # A share that is 1 at the largest step would have fallen to this at the smallest, and end at 0.
        rivals={"half the drift": rate / 2, "twice the drift": 2 * rate, "h^0.5": rate * (x[-1] / x[0]) ** 0.1},
        reason="1 %, a twenty-fourth of the gap to the nearest rival",
    )
    h, k = x[-1] / size, round(c * x[-1] ** -1.6)
    path = limiting_flow(*product_outputs(model.target), start, (h * s) ** 2 * k)
    moved = float(np.sum((path.points[0] - start) ** 2))
    check_distance(lab, model, start, h, s, k, moved)
    check_distance(lab, model, np.full(2, np.sqrt(model.target)), h, s, k, 0.0)


def check_distance(lab, model, start, h, s, steps, moved):
    """The mean square distance from `start`, against that of the drift, `moved`, and of the fluctuations."""
    g = product_outputs(model.target).jacobian(start)
    x, method = h * np.sum(g * g), LabelNoiseSGD(h, s)
    jitter = h / (2 - x)

    total = moved + s * s * jitter

    def sampler(first, count):
        run = simulate(model, method, np.tile(start, (count, 1)), steps=steps, replica=first, seed=lab.seed)
        linear = twin(g, method, np.array([steps]), first, count, lab.seed)[0]
        return np.stack([np.sum((run.final - start) ** 2, axis=1) / total, np.sum(linear**2, axis=1)], axis=1)

    lab.statistic(
        sampler,
        1.0,
        0.03,
        rivals={"the drift alone": moved / total, "the fluctuations alone": s * s * jitter / total} if moved else {},
        control_mean=jitter * (1 - (1 - x) ** (2 * steps)),
        reason="3 %: terms of higher order in h; the control variate is the square of the linear fluctuations",
    )
