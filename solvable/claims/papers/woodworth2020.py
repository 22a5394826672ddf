"""Woodworth et al., Kernel and Rich Regimes in Overparametrized Models (arXiv:2002.09277).

Gradient flow on ``beta = u^D - v^D`` from ``u = v = alpha``. At depth 2 every flow conserves ``u_j v_j``, and
``beta = 2 a sinh(xi)`` with ``xi`` in the row space of X: the stationarity condition of the hyperbolic entropy of scale
``a = alpha^2``. Small alpha gives least l1 norm (rich), large alpha least l2 norm (kernel).
"""

from __future__ import annotations

import numpy as np

from solvable import DiagonalLinearNetwork, GradientFlow, claim, simulate
from solvable.theory import (
    depth_minimum,
    hypentropy_minimum,
    kernel_scale_bound,
    large_scale_expansion,
    least_l1,
    least_l2,
    rich_scale_bound,
)

from ._problems import (
    CONVERGES,
    INTERPOLATES,
    TARGETS,
    coefficient_size,
    dense_regression,
    flow_limit,
    gauss_rule,
    many_interpolants,
    reached_zero,
)


@claim(
    "woodworth2020-hypentropy",
    title="Gradient flow minimizes the hyperbolic entropy",
    statement=r"$\beta_\infty = \mathrm{argmin}_{Xb=y}\ \sum_j \left[ b_j\,\mathrm{asinh}\frac{b_j}{2a}"
    r" - \sqrt{b_j^2 + 4a^2} \right],\quad a = \alpha^2$",
    source="arXiv:2002.09277, theorem number unverified",
    hypotheses=("the data can be interpolated, in more than one way", "the run reaches zero loss"),
    rivals=("twice the scale", "least l1 norm", "least l2 norm"),
    convention="L = 1/(2n) |X beta - y|^2, beta = u^2 - v^2, u(0) = v(0) = alpha, alpha = 0.1 and 0.3",
)
def hypentropy(lab):
    problem = lab.instance(dense_regression)
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    model = DiagonalLinearNetwork(X, y)
    size = coefficient_size(X, y)
    for relative in (0.1, 0.3):
        scale = relative * np.sqrt(size)
        run = flow_limit(model, model.init(scale))
        lab.require(CONVERGES, reached_zero(run))
        lab.optimum(
            run.predictor(run.final),
            hypentropy_minimum(X, y, a=scale**2),
            rivals={
                "twice the scale": hypentropy_minimum(X, y, a=2 * scale**2),
                "least l1 norm": least_l1(X, y),
                "least l2 norm": least_l2(X, y),
            },
            tolerance=1e-7,
            reason="the flow is integrated to relative accuracy 1e-10 a step",
        )


@claim(
    "woodworth2020-conservation",
    title="What the flow conserves",
    statement=r"$u_j(t)\,v_j(t) = u_j(0)\,v_j(0)$ and $\log|u/v|(t) - \log|u/v|(0) \in \mathrm{range}\,X^T$",
    source="arXiv:2002.09277, proof",
    hypotheses=("the targets are not all zero",),
    rivals=("half the exponent",),
    convention="L = 1/(2n) |X beta - y|^2, beta = u^2 - v^2; explicit integration of (u, v) themselves",
)
def conservation(lab):
    problem = lab.instance(dense_regression)
    X, y = problem["X"], problem["y"]
    lab.require(TARGETS, np.any(y))
    model = DiagonalLinearNetwork(X, y)
    theta0 = model.init(0.1 * np.sqrt(coefficient_size(X, y)))
    time = 10 * model.n_samples / np.max(np.abs(X.T @ y))
    run = simulate(model, GradientFlow(rtol=1e-11, method="explicit"), theta0, time=time, save=8)
    log_a, xi = model.potential_coordinates(run.theta)
    lab.identity(
        log_a,
        np.broadcast_to(log_a[0], log_a.shape),
        tolerance=1e-7,
        reason="drift of an explicit method at relative tolerance 1e-11 a step",
    )
    # The same flow by the exponents: xi' = -4 g, so the shift is -4 times the time integral of the gradient.
    nodes, weights = gauss_rule(np.linspace(0, time, 41))
    dense = simulate(model, GradientFlow(rtol=1e-11, method="explicit"), theta0, time=time, save=nodes)
    integral = weights @ (dense.predictor() @ X.T - y) @ X / model.n_samples
    lab.identity(
        xi[-1] - xi[0],
        -4 * integral,
        rivals={"half the exponent": -2 * integral},
        tolerance=1e-6,
        reason="quadrature of a smooth integrand by composite Gauss rules",
    )


