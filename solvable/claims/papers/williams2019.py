r"""Williams, Trager, Silva, Panozzo, Zorin and Bruna, Gradient Dynamics of Shallow Univariate ReLU Networks (arXiv
1906.07842).

Where knots do not move, only output weights train, and the network ends at a spline. With ``zeta(t)`` the density of
knots times the mean of w^2 there, the least ``E c^2`` with which random features make f is

    int f''^2/zeta dt + (2A)^2 + (2B)^2 / int t^2 zeta dt,        A x + B the mean of the two asymptotes of f.

For normal features ``zeta = (2/pi) / (1 + t^2)^2``: not a cubic spline. For ``w = +-1`` and b uniform on [-B, B], zeta
is constant, and as B grows the affine part costs nothing: the natural cubic spline.
"""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicSpline

from solvable import claim
from solvable.theory import random_feature_interpolant, random_feature_norm
from solvable.theory.relu.arc_cosine import feature_kernel

from ._wide import DISTINCT, bent, features, grid, least_squares, samples, size, usable

WIDTHS = 4 ** np.arange(4, 9)
DRAWS = 16
SLOPING = "the mean of the end slopes of the spline is at least 0.03 of its largest bend times the largest input"
CONDITIONED = "the condition of the kernel at the inputs is at most 1e5"


def _conditioned(x):
    return bool(np.linalg.cond(feature_kernel(x[:, None], x)) <= 1e5)


def _others(x, y):
    """Splines of the wrong weight, between the first and the last input."""
    t, reach = grid(x), max(3.0, float(np.max(np.abs(x))))
    return {
        "the natural cubic spline": _natural(x, y)(t),
        "a constant weight of knots up to 3": random_feature_interpolant(x, y, bias_range=reach)(t),
    }


def _natural(x, y):
    order = np.argsort(x)
    return CubicSpline(x[order], y[order], bc_type="natural")


def _differ(x, y):
    right = random_feature_interpolant(x, y)(grid(x))
    return all(np.max(np.abs(other - right)) >= 0.07 * np.max(np.abs(right)) for other in _others(x, y).values())


def _different(rng: np.random.Generator, n: int = 5) -> dict[str, np.ndarray]:
    """Data on which the splines differ."""
    for _ in range(50):
        drawn = samples(rng, n)
        if usable(**drawn) and _differ(**drawn):
            break
    return drawn


@claim(
    "williams2019-feature-spline",
    title="Trained output weights of random features end at an adapted spline",
    statement=r"$\min_{f(x_j) = y_j} |a|,\ \ f = m^{-1/2} \sum_i a_i \mathrm{relu}(w_i x + b_i):\quad f = f_* +"
    r" O(m^{-1/2}),\ \ f_*'' = \zeta \beta$, with $\beta$ linear between the samples, $\zeta(t) = (2/\pi)(1 +"
    r" t^2)^{-2}$",
    source="arXiv:1906.07842 (the kernel regime); the weight and the affine part are derived here",
    hypotheses=(
        "the inputs are distinct, at least three, in [-10, 10], and the targets are not all zero",
        "the condition of the kernel at the inputs is at most 1e5",
        "the splines differ by 0.07 of the largest value",
    ),
    rivals=("the natural cubic spline", "a constant weight of knots up to 3"),
    convention="w, b ~ N(0, 1), the least output weights that interpolate (where descent from 0 ends); root mean"
    " square of the error over 16 draws, m = 256 to 65536, between the first and the last input; mean at m = 65536"
    " where each rival is farthest, margin 0.004 of the largest value",
)
def feature_spline(lab):
    problem = lab.instance(_different)
    x, y = np.asarray(problem["x"]), np.asarray(problem["y"])
    lab.require(DISTINCT, usable(x, y))
    t, spline, others = grid(x), random_feature_interpolant(x, y), _others(x, y)
    lab.require(CONDITIONED, _conditioned(x))
    lab.require("the splines differ by 0.07 of the largest value", _differ(x, y))

    def ends(m, points, first, count):
        """The trained networks of these draws at the points, ``(count, len(points))``."""
        found = []
        for draw in range(first, first + count):
            phi = features(*np.random.default_rng([lab.seed, m, draw]).standard_normal((2, m)))
            found.append(phi(points) @ least_squares(phi, x, y))
        return np.array(found)

    coarse = grid(x, 26)
    errors = [size(ends(m, coarse, 0, DRAWS) - spline(coarse)) for m in WIDTHS]
    lab.order(WIDTHS, errors, -0.5, tolerance=0.15, reason="16 draws, and a bias of order 1/m")
    for name, other in others.items():
        far = int(np.argmax(np.abs(other - spline(t))))
        lab.statistic(
            lambda first, count, far=far: ends(WIDTHS[-1], t[far : far + 1], first, count)[:, 0],
            float(spline(t[far])),
            0.004 * float(np.max(np.abs(spline(t)))),
            rivals={name: float(other[far])},
            first=32,
            reason="a seventeenth of the least gap to a rival; the bias at m = 65536 is 2e-5",
        )


