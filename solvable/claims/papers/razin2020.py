r"""Razin and Cohen, Implicit Regularization in Deep Learning May Not Be Explainable by Norms (arXiv:2005.06398).

Of a 2 x 2 matrix ``W_12 = W_21 = 1`` and ``W_22 = 0`` are observed. Balanced layers keep the sign of det W. If it is
positive, ``W_11 W_22 > W_12 W_21``, fitting the entries drives the free one, and every norm, to infinity, although
completions of small norm exist; if it is negative the flow converges. How fast it diverges, and how the determinant
vanishes, is derived in `solvable.theory.sensing.completion`.
"""

from __future__ import annotations

import numpy as np

from solvable import claim
from solvable.theory import completion_bound, completion_growth, completion_log_det, end_to_end_flow

from ._completion import draw_start, is_small, layers_along, log_det, loss, product

POSITIVE = "the determinant of the start is positive, its entries at most 2, and its trace at least 1/2"
NEGATIVE = "the determinant of the start is negative, its entries at most 2, and it is no completion"
FITS = "the observed entries are fitted to 1e-8 within a time of 60"
LATE = "corrections fall with a power of time"


@claim(
    "razin2020-divergence",
    title="A completion whose norm diverges: how fast, at three and four layers",
    statement=r"$\det W > 0:\quad |W_{11}| \geq \frac{1}{e} - 2 + e,\ e = \sqrt{6L};\quad"
    r" |W_{11}| \sim \left(\frac{2(N+1)t}{3}\right)^{N/(2(N+1))},\ L \sim \frac{1}{6W_{11}^2},\quad"
    r" \det W \propto t^{-3/2}\ (N = 3),\ t^{-4/5}\ (N = 4)$",
    source="arXiv:2005.06398 (divergence), theorem number unverified;"
    " laws derived in solvable.theory.sensing.completion",
    hypotheses=("the determinant of the start is positive, its entries at most 2, and its trace at least 1/2",),
    rivals=(
        "a norm is minimized",
        "the square root of time",
        "the law of two layers",
        "the clock of the sum of squares",
        "twice the bound",
        "the determinant of two layers",
        "inverse time",
        "the power of the other depth",
        "a free entry that stays",
    ),
    convention="L = (1/6) sum of the three squared residuals, balanced layers, N = 3 and 4, to a time of 1e5",
)
def divergence(lab):
    W0 = lab.instance(draw_start)["start"]
    lab.require(POSITIVE, is_small(W0) and np.linalg.det(W0) > 1e-3 and np.trace(W0) >= 0.5)
    times, late = np.geomspace(1, 1e5, 16), slice(9, None)
    for depth in (3, 4):
        layers = layers_along(W0, depth, times, rtol=1e-6)
        W = product(layers)
        x, L, law, power = np.abs(W[:, 0, 0]), loss(W), completion_growth(depth, times), depth / (2 * (depth + 1))
        floor = completion_bound(L)
        lab.bound(-x, -floor, rivals={"twice the bound": -2 * floor}, reason="a consequence of the sign of det W")
        lab.limit(
            times[late],
            (x / law)[late],
            1.0,
            rivals={
                "a norm is minimized": 0.0,
                "the square root of time": (2 * depth * times[-1] / 3) ** 0.5 / law[-1],
                "the law of two layers": completion_growth(2, times[-1]) / law[-1],
                "the clock of the sum of squares": 3**power,
            },
            tolerance=2e-3,
            reason=LATE,
        )
        lab.limit(times[late], (6 * L * x**2)[late], 1.0, tolerance=1e-3, reason=LATE)
        lab.limit(
            times[late],
            np.gradient(np.log(x), np.log(times))[late],
            power,
            rivals={"the square root of time": 0.5, "the law of two layers": 1 / 3},
            scale=1.0,
            tolerance=2e-3,
            reason=LATE,
        )
        check_determinant(lab, times[8:], log_det(layers)[8:], x[8:], depth)


