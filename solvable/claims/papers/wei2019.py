r"""Wei and Schwab, How noise affects the Hessian spectrum in overparameterized neural networks (arXiv:1910.00195), and
HaoChen et al., Shape Matters (arXiv:2006.08680): noise of another shape has another bias.

Label noise has the covariance ``s^2 H`` in the gradient, H the Hessian, and along the minima it descends the trace of
H. Noise of covariance ``s^2 P_N``, isotropic in the span of the gradients of the samples, descends the determinant;
both have the coefficient ``h^2 s^2/4`` a step. Noise of covariance ``s^2 I`` descends neither: it diffuses along the
minima, in the time in which the others drift.

On ``f = u v`` a step ``theta+ = theta - c (v, u)`` multiplies ``q = u^2 - v^2`` by ``1 - c^2``, whatever c is: ``h (r -
s xi)`` with label noise, ``h (r + s xi/|theta|)`` with normal noise. Under isotropic noise q is a martingale but for
``-h^2 r^2 q`` a step. These identities hold at any step size. They are checked first, and they make the control
variates.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from solvable import GradientNoise, LabelNoiseSGD, claim
from solvable.integrators.philox import GRADIENT_NOISE
from solvable.theory import balance_under_isotropic_noise, balance_under_noise

from ._hyperbola import Hyperbola, clocked, gaussians, squares_apart

STEPS = 300
"""Of the runs on which exact identities are checked."""
EXACT = "exact at every step: rounding only"
SPEEDS_UP = "diffusion speeds up by a twentieth or more"
MARGINS = ("a twentieth of the drift of label noise", "three hundredths of the variance", "a tenth of the growth")


@claim(
    "wei2019-trace-and-determinant",
    title="Label noise descends the trace of the Hessian, normal noise of the same power its determinant",
    statement=r"$\Sigma = \sigma^2 H:\ \dot{\theta} = -\frac{1}{4} P\,\nabla \mathrm{tr}\, H;\quad"
    r" \Sigma = s^2 P_N:\ \dot{\theta} = -\frac{1}{4} P\,\nabla \log\mathrm{det}_N H$, time $h^2 \sigma^2 k$,"
    r" $h^2 s^2 k$; on $f = uv$, $q = u^2 - v^2$: $\dot{q} = -q$ and $\dot{q} = -q / \sqrt{q^2 + 4 y^2}$",
    source="arXiv:1910.00195, arXiv:2006.08680 (the statement, abstracts); constants and closed forms are derived in"
    " solvable.theory",
    hypotheses=("q is one to five times y",),
    rivals=("trace and determinant swapped", "half the rate", "no drift", "no noise in the identity"),
    convention="(u v - y)^2 / 2 from a minimum with q = 2.5 to 4 y; signs in the label, sigma = y; s^2 = sigma^2 lambda"
    " at the start, for equal power; mean of log q when label noise has taken 1 from it, for h to 0",
)
def trace_and_determinant(lab):
    curve = Hyperbola(lab, 2.5, 4.0)
    sigma = abs(curve.target)
    s = sigma * np.sqrt(curve.sharpness)
    trace = np.log(curve.in_the_limit(balance_under_noise, 1.0, "label"))
    determinant = np.log(curve.in_the_limit(balance_under_noise, curve.sharpness, "normal"))

    def label(h):
        return LabelNoiseSGD(h, sigma)

    def normal(h):
        return GradientNoise(h, s, shape="normal")

    h = 0.3 / curve.sharpness
    path = curve.run(label(h), STEPS, 0, 1, lab.seed, every=True)[:, 0]
    _check_factors(lab, curve, path, h, -sigma * label(h).noises(1, STEPS, seed=lab.seed)[:, 0])
    path = curve.run(normal(h), STEPS, 0, 1, lab.seed, every=True)[:, 0]
    z, rows = gaussians(lab.seed, 0, STEPS, GRADIENT_NOISE), path[:-1, ::-1]
    _check_factors(lab, curve, path, h, s * np.sum(rows * z, axis=1) / np.sum(rows**2, axis=1))
    step_sizes = clocked(sigma**2, 1.0, 0.14 / curve.sharpness)
    for method, law, other in ((label, trace, determinant), (normal, determinant, trace)):

        def sampler(h, first, count, method=method):
            ends = curve.run(method(h), round(1 / (h * sigma) ** 2), first, count, lab.seed)
            return np.log(np.abs(squares_apart(ends)) / curve.balance)

        lab.extrapolation(
            sampler,
            step_sizes,
            law,
            0.03 * abs(law),
            rivals={"trace and determinant swapped": other, "half the rate": law / 2, "no drift": 0.0},
            order=1,
            first=32,
            reason="h to 0; margin: three hundredths of the drift, about a tenth of the distance to the other law",
        )


@claim(
    "wei2019-isotropic",
    title="Isotropic noise descends nothing: it diffuses along the minima, and on average sharpens",
    statement=r"$\Sigma = s^2 I$ on $f = uv$, time $\tau = h^2 s^2 k$: $\ dq = 2 \sqrt{\lambda}\, dW,\ \lambda ="
    r" \sqrt{q^2 + 4 y^2}$:$\quad E\,q = q_0,\ \frac{d}{d\tau} \mathrm{Var}\, q = 4 E \lambda,\ \frac{d}{d\tau} E"
    r" \lambda = 8 y^2 E \lambda^{-2}$",
    source="arXiv:2006.08680 (that spherical noise has no such bias, abstract); the law is derived in solvable.theory",
    hypotheses=("q is one to five times y", "diffusion speeds up by a twentieth or more"),
    rivals=(
        "drift of label noise",
        "drift of normal noise",
        "no diffusion",
        "half the diffusion",
        "diffusion at the sharpness of the start",
        "the sharpness stays",
        "no noise in the identity",
    ),
    convention="(u v - y)^2 / 2 from a minimum with q = y to 2 y; lambda is the sharpness where gradient flow would"
    " end; 2 s^2 = y^2 lambda at the start; moments for h to 0, when label noise of this power would have taken 1/4"
    " from log q",
)
def isotropic(lab):
    curve = Hyperbola(lab, 1.0, 2.0)
    q0, size, sigma, clock = curve.balance, curve.sharpness, abs(curve.target), 0.25
    s = sigma * np.sqrt(size / 2)
    law = balance_under_isotropic_noise(q0, curve.target, clock * size / 2)
    spread, growth, steady = law.std**2, law.sharpness - size, 2 * clock * size**2
    lab.require(SPEEDS_UP, spread > 1.05 * steady)
    label = q0 * curve.in_the_limit(balance_under_noise, clock, "label")
    normal = q0 * curve.in_the_limit(balance_under_noise, clock * size, "normal")

    def run(h, steps, first, count):
        return curve.run(GradientNoise(h, s), steps, first, count, lab.seed, every=True)

    path = run(0.2 / size, STEPS, 0, 1)
    _check_kicks(lab, curve, path[:, 0], 0.2 / size, s)

    @cache
    def increments(h, first, count):
        """Of q, q^2 and lambda, from start to end, with two controls of mean 0."""
        path = run(h, round(clock / (h * sigma) ** 2), first, count)
        q, kicks = squares_apart(path), curve.kicks(path, h)
        sizes, left = np.hypot(q, 2 * curve.target), np.linspace(1, 0, len(kicks))[:, None]
        late = np.sum(left * (q / sizes)[:-1] * kicks, axis=0)  # how a kick changes the time integral of lambda
        found = []
        for values, slopes in ((q, np.ones_like(q)), (q**2, 2 * q), (sizes, q / sizes)):
            ito = np.sum(slopes[:-1] * kicks, axis=0)  # the martingale part, by Ito's formula
            found.append(np.stack([values[-1] - values[0], ito, late], axis=1))
        return found

    def check(place, predicted, margin, rivals):
        lab.extrapolation(
            lambda h, first, count: increments(h, first, count)[place],
            clocked(sigma**2, clock, 0.28 / size),
            predicted,
            margin,
            rivals=rivals,
            order=1,
            control_mean=(0.0, 0.0),
            reason="h to 0; the controls are martingales of the path; margin: " + MARGINS[place],
        )

    check(
        0,
        law.mean - q0,
        0.05 * abs(label - q0),
        {"drift of label noise": label - q0, "drift of normal noise": normal - q0},
    )
    check(
        1,
        spread,
        0.03 * spread,
        {
            "no diffusion": 0.0,
            "half the diffusion": spread / 2,
            "diffusion at the sharpness of the start": steady,
        },
    )
    check(
        2,
        growth,
        0.1 * growth,
        {"the sharpness stays": 0.0, "drift of label noise": np.hypot(label, 2 * curve.target) - size},
    )


def _check_kicks(lab, curve, path, h, s):
    """The kicks on ``path (STEPS + 1, 2)`` are ``-2 h s (u z_1 - v z_2) + h^2 s^2 (z_1^2 - z_2^2)``, of mean 0.

    Here u and v are those after the noiseless step.
    """
    z, r = gaussians(lab.seed, 0, STEPS, GRADIENT_NOISE), curve.residual(path[:-1])
    moved = path[:-1] - h * r[:, None] * path[:-1, ::-1]
    kicks = (h * s * z * (h * s * z - 2 * moved)) @ [1.0, -1.0]
    rivals = {"no noise in the identity": 0 * kicks}
    lab.identity(curve.kicks(path, h), kicks, rivals=rivals, tolerance=1e-11, reason=EXACT)


def _check_factors(lab, curve, path, h, noise):
    """``q+ = q (1 - h^2 (r + noise)^2)`` along a path ``(STEPS + 1, 2)``; `noise` is a number a step."""
    q, r = squares_apart(path), curve.residual(path[:-1])
    lab.identity(
        q[1:] / q[:-1],
        1 - (h * (r + noise)) ** 2,
        rivals={"no noise in the identity": 1 - (h * r) ** 2},
        tolerance=1e-11,
        reason=EXACT,
    )
