"""Nacson et al., Implicit Bias of the Step Size in Linear Diagonal Neural Networks (ICML 2022, PMLR 162:16270-16295).

At an interpolant the Hessian of ``1/(2n) |X beta - y|^2`` in ``(u, v)``, ``beta = u^2 - v^2``, has the nonzero
eigenvalues of ``(4/n) X diag(w) X^T``, ``w = u^2 + v^2``. Gradient descent of step h stays only where ``h lambda <=
2``. The direction of all ones gives ``sum_j mean_j^2 w_j <= 1 / (2h)``: where columns have means, large steps bound a
weighted l1 norm. And gradient descent does not need to end where the flow does: beyond the limit at the flow's end it
goes on, and finds a flatter point.
"""

from __future__ import annotations

import numpy as np

from solvable import DiagonalLinearNetwork, GradientDescent, claim, simulate
from solvable.theory import (
    gain_gradient_descent,
    hypentropy_minimum,
    stability_threshold,
    stable_weighted_l1_bound,
)

from ._gains import check_gain, slopes
from ._problems import (
    CONVERGES,
    INTERPOLATES,
    coefficient_size,
    many_interpolants,
    reached_zero,
    sparse_regression,
    zero_loss,
)

STOPPED = "a run that stops at a residual of 1e-13 may stop while it passes, slowly, a point just beyond the limit"
PASSING = 1e-3
MEANS = "the columns have means that see most of the sharpness"


def _centered(rng: np.random.Generator, n: int = 10, d: int = 20) -> dict:
    return sparse_regression(rng, n, d, k=3)


def _with_means(rng: np.random.Generator, n: int = 10, d: int = 20) -> dict:
    X = rng.standard_normal((n, d)) + rng.uniform(1.0, 3.0)
    beta = np.zeros(d)
    beta[rng.choice(d, size=min(3, d), replace=False)] = 1.0
    return {"X": X, "y": X @ beta}


@claim(
    "nacson2022-stability",
    title="Which interpolants gradient descent can stay at",
    statement=r"$\lambda_{\max}(\nabla^2 L) = \lambda_{\max}\left(\frac{4}{n} X\,\mathrm{diag}(w) X^\top\right),\ "
    r" w_j = \sqrt{\beta_j^2 + 4a_j^2}:\quad \delta_{k+1} = (1 - h \lambda_{\max})\, \delta_k$",
    source="Nacson et al., ICML 2022 (abstract: dynamic stability), theorem number unverified; constants our own",
    hypotheses=("the data can be interpolated, in more than one way",),
    rivals=("twice the constant", "half the constant", "weights without the scale"),
    convention="L = 1/(2n) |X beta - y|^2, beta = u^2 - v^2, a = |u v|; h at 0.9, 0.99, 1.01 and 1.1 of 2 / lambda_max,"
    " a deviation of 1e-7 in the top direction, 20 steps",
)
def stability(lab):
    problem = lab.instance(_with_means)
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    size = coefficient_size(X, y)
    model, a = DiagonalLinearNetwork(X, y), 0.3 * size
    beta = hypentropy_minimum(X, y, a=a).point
    theta = model.init(np.sqrt(a), shape=np.arcsinh(beta / (2 * a)))
    top = np.linalg.eigh(model.hessian(theta))[1][:, -1]
    threshold, steps = stability_threshold(X, beta, a), 20
    step_sizes = threshold.step_size * np.array([0.9, 0.99, 1.01, 1.1])
    small = 1e-7 * np.sqrt(size)
    run = simulate(model, GradientDescent(step_sizes), theta + small * top, steps=steps)
    measured = ((run.final - theta) @ top / small) ** (1 / steps)

    def factor(sharpness):
        return np.abs(1 - step_sizes * sharpness)

    lab.identity(
        measured,
        factor(threshold.sharpness),
        rivals={
            "twice the constant": factor(2 * threshold.sharpness),
            "half the constant": factor(threshold.sharpness / 2),
            "weights without the scale": factor(stability_threshold(X, beta, 0.0).sharpness),
        },
        tolerance=1e-5,
        reason="terms of second order in the deviation, which grows less than tenfold",
    )


@claim(
    "nacson2022-weighted-l1",
    title="Large steps bound a weighted l1 norm",
    statement=r"where gradient descent converges, $\sum_j \bar x_j^2 |\beta_j| \leq \sum_j \bar x_j^2 (u_j^2 + v_j^2)"
    r" \leq \frac{1}{2h}$",
    source="Nacson et al., ICML 2022 (abstract: a bound on some weighted l1 norm), theorem number unverified; constants"
    " our own",
    hypotheses=(
        "the data can be interpolated, in more than one way",
        "the columns have means that see most of the sharpness",
        "the run reaches zero loss",
    ),
    rivals=("half the bound",),
    convention="beta = u^2 - v^2 from u = v = alpha, alpha^2 the size of the least-norm coefficients; h at 0.95, 1.2"
    " and 1.5 of the limit 2 / lambda at the end of gradient flow",
)
def weighted_l1(lab):
    problem = lab.instance(_with_means)
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    model, a = DiagonalLinearNetwork(X, y), coefficient_size(X, y)
    square = np.mean(X, axis=0) ** 2
    flow = stability_threshold(X, hypentropy_minimum(X, y, a=a).point, a)
    lab.require(MEANS, flow.weighted_size > 0.9 * flow.sharpness / 4)
    step_sizes = flow.step_size * np.array([0.95, 1.2, 1.5])
    run = simulate(model, GradientDescent(step_sizes), model.init(np.sqrt(a)), steps=100_000, until_loss=zero_loss(y))
    lab.require(CONVERGES, np.all(run.final_loss <= 100 * zero_loss(y)))
    parts = model.unpack(run.final)
    size, norm = (parts["u"] ** 2 + parts["v"] ** 2) @ square, np.abs(run.predictor(run.final)) @ square
    bounds = np.array([stable_weighted_l1_bound(h) for h in step_sizes])
    lab.bound(norm, bounds, tolerance=PASSING, reason=STOPPED)
    lab.bound(size, bounds, rivals={"half the bound": bounds / 2}, tolerance=PASSING, reason=STOPPED)