def check_determinant(lab, times, log_dets, x, depth):
    """Its constant and its power, freed from the start, which bends them by ``t^{-(N+2)/(2(N+1))}``."""
    laws = completion_log_det(depth, times)
    measured, law = (from_growth(*pair, depth) for pair in ((log_dets, x), (laws, completion_growth(depth, times))))
    thrice, two = (completion_log_det(depth, 3 * times[-1]), completion_log_det(2, times[-1])) - laws[-1]
    lab.limit(
        times[1:],
        np.exp(measured - law),
        1.0,
        rivals={"the clock of the sum of squares": np.exp(thrice), "the determinant of two layers": np.exp(two)},
        tolerance=0.01,
        reason="three or two times the error of the singular value's power, which falls as that of W_11 does",
    )
    logs = np.log(times)
    power, other = (float(np.ptp(law) / np.ptp(logs)) for law in (laws, completion_log_det(7 - depth, times)))
    lab.limit(
        times[2:],
        np.diff(measured) / np.diff(logs[1:]),
        -power,
        rivals={
            "inverse time": -1.0,
            "the power of the other depth": -other,
            "a free entry that stays": -depth / (depth - 2),
        },
        scale=1.0,
        tolerance=5e-3,
        reason=LATE,
    )


def from_growth(log_dets, x, depth):
    """``log det W`` from what ``(det/x)^{-(N-2)/N}`` gains from one time to the next: without its constant."""
    share = (depth - 2) / depth
    gains = np.diff(np.exp(-share * (log_dets - np.log(x))))
    return np.log(x[1:] * x[:-1]) / 2 - np.log(gains) / share


@claim(
    "razin2020-negative-determinant",
    title="With a negative determinant the same completion converges",
    statement=r"$\det W(0) < 0:\quad W(t) \to$ a finite completion with $\det W = -1$, that of the flow"
    r" $W' = -\sum_j (WW^T)^{(N-j)/N}\,\nabla L\,(W^TW)^{(j-1)/N}$",
    source="arXiv:2005.06398 (the sign decides); the flow is arXiv:1802.06509; numbers unverified",
    hypotheses=(
        "the determinant of the start is negative, its entries at most 2, and it is no completion",
        "the observed entries are fitted to 1e-8 within a time of 60",
    ),
    rivals=("it diverges", "least nuclear norm", "one layer more", "the free entry stays"),
    convention="L = (1/6) sum of the three squared residuals, balanced layers, N = 2, 3 and 4; times 2 to 60",
)
def negative(lab):
    W0 = lab.instance(lambda rng: {"start": draw_start(rng)["start"] * [[1.0, -1.0]]})["start"]
    lab.require(NEGATIVE, is_small(W0) and np.linalg.det(W0) < -1e-3 and loss(W0) > 1e-3)
    times = np.array([2.0, 6.0, 20.0, 60.0])
    for depth in (2, 3, 4):
        W = product(layers_along(W0, depth, times))
        lab.require(FITS, loss(W[-1]) < 1e-16)
        lab.identity(
            W,
            end_to_end_flow(W0, gradient, depth, times),
            rivals={
                "it diverges": ending(W, completion_growth(depth, times[-1])),
                "least nuclear norm": ending(W, 0.0),
                "the free entry stays": ending(W, W0[0, 0]),
                "one layer more": end_to_end_flow(W0, gradient, depth + 1, times),
            },
            tolerance=1e-7,
            reason="both flows are integrated to relative accuracy 1e-10 or better",
        )
        lab.identity(np.linalg.det(W[-1]), -1.0, tolerance=1e-7, reason="the observed entries are fitted to 1e-8")
        lab.note(f"N = {depth}: W_11 ends at {W[-1, 0, 0]:.3f}")


def gradient(W):
    """Of L, at W."""
    return np.array([[0.0, W[0, 1] - 1], [W[1, 0] - 1, W[1, 1]]]) / 3


def ending(W, free):
    """The path with another end: the completion of that free entry."""
    return np.concatenate([W[:-1], [[[free, 1.0], [1.0, 0.0]]]])
