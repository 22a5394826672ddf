r"""Andriushchenko and Flammarion, Towards Understanding Sharpness-Aware Minimization (arXiv:2206.06232).

On ``beta = u^2 - v^2`` the ascent by ``eps grad L`` multiplies u by ``1 + 2 eps g`` and v by ``1 - 2 eps g``; the
gradient there, ``2 u (1 + 2 eps g) g+``, drives along ``g+`` and shrinks both factors by ``4 h eps g g+``. If each
sample ascends on its own loss, the same holds sample by sample, and the shrinking sees ``x_ij^2 r_i r_i^+`` in place
of ``g_j g_j^+``. To first order, descent of step h is gradient regularization of strength h/2, and SAM of radius h/2.
"""

from __future__ import annotations

import numpy as np

from solvable import GradientDescent, GradientFlow, SharpnessAware, claim, simulate
from solvable.theory import gain_gradient_descent, gain_per_sample_ascent, gain_sharpness_aware

from ._gains import ascended, check_gain, gradients, network, slopes
from ._problems import CONVERGES, INTERPOLATES, many_interpolants, reached_zero, sparse_problem, zero_loss

STEPS = 1000


@claim(
    "andriushchenko2022-effective-scale",
    title="SAM at any step and radius: effective initialization",
    statement=r"$a_k = a_0\, e^{q},\ \ \xi_k = \xi_0 + R:\quad q = \sum \log|(1 - m)^2 - p^2|,\quad"
    r" p = 2 h\, g^+,\ \ m = 4 h \epsilon\, g\, g^+,\quad \epsilon = \rho$ or $\rho / |\nabla L|$",
    source="arXiv:2206.06232 (the method); the formula is our own",
    hypotheses=("the data can be interpolated, in more than one way",),
    rivals=("half of the ascent's gain", "gradient descent", "the ascent's gradient not moved", "shift dropped"),
    convention="L = 1/(2n) |X beta - y|^2, beta = u^2 - v^2; h half, rho 1/4 of the largest stable step, 1000 steps;"
    " normalized with a radius of a tenth of the largest factor, where it need not converge",
)
def effective_scale(lab):
    problem = lab.instance(sparse_problem)
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    model, start, edge = network(X, y)
    h = 0.5 * edge
    for radius, normalized in ((0.25 * edge, False), (0.1 * np.max(np.abs(start)), True)):
        method = SharpnessAware(h, radius, normalized=normalized)
        run = simulate(model, method, start, steps=STEPS, save=np.arange(STEPS + 1))
        theta = run.theta[:-1]
        g = slopes(X, y, theta)
        norm = np.linalg.norm(gradients(X, y, theta), axis=-1)
        reach = radius / norm if normalized else np.full(STEPS, radius)
        up = ascended(X, y, theta, reach)
        gain, unshrunk = gain_sharpness_aware(g, up, h, reach), gain_sharpness_aware(g, up, h, 0.0)
        check_gain(
            lab,
            run,
            gain,
            {
                "gradient descent": gain_gradient_descent(g, h),
                "half of the ascent's gain": gain._replace(q=(gain.q + unshrunk.q) / 2),
                "the ascent's gradient not moved": gain_sharpness_aware(g, g, h, reach),
                "shift dropped": gain._replace(R=0 * gain.R),
            },
        )