@claim(
    "nacson2022-beyond-the-flow",
    title="Beyond the limit at the flow's end, gradient descent finds another end",
    statement=r"$h > 2/\lambda(\beta_{\mathrm{flow}})$ and yet $\beta_k \to \beta_\infty$ with"
    r" $h \leq 2/\lambda(\beta_\infty)$, $\beta_\infty = \mathrm{argmin}_{Xb=y}\ \phi_{a_\infty}(b) -"
    r" \langle \xi_\infty, b\rangle$ still",
    source="Nacson et al., ICML 2022 (abstract), and arXiv:2302.08982 (edge of stability), theorem numbers unverified",
    hypotheses=("the data can be interpolated, in more than one way", "the run reaches zero loss"),
    rivals=("the limit at the end of the flow", "the end of the flow", "half the gain"),
    convention="beta = u^2 - v^2; centered columns from a small scale, h at 1.02, 1.05 and 1.1 of the flow's limit;"
    " columns with means from a large scale, h at 1.1, 1.3 and 1.5 of it",
)
def beyond_the_flow(lab):
    for make, relative, factors in ((_centered, 0.01, (1.02, 1.05, 1.1)), (_with_means, 1.0, (1.1, 1.3, 1.5))):
        problem = lab.instance(make)
        X, y = problem["X"], problem["y"]
        lab.require(INTERPOLATES, many_interpolants(X, y))
        model, a = DiagonalLinearNetwork(X, y), relative * coefficient_size(X, y)
        flow = hypentropy_minimum(X, y, a=a)
        limit = stability_threshold(X, flow.point, a).step_size
        for factor in factors:
            run = simulate(
                model,
                GradientDescent(factor * limit),
                model.init(np.sqrt(a)),
                steps=200_000,
                until_loss=zero_loss(y),
            )
            lab.require(CONVERGES, reached_zero(run))
            lab.bound(
                factor * limit,
                2 / model.sharpness(run.final),
                rivals={"the limit at the end of the flow": limit},
                tolerance=PASSING,
                reason=STOPPED,
            )
            log_a, xi = run.effective_init()
            # The potential from the gradients of every step, for as long as it moves.
            method, steps = GradientDescent(factor * limit), 300
            short = simulate(model, method, model.init(np.sqrt(a)), steps=steps, save=np.arange(steps + 1))
            gain = gain_gradient_descent(slopes(X, y, short.theta[:-1]), factor * limit)
            check_gain(lab, short, gain, {"half the gain": gain._replace(q=gain.q / 2)})
            lab.optimum(
                run.predictor(run.final),
                hypentropy_minimum(X, y, log_a=log_a, xi0=xi),
                rivals={"the end of the flow": flow},
                tolerance=1e-9,
                reason="exact: rounding, and the residual at which the run stops",
            )


@claim(
    "nacson2022-edge-of-stability",
    title="Beyond the limit at the flow's end, it settles at the edge",
    statement=r"$h = 1.1 \cdot 2/\lambda(\beta_{\mathrm{flow}})$ from a small scale: on average over centered Gaussian"
    r" problems, $\frac{h}{2} \lambda(\beta_\infty) = 1$ to 3 percent",
    source="arXiv:2302.08982 (edge of stability), theorem number unverified; the average is our own observation",
    rivals=("the sharpness of the flow", "inside by a tenth"),
    convention="beta = u^2 - v^2, X Gaussian 10 x 20, three nonzero coefficients, a = 0.03 of the size of the"
    " least-norm ones; lambda from the Hessian after 50000 steps, or at zero loss; a sequential test of level 1e-4",
)
def edge_of_stability(lab):
    values = lab.instance(lambda rng: {"values": rng.uniform(0.5, 1.5, 3) * rng.choice([-1.0, 1.0], 3)})["values"]

    def edge(replica):
        rng = np.random.default_rng([lab.seed, replica])
        X, beta = rng.standard_normal((10, 20)), np.zeros(20)
        beta[rng.choice(20, size=values.size, replace=False)] = values
        y = X @ beta
        model, a = DiagonalLinearNetwork(X, y), 0.03 * coefficient_size(X, y)
        h = 1.1 * stability_threshold(X, hypentropy_minimum(X, y, a=a).point, a).step_size
        run = simulate(model, GradientDescent(h), model.init(np.sqrt(a)), steps=50_000, until_loss=zero_loss(y))
        return h * model.sharpness(run.final) / 2

    lab.statistic(
        lambda first, count: np.array([edge(first + k) for k in range(count)]),
        1.0,
        0.03,
        rivals={"the sharpness of the flow": 1.1, "inside by a tenth": 0.9},
        reason="single runs end at 0.87 to 1.0001, most above 0.98",
    )
