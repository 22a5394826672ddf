r"""Clara, Langer and Schmidt-Hieber, Training Diagonal Linear Networks with Stochastic Sharpness-Aware Minimization
(arXiv:2503.11891): normal noise in the parameters thresholds the coefficients.

With orthogonal columns, ``X^T X / n = diag(H)``, the lasso to which injected noise leads falls apart,

    H_j (b - b*_j)^2 / 2 + w_j |b|,    w_j = s^2 H_j  ("product"),  2 s^2 H_j  ("squares"),

and ``w_j / H_j`` is one number: the noise level alone is the threshold, whatever the lengths of the columns. Weight
decay, with one w for all, has thresholds in inverse proportion to ``H_j``.
"""

from __future__ import annotations

import numpy as np

from solvable import GradientFlow, claim, simulate
from solvable.theory import lasso, noise_injection_weights

from ._shrinkage import RESTS, STRICT, injected, networks, rest_time, rests, smoothed, strict

ORTHOGONAL = "the columns of X are orthogonal"


def orthogonal_problem(rng, n=10, d=6):
    """Orthogonal columns of mean squares from 1/4 to 4, and coefficients up to 1 of either sign."""
    columns = np.linalg.qr(rng.standard_normal((max(n, d), d)))[0] * np.sqrt(n)
    X = columns * rng.uniform(0.5, 2.0, size=d)
    beta = np.linspace(0.1, 1.0, d) * rng.choice([-1, 1], size=d)
    return {"X": X, "y": X @ rng.permutation(beta)}


@claim(
    "clara2025-shrinkage-thresholding",
    title="With orthogonal columns injected noise is soft thresholding, at the level of the noise",
    statement=r"$\beta_{\infty,j} = \mathrm{sign}(\beta^*_j)\, \max(|\beta^*_j| - s^2, 0)$ for $\beta = u v$ on the"
    r" flow of $E\, L(\theta + s \xi)$, whatever the lengths of the columns",
    source="arXiv:2503.11891 (abstract: shrinkage and threshold by the noise level); the formula is our own",
    hypotheses=(
        "the columns of X are orthogonal",
        "zeros of the lasso are strict: no multiplier is at its bound",
        "the flow has come to rest",
    ),
    rivals=("hard thresholding", "twice the threshold", "thresholds of weight decay"),
    convention="threshold 2 s^2 for beta = u^2 - v^2; L = 1/(2n) |X beta - y|^2, beta* its least-squares solution",
)
def shrinkage_thresholding(lab):
    problem = lab.instance(orthogonal_problem)
    X, y = problem["X"], problem["y"]
    H = np.mean(X**2, axis=0)
    gram = X.T @ X / y.size
    lab.require(ORTHOGONAL, np.all(H > 0) and np.max(np.abs(gram - np.diag(H))) <= 1e-10 * np.max(H))
    best = X.T @ y / y.size / H
    s = np.sqrt(0.2 * np.max(np.abs(best)))
    for model, start in networks(X, y):
        weights = noise_injection_weights(X, s, model.parametrization)
        minimum, thresholds = lasso(X, y, weights), weights / H
        lab.require(STRICT, strict(X, y, weights, minimum))
        penalized = smoothed(model, injected(model, s))
        flow = GradientFlow(rtol=1e-8)
        run = simulate(penalized, flow, start, time=rest_time(X, y, weights, minimum))
        lab.require(RESTS, rests(penalized.gradient(run.final), penalized.gradient(start)))
        end = model.predictor(run.final)
        tolerance, reason = 1e-7, "the flow has come to rest to 8 digits"
        lab.optimum(end, minimum, tolerance=tolerance, reason=reason)
        level = s**2 if model.is_product else 2 * s**2
        lab.identity(
            end,
            soft(best, thresholds),
            rivals={
                "hard thresholding": np.where(np.abs(best) > level, best, 0.0),
                "twice the threshold": soft(best, 2 * level),
                "thresholds of weight decay": soft(best, level * np.mean(H) / H),
            },
            tolerance=tolerance,
            reason=reason,
        )


def soft(values, thresholds):
    """Toward zero by the threshold, and not beyond."""
    return np.sign(values) * np.maximum(np.abs(values) - thresholds, 0.0)
