r"""Li, Tai and E, Stochastic modified equations and adaptive stochastic gradient algorithms (arXiv:1511.06251, ICML
2017), and their Mathematical Foundations (arXiv:1811.01558).

In the weak sense, on a fixed interval of ``t = h k``, SGD of step h is to first and second order

    order 1:    dTheta = -grad L dt + sqrt(h) Sigma^{1/2} dW,
    order 2:    dTheta = -grad( L + (h/4) |grad L|^2 ) dt + sqrt(h) Sigma^{1/2} dW,

Sigma the covariance of a batch's gradient about its mean, in Ito's sense. On linear regression expectations of SGD are
taken here without a sample: all affine maps of the compiled step are read off it, and moments follow.
"""

from __future__ import annotations

import functools

import numpy as np

from solvable import LabelNoiseSGD, LinearRegression, claim, simulate
from solvable.theory import descent_moments, modified_equation_moments

from ._regression_steps import (
    ENUMERABLE,
    FULL_RANK,
    STABLE,
    compiled_steps,
    enumerable,
    full_rank,
    noisy_regression,
    stable,
    unit_step,
)

EXACT = "exact: rounding only"
LEADING = "leading order in the step"


def started(rng, n=4, d=2):
    """A noisy regression, and signs: where a start lies from the fit, in the basis of the eigenvectors of A."""
    return noisy_regression(rng, n, d) | {"signs": rng.choice([-1.0, 1.0], d)}


def _about(origin, moments):
    """First and second moments about `origin` in one array."""
    mean = moments.mean - origin
    return np.concatenate([mean, (moments.covariance + np.outer(mean, mean)).ravel()])


@claim(
    "li2017-linear",
    title="Stochastic modified equations of order 1 and 2 on linear regression: first and second moments",
    statement=r"$t = h k$ fixed:$\quad E\, \varphi(\theta_k) - E\, \varphi(\Theta(t)) = O(h^p)$ for the equation of"
    r" order p = 1, 2 and $\varphi = e,\ e e^T$; but $O(h^2)$ for the covariance already at p = 1",
    source="arXiv:1511.06251, arXiv:1811.01558, theorem numbers unverified; the remark on the covariance is our own",
    hypotheses=(
        "X has full column rank",
        "the step is stable in mean square",
        "the outcomes of the draws of a step can be enumerated",
    ),
    rivals=("the equation of order 1", "no noise", "noise of the labels alone", "a covariance of first order"),
    convention="L = 1/(2n) |X theta - y|^2, e = theta less the fit; one example a step, signs; start 2 std(y) from the"
    " fit along each eigenvector of A; t = 1 / max |x_i|^2, h = t / 8 to t / 64; expectations over all maps that the"
    " compiled step can make; a variance from runs of 8 steps, margin 10 percent",
)
def linear(lab):
    problem = lab.instance(started)
    X, y, s = problem["X"], problem["y"], float(problem["noise_std"])
    n, t, counts = len(y), unit_step(X), np.array([8, 16, 32, 64])
    vectors = np.linalg.eigh(X.T @ X / n)[1]
    fit = np.linalg.lstsq(X, y, rcond=None)[0]
    start = fit + 2 * np.std(y) * vectors @ problem["signs"]
    lab.require(FULL_RANK, full_rank(X))
    lab.require(STABLE, stable(X, t))
    lab.require(ENUMERABLE, enumerable(n, 1))
    raw = functools.partial(_about, fit)
    methods = [LabelNoiseSGD(t / k, s) for k in counts]
    measured = [
        compiled_steps(X, y, method, lab.seed).moments(start, k) for method, k in zip(methods, counts, strict=True)
    ]
    exact = [descent_moments(X, y, start, t / k, s, k) for k in counts]
    for found, moments in zip(measured, exact, strict=True):
        noiseless = moments._replace(covariance=0 * moments.covariance)
        lab.identity(raw(found), raw(moments), rivals={"no noise": raw(noiseless)}, reason=EXACT)

    def errors(order, noise=s, batch=1, part=raw):
        equations = [modified_equation_moments(X, y, start, t / k, noise, t, batch, order) for k in counts]
        return [np.max(np.abs(part(a) - part(b))) for a, b in zip(measured, equations, strict=True)]

    lab.order(t / counts, errors(1), 1, tolerance=0.2, reason=LEADING)
    lab.order(
        t / counts,
        errors(2),
        2,
        rivals={
            "the equation of order 1": errors(1),
            "no noise": errors(2, 0.0, None),
            # The full batch has no noise of sampling, and that of n labels; one of them has n times its variance.
            "noise of the labels alone": errors(2, s * np.sqrt(n), None),
        },
        reason=LEADING,
    )
    covariances = errors(1, part=lambda moments: moments.covariance)
    lab.order(t / counts, covariances, 2, rivals={"a covariance of first order": 1.0}, reason=LEADING)

    w, moments = vectors[:, -1], exact[0]

    def squares(first, count):
        runs = simulate(
            LinearRegression(X, y), methods[0], np.tile(start, (count, 1)), steps=8, replica=first, seed=lab.seed
        )
        return ((runs.final - moments.mean) @ w) ** 2

    variance = w @ moments.covariance @ w
    alone = modified_equation_moments(X, y, start, t / 8, s * np.sqrt(n), t, None).covariance
    lab.statistic(
        squares,
        variance,
        0.1 * variance,
        rivals={"no noise": 0.0, "noise of the labels alone": w @ alone @ w},
        first=4096,
        reason="the variance of runs after 8 steps along the largest eigenvalue of A",
    )
