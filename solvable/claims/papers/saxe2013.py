r"""Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning in deep linear neural networks
(arXiv:1312.6120): one mode of strength s, ``L = (w_1 ... w_N - s)^2 / 2``.

With equal factors the product obeys ``u' = N |u|^{2-2/N} (s - u)``: a logistic curve of rate ``2 s`` for two layers. It
leaves a small start after a time ``log(s/u_0)/(2 s)`` for two layers, ``u_0^{-(1-2/N)}/((N-2) s)`` for more. Two
factors that differ, by ``Q = w_1^2 - w_2^2``, are faster: ``u' = sqrt(Q^2 + 4 u^2) (s - u)``, with no saddle to leave.
"""

from __future__ import annotations

import numpy as np

from solvable import GradientFlow, ScalarFactorization, claim, simulate
from solvable.theory import deep_scalar_mode, deep_scalar_time, escape_time, scalar_time

FLOW = "the flow is integrated to relative accuracy 1e-11 a step"
PAIRED = "as many starts as targets"
BELOW = "the modes start between zero and their targets"
UNBALANCED = "the factors differ in size, and their product from the target"
SHARES = np.array([0.01, 0.1, 0.5, 0.9, 0.99])
"""Of the way from the start to the target, where a curve is measured."""


def flow(target, factors, times):
    """The product of the factors at the times."""
    model = ScalarFactorization(float(target), len(factors))
    return simulate(model, GradientFlow(rtol=1e-11), factors, time=times[-1], save=times).predictor()


def equal_factors(product, depth):
    """`depth` factors of equal size."""
    factors = np.full(depth, np.abs(product) ** (1 / depth))
    factors[0] *= np.sign(product)
    return factors


@claim(
    "saxe2013-mode",
    title="A mode of a deep linear network in time: a logistic curve, and what depth makes of it",
    statement=r"$u' = N|u|^{2 - 2/N}(s - u):\quad u(t) = \frac{s\,u_0}{u_0 + (s - u_0)\,e^{-2st}}\ \ (N = 2),\quad"
    r" t = \int_{u_0}^{u} \frac{dv}{N|v|^{2 - 2/N}(s - v)}$ in closed form",
    source="arXiv:1312.6120, equation numbers unverified; the integral is derived in solvable.theory.deep_linear.modes",
    hypotheses=(
        "as many starts as targets",
        "the modes start between zero and their targets",
    ),
    rivals=("the rate of one layer", "one layer fewer", "a logistic curve at every depth"),
    convention="L = (w_1 ... w_N - s)^2 / 2, equal factors, N = 2, 3, 4, 6; from 1 to 99 % of the way",
)
def mode(lab):
    problem = lab.instance(
        lambda rng: {
            "share": np.exp(rng.uniform(np.log(1e-4), np.log(0.2), 4)),
            "target": rng.uniform(0.5, 3.0, 4) * rng.choice([-1.0, 1.0], 4),
        }
    )
    share, targets = problem["share"], problem["target"]
    lab.require(PAIRED, share.shape == targets.shape and share.size > 0)
    lab.require(BELOW, np.all((share > 0) & (share < 1) & (targets != 0)))
    s, u0 = targets[:, None], (share * targets)[:, None]
    levels, measured, rivals = u0 + SHARES * (s - u0), [], []
    for depth in (2, 3, 4, 6):
        times = deep_scalar_time(u0, levels, s, depth)
        runs = zip(targets, u0[:, 0], times, strict=True)
        measured.append([flow(target, equal_factors(start, depth), moments) for target, start, moments in runs])
        shallow = s + (u0 - s) * np.exp(-times)
        fewer = shallow if depth == 2 else deep_scalar_mode(u0, s, depth - 1, times)
        rivals.append([deep_scalar_mode(u0, s, depth, times / depth), fewer, deep_scalar_mode(u0, s, 2, times)])
    names = ("the rate of one layer", "one layer fewer", "a logistic curve at every depth")
    lab.identity(
        np.array(measured) / s,
        np.broadcast_to(levels / s, np.shape(measured)),
        rivals=dict(zip(names, np.swapaxes(rivals, 0, 1) / s, strict=True)),
        tolerance=1e-7,
        reason=FLOW,
    )


