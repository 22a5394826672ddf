r"""Li, Tai and E (arXiv:1511.06251, 1811.01558): what stochastic modified equations say of the stationary variance.

On linear regression the equations of `li2017` are Ornstein-Uhlenbeck processes, of drift A and ``A + (h/2) A^2``. An
order in the weak sense is about fixed times; of the stationary variance the second equation is no better. Exact in
means and in stationary covariances is the process of drift ``-log(1 - h A) / h``, with a diffusion to match.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import expm, solve_continuous_lyapunov

from solvable import LabelNoiseSGD, claim
from solvable.theory import matching_equation, modified_stationary_covariance

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
from .li2017 import EXACT, LEADING


@claim(
    "li2017-stationary",
    title="The equation of order 2 is twice as far from the stationary variance as that of order 1",
    statement=r"$\frac{S_1}{S} - 1 = -\frac{h \lambda}{2},\quad \frac{S_2}{S} - 1 = -\frac{2 h \lambda}{2 + h \lambda}$"
    r" along an eigenvector of A with the full batch; exact means and stationary covariances at $t = h k$ need"
    r" the drift $\log(1 - h A) / h$",
    source="arXiv:1511.06251, arXiv:1811.01558 (the equations); our own",
    hypotheses=(
        "X has full column rank",
        "the step is stable in mean square",
        "the outcomes of the draws of a step can be enumerated",
    ),
    rivals=("order 2 is closer", "exact at order 1", "exact at order 2"),
    convention="L = 1/(2n) |X theta - y|^2, signs; the full batch at h = 1/2, and one example at h = 1/2 to 1/16 of"
    " 1 / max |x_i|^2; expectations over all maps that the compiled step can make",
    errata="Weak order 2 is a statement about absolute errors at fixed time, and a stationary variance is itself of"
    " order h: both equations have it up to O(h^2), with relative errors h lambda / 2 and h lambda.",
)
def stationary(lab):
    problem = lab.instance(noisy_regression)
    X, y, s = problem["X"], problem["y"], float(problem["noise_std"])
    lab.require(FULL_RANK, full_rank(X))
    lab.require(STABLE, stable(X, unit_step(X)))
    lab.require(ENUMERABLE, enumerable(len(y)))
    A, step_sizes = X.T @ X / len(y), unit_step(X) / 2.0 ** np.arange(1, 5)
    values, vectors = np.linalg.eigh(A)
    h, full = step_sizes[0], LabelNoiseSGD(step_sizes[0], s, batch_size=None)
    S = compiled_steps(X, y, full, lab.seed).stationary_covariance()
    first, second = (
        np.diag(vectors.T @ modified_stationary_covariance(X, y, h, s, None, order) @ vectors)
        / np.diag(vectors.T @ S @ vectors)
        - 1
        for order in (1, 2)
    )
    lab.identity(first, -h * values / 2, rivals={"exact at order 1": 0 * first}, reason=EXACT)
    lab.identity(second, -2 * h * values / (2 + h * values), rivals={"exact at order 2": 0 * second}, reason=EXACT)
    errors = []
    for step in step_sizes:
        maps = compiled_steps(X, y, LabelNoiseSGD(step, s), lab.seed)
        S = maps.stationary_covariance()
        errors.append([np.max(np.abs(modified_stationary_covariance(X, y, step, s, 1, order) - S)) for order in (1, 2)])
        equation = matching_equation(X, y, step, s)
        lab.identity(solve_continuous_lyapunov(equation.drift, equation.diffusion), S, reason=EXACT)
        lab.identity(
            expm(-3 * step * equation.drift) @ S,
            np.linalg.matrix_power(maps.mean, 3) @ S,
            rivals={
                "exact at order 1": expm(-3 * step * A) @ S,
                "exact at order 2": expm(-3 * step * (A + step / 2 * A @ A)) @ S,
            },
            reason=EXACT,
        )
    first, second = np.array(errors).T
    lab.bound(
        second, 2.5 * first, rivals={"order 2 is closer": first}, reason="the errors are as 1 to 2 at small steps"
    )
    for found in (first, second):
        lab.order(step_sizes, found, 2, tolerance=0.3, reason=LEADING)