@claim(
    "williams2019-norm",
    title="The norm of an adapted spline has an affine part",
    statement=r"$y^T K^{-1} y = \int \frac{f''^2}{\zeta} dt + (2A)^2 + (2B)^2,\quad K(s, t) = E [ \mathrm{relu}(w s +"
    r" b)\, \mathrm{relu}(w t + b) ]$",
    source="arXiv:1906.07842 (the kernel regime); the functional is derived here",
    hypotheses=(
        "the inputs are distinct, at least three, in [-10, 10], and the targets are not all zero",
        "the condition of the kernel at the inputs is at most 1e5",
    ),
    rivals=("without the affine part", "half the affine part"),
    convention="w, b ~ N(0, 1); f the interpolant of least norm, its curvature integrated numerically",
)
def norm(lab):
    problem = lab.instance(samples)
    x, y = np.asarray(problem["x"]), np.asarray(problem["y"])
    lab.require(DISTINCT, usable(x, y))
    lab.require(CONDITIONED, _conditioned(x))
    spline = random_feature_interpolant(x, y)
    kernel = spline.kernel(x[:, None], x)
    found = random_feature_norm(spline.curvature, *spline.asymptote, np.sort(x))
    lab.identity(
        y @ np.linalg.solve(kernel, y),
        _squared(found),
        rivals={
            "without the affine part": found.bending,
            "half the affine part": found.bending + found.affine / 2,
        },
        tolerance=max(1e-9, 1e-14 * float(np.linalg.cond(kernel))),
        reason="quadrature, and the condition of K",
    )


def _squared(found):
    return found.bending + found.affine


RANGES = np.array([10.0, 20.0, 40.0, 80.0])
DENSITY = 1000


@claim(
    "williams2019-natural-spline",
    title="Evenly spread knots: the natural cubic spline, from afar",
    statement=r"$w = \pm 1,\ b \sim U[-B, B]:\quad f = f_{\mathrm{cubic}} + O(1/B)$, the natural cubic spline",
    source="arXiv:1906.07842 (reduction to cubic splines; theorem number unverified)",
    hypotheses=(
        "the inputs are distinct, at least three, in [-10, 10], and the targets are not all zero",
        "the condition of the kernel at the inputs is at most 1e5",
        "the samples miss a line by a tenth, and another cubic spline by a hundredth",
        "the mean of the end slopes of the spline is at least 0.03 of its largest bend times the largest input",
    ),
    rivals=("the not-a-knot cubic spline", "connect the dots"),
    convention="features of both orientations at evenly spaced knots, the least output weights that interpolate;"
    " B = 10 to 80 in units of the largest input, error between the first and the last input",
    errata="The reduction to cubic splines holds as the range of the knots grows: at a finite range the slope and the"
    " offset of a spline cost as well, and f differs from the cubic spline by the order 1/B. That term is proportional"
    " to the mean of the two end slopes; where it is small the next one shows (slopes -1.31, -1.18, -1.15, -0.91, 4 of"
    " 60 draws).",
)
def natural_spline(lab):
    problem = lab.instance(samples)
    x, y = np.asarray(problem["x"]), np.asarray(problem["y"])
    lab.require(DISTINCT, usable(x, y))
    lab.require(CONDITIONED, _conditioned(x))
    t, order, unit = grid(x), np.argsort(x), np.max(np.abs(x))
    other = CubicSpline(x[order], y[order])(t)
    apart = np.max(np.abs(other - _natural(x, y)(t))) >= 0.01 * np.max(np.abs(y))
    lab.require("the samples miss a line by a tenth, and another cubic spline by a hundredth", bent(x, y) and apart)
    # Beside int f''^2 the affine part A x + C costs 2 A^2/B + O(1/B^3), where A is the mean of the end slopes.
    spline = CubicSpline(x[order], y[order], bc_type="natural")
    slope, bend = np.mean(spline(x[order[[0, -1]]], 1)), np.max(np.abs(spline(x, 2)))
    lab.require(SLOPING, abs(slope) >= 0.03 * bend * unit)
    found = []
    for B in RANGES:
        b = unit * np.repeat((np.arange(2 * B * DENSITY) + 0.5) / DENSITY - B, 2)
        phi = features(np.tile([1.0, -1.0], b.size // 2), b)
        found.append(phi(t) @ least_squares(phi, x, y))

    def errors(predicted):
        return np.array([size(end - predicted) for end in found])

    lab.order(
        RANGES,
        errors(_natural(x, y)(t)),
        -1,
        rivals={
            "the not-a-knot cubic spline": errors(other),
            "connect the dots": errors(np.interp(t, x[order], y[order])),
        },
        reason="corrections of order 1/B^2",
    )
