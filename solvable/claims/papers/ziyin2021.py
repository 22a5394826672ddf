r"""Ziyin, Liu, Mori and Ueda, Strength of Minibatch Noise in SGD (arXiv:2102.05375): the stationary law of SGD with
label noise on linear regression, exact at any step size.

With ``A = X^T X / n`` and the residuals r of the least-squares fit, the covariance S of theta under batches of b
distinct samples solves

    A S + S A - h A S A - h p (C(S) - A S A) = h ( (s^2/b) A + (p/n) sum_i r_i^2 x_i x_i^T ),

``C(S) = (1/n) sum_i x_i x_i^T S x_i x_i^T``, ``p = (n-b) / (b (n-1))``. For the full batch p = 0 and ``S = (h s^2/n)
(2 - h A)^{-1}``; for one example the noise of sampling feeds itself through C. Correlations are ``(I - h A)^k S``.

The measurements are exact too: all affine maps that the compiled step can make are read off it, and averaged.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import expm

from solvable import LabelNoiseSGD, LinearRegression, claim, simulate
from solvable.theory import autocovariance, fresh_gaussian_covariance, stationary_covariance

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
NORMAL = "the inputs have the second and fourth moments of a normal law"
EXACT = "exact: rounding only"
MARGIN = "0.45 of the gap to the nearest rival, so that the data tell them apart"


def _setting(lab):
    """(X, y, step size, size of the noise)."""
    problem = lab.instance(noisy_regression)
    X, y, s = problem["X"], problem["y"], float(problem["noise_std"])
    lab.require(FULL_RANK, full_rank(X))
    lab.require(STABLE, stable(X, unit_step(X)))
    return X, y, unit_step(X), s


def _as_full_batch(X, h, s, b):
    """``(h s^2 / b) (2 - h A)^{-1}``, as if all batches had the matrix A."""
    return h * s**2 / b * np.linalg.inv(2 * np.eye(X.shape[1]) - h * X.T @ X / len(X))


@claim(
    "ziyin2021-stationary-covariance",
    title="Label noise on linear regression: the stationary covariance at any step and batch size",
    statement=r"$A S + S A - h A S A - h p\, (C(S) - A S A) = h \left(\frac{s^2}{b} A"
    r" + \frac{p}{n} \sum_i r_i^2 x_i x_i^T\right),\quad p = \frac{n - b}{b (n - 1)}$",
    source="arXiv:2102.05375 (discrete laws of this kind); this form, for distinct samples, is our own",
    hypotheses=(
        "X has full column rank",
        "the step is stable in mean square",
        "the outcomes of the draws of a step can be enumerated",
        "the fit leaves residuals",
    ),
    rivals=("h s^2 / 2 b", "the full-batch formula", "no noise from residuals of the fit", "batches with repetitions"),
    convention="L = 1/(2n) |X theta - y|^2, signs, h = 1 / max |x_i|^2 (0.5 here), b = 1, 2, n; C(S) is the mean of"
    " x_i x_i^T S x_i x_i^T; expectations over all maps that the compiled step can make",
)
def covariance(lab):
    X, y, h, s = _setting(lab)
    n, d = X.shape
    fitted = X @ np.linalg.lstsq(X, y, rcond=None)[0]
    lab.require(ENUMERABLE, enumerable(n, 2))
    lab.require(MISFIT, np.linalg.norm(y - fitted) > 1e-3 * np.linalg.norm(y))
    for b in (1, 2, n):
        if not enumerable(n, b):
            lab.note(f"{n} labels have too many signs for the full batch")
            continue
        rivals = {"h s^2 / 2 b": h * s**2 / (2 * b) * np.eye(d)}
        if b < n:
            rivals["the full-batch formula"] = _as_full_batch(X, h, s, b)
            rivals["no noise from residuals of the fit"] = stationary_covariance(X, fitted, h, s, b)
        steps = compiled_steps(X, y, LabelNoiseSGD(h, s, batch_size=b), lab.seed)
        if b == 1:
            pairs = steps.averaged_pairs().stationary_covariance()
        if b == 2:
            rivals["batches with repetitions"] = pairs
        lab.identity(steps.stationary_covariance(), stationary_covariance(X, y, h, s, b), rivals=rivals, reason=EXACT)


@claim(
    "ziyin2021-autocovariance",
    title="Label noise on linear regression: correlations fall by I - h A a step, for any batch",
    statement=r"$E\, e_k e_0^T = (I - h A)^k S$: the rate is $-\log(1 - h \lambda) / h$ in the time $t = h k$",
    source="arXiv:2102.05375 (discrete laws of this kind), arXiv:1704.04289 (the continuous rate); our own",
    hypotheses=(
        "X has full column rank",
        "the step is stable in mean square",
        "the outcomes of the draws of a step can be enumerated",
    ),
    rivals=("rate lambda", "the covariance of the full batch"),
    convention="L = 1/(2n) |X theta - y|^2, signs, h = 1 / max |x_i|^2 (0.5 here), b = 1 and 2, lags 1, 2, 5, 10;"
    " expectations over all maps that the compiled step can make",
)
def correlations(lab):
    X, y, h, s = _setting(lab)
    lab.require(ENUMERABLE, enumerable(len(y), 2))
    A = X.T @ X / len(y)
    for b in (1, 2):
        steps = compiled_steps(X, y, LabelNoiseSGD(h, s, batch_size=b), lab.seed)
        S = steps.stationary_covariance()
        for lag in (1, 2, 5, 10):
            power = np.linalg.matrix_power(np.eye(len(A)) - h * A, lag)
            lab.identity(
                np.linalg.matrix_power(steps.mean, lag) @ S,
                autocovariance(X, y, h, s, lag, b),
                rivals={
                    "rate lambda": expm(-h * lag * A) @ S,
                    "the covariance of the full batch": power @ _as_full_batch(X, h, s, b),
                },
                reason=EXACT,
            )


def gaussian_design(rng):
    """15 inputs in the plane with the first four moments of ``N(0, A)``, and a theta that they are labeled by.

    Regular pentagons, which have the first four moments of a circle, on circles of ``r^2 = 2 + 2 sqrt 2, 2 - sqrt 2, 2
    - sqrt 2``: mean 2 and mean square 8, those of a standard normal vector.
    """
    squares, turns = 2 + np.sqrt(2) * np.array([2.0, -1.0, -1.0]), rng.uniform(0, 2 * np.pi / 5, 3)
    angles = turns[:, None] + 2 * np.pi / 5 * np.arange(5)
    plain = (np.sqrt(squares)[:, None, None] * np.stack([np.cos(angles), np.sin(angles)], axis=-1)).reshape(15, 2)
    root = rng.standard_normal((2, 2)) + 1.5 * np.eye(2)
    return {"inputs": plain @ root.T, "theta": rng.standard_normal(2), "noise_std": np.array(rng.uniform(0.5, 1.0))}


@claim(
    "ziyin2021-fresh-inputs",
    title="Label noise with fresh Gaussian inputs: the stationary covariance at any step",
    statement=r"$S = \frac{h s^2 / b}{1 - h T / b}\, (2 - h (1 + 1/b) A)^{-1},\quad"
    r" T = \mathrm{tr}\, A\, (2 - h (1 + 1/b) A)^{-1}$",
    source="arXiv:2102.05375 (laws of this kind); our own",
    hypotheses=("the inputs have the second and fourth moments of a normal law",),
    rivals=("no trace term", "fixed inputs", "h s^2 / 2 b"),
    convention="L = 1/(2n) |X theta - y|^2, signs, h = 0.3 / lambda_max, b = 1, 2; 15 inputs in the plane with the"
    " moments of N(0, A), drawn with repetitions; expectations over all maps that the compiled step can make",
)
def fresh_inputs(lab):
    problem = lab.instance(gaussian_design)
    X, s = problem["inputs"], float(problem["noise_std"])
    A = X.T @ X / len(X)
    fourth = np.einsum("ki,kj,kl,km->ijlm", X, X, X, X) / len(X)
    pairs = np.einsum("ij,lm->ijlm", A, A)
    normal = pairs + np.swapaxes(pairs, 1, 2) + np.swapaxes(pairs, 1, 3)
    lab.require(NORMAL, X.shape[1] == 2 and np.allclose(fourth, normal, rtol=0, atol=1e-12 * np.max(normal)))
    h = 0.3 / np.linalg.eigvalsh(A)[-1]
    single = compiled_steps(X, X @ problem["theta"], LabelNoiseSGD(h, s), lab.seed)
    for b, steps in ((1, single), (2, single.averaged_pairs())):
        without = h * s**2 / b * np.linalg.inv(2 * np.eye(2) - h * (1 + 1 / b) * A)
        lab.identity(
            steps.stationary_covariance(),
            fresh_gaussian_covariance(A, h, s, b),
            rivals={
                "no trace term": without,
                "fixed inputs": _as_full_batch(X, h, s, b),
                "h s^2 / 2 b": h * s**2 / (2 * b) * np.eye(2),
            },
            reason=EXACT,
        )


@claim(
    "ziyin2021-time-average",
    title="Label noise on linear regression: long runs have the variance and the correlations of the exact law",
    statement=r"$\frac{1}{K} \sum_{j<K} (w \cdot e_j)^2 \to w^T S w,\quad"
    r" \frac{1}{K} \sum_{j<K} (w \cdot e_j)(w \cdot e_{j+k}) \to w^T (I - h A)^k S w$",
    source="arXiv:2102.05375 (discrete laws of this kind); our own",
    hypotheses=("X has full column rank", "the step is stable in mean square"),
    rivals=("h s^2 / 2", "the full-batch formula", "rate lambda"),
    convention="L = 1/(2n) |X theta - y|^2, signs, one example a step, h = 1 / max |x_i|^2; w of the largest eigenvalue"
    " lambda, k = 1 / (h lambda) rounded; the variance from one run, the correlation from runs of 256 steps; margins"
    " 0.45 of the gap to the nearest rival",
)
def time_averages(lab):
    X, y, h, s = _setting(lab)
    values, vectors = np.linalg.eigh(X.T @ X / len(y))
    w, lag = vectors[:, -1], max(1, round(1 / (h * values[-1])))
    S, C = (w @ autocovariance(X, y, h, s, k) @ w for k in (0, lag))
    model, method = LinearRegression(X, y), LabelNoiseSGD(h, s)
    fit, settled = np.linalg.lstsq(X, y, rcond=None)[0], round(20 / (h * values[0]))
    run = simulate(model, method, fit, steps=settled, seed=lab.seed)

    def squares(first, count):
        nonlocal run
        save = settled + first + 1 + np.arange(count)
        run = simulate(model, method, None, steps=count, save=save, resume=run)
        return ((run.theta - fit) @ w) ** 2

    def products(first, count):
        save = settled + np.arange(256 + lag)
        starts = np.tile(fit, (count, 1))
        runs = simulate(model, method, starts, steps=save[-1], save=save, replica=first + 1, seed=lab.seed)
        errors = (runs.theta - fit) @ w
        return np.mean(errors[:-lag] * errors[lag:], axis=0)

    rivals = {"h s^2 / 2": h * s**2 / 2, "the full-batch formula": w @ _as_full_batch(X, h, s, 1) @ w}
    lab.time_average(squares, S, _margin(S, rivals), rivals=rivals, first=2**11, reason=MARGIN)
    rivals = {"rate lambda": np.exp(-h * values[-1] * lag) * S}
    lab.statistic(products, C, _margin(C, rivals), rivals=rivals, reason=MARGIN)


def _margin(predicted, rivals):
    return 0.45 * min(abs(value - predicted) for value in rivals.values())
