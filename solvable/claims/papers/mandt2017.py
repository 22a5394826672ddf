r"""Mandt, Hoffman and Blei, Stochastic Gradient Descent as Approximate Bayesian Inference (arXiv:1704.04289): SGD near
a minimum as an Ornstein-Uhlenbeck process.

``d Theta = -A Theta dt + sqrt(h) Q^{1/2} dW``, Q the covariance of a batch's gradient at the minimum, has the
stationary covariance with ``A S + S A = h Q``. It is the limit of SGD at small steps: on linear regression with label
noise of size s and residuals r of the fit,

    Q = (s^2/b) A + (p/n) sum_i r_i^2 x_i x_i^T,        p = (n-b) / (b (n-1)).

For the full batch ``S = (h s^2 / 2n) I``, which is by exactly ``h lambda / 2`` of it less than the covariance of SGD
along an eigenvector of A; correlations fall at the rate lambda, by ``h lambda / 2`` less than those of SGD do.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve_continuous_lyapunov

from solvable import LabelNoiseSGD, claim

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

MISFIT = "the fit leaves residuals"


def gradient_noise(X, residuals, s, b):
    """Q."""
    n = len(X)
    p = (n - b) / (b * (n - 1))
    return s**2 / b * X.T @ X / n + p / n * (X.T * residuals**2) @ X


@claim(
    "mandt2017-small-steps",
    title="Small steps: the stationary covariance of label noise tends to that of an Ornstein-Uhlenbeck process",
    statement=r"$S / h = C + O(h),\quad A C + C A = Q$: for the full batch $C = \frac{s^2}{2n} I$, and the process has"
    r" $S_{OU} = (1 - h \lambda / 2)\, S$ along an eigenvector, exactly",
    source="arXiv:1704.04289 (the process); the order and the exact defect are our own",
    hypotheses=(
        "X has full column rank",
        "the step is stable in mean square",
        "the outcomes of the draws of a step can be enumerated",
        "the fit leaves residuals",
    ),
    rivals=("half the diffusion", "twice the diffusion", "no noise from residuals of the fit", "exact at any step"),
    convention="L = 1/(2n) |X theta - y|^2, signs, b = 1, 2, n; h = 1/16 ... 1/128 of 1 / max |x_i|^2;"
    " expectations over all maps that the compiled step can make",
)
def small_steps(lab):
    problem = lab.instance(noisy_regression)
    X, y, s = problem["X"], problem["y"], float(problem["noise_std"])
    n = len(y)
    lab.require(FULL_RANK, full_rank(X))
    lab.require(ENUMERABLE, enumerable(n) and enumerable(n, 2))
    lab.require(STABLE, stable(X, unit_step(X)))
    residuals = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]
    lab.require(MISFIT, np.linalg.norm(residuals) > 0.2 * s * np.sqrt(n))
    A, step_sizes = X.T @ X / n, unit_step(X) / 2.0 ** np.arange(4, 8)
    for b in (1, 2, n):
        measured = [
            compiled_steps(X, y, LabelNoiseSGD(h, s, batch_size=b), lab.seed).stationary_covariance() / h
            for h in step_sizes
        ]
        limit = solve_continuous_lyapunov(A, gradient_noise(X, residuals, s, b))
        diffusions = {"half the diffusion": limit / 2, "twice the diffusion": 2 * limit}
        errors = {
            name: [np.max(np.abs(C - value)) for C in measured] for name, value in {"": limit, **diffusions}.items()
        }
        lab.order(step_sizes, errors.pop(""), 1, rivals=errors, reason="leading order in the step")
        if b < n:
            diffusions["no noise from residuals of the fit"] = s**2 / (2 * b) * np.eye(len(A))
        extrapolated = (8 * measured[3] - 6 * measured[2] + measured[1]) / 3
        lab.identity(
            extrapolated,
            limit,
            rivals=diffusions,
            tolerance=1e-4,
            reason="S / h at h = 0: third order after a parabola",
        )
    h = unit_step(X)
    values, vectors = np.linalg.eigh(A)
    S = compiled_steps(X, y, LabelNoiseSGD(h, s, batch_size=None), lab.seed).stationary_covariance()
    share = h * s**2 / (2 * n) / np.diag(vectors.T @ S @ vectors)
    lab.identity(
        share,
        1 - h * values / 2,
        rivals={"exact at any step": np.ones(len(values))},
        reason="exact: rounding only; variances of the process in those of SGD, full batch, h = 1 / max |x_i|^2",
    )
