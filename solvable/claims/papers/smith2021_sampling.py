r"""Smith, Dherin, Barrett and De, On the Origin of Implicit Regularization in Stochastic Gradient Descent (arXiv
2101.12176): an epoch of m steps over m batches, each used once, or each step with a batch drawn afresh.

To the second order in the step an epoch is ``-h sum_k grad L_k`` and ``h^2`` times the sum of ``Hess L_k grad L_j``
over the pairs in which j comes before k. Averaged over what is random, with ``L = (1/m) sum_k L_k``, that sum is

    (m^2/2) Hess L grad L - (1/2) sum_k Hess L_k grad L_k      where each batch comes once,
    (m (m-1)/2) Hess L grad L                                  where they are drawn afresh,

and the flow of L for the time ``m h`` has ``(m^2/2) Hess L grad L``. So the means follow the flows of

    L + (h/4m) sum_k |grad L_k|^2 = L + (h/4) |grad L|^2 + (h/4m) sum_k |grad L_k - grad L|^2,
    L + (h/4) |grad L|^2 .

Only where batches do not come again does the mean feel their variance. Drawn afresh it is felt in the spread, ``m h^2``
times the covariance of the batch gradients; of batches that come once only the order is random, whose effect is of
order ``h^2`` and its variance ``h^4``. All expectations are exact, over the ``m!`` orders or the ``m^m`` sequences.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.integrate import solve_ivp

from solvable import SGD, DiagonalLinearNetwork, claim, simulate

FEW = "two to five samples"
FRACTIONS = np.array([0.01, 0.005, 0.0025, 0.00125])
"""Steps, in units of one over the largest sharpness of a sample."""
REPLICAS = 3072
"""So many that none of 120 orders is ever missing, nor any of 27 sequences."""


def five(rng, n=5, d=2):
    """Five samples of two features, targets and parameters of the network ``u^2 - v^2``."""
    return {
        "X": rng.standard_normal((n, d)),
        "y": rng.standard_normal(n),
        "theta": rng.uniform(0.5, 1.5, 2 * d),
    }


class Batches:
    """One sample a batch: the losses ``L_k = (x_k beta - y_k)^2 / 2``, their gradients and Hessians."""

    def __init__(self, problem, order, m, seed):
        self.X, self.y = np.asarray(problem["X"])[:m], np.asarray(problem["y"])[:m]
        self.start, self.order, self.m, self.seed = np.asarray(problem["theta"]), order, self.y.size, seed
        self.model = DiagonalLinearNetwork(self.X, self.y)
        self.step_sizes = FRACTIONS / np.max(np.linalg.norm(self.derivatives(self.start)[1], 2, axis=(1, 2)))

    def derivatives(self, theta):
        """Gradients ``(m, p)`` and Hessians ``(m, p, p)``."""
        u, v = np.split(theta, 2)
        rows, residuals = 2 * np.hstack([self.X * u, -self.X * v]), self.X @ (u**2 - v**2) - self.y
        bends = np.array([r * np.diag(np.concatenate([2 * x, -2 * x])) for x, r in zip(self.X, residuals, strict=True)])
        return residuals[:, None] * rows, rows[:, :, None] * rows[:, None, :] + bends

    def flow(self, h, full, each):
        """The flow of ``L + full |grad L|^2 + each sum_k |grad L_k|^2`` for the time of an epoch."""

        def velocity(_, theta):
            g, H = self.derivatives(theta)
            slope = g.mean(axis=0)
            return -slope - 2 * full * H.mean(axis=0) @ slope - 2 * each * np.einsum("kij,kj->i", H, g)

        time = (0, self.m * h)
        return solve_ivp(velocity, time, self.start, method="DOP853", rtol=1e-13, atol=1e-15).y[:, -1]

    def ends(self, h):
        """Where an epoch leads, for each order of the batches, or each sequence of them; NaN if one never came."""
        starts = np.tile(self.start, (REPLICAS, 1))
        run = simulate(self.model, SGD(h, order=self.order), starts, steps=self.m, seed=self.seed)
        found = np.unique(run.final, axis=0)
        outcomes = math.factorial(self.m) if self.order == "shuffle" else self.m**self.m
        return found if len(found) == outcomes else np.full((1, self.start.size), np.nan)

    def noise(self):
        """Covariance of the gradient of a batch, ``(p, p)``."""
        return np.cov(self.derivatives(self.start)[0], rowvar=False, bias=True)


def both_ways(lab):
    """The same samples, once each and drawn afresh; then three of them, for the number of sequences."""
    problem = lab.instance(five)
    lab.require(FEW, 2 <= np.size(problem["y"]) <= 5)
    return Batches(problem, "shuffle", 5, lab.seed), Batches(problem, "replacement", 3, lab.seed)


@claim(
    "smith2021-sampling",
    title="Batches that come once an epoch penalize their variance, batches drawn afresh do not",
    statement=r"$E\,\theta_m = \varphi_{mh}(\theta_0) + O(h^3)$, $\varphi$ the flow of $L + \frac{h}{4m} \sum_k |\nabla"
    r" L_k|^2$ where each batch comes once, of $L + \frac{h}{4} |\nabla L|^2$ where they are drawn afresh",
    source="arXiv:2101.12176, theorem number unverified; drawing afresh is our own",
    hypotheses=("two to five samples",),
    rivals=(
        "the other way of drawing",
        "no penalty",
        "half the penalty",
        "the sum over batches",
        "one step of size m h",
    ),
    convention="batches of one sample, beta = u^2 - v^2; exact means of one epoch over all orders of five samples, over"
    " all sequences of three",
)
def sampling(lab):
    for batches in both_ways(lab):
        h, m, once = batches.step_sizes, batches.m, batches.order == "shuffle"
        means = [batches.ends(step).mean(axis=0) for step in h]

        def errors(full, each, batches=batches, means=means, h=h):
            flows = [batches.flow(step, full * step, each * step) for step in h]
            return np.max(np.abs(np.array(means) - flows), axis=1)

        each, full = (0, 1 / (4 * m)), (1 / 4, 0)
        law, other = (each, full) if once else (full, each)
        rivals = {
            "the other way of drawing": errors(*other),
            "no penalty": errors(0, 0),
            "half the penalty": errors(law[0] / 2, law[1] / 2),
            "one step of size m h": errors(m / 4, 0),
        }
        if once:
            rivals["the sum over batches"] = errors(0, 1 / 4)
        lab.order(h, errors(*law), 3, rivals=rivals, reason="leading order of one epoch")


@claim(
    "smith2021-spread",
    title="What batches that come once penalize, batches drawn afresh turn into diffusion",
    statement=r"drawn afresh: $\mathrm{Cov}\,\theta_m = m h^2\, \mathrm{Cov}_k \nabla L_k + O(h^3)$; once an epoch:"
    r" $\mathrm{Cov}\,\theta_m = O(h^4)$",
    source="arXiv:2101.12176 (the setting); the orders are our own",
    hypotheses=("two to five samples",),
    rivals=("no spread", "half the spread", "the spread of the other way of drawing"),
    convention="batches of one sample, beta = u^2 - v^2; exact covariances after one epoch over all orders of five"
    " samples, over all sequences of three",
)
def spread(lab):
    for batches in both_ways(lab):
        h = batches.step_sizes
        found = np.array([np.cov(batches.ends(step), rowvar=False, bias=True) for step in h])
        law = batches.m * h[:, None, None] ** 2 * batches.noise()

        def errors(share, found=found, law=law):
            return np.max(np.abs(found - share * law), axis=(1, 2))

        if batches.order == "shuffle":
            rivals = {"the spread of the other way of drawing": errors(1.0)}
            reason = "leading order of one epoch; squares of differences of 1e-8, relative errors of 1e-8"
            lab.order(h, errors(0.0), 4, rivals=rivals, floor=1e-19, reason=reason)
        else:
            rivals = {"no spread": errors(0.0), "half the spread": errors(0.5)}
            lab.order(h, errors(1.0), 3, rivals=rivals, reason="leading order of one epoch")
