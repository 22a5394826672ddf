r"""Karakida et al. (arXiv:2210.02720) on diagonal linear networks: gradient regularization favors the rich regime.

Let ``g+`` be the gradient in beta after the ascent ``theta + eps grad L``. The flow of gradient regularization drives
``u' = -2 u (p + 2 mu g g+)``, ``v' = 2 v (p - 2 mu g g+)`` with p in the row space of X, so that for *every* ascent
step, positive, negative or zero,

    a_inf = a_0 exp(-8 mu int g g+ dt),   beta_inf = argmin_{Xb=y} phi_{a_inf}(b):

a smaller effective initialization, the shift unchanged; a finite step adds its own gain, and a shift. To first order
the gain grows with eps by ``8 mu eps int g (4/n) X^T X (w g) dt``. But the gain is larger where g is, on the support,
and there it works against sparsity: whether the l1 norm falls too is a property of the data.
"""

from __future__ import annotations

import numpy as np

from solvable import GradientFlow, GradientRegularized, claim, simulate
from solvable.theory import gain_gradient_descent, gain_gradient_regularized, gain_regularized_flow

from ._gains import ascended, check_gain, curved, network, slopes
from ._problems import INTERPOLATES, many_interpolants, sparse_problem

STRENGTH, REACH = 0.25, 0.25
"""In units of the largest stable step 2 / lambda."""


@claim(
    "karakida2023-effective-scale-of-descent",
    title="Gradient regularization at any step and ascent step: effective initialization",
    statement=r"$a_k = a_0\, e^{q},\ \ \xi_k = \xi_0 + R:\quad q = \sum \log|(1 - m)^2 - p^2|,\ \ "
    r"R = \sum \log\left|\frac{1 - m - p}{1 - m + p}\right| + 2 p,\quad "
    r"p = 2 h\left[g + \frac{\mu}{\epsilon}(g^+ - g)\right],\ \ m = 4 h \mu\, g\, g^+$",
    source="arXiv:2210.02720 (the method); the formula is our own",
    hypotheses=("the data can be interpolated, in more than one way",),
    rivals=("half the gain of the regularizer", "no regularizer", "the ascent ignored", "shift dropped"),
    convention="L = 1/(2n) |X beta - y|^2, beta = u^2 - v^2; h half, mu and eps +-1/4 and 0 of the largest stable step",
)
def effective_scale_of_descent(lab):
    problem = lab.instance(sparse_problem)
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    model, start, edge = network(X, y)
    h, mu = 0.5 * edge, STRENGTH * edge
    for eps in (REACH * edge, -REACH * edge, 0.0):
        run = simulate(model, GradientRegularized(h, mu, eps), start, steps=1000, save=np.arange(1001))
        theta = run.theta[:-1]
        g = slopes(X, y, theta)
        up = ascended(X, y, theta, eps) if eps else curved(X, y, theta)
        gain, plain = gain_gradient_regularized(g, up, h, mu, eps), gain_gradient_descent(g, h)
        rivals = {
            "no regularizer": plain,
            "half the gain of the regularizer": gain._replace(q=(gain.q + plain.q) / 2),
            "shift dropped": gain._replace(R=0 * gain.R),
        }
        if eps:
            rivals["the ascent ignored"] = gain_gradient_regularized(g, curved(X, y, theta), h, mu, 0.0)
        check_gain(lab, run, gain, rivals)


@claim(
    "karakida2023-effective-scale",
    title="The flow of gradient regularization: a smaller effective scale, the same shift",
    statement=r"$a(T) = a_0\, e^{-8 \mu \int_0^T g\, g^+\, dt},\ \ \xi = \xi_0:\quad "
    r"\beta(T) = \mathrm{argmin}_{Xb = X\beta(T)}\ \phi_{a(T)}(b)$, for every ascent step",
    source="arXiv:2210.02720 (the statement); the constant is our own",
    hypotheses=("the data can be interpolated, in more than one way",),
    rivals=("half the gain", "no regularizer", "the ascent ignored"),
    convention="L = 1/(2n) |X beta - y|^2, beta = u^2 - v^2; mu and eps = +-1/4 and 0 of 2 / sharpness at the end",
)
def effective_scale(lab):
    problem = lab.instance(sparse_problem)
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    model, start, edge = network(X, y)
    mu, times = STRENGTH * edge, 100 * edge * np.linspace(0, 1, 1001) ** 2
    for eps in (REACH * edge, -REACH * edge, 0.0):
        # The factors themselves: in their logarithms, which "auto" would choose, the formula is half done.
        flow = GradientFlow(rtol=1e-12, atol=0.0, strength=mu, ascent_step=eps, method="explicit")
        run = simulate(model, flow, start, time=times[-1], save=times)
        g, up = slopes(X, y, run.theta), ascended(X, y, run.theta, eps)
        gain = gain_regularized_flow(times, g, up, mu)
        rivals = {"no regularizer": gain._replace(q=0 * gain.q), "half the gain": gain._replace(q=gain.q / 2)}
        if eps:
            rivals["the ascent ignored"] = gain_regularized_flow(times, g, g, mu)
        check_gain(lab, run, gain, rivals, reason="the tolerance of the flow, and of a spline in time")


@claim(
    "karakida2023-ascent-enriches",
    title="A longer ascent makes the effective scale smaller",
    statement=r"$\log a_\epsilon - \log a_0 = -8 \mu \epsilon \int g \frac{4}{n} X^T X (w g)\, dt + O(\mu^2 \epsilon),"
    r"\quad w = u^2 + v^2$, and its mean over the coordinates is negative",
    source="arXiv:2210.02720 (the statement, for its setting); the rate is our own",
    hypotheses=("the data can be interpolated, in more than one way",),
    rivals=("the ascent step does not matter", "twice the rate"),
    convention="flow of gradient regularization, beta = u^2 - v^2, against the same with exact differences; eps = mu",
)
def ascent_enriches(lab):
    problem = lab.instance(sparse_problem)
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    model, start, edge = network(X, y)
    strengths, times = edge / 16 / 2.0 ** np.arange(4), 100 * edge * np.linspace(0, 1, 501) ** 2
    changes, rates = [], []
    for mu in strengths:
        near, far = (
            simulate(model, GradientFlow(rtol=1e-12, strength=mu, ascent_step=eps), start, time=times[-1], save=times)
            for eps in (0.0, mu)
        )
        changes.append(far.ledger().q - near.ledger().q)
        rates.append(gain_regularized_flow(times, slopes(X, y, near.theta), curved(X, y, near.theta), mu).q)
    change, predicted = np.array(changes), strengths[:, None] * np.array(rates)

    def errors(prediction):
        return np.max(np.abs(change - prediction), axis=1)

    lab.order(
        strengths,
        errors(predicted),
        3,
        rivals={"the ascent step does not matter": errors(0 * predicted), "twice the rate": errors(2 * predicted)},
        tolerance=0.2,
        reason="leading order: the terms left out are of third order in mu = eps",
    )
    lab.bound(np.mean(change, axis=1), np.zeros(strengths.size), reason="the effective scale falls on average")
