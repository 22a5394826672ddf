r"""Heiss, Teichmann and Wutte, How Implicit Regularization of ReLU Neural Networks Characterizes the Learned Function,
part I (arXiv:1911.02903).

Output weights of random features trained with weight decay lambda: ``f = m^(-1/2) sum_i a_i relu(w_i x + b_i)`` at the
minimum of ``1/(2n) sum_j (f(x_j) - y_j)^2 + (lambda/2) |a|^2`` tends to the smoothing spline of the adapted penalty
``int f''^2/zeta dt + (2A)^2 + (2B)^2``: the regression with the kernel ``E[relu relu]`` and the ridge n lambda.
"""

from __future__ import annotations

import numpy as np

from solvable import GradientDescent, LinearRegression, claim, simulate
from solvable.theory import random_feature_interpolant

from ._wide import DISTINCT, features, grid, least_squares, samples, size, usable

WIDTHS = 4 ** np.arange(4, 9)
DRAWS = 8
STRENGTHS = (1e-1, 1e-2)


@claim(
    "heiss2019-adapted-spline",
    title="Weight decay on output weights: the smoothing spline of an adapted penalty",
    statement=r"$\min_a \frac{1}{2n} \sum_j (f(x_j) - y_j)^2 + \frac{\lambda}{2} |a|^2:\quad f = f_* + O(m^{-1/2}),\ \ "
    r"f_* = \sum_j \alpha_j K(\cdot, x_j),\ (K + n \lambda) \alpha = y$",
    source="arXiv:1911.02903 (theorem numbers unverified)",
    hypotheses=("the inputs are distinct, at least three, in [-10, 10], and the targets are not all zero",),
    rivals=("strength lambda / n", "strength 2 lambda", "interpolation"),
    convention="w, b ~ N(0, 1), lambda = 0.1 and 0.01; the minimum by gradient descent with weight decay at m = 256, by"
    " a linear solve up to m = 65536; mean and root mean square over 8 draws, between the first and the last input",
    errata="The paper's adapted spline carries its strength in the weight of the second derivative; in the convention"
    " here it is n lambda, and slope and offset of the asymptotes are penalized as well.",
)
def adapted_spline(lab):
    problem = lab.instance(samples)
    x, y = np.asarray(problem["x"]), np.asarray(problem["y"])
    lab.require(DISTINCT, usable(x, y))
    t = grid(x)

    def draw(m, k):
        return features(*np.random.default_rng([lab.seed, m, k]).standard_normal((2, m)))

    for strength in STRENGTHS:
        phi, shift = draw(256, 0), x.size * strength
        lab.identity(
            phi(t) @ _descended(phi(x), y, strength),
            phi(t) @ least_squares(phi, x, y, shift),
            tolerance=1e-9,
            reason="40 times over its slowest time, descent is there to rounding",
        )
        found = [[f(t) @ least_squares(f, x, y, shift) for f in (draw(m, k) for k in range(DRAWS))] for m in WIDTHS]
        predicted = random_feature_interpolant(x, y, ridge=strength)(t)
        errors = [size(ends - predicted) for ends in found]
        lab.order(WIDTHS, errors, -0.5, tolerance=0.2, reason="8 draws, and a bias of order 1/m")
        rivals = {"strength lambda / n": strength / x.size, "strength 2 lambda": 2 * strength, "interpolation": 0.0}
        lab.identity(
            np.mean(found[-1], axis=0),
            predicted,
            rivals={name: random_feature_interpolant(x, y, ridge=other)(t) for name, other in rivals.items()},
            tolerance=0.008,
            reason="the mean of 8 draws at m = 65536, each off by 0.003",
        )


def _descended(phi, y, strength):
    """Where gradient descent with weight decay from 0 ends."""
    step = 1 / (np.linalg.norm(phi, 2) ** 2 / y.size + strength)
    method = GradientDescent(step, weight_decay=strength)
    return simulate(LinearRegression(phi, y), method, np.zeros(phi.shape[1]), steps=int(40 / (step * strength))).final
