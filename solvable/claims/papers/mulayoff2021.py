r"""Mulayoff, Michaeli and Soudry, The implicit bias of minima stability: a view from function space (NeurIPS 2021):
where descent of step h can stay, ``int |f''| g`` is at most ``1/h - 1/2``.

The sharpness of an interpolating minimum is at least ``1 + 2 sum_i |G_i| g_i``, by the constant vector over the samples
(`solvable.theory.stable_curvature_bound`). With inputs -r and r and mirrored, balanced neurons with knots at 0 that
vector is the top one and the bound is the sharpness: there descent leaves the minimum exactly where the bound says.
"""

from __future__ import annotations

import numpy as np

from solvable import GradientDescent, UnivariateReLUNetwork, claim, simulate
from solvable.theory import sharpness_lower_bound, stability_weight, stable_curvature_bound

from ._dots import DISTINCT, distinct, dots, in_order, interpolating

LOG_STEPS = 0.005
"""Spacing of the logarithms of the step sizes tried."""


def threshold(model, theta, rng, low, high):
    """The smallest step size of which 600 steps of descent leave theta, pushed off it by 1e-9.

    All step sizes are tried, `LOG_STEPS` apart between low and high; infinite if none leaves.
    """
    h = np.exp(np.arange(np.log(low), np.log(high), LOG_STEPS))
    push = 1e-9 * rng.standard_normal(theta.size)
    ends = simulate(model, GradientDescent(h), np.tile(theta + push, (h.size, 1)), steps=600).final
    with np.errstate(over="ignore", invalid="ignore"):
        leaves = ~(np.linalg.norm(ends - theta, axis=1) <= 100 * np.linalg.norm(push))
    return float(h[np.argmax(leaves)]) if np.any(leaves) else np.inf


def mirrored(rng):
    """Half the distance of two inputs, jumps of pairs of neurons that face both sides, and ``int |f''| g``.

    That is at most 1.1: beyond, the bounds that are to be told apart are less than a fifth apart.
    """
    return {
        "half_distance": float(rng.uniform(0.4, 2.0)),
        "pair_shares": rng.dirichlet(np.ones(4)),
        "curvature": float(rng.uniform(0.3, 1.1)),
    }


def highest_stable(bound):
    """The step size h at which the bound on ``int |f''| g`` has this value."""
    low, high = 1e-9, 2.0
    for _ in range(80):
        mid = np.sqrt(low * high)
        low, high = (mid, high) if stable_curvature_bound(mid) > bound else (low, mid)
    return low


@claim(
    "mulayoff2021-threshold",
    title="The step size at which descent leaves a minimum, where the curvature bound is sharp",
    statement=r"descent of step $h$ stays exactly if $\int |f''| g \leq \frac{1}{h} - \frac{1}{2}$, for mirrored pairs"
    r" of balanced neurons with knots between two inputs",
    source="NeurIPS 2021 (Mulayoff, Michaeli and Soudry; theorem number unverified); the instance is our own",
    rivals=("1/h", "1/h - 1", "1/(2h) - 1/2", "2/h - 1/2"),
    convention="L = 1/(2n) |f - y|^2, an output bias; pushed off by 1e-9, 600 steps of every size, 0.5 percent apart",
)
def stays(lab):
    problem = lab.instance(mirrored)
    r, curvature = problem["half_distance"], problem["curvature"]
    x = np.array([-r, r])
    G = problem["pair_shares"] / np.sum(problem["pair_shares"]) * curvature / (2 * float(stability_weight(x)(0.0)))
    m = 2 * G.size
    # |a| sqrt(E[X; X > 0]^2 + P^2) = |w| E[X; X > 0]: one neuron of every pair to each side
    ratio = r / np.sqrt(1 + r * r)
    jumps, side = np.repeat(G, 2), np.tile([1.0, -1.0], G.size)
    w = np.sqrt(np.abs(jumps) / ratio)
    shape = UnivariateReLUNetwork(x, np.zeros(2), m, output_bias=True)
    theta = shape.pack(a=jumps / w, w=side * w, b=np.zeros(m), d=1.0)
    model = UnivariateReLUNetwork(x, shape.predict(theta), m, output_bias=True)
    weighed = model.predictor(theta).weighted_variation(stability_weight(x))
    lab.identity(weighed, curvature, reason="exact: rounding only")
    at = highest_stable(curvature)
    measured = threshold(model, theta, np.random.default_rng(lab.seed), at / 5, 5 * at)
    lab.identity(
        measured,
        at,
        rivals={
            "1/h": 1 / curvature,
            "1/h - 1": 1 / (curvature + 1),
            "1/(2h) - 1/2": 1 / (2 * curvature + 1),
            "2/h - 1/2": 2 / (curvature + 0.5),
        },
        tolerance=0.02,
        reason="2 percent: step sizes are half a percent apart",
    )
    lab.identity(model.sharpness(theta), 1 + 2 * curvature, tolerance=1e-9, reason="exact: rounding only")


@claim(
    "mulayoff2021-sharpness",
    title="Curvature bounds the sharpness of an interpolating minimum, and so the steps that stay",
    statement=r"$\lambda_{max} \geq 1 + 2 \sum_i |G_i|\, g_i \geq 1 + 2 \int |f''|\, g$ at an interpolating minimum,"
    r" and descent of step $h$ stays only if $\lambda_{max} \leq \frac{2}{h}$",
    source="NeurIPS 2021 (Mulayoff, Michaeli and Soudry; theorem number unverified); constants derived again",
    hypotheses=("at least three distinct inputs, and labels that are not on a line",),
    rivals=("1 / sharpness", "twice the curvature"),
    convention="L = 1/(2n) |f - y|^2, an output bias; 40 networks with random slopes at the data, two knots a gap,"
    " random sides and scales; thresholds of 4 of them, pushed off by 1e-9, 600 steps of every size, 0.5 percent apart",
)
def sharp(lab):
    x, y = in_order(lab.instance(dots))
    lab.require(DISTINCT, distinct(x, y))
    rng = np.random.default_rng(lab.seed)
    bounds, curvatures, sharpness, measured = [], [], [], []
    for trial in range(40):
        model, theta = interpolating(x, y, rng)
        parts, f = model.unpack(theta), model.predictor(theta)
        knots, jumps = -parts["b"] / parts["w"], parts["a"] * np.abs(parts["w"])
        bounds.append(sharpness_lower_bound(x, knots, jumps, parts["w"]))
        curvatures.append(1 + 2 * f.weighted_variation(stability_weight(x)))
        sharpness.append(model.sharpness(theta))
        if trial < 4:
            lab.identity(model.predict(theta), y, tolerance=1e-9, reason="exact: rounding only")
            measured.append(threshold(model, theta, rng, 0.2 / sharpness[-1], 20 / sharpness[-1]))
    lab.bound(curvatures, bounds, reason="exact: rounding only")
    lab.bound(
        bounds,
        sharpness,
        # 1 + 4 sum |G| g <= lambda
        rivals={"twice the curvature": (1 + np.array(sharpness)) / 2},
        reason="exact: rounding only",
    )
    top = np.array(sharpness[:4])
    lab.identity(
        measured,
        2 / top,
        rivals={"1 / sharpness": 1 / top},
        scale=2 / top,
        tolerance=0.02,
        reason="2 percent: step sizes are half a percent apart",
    )
