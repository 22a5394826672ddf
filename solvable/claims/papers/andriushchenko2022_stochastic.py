r"""SGD and SAM with one ascent a sample (Andriushchenko and Flammarion, arXiv:2206.06232), on diagonal networks.

Per unit of the time ``t = h k``, SGD of step h at batch size 1 shrinks ``a_j`` by ``4 h (1/n) sum_i x_ij^2 r_i^2`` on
average, and the flow of 1-SAM by ``8 rho (1/n) sum_i x_ij^2 r_i r_i^+``, where sample i looks again at a distance rho.
To first order these are one method, with ``rho = h/2``: the same dictionary as between full-batch descent and SAM, in
which both see ``g_j^2`` instead.
"""

from __future__ import annotations

import numpy as np

from solvable import ModifiedFlow, SharpnessAware, claim, simulate

from ._gains import network
from ._noise import LEVELS, PRECISE, few_samples, mean_gains, relative, sample_limit
from ._problems import INTERPOLATES, many_interpolants


@claim(
    "andriushchenko2022-stochastic-dictionary",
    title="SGD of step h gains what SAM with one ascent a sample gains at radius h/2",
    statement=r"$h \to 0:\quad \frac{E \log a_j^{SGD(h)} - \log a_j(0)}{\log a_j^{1SAM(h/2)} - \log a_j(0)} = 1 + O(h)$"
    r" in every coordinate",
    source="arXiv:2206.06232 (the method); the dictionary is our own",
    hypotheses=(
        "the data can be interpolated, in more than one way",
        "the Monte Carlo noise is at most a fifth of every error",
    ),
    rivals=("radius h", "radius h/4", "full-batch SAM"),
    convention="flow of unnormalized 1-SAM against replica means of SGD, batches of 1 with replacement, beta = u^2 -"
    " v^2; at one fixed time, h = 1/4 ... 1/32 of the largest step stable on single samples",
)
def stochastic_dictionary(lab):
    problem = lab.instance(few_samples)
    X, y = problem["X"], problem["y"]
    lab.require(INTERPOLATES, many_interpolants(X, y))
    model, start, edge = network(X, y)
    log_a, _ = model.potential_coordinates(start)
    step_sizes = sample_limit(model, start) / 4 / 2.0 ** np.arange(LEVELS)
    errors, errors_of = [], {}
    for h, mean in zip(step_sizes, mean_gains(model, start, step_sizes, 3 * edge, lab.seed), strict=True):

        def ascent(radius, per_sample=True, h=h, steps=mean.steps):
            method = SharpnessAware(h, radius, normalized=False, per_sample=per_sample)
            flow = ModifiedFlow(method, order=1, rtol=1e-8, atol=1e-12)  # the flow of one step of the method
            end = simulate(model, flow, start, time=h * steps).final
            return model.potential_coordinates(end)[0] - log_a

        errors.append(relative(mean.q, ascent(h / 2)))
        lab.require(PRECISE, mean.noise <= errors[-1] / 5)
        rivals = {
            "radius h": ascent(h),
            "radius h/4": ascent(h / 4),
            "full-batch SAM": ascent(h / 2, per_sample=False),
        }
        for name, other in rivals.items():
            errors_of.setdefault(name, []).append(relative(mean.q, other))
    lab.order(step_sizes, errors, 1, rivals=errors_of, tolerance=0.2, reason="leading order in the step")
