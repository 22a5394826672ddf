r"""Kubo, Banno, Manabe and Minoji, Implicit Regularization in Over-parameterized Neural Networks (arXiv:1903.01997).

Between two inputs the output of a ReLU network is piecewise linear, and its gradient a walk of *gradient gaps*. The
paper names gaps and deflection; the definitions are this package's own (`solvable.segment_statistics`). With
``D(t) = f(X_t) - (1 - t) f(X_0) - t f(X_1)`` and the gaps G_k at the breakpoints t_k,

    D(t) = -sum_k G_k k(t, t_k),   int Gamma^2 = int D'^2 = -sum_k G_k D(t_k),   k(t, s) = min(t, s) (1 - max(t, s)),

so the walk is tied at both ends, and K gaps of deviation sigma_G make a distance ``~ sigma_G sqrt(K)`` from the chord.
"""

from __future__ import annotations

import math

import numpy as np

from solvable import claim, segment_statistics
from solvable.theory import expected_segment_statistics

WIDTH = 60
TIMES = np.array([0.25, 0.5])
NAMES = ("breakpoints", "slope variance", "total variation", "deflection", "distance at 1/4", "distance at 1/2")
MARGINS = (0.1, 0.1, 0.1, 0.2, 0.2, 0.2)


def _ends(rng):
    """Two inputs of three entries, neither close nor opposite."""
    while True:
        ends = {"x0": rng.standard_normal(3), "x1": rng.standard_normal(3)}
        if _apart(**ends):
            return ends


def _apart(x0, x1):
    """Whether the vectors (x, 1) are at an angle from 0.3 to 2 radians."""
    if x0.shape != x1.shape or not x0.size:
        return False
    first, last = np.append(x0, 1.0), np.append(x1, 1.0)
    return 0.3 <= math.acos(first @ last / math.sqrt(first @ first * (last @ last))) <= 2.0


def _network(key, width, d):
    """a ~ N(0, 1/m), w and b ~ N(0, 1)."""
    rng = np.random.default_rng(key)
    a, b = rng.standard_normal((2, width))
    return a / math.sqrt(width), rng.standard_normal((width, d)), b


def _output(a, w, b, x0, x1, t):
    """f at ``X_t``, from the neurons."""
    points = np.multiply.outer(1 - t, x0) + np.multiply.outer(t, x1)
    return np.maximum(points @ w.T + b, 0.0) @ a


def _distance(a, w, b, x0, x1, t):
    """D(t), from the outputs."""
    first, last = _output(a, w, b, x0, x1, np.array([0.0, 1.0]))
    return _output(a, w, b, x0, x1, t) - (1 - t) * first - t * last


@claim(
    "kubo2019-bridge",
    title="The distance from the chord is a bridge of gradient gaps",
    statement=r"$D(t) = f(X_t) - (1 - t) f(X_0) - t f(X_1) = -\sum_k G_k \min(t, t_k) (1 - \max(t, t_k)),\quad"
    r" \int_0^1 \Gamma^2 dt = -\sum_k G_k D(t_k)$",
    source="arXiv:1903.01997 (gaps and deflection; the definitions and the identity are this package's)",
    hypotheses=("the angle of the inputs with a bias is from 0.3 to 2",),
    rivals=("a walk that is free at its end", "the gaps with the sign of the orientation"),
    convention="a ~ N(0, 1/m), w, b ~ N(0, 1), m = 60, inputs of three entries; D from the outputs, at 99 points",
)
def bridge(lab):
    problem = lab.instance(_ends)
    x0, x1 = np.asarray(problem["x0"]), np.asarray(problem["x1"])
    lab.require("the angle of the inputs with a bias is from 0.3 to 2", _apart(x0, x1))
    a, w, b = _network([lab.seed, 1], WIDTH, x0.size)
    found = segment_statistics(a, w, b, x0, x1)
    t = np.arange(1, 100) / 100
    near, far = (f(t[:, None], found.breakpoints) for f in (np.minimum, np.maximum))
    change, before = w @ (x1 - x0), w @ x0 + b
    crossing = before * (before + change) < 0
    signed = (a * change)[crossing][np.argsort((-before / change)[crossing])]
    distance = _distance(a, w, b, x0, x1, t)
    lab.identity(
        distance,
        _walk(near * (1 - far), found.gradient_gaps),
        rivals={
            "a walk that is free at its end": _walk(near, found.gradient_gaps),
            "the gaps with the sign of the orientation": _walk(near * (1 - far), signed),
        },
        reason="exact: rounding only",
    )
    lab.identity(
        found.deflection**2,
        -found.gradient_gaps @ _distance(a, w, b, x0, x1, found.breakpoints),
        reason="exact: rounding only",
    )


