"""Azulay et al., On the Implicit Bias of Initialization Shape (arXiv:2102.09769).

Scale and *shape* of the initialization are two things. With ``a_j = |u_j v_j|`` and ``xi_j = log|u_j/v_j|`` at the
start, the flow minimizes the Bregman divergence of the hyperbolic entropy of scales ``a_j`` from ``2 a_j
sinh(xi_j)``.
"""

from __future__ import annotations

import numpy as np

from solvable import DiagonalLinearNetwork, claim
from solvable.theory import hypentropy_minimum, least_l1, null_space_exponent

from ._problems import (
    CONVERGES,
    INTERPOLATES,
    coefficient_size,
    dense_regression,
    flow_limit,
    many_interpolants,
    reached_zero,
)


def _shaped(rng: np.random.Generator, n: int = 8, d: int = 20) -> dict:
    """A dense problem with a start of uneven scale and shape."""
    shape = rng.uniform(-2, 2, d)
    return dense_regression(rng, n, d) | {"scale": np.exp(rng.uniform(-2, -0.5, d)), "shape": shape}


@claim(
    "azulay2021-shape",
    title="Unbalanced and uneven initialization",
    statement=r"$\beta_\infty = \mathrm{argmin}_{Xb=y}\ \phi_a(b) - \langle \xi_0, b\rangle,\quad"
    r" a_j = |u_j v_j|(0),\ \ \xi_{0,j} = \log|u_j/v_j|(0)$",
    source="arXiv:2102.09769, theorem number unverified",
    hypotheses=("the data can be interpolated, in more than one way", "the run reaches zero loss"),
    rivals=("shape ignored", "half the shape", "one scale for all", "twice the scale"),
    convention="L = 1/(2n) |X beta - y|^2, beta = u^2 - v^2; phi_a the hyperbolic entropy",
)
def shape(lab):
    problem = lab.instance(_shaped)
    X, y, tilt = problem["X"], problem["y"], problem["shape"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    scale = problem["scale"] * np.sqrt(coefficient_size(X, y))
    model = DiagonalLinearNetwork(X, y)
    run = flow_limit(model, model.init(scale, shape=tilt))
    lab.require(CONVERGES, reached_zero(run))
    a = scale**2
    lab.optimum(
        run.predictor(run.final),
        hypentropy_minimum(X, y, a=a, xi0=tilt),
        rivals={
            "shape ignored": hypentropy_minimum(X, y, a=a),
            "half the shape": hypentropy_minimum(X, y, a=a, xi0=tilt / 2),
            "one scale for all": hypentropy_minimum(X, y, a=np.exp(np.mean(np.log(a))), xi0=tilt),
            "twice the scale": hypentropy_minimum(X, y, a=2 * a, xi0=tilt),
        },
        tolerance=1e-7,
        reason="the flow is integrated to relative accuracy 1e-10 a step",
    )


@claim(
    "azulay2021-product",
    title="The product form u * v",
    statement=r"$\beta = u \odot v:\quad a_j = \frac{1}{4}|u_j^2 - v_j^2|(0),\ \ "
    r"\xi_{0,j} = \log\left|\frac{u_j+v_j}{u_j-v_j}\right|(0)$",
    source="arXiv:2102.09769, theorem number unverified",
    hypotheses=("the data can be interpolated, in more than one way", "the run reaches zero loss"),
    rivals=("half of u squared", "shape ignored", "twice the scale"),
    convention="L = 1/(2n) |X beta - y|^2, beta = u * v, u_j(0) = s_j > |v_j(0)|",
)
def product(lab):
    problem = lab.instance(_shaped)
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    size = np.sqrt(coefficient_size(X, y))
    u = problem["scale"] * size
    v = 0.4 * u * np.tanh(problem["shape"])
    model = DiagonalLinearNetwork(X, y, parametrization="product")
    run = flow_limit(model, model.pack(u=u, v=v))
    lab.require(CONVERGES, reached_zero(run))
    a, xi = np.abs(u**2 - v**2) / 4, np.log(np.abs((u + v) / (u - v)))
    lab.optimum(
        run.predictor(run.final),
        hypentropy_minimum(X, y, a=a, xi0=xi),
        rivals={
            "half of u squared": hypentropy_minimum(X, y, a=u**2 / 2, xi0=xi),
            "shape ignored": hypentropy_minimum(X, y, a=a),
            "twice the scale": hypentropy_minimum(X, y, a=2 * a, xi0=xi),
        },
        tolerance=1e-7,
        reason="the flow is integrated to relative accuracy 1e-10 a step",
    )


@claim(
    "azulay2021-weighted-l1",
    title="Uneven scales survive the rich limit",
    statement=r"$\log a_j = \kappa_j \log a,\ a \to 0:\quad \beta_\infty \to "
    r"\mathrm{argmin}_{Xb=y} \sum_j \kappa_j |b_j|$",
    source="arXiv:2102.09769 (scale and shape); the weights are our own reading",
    hypotheses=(
        "the data can be interpolated, in more than one way",
        "the run reaches zero loss",
        "the weighted minimizer differs from the plain one",
        "the weighted certificate is strict by 0.02",
    ),
    rivals=("plain l1 norm",),
    convention="beta = u^2 - v^2, u_j(0) = v_j(0) = a_j^(1/2), a = 1e-200, 1e-100, 1e-50, kappa_j in [0.3, 1]",
)
def weighted_l1(lab):
    problem = lab.instance(lambda rng, n=5, d=10: dense_regression(rng, n, d) | {"kappa": rng.uniform(0.3, 1.0, d)})
    X, y, kappa = problem["X"], problem["y"], problem["kappa"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    weighted, plain = least_l1(X, y, weights=kappa).point, least_l1(X, y).point
    lab.require(
        "the weighted minimizer differs from the plain one",
        np.max(np.abs(weighted - plain)) > 0.3 * np.max(np.abs(weighted)),
    )
    # Off the support beta_j ~ a^(kappa_j (1 - |z_j|)): this exponent decides at which a the limit can be seen.
    strictness = np.min(kappa) * (1 - null_space_exponent(X / kappa, y).rho)
    lab.require("the weighted certificate is strict by 0.02", strictness > 0.02)
    model, limits = DiagonalLinearNetwork(X, y), []
    logs = np.log([1e-50, 1e-100, 1e-200])
    for log_a in logs:
        run = flow_limit(model, model.init(np.exp(kappa * log_a / 2)))
        lab.require(CONVERGES, reached_zero(run))
        limits.append(run.predictor(run.final))
    lab.limit(
        np.exp(logs),
        limits,
        weighted,
        rivals={"plain l1 norm": plain},
        tolerance=0.02,
        reason="the approach is a power of a whose exponent may be as small as 0.02",
    )
