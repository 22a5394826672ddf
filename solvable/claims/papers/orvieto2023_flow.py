r"""Orvieto et al. (arXiv:2206.04613): where a diagonal network goes when noise is injected into its parameters.

On average the method descends the smoothed loss ``E L(theta + s xi)``: the loss, and a weight decay of its own for each
coordinate. On ``beta = u^2 - v^2`` the flow of the smoothed loss has

    a_j(t) = a_j(0) exp(-8 s^2 H_jj t),   the shift unchanged,   H_jj = (1/n) sum_i x_ij^2,

and ends at the lasso with weights ``2 s^2 H_jj``. Adding noise to the parameters after each step and taking it back
after the next (Orvieto et al., arXiv:2202.02831) is the same method, for ``phi_k = theta_k - s xi_k`` takes its
gradient at ``phi_k + s xi_k``. It follows the flow with fluctuations of the order of the square root of the step.
"""

from __future__ import annotations

import numpy as np

from solvable import GradientFlow, NoiseInjection, claim, simulate
from solvable.integrators.noise import fill_tile
from solvable.integrators.philox import PARAMETER_NOISE
from solvable.theory import Gain, lasso, least_l1, noise_injection_weights

from ._gains import check_end, network
from ._noise import path_error
from ._problems import COLUMNS, INTERPOLATES, TARGETS, many_interpolants, no_zero_column
from ._shrinkage import (
    RESTS,
    STRICT,
    critical,
    fewer_columns,
    injected,
    networks,
    rest_time,
    rests,
    smoothed,
    strict,
    unit_of_time,
)

REPLICAS, STEPS = 128, 512 * 2 ** np.arange(4)


def level(X, y, share):
    """The s whose weights ``2 s^2 H`` are `share` of those at which the lasso vanishes."""
    return np.sqrt(share * critical(X, y, np.mean(X**2, axis=0)) / 2)


@claim(
    "orvieto2023-effective-scale",
    title="Injected noise makes the effective scale decay, in each coordinate at its own rate",
    statement=r"$a_j(T) = a_j(0)\, e^{-8 s^2 H_{jj} T},\ \ \xi = \xi_0:\quad"
    r" \beta(T) = \mathrm{argmin}_{Xb = X\beta(T)}\ \phi_{a(T)}(b)$ on the flow of $E\, L(\theta + s \xi)$",
    source="arXiv:2206.04613 (the method); constants derived in solvable.theory.diagonal.shrinkage",
    hypotheses=("no column of X is zero", "the targets are not all zero"),
    rivals=("half the rate", "the same for every coordinate", "no decay"),
    convention="beta = u^2 - v^2, and beta = u v at the rate 2 s^2 H_jj; L = 1/(2n) |X beta - y|^2, H = X^T X / n",
)
def effective_scale(lab):
    problem = lab.instance(fewer_columns)
    X, y = problem["X"], problem["y"]
    lab.require(COLUMNS, no_zero_column(X))
    lab.require(TARGETS, np.any(y))
    s, time = level(X, y, 0.1), 10 * unit_of_time(X, y)
    for model, start in networks(X, y):
        rate = 2 if model.is_product else 4
        weights = noise_injection_weights(X, s, model.parametrization)
        flow = GradientFlow(rtol=1e-12, atol=0.0, method="explicit")
        run = simulate(smoothed(model, injected(model, s)), flow, start, time=time)
        q = -rate * time * weights
        rivals = {"half the rate": q / 2, "the same for every coordinate": np.mean(q) + 0 * q, "no decay": 0 * q}
        gains = {name: Gain(value, 0 * q) for name, value in rivals.items()}
        reason = "the tolerance of the flow"
        check_end(lab, model, start, run.final, Gain(q, 0 * q), gains, tolerance=1e-9, reason=reason)


