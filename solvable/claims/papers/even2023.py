"""Even et al., (S)GD over Diagonal Linear Networks: implicit regularisation, large stepsizes and edge of stability
(arXiv:2302.08982).

A step of (stochastic) gradient descent multiplies ``u_j`` by ``1 - x_j`` and ``v_j`` by ``1 + x_j``, ``x = 2 h
g_B(beta)``. So for *any* step size and any batches, with ``q(x) = -log|1 - x^2|`` and ``r(x) = log|1-x| - log|1+x| +
2x``,

    a_inf = a_0 exp(-sum_k q(x_k)),   xi_inf = xi_0 + sum_k r(x_k),
    beta_inf = argmin_{Xb = y} phi_a_inf(b) - <xi_inf, b>.
"""

from __future__ import annotations

import numpy as np

from solvable import SGD, DiagonalLinearNetwork, GradientDescent, claim, simulate
from solvable.theory import hypentropy_minimum

from ._problems import (
    CONVERGES,
    INTERPOLATES,
    coefficient_size,
    many_interpolants,
    reached_zero,
    sparse_regression,
    zero_loss,
)


def _compare(lab, run, X, y, *, tolerance):
    """The final point against the minimum for the effective initialization, and against its crippled forms."""
    beta, books = run.predictor(run.final), run.ledger()
    log_a, xi = run.effective_init()
    lab.identity(
        run.range_residual(), 0.0, scale=1.0, tolerance=1e-10, reason="exact: rounding of sums of logarithms only"
    )
    lab.optimum(
        beta,
        hypentropy_minimum(X, y, log_a=log_a, xi0=xi),
        rivals={
            "gain dropped": hypentropy_minimum(X, y, log_a=log_a - books.q, xi0=xi),
            "shift dropped": hypentropy_minimum(X, y, log_a=log_a),
            "half the gain": hypentropy_minimum(X, y, log_a=log_a - books.q / 2, xi0=xi),
        },
        tolerance=tolerance,
        reason="exact: rounding, and the residual at which the run stops",
    )


def _sums(gradients, step_size):
    """(sum of q, sum of r) from the gradients of every step."""
    x = 2 * step_size * gradients
    return -np.sum(np.log(np.abs(1 - x**2)), axis=0), np.sum(np.log(np.abs((1 - x) / (1 + x))) + 2 * x, axis=0)


@claim(
    "even2023-descent",
    title="Gradient descent at any step size",
    statement=r"$a_\infty = a_0\, e^{-\sum_k q(x_k)},\ \ \xi_\infty = \xi_0 + \sum_k r(x_k):\quad"
    r" \beta_\infty = \mathrm{argmin}_{Xb=y}\ \phi_{a_\infty}(b) - \langle \xi_\infty, b\rangle$",
    source="arXiv:2302.08982, theorem number unverified",
    hypotheses=("the data can be interpolated, in more than one way", "the run reaches zero loss"),
    rivals=("gain dropped", "shift dropped", "half the gain"),
    convention="L = 1/(2n) |X beta - y|^2, beta = u^2 - v^2, h = 0.9 times the limit 2 / lambda at the flow's end",
)
def descent(lab):
    problem = lab.instance(sparse_regression)
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    model = DiagonalLinearNetwork(X, y)
    scale = 0.3 * np.sqrt(coefficient_size(X, y))
    start = model.init(scale)
    w = np.sqrt(hypentropy_minimum(X, y, a=scale**2).point ** 2 + 4 * scale**4)
    step_size = 0.9 * 2 / np.linalg.eigvalsh(4 * (X * w) @ X.T / y.size)[-1]
    run = simulate(model, GradientDescent(step_size), start, steps=400_000, until_loss=zero_loss(y))
    lab.require(CONVERGES, reached_zero(run))
    _compare(lab, run, X, y, tolerance=1e-11)
    # The same sums from the gradients themselves, step by step.
    short = simulate(model, GradientDescent(step_size), start, steps=2000, save=np.arange(2001))
    gradients = (short.predictor()[:-1] @ X.T - y) @ X / y.size
    gain, shift = _sums(gradients, step_size)
    books = short.ledger()
    lab.identity(-books.q, gain, rivals={"half the gain": gain / 2}, tolerance=1e-10)
    lab.identity(books.R, shift, tolerance=1e-10, scale=1.0, reason="absolute: exponents are what counts")