@claim(
    "andriushchenko2022-per-sample",
    title="SAM with one ascent a sample: effective initialization",
    statement=r"$a_k = a_0\, e^{q}:\quad q_j = \sum \log|(1 - m_j)^2 - p_j^2|,\quad"
    r" p_j = \frac{2 h}{n} \sum_i x_{ij} r_i^+,\ \ m_j = \frac{4 h \rho}{n} \sum_i x_{ij}^2\, r_i r_i^+$",
    source="arXiv:2206.06232 (the method); the formula is our own",
    hypotheses=("the data can be interpolated, in more than one way",),
    rivals=("half of the ascent's gain", "full-batch SAM", "shift dropped"),
    convention="L = 1/(2n) |X beta - y|^2, beta = u^2 - v^2; h and rho 1/10 of the largest stable step, unnormalized",
)
def per_sample(lab):
    problem = lab.instance(sparse_problem)
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    model, start, edge = network(X, y)
    h = radius = 0.1 * edge
    method = SharpnessAware(h, radius, normalized=False, per_sample=True)
    run = simulate(model, method, start, steps=STEPS, save=np.arange(STEPS + 1))
    theta = run.theta[:-1]
    residuals = run.predictor(theta) @ X.T - y
    # Sample i multiplies u_j by 1 + 2 rho r_i x_ij, and v_j by 1 - 2 rho r_i x_ij, before it looks again.
    reach = 2 * radius * residuals[:, :, None] * X
    u, v = (part[:, None, :] for part in np.split(theta, 2, axis=-1))
    ascents = np.sum(X * ((u * (1 + reach)) ** 2 - (v * (1 - reach)) ** 2), axis=-1) - y
    gain = gain_per_sample_ascent(X, residuals, ascents, h, radius)
    unshrunk = gain_per_sample_ascent(X, residuals, ascents, h, 0.0)
    g = residuals @ X / y.size
    check_gain(
        lab,
        run,
        gain,
        {
            "half of the ascent's gain": gain._replace(q=(gain.q + unshrunk.q) / 2),
            "full-batch SAM": gain_sharpness_aware(g, ascended(X, y, theta, radius), h, radius),
            "shift dropped": gain._replace(R=0 * gain.R),
        },
    )


@claim(
    "andriushchenko2022-dictionary",
    title="Where descent of step h ends: gradient regularization of strength h/2, SAM of radius h/2, to second order",
    statement=r"$h \to 0:\quad \beta_\infty^{GD(h)} - \beta_\infty^{GR(\mu = h/2)} = O(h^2),\quad"
    r" \beta_\infty^{GD(h)} - \beta_\infty^{SAM(\rho = h/2)} = O(h^2)$, but $O(h)$ against the flow",
    source="arXiv:2206.06232, arXiv:2009.11162 (each compares with one of them); our own orders",
    hypotheses=("the data can be interpolated, in more than one way", "the run reaches zero loss"),
    rivals=("the flow of the loss alone", "strength h", "strength h/4"),
    convention="beta = u^2 - v^2; flows of the regularized loss; h = 1/4 ... 1/32 of the largest stable step",
)
def dictionary(lab):
    problem = lab.instance(sparse_problem)
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    model, start, edge = network(X, y)
    step_sizes, done = 0.5 * edge / 2.0 ** np.arange(1, 5), zero_loss(y)
    descent = simulate(model, GradientDescent(step_sizes), start, steps=2_000_000, until_loss=done)

    def flow(strength, ascent_step=0.0):
        method = GradientFlow(rtol=1e-11, strength=strength, ascent_step=ascent_step)
        run = simulate(model, method, start, time=1e6 * edge, until_loss=done)
        lab.require(CONVERGES, reached_zero(run))
        return run.predictor(run.final)

    lab.require(CONVERGES, np.all(descent.final_loss <= 100 * done))
    ends = descent.predictor(descent.final)

    def errors(of):
        return np.array([np.max(np.abs(end - of(h))) for end, h in zip(ends, step_sizes, strict=True)])

    plain = simulate(model, GradientFlow(rtol=1e-11), start, time=1e6 * edge, until_loss=done)
    rivals = {
        "the flow of the loss alone": errors(lambda h: plain.predictor(plain.final)),
        "strength h": errors(lambda h: flow(h)),
        "strength h/4": errors(lambda h: flow(h / 4)),
    }
    reason = "leading order in the step"
    lab.order(step_sizes, errors(lambda h: flow(h / 2)), 2, rivals=rivals, tolerance=0.2, reason=reason)
    lab.order(step_sizes, errors(lambda h: flow(h / 2, h / 2)), 2, tolerance=0.2, reason=reason)
