r"""Liu, Ziyin and Ueda, Noise and Fluctuation of Finite Learning Rate Stochastic Gradient Descent (arXiv:2012.03636):
the stationary law of heavy ball with label noise on linear regression.

Momentum adds ``beta (theta_k - theta_{k-1})`` to a step. On the pair ``(theta_k, theta_{k-1})`` it is again a random
affine map. With the full batch the covariance of theta settles at

    S = (1+beta)/(1-beta) (h s^2 / n) ( 2 (1+beta) - h A )^{-1},        A = X^T X / n.

At small steps that is the covariance at the step ``h / (1-beta)`` without momentum. At a finite step it is not: heavy
ball remains stable up to ``h lambda = 2 (1+beta)``.
"""

from __future__ import annotations

import numpy as np

from solvable import LabelNoiseSGD, LinearRegression, claim, simulate
from solvable.theory import stationary_covariance

from ._regression_steps import (
    ENUMERABLE,
    FULL_RANK,
    Steps,
    compiled_steps,
    enumerable,
    full_rank,
    noisy_regression,
    unit_step,
)

EXACT = "exact: rounding only"


def with_momentum(steps: Steps, beta: float) -> Steps:
    """The maps of ``(theta, theta before)`` whose first half is a step plus `beta` times the last difference."""
    count, d = steps.shifts.shape
    unit = np.broadcast_to(np.eye(d), steps.matrices.shape)
    matrices = np.block([[steps.matrices + beta * unit, -beta * unit], [unit, 0 * unit]])
    return Steps(matrices, np.hstack([steps.shifts, np.zeros((count, d))]))


@claim(
    "liu2020-momentum",
    title="Heavy ball with label noise on linear regression: the stationary covariance at any stable step",
    statement=r"$S = \frac{1 + \beta}{1 - \beta}\, \frac{h s^2}{n}\, (2 (1 + \beta) - h A)^{-1}$ for the full batch;"
    r" the same equation with sampling noise for smaller ones",
    source="arXiv:2012.03636 (laws of this kind, with momentum); for batches our own",
    hypotheses=("X has full column rank", "the outcomes of the draws of a step can be enumerated"),
    rivals=("the step h / (1 - beta)", "the Ornstein-Uhlenbeck process at the step h / (1 - beta)", "no momentum"),
    convention="L = 1/(2n) |X theta - y|^2, signs, beta = 0.5 and 0.9, h = 1 / lambda_max for b = n, where h / (1 -"
    " beta) is unstable, and 1 / 20 max |x_i|^2 for b = 1; expectations over all maps that the compiled step can make",
)
def momentum(lab):
    problem = lab.instance(noisy_regression)
    X, y, s = problem["X"], problem["y"], float(problem["noise_std"])
    n, d = X.shape
    lab.require(FULL_RANK, full_rank(X))
    lab.require(ENUMERABLE, enumerable(n))
    A, model = X.T @ X / n, LinearRegression(X, y)
    for beta in (0.5, 0.9):
        for b, h in ((n, 1 / np.linalg.eigvalsh(A)[-1]), (1, unit_step(X) / 20)):
            # On the same draws the second step of heavy ball is the plain one plus beta times the first move.
            plain, rolling = (
                simulate(
                    model,
                    LabelNoiseSGD(h, s, batch_size=b, momentum=value),
                    np.zeros((64, d)),
                    steps=2,
                    save=[0, 1, 2],
                    seed=lab.seed,
                ).theta
                for value in (0.0, beta)
            )
            moves = rolling[1] - rolling[0]
            lab.identity(rolling[2] - plain[2], beta * moves, rivals={"no momentum": 0 * moves}, reason=EXACT)
            steps = compiled_steps(X, y, LabelNoiseSGD(h, s, batch_size=b), lab.seed)
            measured = with_momentum(steps, beta).stationary_covariance()[:d, :d]
            longer = h / (1 - beta)
            rivals = {
                "the Ornstein-Uhlenbeck process at the step h / (1 - beta)": longer * s**2 / (2 * b) * np.eye(d),
                "no momentum": stationary_covariance(X, y, h, s, b),
            }
            if b == n:
                formula = (1 + beta) / (1 - beta) * h * s**2 / n * np.linalg.inv(2 * (1 + beta) * np.eye(d) - h * A)
                lab.identity(measured, formula, reason=EXACT)
            else:
                rivals["the step h / (1 - beta)"] = stationary_covariance(X, y, longer, s, b)
            lab.identity(measured, stationary_covariance(X, y, h, s, b, beta), rivals=rivals, reason=EXACT)