@claim(
    "even2023-stochastic",
    title="Stochastic gradient descent with any batches",
    statement=r"$a_\infty = a_0\, e^{-\sum_k q(x_k)},\ \ \xi_\infty = \xi_0 + \sum_k r(x_k):\quad"
    r" \beta_\infty = \mathrm{argmin}_{Xb=y}\ \phi_{a_\infty}(b) - \langle \xi_\infty, b\rangle$",
    source="arXiv:2302.08982, theorem number unverified",
    hypotheses=("the data can be interpolated, in more than one way", "the run reaches zero loss"),
    rivals=("gain dropped", "shift dropped", "half the gain"),
    convention="batches of 1 with replacement, 3 distinct, and 1 by random reshuffling; beta = u^2 - v^2",
)
def stochastic(lab):
    problem = lab.instance(lambda rng, n=10, d=20: sparse_regression(rng, n, d, k=3))
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    model = DiagonalLinearNetwork(X, y)
    scale = 0.3 * np.sqrt(coefficient_size(X, y))
    w = np.sqrt(hypentropy_minimum(X, y, a=scale**2).point ** 2 + 4 * scale**4)
    step_size = 0.5 / np.max(4 * (X**2 @ w))
    for options in ({}, {"batch_size": min(3, y.size)}, {"order": "shuffle"}):
        method = SGD(step_size, **options)
        run = simulate(model, method, model.init(scale), steps=2_000_000, until_loss=zero_loss(y), seed=lab.seed)
        lab.require(CONVERGES, reached_zero(run))
        _compare(lab, run, X, y, tolerance=1e-11)
        # The ledger's sums from the batches and their gradients, step by step.
        short = simulate(model, method, model.init(scale), steps=400, save=np.arange(401), seed=lab.seed)
        residuals, batches = short.predictor()[:-1] @ X.T - y, method.batches(y.size, 400, seed=lab.seed)
        gradients = [r[batch] @ X[batch] / batch.size for r, batch in zip(residuals, batches, strict=True)]
        gain, shift = _sums(np.array(gradients), step_size)
        books = short.ledger()
        lab.identity(-books.q, gain, rivals={"half the gain": gain / 2}, tolerance=1e-10)
        lab.identity(books.R, shift, tolerance=1e-10, scale=1.0, reason="absolute: exponents are what counts")


@claim(
    "even2023-flow-is-the-limit",
    title="The effective initialization tends to the initialization, linearly in the step",
    statement=r"$h \to 0:\quad \log a_\infty - \log a_0 = O(h),\qquad \xi_\infty - \xi_0 = O(h^2)$",
    source="arXiv:2302.08982 (consequence, our own orders)",
    hypotheses=("the data can be interpolated, in more than one way", "the run reaches zero loss"),
    rivals=("gain of second order", "shift of first order"),
    convention="gradient descent, beta = u^2 - v^2, step sizes h, h/2, h/4, h/8 from an eighth of the stability limit",
)
def flow_is_the_limit(lab):
    problem = lab.instance(lambda rng, n=10, d=20: sparse_regression(rng, n, d, k=3))
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    model = DiagonalLinearNetwork(X, y)
    scale = 0.3 * np.sqrt(coefficient_size(X, y))
    w = np.sqrt(hypentropy_minimum(X, y, a=scale**2).point ** 2 + 4 * scale**4)
    step_sizes = 0.25 / np.linalg.eigvalsh(4 * (X * w) @ X.T / y.size)[-1] / np.array([1, 2, 4, 8])
    method = GradientDescent(step_sizes)
    run = simulate(model, method, model.init(scale), steps=2_000_000, until_loss=zero_loss(y))
    lab.require(CONVERGES, np.all(run.final_loss <= 100 * zero_loss(y)))
    books = run.ledger()
    gains, shifts = np.max(np.abs(books.q), axis=1), np.max(np.abs(books.R), axis=1)
    lab.order(step_sizes, gains, 1, rivals={"gain of second order": 2.0}, reason="leading order in the step")
    lab.order(
        step_sizes, shifts, 2, rivals={"shift of first order": 1.0}, tolerance=0.2, reason="leading order in the step"
    )
