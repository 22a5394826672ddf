r"""Jacobs, Zhou and Burkholz, Mirror, Mirror of the Flow (arXiv:2504.12883): weight decay moves the mirror map.

Weight decay ``(lam/2) (|u|^2 + |v|^2)`` multiplies u and v by the same number. So the flow of a diagonal network keeps
its shift, and its scale decays, ``a(t) = a_0 exp(-2 lam t)``, for ``beta = u^2 - v^2`` as for ``beta = u v``: at every
moment beta minimizes the hyperbolic entropy of that scale among all b with the same ``X b``, from one that is nearly
quadratic to the l1 norm. It never comes to the least l1 norm itself, as the loss gives way too: the end is a lasso.
A step h of gradient descent has ``p = 2 h g`` and ``m = h lam``, and ``log a`` falls by ``-log|(1 - m)^2 - p^2|``.
"""

from __future__ import annotations

import numpy as np

from solvable import GradientDescent, GradientFlow, claim, simulate
from solvable.theory import Gain, gain_gradient_descent, lasso, least_l1, weight_decay_weights

from ._gains import check_end, check_gain
from ._problems import TARGETS
from ._shrinkage import (
    RESTS,
    STRICT,
    critical,
    fewer_columns,
    networks,
    rest_time,
    rests,
    strict,
    unit_of_time,
)


@claim(
    "jacobs2025-effective-scale",
    title="Under weight decay the effective scale decays, and the shift stays",
    statement=r"$a(T) = a_0\, e^{-2 \lambda T},\ \ \xi = \xi_0:\quad"
    r" \beta(T) = \mathrm{argmin}_{Xb = X\beta(T)}\ \phi_{a(T)}(b)$",
    source="arXiv:2504.12883 (a mirror map that moves); constants derived in solvable.theory.diagonal.shrinkage",
    hypotheses=("the targets are not all zero",),
    rivals=("half the rate", "twice the rate", "no decay"),
    convention="L + (lambda/2) |theta|^2, L = 1/(2n) |X beta - y|^2; beta = u^2 - v^2 and beta = u v",
)
def effective_scale(lab):
    problem = lab.instance(fewer_columns)
    X, y = problem["X"], problem["y"]
    lab.require(TARGETS, np.any(y))
    decay, time = 0.2 * critical(X, y), 10 * unit_of_time(X, y)
    for model, start in networks(X, y):
        # The factors themselves: in the dual form, which "auto" would choose, the formula is built in.
        flow = GradientFlow(rtol=1e-12, atol=0.0, weight_decay=decay, method="explicit")
        run = simulate(model, flow, start, time=time)
        rate = (2 if model.is_product else 4) * weight_decay_weights(decay, model.parametrization)
        q = np.full(X.shape[1], -rate * time)
        rivals = {"half the rate": q / 2, "twice the rate": 2 * q, "no decay": 0 * q}
        gains = {name: Gain(value, 0 * q) for name, value in rivals.items()}
        reason = "the tolerance of the flow"
        check_end(lab, model, start, run.final, Gain(q, 0 * q), gains, tolerance=1e-9, reason=reason)


@claim(
    "jacobs2025-lasso",
    title="Under weight decay the flow ends at a lasso",
    statement=r"$\beta_\infty = \mathrm{argmin}_b\ \frac{1}{2n} |Xb - y|^2 + \frac{\lambda}{2} |b|_1$ for"
    r" $\beta = u^2 - v^2$;$\ \ \lambda |b|_1$ for $\beta = u v$",
    source="arXiv:2504.12883 (the setting); the penalty is classical, derived in solvable.theory.diagonal.shrinkage",
    hypotheses=(
        "zeros of the lasso are strict: no multiplier is at its bound",
        "the flow has come to rest",
        "the targets are not all zero",
    ),
    rivals=("twice the penalty", "half the penalty", "basis pursuit"),
    convention="flow of L + (lambda/2) |theta|^2, L = 1/(2n) |X beta - y|^2",
)
def ends_at_a_lasso(lab):
    problem = lab.instance(fewer_columns)
    X, y = problem["X"], problem["y"]
    lab.require(TARGETS, np.any(y))
    decay = 0.2 * critical(X, y)
    for model, start in networks(X, y):
        weight = weight_decay_weights(decay, model.parametrization)
        minimum = lasso(X, y, weight)
        lab.require(STRICT, strict(X, y, weight, minimum))
        flow = GradientFlow(rtol=1e-10, weight_decay=decay)
        end = simulate(model, flow, start, time=rest_time(X, y, weight, minimum)).final
        lab.require(RESTS, rests(model.gradient(end) + decay * end, model.gradient(start) + decay * start))
        lab.optimum(
            model.predictor(end),
            minimum,
            rivals={
                "twice the penalty": lasso(X, y, 2 * weight),
                "half the penalty": lasso(X, y, weight / 2),
                "basis pursuit": least_l1(X, X @ np.linalg.lstsq(X, y, rcond=None)[0]),
            },
            tolerance=1e-7,
            reason="the flow has come to rest to 8 digits",
        )


@claim(
    "jacobs2025-descent",
    title="Gradient descent with weight decay, at any step: effective initialization",
    statement=r"$a_k = a_0\, e^{q},\ \ \xi_k = \xi_0 + R:\quad q = \sum \log|(1 - m)^2 - p^2|,\ \ "
    r"R = \sum \log\left|\frac{1 - m - p}{1 - m + p}\right| + 2 p,\quad p = 2 h g,\ \ m = h \lambda$",
    source="arXiv:2504.12883 (the flow); the formula is our own",
    hypotheses=("the targets are not all zero",),
    rivals=("gain of the flow", "decay and descent apart", "shift dropped", "half the gain"),
    convention="theta <- theta - h (grad L + lambda theta), L = 1/(2n) |X beta - y|^2, beta = u^2 - v^2; for beta = u v"
    " with h/2 and 2 lambda in place of h and lambda; h half of the largest stable step at the end, 12 steps",
)
def descent(lab):
    problem = lab.instance(fewer_columns)
    X, y = problem["X"], problem["y"]
    lab.require(TARGETS, np.any(y))
    decay, steps = 0.2 * critical(X, y), 12
    for model, start in networks(X, y):
        flow = GradientFlow(rtol=1e-6, weight_decay=decay)
        end = simulate(model, flow, start, time=100 * unit_of_time(X, y)).final
        h = 1 / (model.sharpness(end) + decay)
        run = simulate(model, GradientDescent(h, weight_decay=decay), start, steps=steps, save=np.arange(steps + 1))
        g = (run.predictor()[:-1] @ X.T - y) @ X / y.size
        factor = 2 if model.is_product else 1
        gain = gain_gradient_descent(g, h / factor, factor * decay)
        plain = gain_gradient_descent(g, h / factor)
        rivals = {
            "gain of the flow": Gain(np.full_like(gain.q, -2 * decay * h * steps), 0 * gain.R),
            "decay and descent apart": plain._replace(q=plain.q + 2 * steps * np.log1p(-h * decay)),
            "shift dropped": gain._replace(R=0 * gain.R),
            "half the gain": gain._replace(q=gain.q / 2),
        }
        check_gain(lab, run, gain, rivals)
