r"""Orvieto, Raj, Kersting and Bach, Explicit Regularization in Overparametrized Models via Noise Injection
(arXiv:2206.04613): the loss of a diagonal network, averaged over noise in its parameters.

With independent normal noise ``s xi`` in u and v, ``beta = u^2 - v^2`` keeps its mean, since ``s^2`` cancels, and gets
the variance ``4 s^2 (u^2 + v^2) + 4 s^4`` in each coordinate. A quadratic loss adds half its curvature times that: a
weight decay whose strength in each coordinate is that of the column of X, and a constant. Of degree four in all, the
mean can be taken exactly with finitely many points.
"""

from __future__ import annotations

import numpy as np

from solvable import DiagonalLinearNetwork, claim
from solvable.theory import noise_injection_weights

from ._problems import COLUMNS, TARGETS, no_zero_column
from ._shrinkage import PARAMETRIZATIONS, critical, fewer_columns

EXACT = "exact: rounding in a sum with weights of both signs"


def problem_with_point(rng, n=6, d=12):
    """A regression problem, and parameters of either network."""
    return {**fewer_columns(rng, n, d), "theta": rng.standard_normal(2 * d)}


@claim(
    "orvieto2023-smoothed-loss",
    title="The loss of a diagonal network, averaged over noise in its parameters",
    statement=r"$E\, L(\theta + s \xi) = L + 2 s^2 \sum_j H_{jj} (u_j^2 + v_j^2) + 2 s^4 \sum_j H_{jj}$ for"
    r" $\beta = u^2 - v^2$;$\ \ L + \frac{s^2}{2} \sum_j H_{jj} (u_j^2 + v_j^2) + \frac{s^4}{2} \sum_j H_{jj}$ for"
    r" $\beta = u v$",
    source="arXiv:2206.04613 (the setting); constants derived in solvable.theory.diagonal.shrinkage",
    hypotheses=("no column of X is zero", "the targets are not all zero"),
    rivals=("half the penalty", "no term of fourth order", "the same for every coordinate"),
    convention="L = 1/(2n) |X beta - y|^2, H = X^T X / n, xi standard normal; symbolically for one sample and two"
    " coordinates, and for all of the data by a cubature formula that is exact up to degree five",
)
def smoothed_loss(lab):
    problem = lab.instance(problem_with_point)
    X, y, theta = problem["X"], problem["y"], problem["theta"]
    lab.require(COLUMNS, no_zero_column(X))
    lab.require(TARGETS, np.any(y))
    H = np.mean(X**2, axis=0)
    s = np.sqrt(critical(X, y, H) / 4)
    norms = np.sum(theta.reshape(2, -1) ** 2, axis=0)
    points, masses = _cubature(theta.size)
    for parametrization in PARAMETRIZATIONS:
        gap, gaps = _symbolic(parametrization)
        lab.symbolic(gap, rivals=gaps, reason="moments of normal numbers")
        model = DiagonalLinearNetwork(X, y, parametrization=parametrization)
        # A weight w of the lasso in beta stands for w/2 on u^2 + v^2 in "product".
        penalties = noise_injection_weights(X, s, parametrization) / (2 if model.is_product else 1)
        penalty, rest = penalties @ norms, s**2 * np.sum(penalties)
        excess = masses @ model.loss(theta + s * points) - model.loss(theta)
        lab.identity(
            excess,
            penalty + rest,
            rivals={
                "half the penalty": penalty / 2 + rest,
                "no term of fourth order": penalty,
                "the same for every coordinate": np.mean(penalties) * np.sum(norms) + rest,
            },
            reason=EXACT,
        )
        # The penalty is half of s^2 times the trace of the Hessian: the average sharpness.
        lab.identity(s**2 / 2 * np.trace(model.hessian(theta)) + rest, excess, reason=EXACT)


def _symbolic(parametrization):
    """What the formula misses on one sample and two coordinates, and what its rivals miss."""
    import sympy

    from derivations.gaussian import gaussian_mean

    x, u, v, p, q = (sympy.symbols(f"{name}1:3") for name in "xuvpq")
    y, s = sympy.symbols("y s")
    product = parametrization == "product"

    def loss(us, vs):
        beta = (a * b if product else a**2 - b**2 for a, b in zip(us, vs, strict=True))
        return (sum(c * b for c, b in zip(x, beta, strict=True)) - y) ** 2 / 2

    def moved(values, noise):
        return [a + s * g for a, g in zip(values, noise, strict=True)]

    excess = gaussian_mean(sympy.expand(loss(moved(u, p), moved(v, q))), p + q) - loss(u, v)
    factor = sympy.Rational(1, 2) if product else sympy.Integer(2)
    penalty = factor * s**2 * sum(c**2 * (a**2 + b**2) for c, a, b in zip(x, u, v, strict=True))
    rest = factor * s**4 * sum(c**2 for c in x)
    same = factor * s**2 * sum(c**2 for c in x) / 2 * sum(a**2 for a in u + v)
    gaps = {
        "half the penalty": excess - penalty / 2 - rest,
        "no term of fourth order": excess - penalty,
        "the same for every coordinate": excess - same - rest,
    }
    return sympy.expand(excess - penalty - rest), {name: sympy.expand(gap) for name, gap in gaps.items()}


def _cubature(m):
    """Points ``(N, m)`` and weights of the mean over m standard normal numbers, exact up to degree five.

    Fully symmetric (McNamee and Stenger): the origin, ``+-sqrt(3)`` on each axis, and on each pair of axes.
    """
    origin, axis, pair = 1 + m * (m - 7) / 18, (4 - m) / 18, 1 / 36
    step = np.sqrt(3) * np.eye(m)
    first, second = np.triu_indices(m, 1)
    pairs = [a * step[first] + b * step[second] for a in (1, -1) for b in (1, -1)]
    points = np.concatenate([np.zeros((1, m)), step, -step, *pairs])
    sizes = (1, 2 * m, points.shape[0] - 1 - 2 * m)
    return points, np.repeat([origin, axis, pair], sizes)