def _walk(kernel, gaps):
    return -kernel @ gaps


def _moments(a, w, b, x0, x1):
    """K, sum G^2, sum |G|, int Gamma^2, and D^2 at `TIMES` of one network."""
    found = segment_statistics(a, w, b, x0, x1)
    G = found.gradient_gaps
    return [G.size, G @ G, np.sum(np.abs(G)), found.deflection**2, *found.bridge(TIMES) ** 2]


def _expected(x0, x1, width):
    """The same six numbers over random networks."""
    law = expected_segment_statistics(x0, x1, width, output_std=1 / math.sqrt(width))
    gaps = law.breakpoints * law.gap_deviation**2
    return np.array([law.breakpoints, gaps, law.total_variation, law.deflection**2, *law.straightness(TIMES) ** 2])


@claim(
    "kubo2019-gaps",
    title="Breakpoints, gradient gaps, deflection and straightness of a random network",
    statement=r"$E K = \frac{m \vartheta}{\pi},\ \ E \sum_k G_k^2 = \frac{m \sigma_a^2}{\pi} [ (s_0^2 + s_1^2)"
    r" (\vartheta - \sin\vartheta \cos\vartheta) + 2 s_0 s_1 (\sin\vartheta - \vartheta \cos\vartheta) ],\ \ "
    r"E \int \Gamma^2 = \frac{m \sigma_a^2}{\pi} s_0 s_1 (\sin\vartheta - \vartheta \cos\vartheta)$, and likewise"
    r" $E \sum |G_k|$ and $E D(t)^2$",
    source="arXiv:1903.01997 (gaps and deflection; the definitions and the expectations are this package's)",
    hypotheses=("the angle of the inputs with a bias is from 0.3 to 2",),
    rivals=("gaps independent of the breakpoints", "a walk that is free at its end", "gaps that add up"),
    convention="a ~ N(0, 1/m), w, b ~ N(0, 1), m = 60, inputs of three entries; margin a tenth for sums over gaps, a"
    " fifth for squares of sums; D at t = 1/4 and 1/2",
)
def gaps(lab):
    problem = lab.instance(_ends)
    x0, x1 = np.asarray(problem["x0"]), np.asarray(problem["x1"])
    lab.require("the angle of the inputs with a bias is from 0.3 to 2", _apart(x0, x1))
    predicted, kept = _expected(x0, x1, WIDTH), {}

    def row(replica):
        if replica not in kept:
            kept[replica] = _moments(*_network([lab.seed, 2, replica], WIDTH, x0.size), x0, x1)
        return kept[replica]

    rivals = (
        {},
        {"gaps independent of the breakpoints": predicted[0] / WIDTH * np.sum((x1 - x0) ** 2)},
        {},
        {},
        {},
        {"a walk that is free at its end": predicted[1] / 6, "gaps that add up": predicted[2] ** 2 / 64},
    )
    for k, others in enumerate(rivals):
        lab.statistic(
            lambda first, count, k=k: np.array([row(first + i)[k] for i in range(count)]),
            predicted[k],
            MARGINS[k] * predicted[k],
            rivals=others,
            first=256,
            reason=f"{NAMES[k]}: the margin is {MARGINS[k]} of it, less than half way to a rival",
        )