@claim(
    "orvieto2023-lasso",
    title="With injected noise the flow ends at a lasso weighted by the columns of X",
    statement=r"$\beta_\infty = \mathrm{argmin}_b\ \frac{1}{2n} |Xb - y|^2 + 2 s^2 \sum_j H_{jj} |b_j|$ on the flow of"
    r" $E\, L(\theta + s \xi)$",
    source="arXiv:2206.04613 (l1 norm); the weights are derived in solvable.theory.diagonal.shrinkage",
    hypotheses=(
        "zeros of the lasso are strict: no multiplier is at its bound",
        "the flow has come to rest",
        "no column of X is zero",
        "the targets are not all zero",
    ),
    rivals=("twice the penalty", "half the penalty", "the same for every coordinate", "basis pursuit"),
    convention="beta = u^2 - v^2, and beta = u v with weights s^2 H_jj; L = 1/(2n) |X beta - y|^2, H = X^T X / n",
    errata="for columns of unequal length the l1 norm that injected noise leads to is a weighted one",
)
def weighted_lasso(lab):
    problem = lab.instance(fewer_columns)
    X, y = problem["X"], problem["y"]
    lab.require(COLUMNS, no_zero_column(X))
    lab.require(TARGETS, np.any(y))
    s = level(X, y, 0.2)
    for model, start in networks(X, y):
        weights = noise_injection_weights(X, s, model.parametrization)
        minimum = lasso(X, y, weights)
        lab.require(STRICT, strict(X, y, weights, minimum))
        penalized = smoothed(model, injected(model, s))
        flow = GradientFlow(rtol=1e-8)
        run = simulate(penalized, flow, start, time=rest_time(X, y, weights, minimum))
        lab.require(RESTS, rests(penalized.gradient(run.final), penalized.gradient(start)))
        lab.optimum(
            model.predictor(run.final),
            minimum,
            rivals={
                "twice the penalty": lasso(X, y, 2 * weights),
                "half the penalty": lasso(X, y, weights / 2),
                "the same for every coordinate": lasso(X, y, np.mean(weights)),
                "basis pursuit": least_l1(X, X @ np.linalg.lstsq(X, y, rcond=None)[0]),
            },
            tolerance=1e-7,
            reason="the flow has come to rest to 8 digits",
        )


@claim(
    "orvieto2023-anticorrelated",
    title="Gradient descent with anticorrelated noise follows the flow of the smoothed loss",
    statement=r"$\theta_{k+1} = \theta_k - h \nabla L(\theta_k) + s (\xi_{k+1} - \xi_k):\quad"
    r" E\, |\theta_k - s \xi_k - \theta(h k)|^2 = O(h)$ with $\theta(t)$ the flow of $E\, L(\theta + s \xi)$",
    source="arXiv:2202.02831 (the method), arXiv:2206.04613 (its mean); the order is our own",
    hypotheses=("the data can be interpolated, in more than one way", "no column of X is zero"),
    rivals=("half the penalty", "the same for every coordinate", "no smoothing"),
    convention="beta = u^2 - v^2; fixed time, h and s^2 H far below the limit of stability; 128 replicas",
)
def anticorrelated(lab):
    problem = lab.instance(fewer_columns)
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    lab.require(COLUMNS, no_zero_column(X))
    model, start, edge = network(X, y)
    s, time = level(X, y, 0.1), 10 * edge
    weights = noise_injection_weights(X, s)

    def flow(penalties):
        return simulate(smoothed(model, penalties), GradientFlow(rtol=1e-9), start, time=time).final

    ends = {
        "half the penalty": flow(weights / 2),
        "the same for every coordinate": flow(np.mean(weights) + 0 * weights),
        "no smoothing": flow(0 * weights),
    }
    own, errors, errors_of = flow(weights), [], {}
    for steps in STEPS:
        method = NoiseInjection(np.full(REPLICAS, time / steps), s, anticorrelated=True)
        run = simulate(model, method, start, steps=int(steps), seed=lab.seed)
        last = np.empty((start.size, REPLICAS))
        fill_tile(np.uint64(lab.seed), np.arange(REPLICAS), int(steps) - 1, PARAMETER_NOISE, last)
        phi = run.final - s * last.T
        errors.append(path_error(phi, own, own[None]))
        for name, end in ends.items():
            errors_of.setdefault(name, []).append(path_error(phi, end, own[None]))
    lab.order(
        time / STEPS, errors, 1, rivals=errors_of, tolerance=0.2, reason="leading order in the step, on 128 replicas"
    )