@claim(
    "woodworth2020-kernel-limit",
    title="Large initialization: the least l2 norm, with its first correction",
    statement=r"$\beta_a = \beta_{\ell_2} + \frac{1}{24a^2} P_{\mathrm{null}(X)}\,\beta_{\ell_2}^{3} "
    r"+ O(a^{-4}),\quad a = \alpha^2$",
    source="arXiv:2002.09277 (limit); the correction is our own expansion",
    hypotheses=("the data can be interpolated, in more than one way", "the run reaches zero loss"),
    rivals=("first order in 1/a", "twice the correction"),
    convention="L = 1/(2n) |X beta - y|^2, beta = u^2 - v^2, u(0) = v(0) = alpha",
)
def kernel_limit(lab):
    problem = lab.instance(dense_regression)
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    model, nearest = DiagonalLinearNetwork(X, y), least_l2(X, y).point
    size = np.max(np.abs(nearest))
    scales = size * np.array([2.0, 3.0, 4.5, 6.5])
    plain, corrected, doubled = [], [], []
    for a in scales:
        run = flow_limit(model, model.init(np.sqrt(a)), rtol=1e-12)
        lab.require(CONVERGES, reached_zero(run))
        beta, expansion = run.predictor(run.final), large_scale_expansion(X, y, a)
        plain.append(np.max(np.abs(beta - nearest)))
        corrected.append(np.max(np.abs(beta - expansion)))
        doubled.append(np.max(np.abs(beta - (2 * expansion - nearest))))
    lab.order(scales, plain, -2, rivals={"first order in 1/a": -1.0}, reason="a power law in a, from a = 2 to 6.5")
    lab.order(scales, corrected, -4, rivals={"twice the correction": doubled}, reason="the next term of the expansion")


@claim(
    "woodworth2020-rich-bound",
    title="A scale that is small enough for nearly least l1 norm",
    statement=r"$\alpha \leq \min\{(2(1+\epsilon)\|b_1\|_1)^{-(2+\epsilon)/(2\epsilon)},\ e^{-d/(\epsilon\|b_1\|_1)}\}"
    r"\ \Rightarrow\ \|\beta_\infty\|_1 \leq (1+\epsilon)\|b_1\|_1$",
    source="arXiv:2002.09277, theorem number unverified",
    hypotheses=("the data can be interpolated, in more than one way", "the run reaches zero loss"),
    rivals=("exactly the least l1 norm",),
    convention="b_1 the interpolant of least l1 norm; u(0) = v(0) = alpha. An implication, very loose: no rate",
)
def rich_bound(lab):
    problem = lab.instance(dense_regression)
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    model, least = DiagonalLinearNetwork(X, y), least_l1(X, y).objective
    for excess in (1.0, 0.5):
        run = flow_limit(model, model.init(rich_scale_bound(least, excess, X.shape[1])))
        lab.require(CONVERGES, reached_zero(run))
        lab.bound(
            np.sum(np.abs(run.predictor(run.final))),
            (1 + excess) * least,
            rivals={"exactly the least l1 norm": least},
            tolerance=1e-11,
            reason="an inequality; the tolerance is the rounding of the norm",
        )


@claim(
    "woodworth2020-kernel-bound",
    title="A scale that is large enough for nearly least l2 norm",
    statement=r"$\alpha \geq \sqrt{2(1+\epsilon)(1+2/\epsilon)\|b_2\|_2}"
    r"\ \Rightarrow\ \|\beta_\infty\|_2^2 \leq (1+\epsilon)\|b_2\|_2^2$",
    source="arXiv:2002.09277, theorem number unverified",
    hypotheses=("the data can be interpolated, in more than one way", "the run reaches zero loss"),
    rivals=("exactly the least l2 norm",),
    convention="b_2 the interpolant of least l2 norm; u(0) = v(0) = alpha. An implication, very loose: no rate",
)
def kernel_bound(lab):
    problem = lab.instance(dense_regression)
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    model, least = DiagonalLinearNetwork(X, y), float(np.linalg.norm(least_l2(X, y).point))
    for excess in (2.0, 1.0):
        run = flow_limit(model, model.init(kernel_scale_bound(least, excess)), rtol=1e-12)
        lab.require(CONVERGES, reached_zero(run))
        lab.bound(
            np.sum(run.predictor(run.final) ** 2),
            (1 + excess) * least**2,
            rivals={"exactly the least l2 norm": least**2},
            tolerance=1e-12,
            reason="an inequality; the tolerance is the rounding of the norm at residual 1e-13",
        )


@claim(
    "woodworth2020-depth",
    title="Deeper networks minimize another potential",
    statement=r"$\beta_\infty = \mathrm{argmin}_{Xb=y} \sum_j q_D(b_j/\alpha^D),\quad (q_D')^{-1}(z) ="
    r" (1-z)^{-D/(D-2)} - (1+z)^{-D/(D-2)}$",
    source="arXiv:2002.09277, theorem number unverified",
    hypotheses=("the data can be interpolated, in more than one way", "the run reaches zero loss"),
    rivals=("hyperbolic entropy", "twice the scale", "least l1 norm"),
    convention="beta = u^D - v^D with D = 3 and 4, u(0) = v(0) = alpha; the hyperbolic entropy has a = alpha^D",
)
def depth(lab):
    problem = lab.instance(dense_regression)
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    size = coefficient_size(X, y)
    for D in (3, 4):
        model = DiagonalLinearNetwork(X, y, depth=D)
        scale = (0.1 * size) ** (1 / D)
        run = flow_limit(model, model.init(scale), slow=scale ** (2 - D))
        lab.require(CONVERGES, reached_zero(run))
        lab.optimum(
            run.predictor(run.final),
            depth_minimum(X, y, scale, D),
            rivals={
                "hyperbolic entropy": hypentropy_minimum(X, y, a=scale**D),
                "twice the scale": depth_minimum(X, y, 2 ** (1 / D) * scale, D),
                "least l1 norm": least_l1(X, y),
            },
            tolerance=1e-7,
            reason="the flow is integrated to relative accuracy 1e-10 a step",
        )