@claim(
    "saxe2013-escape",
    title="How long a mode stays near zero: a logarithm of its start for two layers, a power for more",
    statement=r"$u_0/s \to 0:\quad t_{1/2} \sim \frac{1}{2s}\log\frac{s}{u_0}\ \ (N = 2),\quad"
    r" t_{1/2} \sim \frac{u_0^{-(1 - 2/N)}}{(N - 2)\,s}\ \ (N > 2)$",
    source="arXiv:1312.6120 (the saddle at zero), number unverified; the constants are derived here",
    hypotheses=("the modes start between zero and their targets",),
    rivals=("a logarithm at every depth", "N in place of N - 2", "the power 1 - 1/N"),
    convention="L = (w_1 ... w_N - s)^2 / 2, equal factors, N = 2, 3, 4, 5; u_0/s = 1e-4, 1e-8, 1e-12",
)
def escape(lab):
    s = float(lab.instance(lambda rng: {"target": np.array(rng.uniform(0.5, 3.0))})["target"])
    lab.require(BELOW, s > 0)
    shares, depths = np.array([1e-4, 1e-8, 1e-12]), np.array([2, 3, 4, 5])
    laws = np.array([[escape_time(share * s, s, depth) for depth in depths] for share in shares])
    measured = np.array([[half_time(s, share, depth) for depth in depths] for share in shares])
    logarithm, deep = escape_time(shares[-1] * s, s, 2), depths > 2
    lab.limit(
        shares,
        measured / laws,
        np.ones(depths.size),
        rivals={
            "a logarithm at every depth": logarithm / laws[-1],
            "N in place of N - 2": np.where(deep, 1 - 2 / depths, 1.0),
            "the power 1 - 1/N": np.where(deep, (shares[-1] * s) ** (-1 / depths), 1.0),
        },
        tolerance=2e-3,
        reason="corrections of order (u_0/s)^(1/3) for three layers, smaller for the others",
    )


def half_time(target, share, depth):
    """When the product is half the target, from `share` of it."""
    model, start = ScalarFactorization(target, depth), equal_factors(share * target, depth)
    method = GradientFlow(rtol=1e-11)
    end = simulate(model, method, start, time=1e30, until_loss=target**2 / 8).time[-1]
    times = np.linspace(max(end - 2 / target, 0.0), end, 200)
    products = simulate(model, method, start, time=end, save=times).predictor()
    return np.interp(0.0, np.log(products / (target - products)), times)


@claim(
    "saxe2013-unbalanced",
    title="Two factors that differ in size: the product alone, in time",
    statement=r"$u' = \sqrt{Q^2 + 4u^2}\,(s - u):\quad t = \frac{A(u) - A(u_0)}{\sqrt{Q^2 + 4s^2}},\quad"
    r" A(u) = \mathrm{asinh}\,\frac{Q^2 + 4su}{2|Q|\,|s - u|}$",
    source="arXiv:1312.6120 (unequal factors), equation number unverified; this form is derived here",
    hypotheses=(
        "as many starts as targets",
        "the factors differ in size, and their product from the target",
    ),
    rivals=("equal factors", "the rate at the end", "the rate at the start"),
    convention="L = (x y - s)^2 / 2, Q = x^2 - y^2; six starts, of products of both signs; from 1 to 99 % of the way",
)
def unbalanced(lab):
    problem = lab.instance(
        lambda rng: {
            "starts": rng.uniform(0.2, 2.0, (6, 2)) * rng.choice([-1.0, 1.0], (6, 2)),
            "targets": rng.uniform(0.5, 3.0, 6) * rng.choice([-1.0, 1.0], 6),
        }
    )
    starts, s = problem["starts"], problem["targets"][:, None]
    lab.require(PAIRED, starts.shape == (len(s), 2) and len(s) > 0)
    u0, Q = starts.prod(axis=1)[:, None], (starts[:, :1] - starts[:, 1:]) * (starts[:, :1] + starts[:, 1:])
    lab.require(UNBALANCED, np.all((Q != 0) & (np.abs(u0 - s) > 1e-6 * np.abs(s)) & (u0 != 0)))
    levels = u0 + SHARES * (s - u0)
    times = scalar_time(u0, levels, Q, s)
    lab.identity(
        [flow(target, start, moments) for target, start, moments in zip(s[:, 0], starts, times, strict=True)],
        levels,
        rivals={
            "equal factors": deep_scalar_mode(u0, s, 2, times),
            "the rate at the end": s + (u0 - s) * np.exp(-np.hypot(Q, 2 * s) * times),
            "the rate at the start": s + (u0 - s) * np.exp(-np.sum(starts**2, axis=1, keepdims=True) * times),
        },
        tolerance=1e-7,
        reason=FLOW,
    )
