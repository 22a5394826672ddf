"""Matt and Stoeger, the rate at which small initialization reaches the least l1 norm (arXiv:2506.01143).

Let z = X^T nu be a dual certificate of the (unique, nondegenerate) interpolant of least l1 norm, z = sign on its
support, and rho the largest ``|z_j|`` off it. At depth 2 the off-support coordinates vanish like ``a^(1 - |z_j|)``,
the slowest like ``a^(1 - rho)``; from depth 3 on the error is linear in ``alpha^D`` whatever rho is.
"""

from __future__ import annotations

import numpy as np

from solvable import DiagonalLinearNetwork, claim
from solvable.theory import null_space_exponent

from ._problems import (
    COLUMNS,
    CONVERGES,
    INTERPOLATES,
    dense_regression,
    flow_limit,
    many_interpolants,
    no_zero_column,
    reached_zero,
)

STRICT = "the certificate is strict but not slack: 0.02 < 1 - rho < 0.75"


def _small(rng: np.random.Generator, n: int = 5, d: int = 8) -> dict:
    return dense_regression(rng, n, d)


@claim(
    "mattstoeger2025-depth2",
    title="Depth 2: a power that the null space decides",
    statement=r"$|\beta_{a,j}| \sim a^{1-|z_j|}$ off the support, $\max_{j \notin S} |\beta_{a,j}| \sim a^{1-\varrho}$",
    source="arXiv:2506.01143 (abstract: rate with a null-space constant); the sharp form per coordinate is our own",
    hypotheses=(
        "the data can be interpolated, in more than one way",
        "the least l1 interpolant is nondegenerate",
        "the certificate is strict but not slack: 0.02 < 1 - rho < 0.75",
        "the run reaches zero loss",
        "no column of X is zero",
    ),
    rivals=("linear in a", "twice the exponent"),
    convention="beta = u^2 - v^2, u(0) = v(0) = a^(1/2), local exponent between a = 1e-200 and 1e-280",
)
def depth2(lab):
    problem = lab.instance(_small)
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    lab.require(COLUMNS, no_zero_column(X))
    rate = null_space_exponent(X, y)
    lab.require("the least l1 interpolant is nondegenerate", rate.nondegenerate)
    lab.require(STRICT, 0.02 < 1 - rate.rho < 0.75)
    model, logs, off = DiagonalLinearNetwork(X, y), np.log([1e-200, 1e-280]), []
    outside = np.setdiff1d(np.arange(X.shape[1]), rate.support)
    for log_a in logs:
        run = flow_limit(model, model.init(np.exp(log_a / 2)))
        lab.require(CONVERGES, reached_zero(run))
        off.append(np.log(np.abs(run.predictor(run.final)[outside])))
    measured = (off[1] - off[0]) / (logs[1] - logs[0])
    predicted = 1 - np.abs(rate.certificate[outside])
    lab.identity(
        measured,
        predicted,
        rivals={"linear in a": np.ones_like(predicted), "twice the exponent": 2 * predicted},
        tolerance=0.02,
        reason="corrections to the power law vanish like a^(1 - rho)",
    )


@claim(
    "mattstoeger2025-depth3",
    title="Depth 3: linear in the end-to-end scale",
    statement=r"$D \geq 3:\quad \max_{j \notin S} |\beta_{\alpha,j}| \sim \alpha^D$",
    source="arXiv:2506.01143 (abstract)",
    hypotheses=(
        "the data can be interpolated, in more than one way",
        "the least l1 interpolant is nondegenerate",
        "the certificate leaves room: 0.1 < 1 - rho < 0.5",
        "the run reaches zero loss",
    ),
    rivals=("the exponent of depth 2",),
    convention="beta = u^3 - v^3, u(0) = v(0) = alpha, alpha^3 from 1e-7 to 1e-10",
)
def depth3(lab):
    problem = lab.instance(_small)
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    rate = null_space_exponent(X, y)
    lab.require("the least l1 interpolant is nondegenerate", rate.nondegenerate)
    lab.require("the certificate leaves room: 0.1 < 1 - rho < 0.5", 0.1 < 1 - rate.rho < 0.5)
    model = DiagonalLinearNetwork(X, y, depth=3)
    outside = np.setdiff1d(np.arange(X.shape[1]), rate.support)
    products, errors = np.array([1e-7, 1e-8, 1e-9, 1e-10]), []
    for scale in products ** (1 / 3):
        run = flow_limit(model, model.init(scale), slow=1 / scale)
        lab.require(CONVERGES, reached_zero(run))
        errors.append(np.max(np.abs(run.predictor(run.final)[outside])))
    lab.order(
        products,
        errors,
        1,
        rivals={"the exponent of depth 2": 1 - rate.rho},
        tolerance=0.1,
        reason="local exponents approach 1 from either side",
    )
